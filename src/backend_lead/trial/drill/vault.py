"""Where a store's backup and log are kept, apart from its disk; a store is brought back from here.

`base` is a copy of the store's files taken while it works, `archive` its log in whole segments,
`streamed` its log byte by byte as it is written, where somebody listens.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from backend_lead.trial.drill.proof import Backup, Restored
from backend_lead.trial.drivers import CannotRun, Server
from backend_lead.trial.drivers.programs import NAME, PORT, Programs

SEGMENT = 16 * 2**20  # bytes of a file of the log (PostgreSQL, wal_segment_size)
SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
ROOM = 4  # copies of the store that lie on the disk at once, with some room
ARCHIVED_S = 60.0
LOOK_S = 0.02
_REDONE = re.compile(r"redo done at ([0-9A-F]+)/([0-9A-F]+) .*elapsed: ([0-9.]+) s")
_REDO_FROM = re.compile(r"redo starts at ([0-9A-F]+)/([0-9A-F]+)")


@dataclass
class Vault:
    """The folders below `programs.folder`, and the servers made from them."""

    programs: Programs
    settings: Mapping[str, str]
    check: Callable[[], None]
    _made: int = field(default=0)

    def __post_init__(self) -> None:
        for name in ("archive", "streamed"):
            self.programs.shell('mkdir "$1"', str(self.folder / name))

    @property
    def folder(self) -> Path:
        return self.programs.folder

    def place(self) -> Path:
        """A folder for one more server."""
        self._made += 1
        place = self.folder / f"s{self._made}"
        self.programs.shell('mkdir -m 700 "$1"', str(place))
        return place

    def kept(self, timeout_s: float = 0) -> dict[str, str]:
        """Settings of a server whose log is archived; a part of a segment after `timeout_s`."""
        there = self.folder / "archive"
        return {
            **self.settings, **SAFE, "wal_level": "replica", "archive_mode": "on",
            "archive_timeout": f"{timeout_s:g}s", "max_wal_senders": "4",
            # Copied beside, then renamed: what has a name is whole. What is there is not replaced.
            "archive_command": f"test ! -f {there}/%f && cp %p {there}/.%f && "
                               f"mv {there}/.%f {there}/%f",
        }  # fmt: skip

    def back_up(self, server: Server) -> Backup:
        """Copy a store's files while it works, and check every file's sum. Raises CannotRun."""
        base = self.folder / "base"
        took = self.programs.long(
            ["pg_basebackup", "-D", str(base), "-h", str(server.folder), "-p", str(PORT),
             "-U", NAME, "--checkpoint=fast", "--wal-method=none", "--no-password",
             "--manifest-checksums=SHA256"],
            self.check,
        )  # fmt: skip
        checked = self.programs.long(["pg_verifybackup", "--no-parse-wal", str(base)], self.check)
        held = _bytes(base)
        free = shutil.disk_usage(self.folder).free
        if free < ROOM * held:
            raise CannotRun(f"a drill needs {ROOM * held:,} bytes below {self.folder}, and "
                            f"{free:,} are free; set TMPDIR, or take fewer --rows")  # fmt: skip
        return Backup(held, took, checked)

    def archived(self, wait: Callable[[], bool]) -> None:
        """Wait until the log is in the archive. Raises CannotRun where it does not come."""
        end = time.monotonic() + ARCHIVED_S
        while not wait():
            self.check()
            if time.monotonic() > end:
                raise CannotRun(f"the log was not archived within {ARCHIVED_S:.0f} s")
            time.sleep(LOOK_S)

    def restore(
        self, title: str, to: str, settings: Mapping[str, str], *, streamed: bool = False
    ) -> tuple[Server, Restored]:
        """A second server from backup and log, answering, and how long that took.

        `settings` may name the moment it is brought back to; else it is the end of the log, with
        what was `streamed` where that is asked for. Raises CannotRun.
        """
        base, place = self.folder / "base", self.place()
        took = self.programs.long(["cp", "-a", str(base), str(place / "data")], self.check)
        self.programs.shell(': > "$1"', str(place / "data" / "recovery.signal"))
        ways = [self.folder / "archive" / "%f"]
        if streamed:
            ways += [self.folder / "streamed" / "%f", self.folder / "streamed" / "%f.partial"]
        server = self.programs.server(title, place, {
            **self.settings, **SAFE, "hot_standby": "off",  # answers when it is back, not before
            "restore_command": " || ".join(f"cp {way} %p 2>/dev/null" for way in ways),
            **settings,
        })  # fmt: skip
        began = time.monotonic()
        server.start()
        started = time.monotonic() - began
        log, redo = _redone(place / "log")
        return server, Restored(to, _bytes(base), took, started, log, redo)

    @contextmanager
    def listening(self, server: Server) -> Iterator[None]:
        """Have the log streamed out of a server as it is written, while the block runs."""
        uid, gid = self.programs.user or (None, None)
        process = subprocess.Popen(
            [str(self.programs.binaries / "pg_receivewal"), "-D", str(self.folder / "streamed"),
             "-h", str(server.folder), "-p", str(PORT), "-U", NAME, "--synchronous", "--no-loop",
             "--no-password"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, user=uid, group=gid, start_new_session=True,
            extra_groups=[] if self.programs.user else None,
        )  # fmt: skip
        try:
            self.archived(lambda: any((self.folder / "streamed").iterdir()))
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _redone(log: Path) -> tuple[int, float]:
    """Bytes of log that a server replayed before it answered, and how long; from what it wrote."""
    text = log.read_text(encoding="utf-8", errors="replace")
    first, last = _REDO_FROM.search(text), _REDONE.search(text)
    if first is None or last is None:
        return 0, 0.0
    return _at(*last.groups()[:2]) - _at(*first.groups()), float(last.group(3))


def _at(high: str, low: str) -> int:
    return (int(high, 16) << 32) + int(low, 16)
