"""How long people wait: help, first and later starts, check, a whole design; and its memory.

    python benchmarks/start.py

Wall seconds of real processes, each run again in an empty folder; medians where there are turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from measuring import machine, median, table

SENTENCE = "Design a backend system that can handle 1 million concurrent users"
COMMAND = [sys.executable, "-c", "from backend_lead.cli import main; main()"]
READY = "from backend_lead.kernel.load import compiled; compiled()"
COMPILE = "from backend_lead.kernel.load import just_in_time; just_in_time()"
TURNS = 5
SERVICES = 27  # with a balancer, a cache and a database 30 components
MIB = 1024  # kB, the unit of the system's peak memory


@dataclass
class Done:
    """A finished process: seconds to its first line and to its end, CPU seconds, memory in MiB."""

    first_s: float
    all_s: float
    cpu_s: float
    peak_mib: float
    code: int


def run(words: list[str], folder: Path, **environment: str) -> Done:
    """Run a command and watch it."""
    start = time.perf_counter()
    with (folder / "messages").open("wb") as messages:
        child = subprocess.Popen(
            words, cwd=folder, stdout=subprocess.PIPE, stderr=messages,
            env={**os.environ, **environment},
        )  # fmt: skip
    assert child.stdout is not None
    first = 0.0
    while line := child.stdout.readline():
        if line.strip() and not first:
            first = time.perf_counter() - start
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - start
    cpu_s = used.ru_utime + used.ru_stime
    return Done(first, took, cpu_s, used.ru_maxrss / MIB, child.returncode)


def model() -> str:
    """A chain and a fan of services over one cache and one database."""
    lines = [
        "backend: thirty",
        "workload:",
        "  clients:",
        "    web: {users: 5k, think_time: 10 s, timeout: 2 s, journeys: {ask: 100%}}",
        "  peak: {factor: 3}",
        "  entry: [lb]",
        "journeys:",
        "  ask: {steps: [s0.get]}",
        "components:",
        "  lb: {kind: load-balancer, zones: 3}",
    ]
    for k in range(SERVICES):
        below = [n for n in (2 * k + 1, 2 * k + 2) if n < SERVICES]
        calls = [f"{{call: s{n}.get, timeout: 900 ms}}" for n in below]
        end = (
            "{read: cache, entity: item, timeout: 50 ms, miss: [{query: db.get, timeout: 500 ms}]}"
        )
        steps = [f"parallel: [{', '.join(calls)}]"] if calls else [end]
        lines += [
            f"  s{k}:",
            "    kind: http-service",
            "    instance: m7g.large",
            "    count: 3",
            "    zones: 3",
            "    endpoints:",
            f"      get: {{response: 5 kB, does: [cpu: 0.5 ms, {steps[0]}]}}",
        ]
    lines += [
        "  cache: {kind: redis, instance: cache.m7g.large, replicas: 1, zones: 3, ttl: 10 min}",
        "  db:",
        "    kind: postgres",
        "    instance: db.m7g.4xlarge",
        "    zones: 3",
        "    operations:",
        "      get: {type: read, cpu: 0.2 ms, entity: item}",
        "entities:",
        "  item: {store: db, row: 2 kB, rows: 100k, skew: 0.8}",
        "slos:",
        "  - {journey: '*', p99: 900 ms, availability: 99%}",
        "topology: {provider: aws, region: us-east-1, zones: 3}",
        "budget: 100k USD/month",
    ]
    return "\n".join(lines) + "\n"


def rows(folder: Path) -> list[list[str]]:
    """Each figure with its unit."""
    helped = [run([*COMMAND, "--help"], folder) for _ in range(TURNS)]
    empty = {"XDG_CACHE_HOME": str(folder / "cache")}
    ready = [run([sys.executable, "-c", READY], folder, **empty) for _ in range(TURNS)]
    assert not (folder / "cache").exists(), "the prebuilt kernel was not used"
    cold = run([sys.executable, "-c", COMPILE], folder, **empty)
    warm = [run([sys.executable, "-c", COMPILE], folder, **empty) for _ in range(TURNS)]
    (folder / "backend.yaml").write_text(model(), encoding="utf-8")
    checked = [run([*COMMAND, "check"], folder) for _ in range(TURNS)]
    assert {done.code for done in checked} <= {0, 1}, (folder / "messages").read_text()
    made = run([*COMMAND, "design", SENTENCE, "-o", "out"], folder)
    assert made.code == 0, (folder / "messages").read_text()
    return [
        line("`--help`", helped, 1_000, "ms"),
        line("the kernel is ready, empty cache: prebuilt", ready),
        line("the same where it must be compiled", [cold]),
        line("the same, compiled before", warm),
        line("`check`, 30 components", checked),
        ["`design`, a million users: the answer", f"{made.first_s:.1f} s", ""],
        line("`design`, a million users: all is written", [made]),
        ["`design`, a million users: peak memory", f"{made.peak_mib:.0f} MiB", ""],
    ]


def line(what: str, turns: list[Done], per_s: float = 1, unit: str = "s") -> list[str]:
    """Wall and CPU time, the median of the turns."""
    digits = 0 if per_s > 1 else 2
    times = (median([t.all_s for t in turns]), median([t.cpu_s for t in turns]))
    return [what, *(f"{per_s * time:.{digits}f} {unit}" for time in times)]


def main() -> None:
    """Print the table."""
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(table(["what", "wall", "CPU"], rows(Path(folder))))


if __name__ == "__main__":
    main()
