"""The command line as people run it: a process of its own, with a home of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import backend_lead

COMMAND = [sys.executable, "-m", "backend_lead.cli"]
SOURCE = str(Path(backend_lead.__file__).parents[1])  # of what is tested, installed or not
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
SHOP = "Design a shop backend for 2k concurrent users"
MILLION = "Design a backend system that can handle 1 million concurrent users"
FIVE = ("requests_per_s", "instances", "p99", "availability", "cost_usd_month")
CODES = {0, 1, 2, 3, 130}
PATIENCE_S = 300


def _stoppable() -> None:
    """Signals as in a terminal: a shell that runs tests in the background has Ctrl-C ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@dataclass
class Place:
    """A folder to run in, with an empty home and temporary folder beside it."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (self.here, self.home, self.temporary):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def here(self) -> Path:
        return self.root / "here"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        return self.root / "temporary"

    def environment(self) -> dict[str, str]:
        """Nothing of ours but the compiled kernel, which tests of a cold start take away."""
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8",
            "XDG_CACHE_HOME": str(CACHE), "TMPDIR": str(self.temporary),
            "PYTHONPATH": SOURCE, **self.env,
        }  # fmt: skip

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start the command; its streams are pipes unless said otherwise."""
        how: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                               "stdin": subprocess.DEVNULL, "text": True,
                               "errors": "replace", "preexec_fn": _stoppable} | more  # fmt: skip
        return subprocess.Popen([*COMMAND, *words], cwd=self.here, env=self.environment(), **how)

    def run(self, *words: str, **more: Any) -> Done:
        """Run the command to its end. It never shows a traceback; its exit code is documented."""
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=PATIENCE_S)
        return finished(process.returncode, out or "", err or "")

    def shell(self, line: str) -> Done:
        """Run a line of bash in which `$BL` is the command."""
        env = self.environment() | {"BL": " ".join(COMMAND)}
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.here, env=env, capture_output=True, text=True,
            errors="replace", stdin=subprocess.DEVNULL, timeout=PATIENCE_S,
        )  # fmt: skip
        return finished(done.returncode, done.stdout, done.stderr)

    def names(self) -> list[str]:
        """Everything in the folder and in the temporary one, hidden things too."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for folder in (self.here, self.temporary)
            for path in folder.rglob("*")
        )

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@dataclass
class Done:
    """What a finished command left: exit code, answer and talk."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def finished(code: int, out: str, err: str) -> Done:
    done = Done(code, out, err)
    assert "Traceback" not in done.said and "internal error" not in done.said, done.said
    assert code in CODES, (code, done.said)
    return done


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its name there."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def wait_for_line(process: subprocess.Popen[str], part: str) -> None:
    """Read the talk of a process until a line holds `part`."""
    assert process.stderr is not None
    end = time.monotonic() + PATIENCE_S
    while part not in (line := process.stderr.readline()):
        assert line and time.monotonic() < end, f"never said {part!r}"
