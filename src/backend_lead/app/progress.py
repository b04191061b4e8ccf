"""How a use case tells what it is doing, and asks whether to go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

INTERRUPTED = 130  # the exit code of what the user ended: 128 + SIGINT, as shells tell it


class Interrupted(Exception):
    """The user asked to stop; nothing was written."""


@dataclass
class Progress:
    """Told of stages and of the share of long ones that is done; silent by default."""

    stop: Event = field(default_factory=Event)

    def stage(self, text: str) -> None:
        """A new stage begins."""

    def share(self, name: str, done: float) -> None:
        """`done` (0..1) of the named long work is finished."""

    def check(self) -> None:
        """Raise Interrupted if the user asked to stop."""
        if self.stop.is_set():
            raise Interrupted


def cores() -> int:
    """Cores that this process may use."""
    able = getattr(os, "sched_getaffinity", None)
    return len(able(0)) if able else os.cpu_count() or 1


@contextmanager
def workers(number: int, progress: Progress) -> Iterator[ThreadPoolExecutor]:
    """Threads for long work. When it is left by an exception they are told to end, not waited for:
    simulations end at their next slice, a compilation when it is done."""
    pool = ThreadPoolExecutor(number)
    try:
        yield pool
    except BaseException:
        progress.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
