"""A started part: a process that ends with us, however we end.

A shell stands guard over the server: it waits on a pipe that only this process holds open. When the
pipe closes, because we stop the server or because we are gone (even killed), the guard ends the
server and, unless told to keep it, removes its folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# 1 the signal that ends it, 2 that where its folder goes, 3 its folder, then its command. INT and
# HUP are for us to act upon. Another server may still write below the folder while it is removed.
_GUARD = """
trap '' INT HUP
how=$1 drop=$2 place=$3; shift 3
"$@" </dev/null >"$place/log" 2>&1 3<&0 &
server=$!
echo $server
exec >&- 2>&-
word=end
read -r word || word=end
[ "$word" = keep ] || how=$drop
kill -s "$how" $server 2>/dev/null
wait $server
[ "$word" = keep ] && exit
until rm -rf "$place" 2>&- || [ $((tries += 1)) -ge 50 ]; do sleep 0.1; done
"""
START_S = 60.0  # a busy machine takes long; what has not started by then does not
STOP_S = 30.0  # until it is killed
LOOK_S = 0.02
LOG_LINES = 8  # of a log, in an error


@dataclass
class Server:
    """A part at `url` with its files in `folder`; `user` and `group` it runs as, None: as we do.

    `ready` says whether it answers; `ends` is the signal that stops it in good order, `drops` the
    quick one where its files go anyway.
    """

    title: str
    url: str
    folder: Path
    command: list[str]
    ready: Callable[[], bool]
    ends: str = "INT"
    drops: str = "TERM"
    user: tuple[int, int] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    pid: int = 0
    _guard: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and wait until it answers. Raises CannotRun with the end of its log."""
        from backend_lead.trial.drivers.driver import CannotRun

        uid, gid = self.user or (None, None)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", self.ends, self.drops, str(self.folder),
             *self.command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            cwd=self.folder, start_new_session=True, user=uid, group=gid,
            extra_groups=[] if self.user else None, env={**os.environ, **self.environment},
        )  # fmt: skip
        assert self._guard.stdout is not None
        self.pid = int(self._guard.stdout.readline() or 0)
        deadline = time.monotonic() + START_S
        while not self.ready():
            if not self.alive or time.monotonic() > deadline:
                log = self.log()
                self.stop()
                raise CannotRun(f"{self.title} did not start: {log or 'it said nothing'}")
            time.sleep(LOOK_S)

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return bool(self.pid) and _runs(self.pid)

    def log(self) -> str:
        """The last lines that it wrote."""
        with suppress(OSError):
            lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
            return " | ".join(line.strip() for line in lines[-LOG_LINES:] if line.strip())
        return ""

    def kill(self) -> None:
        """End it at once, as a crash would; its files stay, `start` brings it back.

        What it started ends by itself when it sees that it is gone: a busy machine takes a while,
        and a server does not start beside what is left of the last one.
        """
        if self.alive:
            left = _children(self.pid)
            os.kill(self.pid, signal.SIGKILL)
            end = time.monotonic() + STOP_S
            while any(_runs(pid) for pid in left) and time.monotonic() < end:
                time.sleep(LOOK_S)
        self.stop(keep=True)

    def stop(self, *, keep: bool = False) -> None:
        """End it in good order, and remove its folder unless it is to `keep` it."""
        guard, self._guard = self._guard, None
        if guard is None or guard.stdin is None:
            return
        with suppress(OSError):
            if keep:
                guard.stdin.write("keep\n")
            guard.stdin.close()
        try:
            guard.wait(STOP_S)
        except subprocess.TimeoutExpired:
            with suppress(OSError):
                os.killpg(guard.pid, signal.SIGKILL)  # the guard's own session, server included
            guard.wait()
        finally:
            if guard.stdout is not None:
                guard.stdout.close()
            self.pid = 0
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    """The processes that a process has started; none where the system does not say."""
    with suppress(OSError, ValueError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be seen does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):
        said = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return said.rpartition(")")[2].split()[0] != "Z"
    return True
