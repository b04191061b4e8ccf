"""Small cases with a known answer, run on the compiled kernel: single requests, constant times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import COMPLETE, RunResult, simulate

MS = 0.001
NS_PER_MS = 1_000_000


def ask(b: Builder, at_ms: float, steps: Sequence[Any]) -> int:
    """One request at so many ms that takes the steps; gives its source."""
    root = b.endpoint(b.delay_service(), [("delay", b.dist_const(at_ms * MS)), *steps])
    return b.closed(1, 1e-9, {root: 1}, segments=[(0, 1), (50e-9, 0)])


def answers(b: Builder, until_s: float = 100) -> tuple[list[tuple[float, int]], RunResult]:
    """When (ms, to the microsecond) and how each request ended, by source; and the run."""
    run = simulate(b.build(), seed=1, until_s=until_s, trace=1_000)
    assert run.status == COMPLETE
    assert run.conserved
    assert run.in_flight == 0
    assert run.trace is not None
    rows = sorted(run.trace.tolist(), key=lambda row: row[0])
    end = lay.trace_t.names.index("end")  # type: ignore[union-attr]
    return [(round(row[end] / NS_PER_MS, 3), row[-1]) for row in rows], run
