"""Requests per CPU-second of the kernel, beside a hand-written C++ reference and SimPy.

    python benchmarks/kernel.py

All in one run on one core, in turns, the median of the turns; compilation is not counted. The
reference needs g++, SimPy its package from the index; either is left out where it is missing.
W1: M/M/1 at 80 %, 1,000,000 customers. W2: 1,000 requests/s for 200 s at three replicas of eight
workers, held during a database call through a pool of 20. W3: closed users who think for 10 s, W2
scaled to 60 % of the workers. W4: W2 with a timeout, retries, and a replica silent for 10 s.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import simpy_peer
from measuring import cpu_s, machine, median, pin, table

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import RunResult, simulate
from backend_lead.kernel.stats import quantile

TURNS = 3
SOURCE = Path(__file__).with_name("reference.cpp")
TIER = {"replicas": 3, "workers": 8, "pool": 20}
W3_UNTIL_S = {10_000: 200.0, 100_000: 30.0, 1_000_000: 10.0}
SIMPY = {  # arguments and simulated seconds, short where SimPy would take minutes
    "W1": ("w1", 0, 200_000), "W2": ("w2", 0, 50), "W3 10k": ("w3", 10_000, 50),
    "W3 100k": ("w3", 100_000, 10), "W4": ("w4", 0, 200),
}  # fmt: skip


def w1() -> tuple[Program, float]:
    """M/M/1; milliseconds stand for the peers' seconds."""
    b = Builder()
    station = b.service(per_group=1, workers=1, cores=1)
    endpoint = b.endpoint(station, [("cpu", b.dist_exp(0.001))])
    b.open(800, {b.endpoint(b.delay_service(), [("call", b.call(endpoint))]): 1})
    return b.build(), 1_250.0


def tiers(b: Builder, replicas: int, workers: int, pool: int, **manner: Any) -> tuple[int, int]:
    """The app's service and a root that asks it."""
    database = b.endpoint(b.delay_service(), [("delay", b.dist_exp(0.005))])
    app = b.service(per_group=replicas, workers=workers, cores=workers)
    steps = [("cpu", b.dist_exp(0.008)), ("call", b.call(database, shared_pool=pool))]
    call = b.call(b.endpoint(app, steps), **manner)
    return app, b.endpoint(b.delay_service(), [("call", call)])


def w2() -> tuple[Program, float]:
    b = Builder()
    _, root = tiers(b, **TIER)
    b.open(1_000, {root: 1})
    return b.build(), 200.0


def w3(users: int) -> tuple[Program, float]:
    """Sized as the peers': 60 % of the workers and 25 % of the pool in use."""
    b = Builder()
    rate = users / 10
    need = rate * 0.013 / 0.6
    replicas = max(1, round(need / 8))
    _, root = tiers(b, replicas, max(1, round(need / replicas)), max(2, round(rate * 0.005 / 0.25)))
    b.closed(users, 10.0, {root: 1})
    return b.build(), W3_UNTIL_S[users]


def w4() -> tuple[Program, float]:
    b = Builder()
    app, root = tiers(b, **TIER, timeout_s=0.1, retries=2, backoff_s=0.05)
    b.open(1_000, {root: 1})
    b.fault(95, lay.FAULT_DOWN, b.replica(app), 1)
    b.fault(105, lay.FAULT_UP, b.replica(app))
    return b.build(), 200.0


WORKLOADS: dict[str, tuple[Callable[[], tuple[Program, float]], list[str]]] = {
    "W1": (w1, ["w1"]),
    "W2": (w2, ["w2"]),
    "W3 10k": (lambda: w3(10_000), ["w3", "10000"]),
    "W3 100k": (lambda: w3(100_000), ["w3", "100000"]),
    "W3 1M": (lambda: w3(1_000_000), ["w3", "1000000"]),
    "W4": (w4, ["w4"]),
}


def reference(folder: Path) -> Path | None:
    """The C++ reference, compiled; None without a compiler."""
    if shutil.which("g++") is None:
        return None
    program = folder / "reference"
    flags = ["-O3", "-march=native", "-std=c++20"]
    subprocess.run(["g++", *flags, str(SOURCE), "-o", str(program)], check=True)
    return program


def row(name: str, program: Path | None, with_simpy: bool) -> list[str]:
    """One line of the table: every engine in turns."""
    build, arguments = WORKLOADS[name]
    tables, until_s = build()
    rates: dict[str, list[float]] = {"kernel": [], "c++": [], "simpy": []}
    events, run = [], None
    for turn in range(TURNS):
        seconds, run = cpu_s(lambda: simulate(tables, seed=1, until_s=until_s))
        rates["kernel"].append(run.ok / seconds)
        events.append(seconds / run.events * 1e9)
        if program is not None:
            done = subprocess.run([program, *arguments], check=True, capture_output=True, text=True)
            rates["c++"].append(json.loads(done.stdout)["req_per_cpu_s"])
        if with_simpy and name in SIMPY and turn == 0:
            rates["simpy"].append(simpy_peer.requests_per_cpu_s(*SIMPY[name]))
    assert run is not None
    kernel = median(rates["kernel"])
    return [name, f"{kernel:,.0f}", f"{median(events):.0f}", latency(name, run)] + [
        f"{median(rates[peer]):,.0f} ({kernel / median(rates[peer]):.2f}x)" if rates[peer] else "-"
        for peer in ("c++", "simpy")
    ]


def latency(name: str, run: RunResult) -> str:
    """What the run found, to compare engines by."""
    counts = run.hist_windows.sum(axis=(0, 1))
    if name == "W1":
        return f"mean {run.windows['latency'].sum() / run.ok / 1e6:.3f}"
    return f"{quantile(counts, 0.5) * 1e3:.2f} / {quantile(counts, 0.99) * 1e3:.1f}"


def main() -> None:
    """Print the table."""
    print(machine(), flush=True)
    pin()
    tables, _ = w2()
    simulate(tables, seed=1, until_s=0.1)  # compiles, or loads what is compiled
    with_simpy = importlib.util.find_spec("simpy") is not None
    with tempfile.TemporaryDirectory() as folder:
        program = reference(Path(folder))
        rows = [row(name, program, with_simpy) for name in WORKLOADS]
    head = [
        "workload",
        "requests/CPU-s",
        "ns/event",
        "p50 / p99 ms",
        "C++ (ratio)",
        "SimPy (ratio)",
    ]
    print(table(head, rows))


if __name__ == "__main__":
    main()
