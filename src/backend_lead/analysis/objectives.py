"""What the solver says against what is promised: latencies of requests, ages of messages."""

from __future__ import annotations

from backend_lead.analysis.solver import Solution
from backend_lead.views.flow import Flow


def ratios(flow: Flow, solution: Solution) -> dict[str, float]:
    """The p99 of each request that is made over its objective, and the age of the messages of each
    handler over that of its topic; above 1 misses it."""
    system = flow.system
    out = {ref: p99_s / system.p99_of(ref) for ref, p99_s in solution.asked_p99_s.items()}
    for consumer in flow.consumers:
        age_s = solution.age_s.get(consumer.handler)
        if consumer.fresh_s and age_s is not None:
            out[consumer.handler] = age_s / consumer.fresh_s
    return out


def worst(flow: Flow, solution: Solution) -> tuple[str, float]:
    """The request or handler that is nearest to its objective, or furthest beyond it."""
    found = ratios(flow, solution)
    ref = max(found, key=lambda ref: (found[ref], ref))
    return ref, found[ref]
