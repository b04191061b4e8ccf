"""A worker as a process of its own, so that it can be killed like one.

It ends when its standard input closes: whoever started it is gone then.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STOP_S = 10.0


def given() -> dict[str, Any]:
    """What a worker was told to do, read from its arguments; ends it when its starter is gone."""
    told: dict[str, Any] = json.loads(sys.argv[1])
    threading.Thread(target=_follow, daemon=True).start()
    return told


def _follow() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


@dataclass
class Journal:
    """Lines of what a worker did, one JSON object each, kept when it is killed."""

    path: Path

    def add(self, **told: Any) -> None:
        """Append a line at once."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """All whole lines; a killed worker may leave half of one."""
        out = []
        with suppress(FileNotFoundError):
            for line in self.path.read_text(encoding="utf-8").splitlines():
                with suppress(json.JSONDecodeError):
                    out.append(json.loads(line))
        return out


@dataclass
class Worker:
    """A module of this folder that runs as a process, and what it is told."""

    module: str
    told: Mapping[str, Any]
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, **more: Any) -> None:
        """Start it, with more to tell it."""
        words = json.dumps({**self.told, **more})
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", f"backend_lead.trial.workers.{self.module}",
             words],
            stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            self._ended()

    def stop(self) -> None:
        """Close its input and wait; kill it where that is not enough."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
            self._ended()

    def _ended(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process = None


def lost() -> tuple[type[BaseException], ...]:
    """What a client of the store sees when the store is killed, or is not up again yet."""
    import asyncpg

    return (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError,
            asyncpg.InternalClientError, asyncpg.OperatorInterventionError)  # fmt: skip


def now() -> float:
    """Seconds of the wall clock, which all workers of a machine share."""
    return time.time()
