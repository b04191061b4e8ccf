"""Time of one evaluation by the analytic solver, and its error against the kernel.

    python benchmarks/solver.py

Each design is searched from its sentence, then judged by both at several shares of its peak. The
error is solver over kernel, less one, over the endpoints that users call: the mean and the largest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from measuring import machine, median, pin, table

from backend_lead.analysis.simulation import latencies, run_steady
from backend_lead.analysis.solver import solve
from backend_lead.app.design import read_request
from backend_lead.search.climb import climb
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

DESIGNS = (
    "Design a shop backend for 2k concurrent users",
    "Design a shop backend for 100k concurrent users",
    "Design a social feed for 50k concurrent users",
    "Design a social feed for 1 million concurrent users",
    "Design a backend system that can handle 1 million concurrent users",
)
LOADS = (0.5, 1.0, 1.15)
TURNS = 50
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


def main() -> None:
    """Print the table."""
    print(machine(), flush=True)
    pin()
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
