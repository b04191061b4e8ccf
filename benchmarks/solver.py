"""Time of one evaluation by the analytic solver, and its error against the kernel.

    python benchmarks/solver.py

    python benchmarks/solver.py --random     # only the table over random models

Each design is searched from its sentence, then judged by both at several shares of its peak. The
error is solver over kernel, less one, over the endpoints that users call: the mean and the largest.
The random models are those of the tests (docs/solver.md says what they are).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from measuring import machine, median, pin, table

from backend_lead.analysis.simulation import latencies, run_steady
from backend_lead.analysis.solver import solve
from backend_lead.app.design import read_request
from backend_lead.search.climb import climb
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.analysis.solver_errors import BANDS, LONGER, measured, summed

DESIGNS = (
    "Design a shop backend for 2k concurrent users",
    "Design a shop backend for 100k concurrent users",
    "Design a social feed for 50k concurrent users",
    "Design a social feed for 1 million concurrent users",
    "Design a backend system that can handle 1 million concurrent users",
)
LOADS = (0.5, 1.0, 1.15)
TURNS = 50
LAWS = ("queue", "gives_up", "share_cores", "host", "locks", "contention", "priority", "hedge",
        "limit")  # fmt: skip
BUSY = (0.6, 0.85)  # of the laws; the plain models have more bands
MODELS, OF_A_LAW, FIRST = 100, 12, 100  # random models of a band, and the first seed
MEASURE_S, REQUESTS = 20.0, 400_000  # simulated at least, so that rare endpoints have a p99


def took_ms(work: Callable[[], object]) -> float:
    """Median wall milliseconds."""
    times = []
    for _ in range(TURNS):
        start = time.perf_counter()
        work()
        times.append(1_000 * (time.perf_counter() - start))
    return median(times)


def errors(flow: Flow, load: float) -> list[object]:
    """Mean and largest relative error of p50 and p99, or why there is none."""
    solution = solve(flow, load)
    if not solution.stable:
        return ["no steady state", "-", "-", "-"]
    measure_s = max(MEASURE_S, REQUESTS / (flow.requests_per_s * load))
    measured = latencies(run_steady(flow, 1, measure_s=measure_s, load=load), "")
    cells: list[object] = []
    for predicted, found in (
        (solution.p50_s, {x.endpoint: x.p50_s.value for x in measured}),
        (solution.p99_s, {x.endpoint: x.p99_s.value for x in measured}),
    ):
        off = [predicted[endpoint] / value - 1 for endpoint, value in found.items()]
        cells += [f"{sum(off) / len(off):+.1%}", f"{max(off, key=abs):+.1%}"]
    return cells


def random_rows() -> Iterator[list[object]]:
    """Mean and largest error of random models: a row a law and band."""
    plain = [("plain", busy, MODELS) for busy in BANDS]
    for law, busy, models in [*plain, *((law, b, OF_A_LAW) for law in LAWS for b in BUSY)]:
        found = measured(law, busy, range(FIRST, FIRST + models), LONGER)
        pairs = (summed(found, word) for word in ("throughput", "mean", "p50", "p99", "lost"))
        yield [law, f"{busy:.0%}", models, *(f"{a:.1%} / {b:.1%}" for a, b in pairs)]


def main() -> None:
    """Print the tables."""
    print(machine(), flush=True)
    pin()
    head = ["law", "busy", "models", "throughput", "mean", "p50", "p99", "lost"]
    print(table(head, list(random_rows())), flush=True)
    if "--random" in sys.argv:
        return
    rows = []
    for sentence in DESIGNS:
        flow = climb(read_request(sentence).system).final.found.flow
        solve_ms = took_ms(partial(solve, flow))
        resolve_ms = took_ms(partial(resolve, flow.system))
        busiest = max(use.busy for use in solve(flow).uses)
        for load in LOADS:
            times = [f"{solve_ms:.2f}", f"{resolve_ms:.2f}"] if load == LOADS[0] else ["", ""]
            name = sentence.removeprefix("Design a ") if load == LOADS[0] else ""
            rows.append([name, *times, f"{busiest * load:.0%}", *errors(flow, load)])
    head = [
        "design",
        "solve ms",
        "resolve ms",
        "busiest",
        "p50 mean",
        "largest",
        "p99 mean",
        "largest",
    ]
    print(table(head, rows))


if __name__ == "__main__":
    main()
