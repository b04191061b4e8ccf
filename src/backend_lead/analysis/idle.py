"""Latency with hardly any load: what misses its objective then is mended by no size."""

from __future__ import annotations

from backend_lead.analysis.solver import solve
from backend_lead.model.units import trim
from backend_lead.views.flow import Flow
from backend_lead.views.longest import longest_step

ALREADY = "already without load"  # how such a limit begins
IDLE = 0.001  # a load at which hardly anybody waits for anybody


def idle_p99_s(flow: Flow) -> dict[str, float]:
    """The p99 of each request where nobody waits for anybody."""
    solution = solve(flow, IDLE)
    return dict(solution.p99_s) if solution.stable else {}


def idle_words(flow: Flow) -> str:
    """The request that misses its objective most without any load, and why; empty where none."""
    found = idle_p99_s(flow)
    over = {ref: p99_s / flow.system.p99_of(ref) for ref, p99_s in found.items()}
    ref = max(over, key=lambda ref: (over[ref], ref), default="")
    if not ref or over[ref] <= 1:
        return ""
    where, mean_s = longest_step(flow, ref)
    return (
        f"{ALREADY} the p99 of {ref}, {_time(found[ref])}, is beyond its objective, "
        f"{_time(flow.system.p99_of(ref))}; the longest step is {where}, {_time(mean_s)} in mean"
    )


def _time(value: float) -> str:
    return f"{trim(value * 1e3, 3)} ms" if value < 1 else f"{trim(value, 3)} s"
