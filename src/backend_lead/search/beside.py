"""A second process that makes a search which will be asked for, while this one makes another.

Searches are plain Python, so threads do not help. The process is one of our own, not one of
`multiprocessing`, which would run the caller's main module again. It ends when its standard input
does: whoever started it is gone then. What it finds is the same as here, only sooner; where it
cannot start or is lost, the search is made here.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from backend_lead.analysis.cost import own_prices, prices_digest, use_prices
from backend_lead.model.system import System
from backend_lead.search.state import Trail

STOP_S = 2.0


@dataclass(frozen=True)
class Job:
    """A search from a smallest system, and the prices it counts with."""

    system: System
    prices: str | None
    prices_digest: str


class Beside:
    """Searches in the second process, one after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = ThreadPoolExecutor(1)
        self._lock = threading.Lock()  # of what starts and ends the process
        self._ended = False

    def search(self, system: System) -> Future[Trail | None]:
        """Begin a search; None comes of it where the process was lost."""
        job = Job(system, own_prices(), prices_digest())
        return self._asking.submit(self._ask, job)

    def _ask(self, job: Job) -> Trail | None:
        found: Trail | None = None
        with suppress(Exception):  # whatever it is: the search is made here then
            process = self.process()
            assert process.stdin is not None and process.stdout is not None
            pickle.dump(job, process.stdin)
            process.stdin.flush()
            found = pickle.load(process.stdout)
        return found

    def process(self) -> subprocess.Popen[bytes]:
        """The process, started where it is not yet. Raises OSError where it cannot be."""
        with self._lock:
            if self._ended:
                raise OSError("ended")
            if self._process is None:
                self._process = _started()
            return self._process

    def end(self) -> None:
        """End the process, whatever it does."""
        self._asking.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._ended, process = True, self._process
        if process is None:
            return
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        self._asking.shutdown()  # nobody reads any more
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()


@contextmanager
def beside() -> Iterator[Beside]:
    """A second process for the time of a design; it starts with its first search."""
    other = Beside()
    try:
        yield other
    finally:
        other.end()


# --- in the second process ------------------------------------------------------------------------
def _started() -> subprocess.Popen[bytes]:
    """Without the folder the user stands in on the path of imports (`-P`)."""
    if not sys.executable:
        raise OSError("no interpreter is known")
    return subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-m", __name__], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def main() -> None:
    """Take jobs from standard input and write what is found to standard output."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else is written between the trails
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    try:
        while True:
            pickle.dump(_searched(jobs.get()), out)
            out.flush()
    finally:
        os._exit(1)  # the thread that reads cannot be stopped otherwise


def _read(jobs: queue.SimpleQueue[Job]) -> None:
    """Jobs until whoever started this process is gone."""
    with suppress(Exception):
        while True:
            jobs.put(pickle.load(sys.stdin.buffer))
    os._exit(0)


def _searched(job: Job) -> Trail | None:
    """None where the prices are others by now."""
    from backend_lead.search.searches import search

    if job.prices_digest != prices_digest():
        use_prices(job.prices)
    if job.prices_digest != prices_digest():
        return None
    return search(job.system)


if __name__ == "__main__":
    main()
