"""The one gate: format, lint, types, import contracts, generated pages, prebuilt kernel, tests.

    python tools/gate.py          what every change must pass
    python tools/gate.py --full   the long tests as well

Every stage runs even where an earlier one failed; the exit code is 1 if any did. Stages that only
look run before the tests, so that the tests' closing lines come last.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = "2"
# What the tests of a file share is made once; in their order, so that no long file comes last.
BY_FILE = ["--dist", "loadfile", "--no-loadscope-reorder"]


def stages(full: bool) -> list[tuple[str, list[str]]]:
    """Name and command of each stage, in order; commands come from the running environment."""
    tools = Path(sys.executable).parent
    tier = "full or not full" if full else "not full"
    return [
        ("format", [str(tools / "ruff"), "format", "--check", "."]),
        ("lint", [str(tools / "ruff"), "check", "."]),
        ("types", [str(tools / "mypy")]),
        ("imports", [str(tools / "lint-imports"), "--no-logo"]),
        ("pages", [sys.executable, "tools/write_docs.py", "--check"]),
        ("kernel", [sys.executable, "tools/write_kernel.py", "--check"]),
        ("tests", [sys.executable, "-m", "pytest", "-m", tier, "-n", WORKERS, *BY_FILE, "-ra"]),
    ]


def main() -> int:
    """Run the stages; a passing stage that only looks prints nothing but its line."""
    failed = []
    table = []
    for name, command in stages("--full" in sys.argv[1:]):
        start = time.monotonic()
        quiet = name != "tests"
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},  # hundreds of processes use it
        )  # fmt: skip
        if done.returncode:
            failed.append(name)
            print(done.stdout or "", flush=True)
        result = "failed" if done.returncode else "ok"
        table.append(f"{name:8} {result:6} {time.monotonic() - start:6.1f} s")
        print(f"gate: {table[-1]}", flush=True)
    if failed:
        print(f"gate: failed in {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
