"""The mock as a process of its own, started on a free port and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 60.0


@contextmanager
def served(model: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Its base address and the process; afterwards it is stopped as Ctrl-C would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backend_lead.cli", "mock", str(model), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=model.parent,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("http://"), line + (process.stderr.read() if process.stderr else "")
        yield line.removesuffix("/openapi.json"), process
    finally:
        stop(process)


def stop(process: subprocess.Popen[str], by: int = signal.SIGINT) -> int:
    """Ask it to end, and wait until it has; its exit code."""
    if process.poll() is None:
        process.send_signal(by)
    until = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return process.wait()
