"""The p99 objective of a request, divided among the parts it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from backend_lead.model.design import Hop, HopBudget, Latency
from backend_lead.views.flow import Flow
from backend_lead.views.weights import weighted_calls


def budgets(flow: Flow, latencies: list[Latency], hops: list[Hop]) -> list[HopBudget]:
    """How slow each part of each request may become before its p99 objective is missed.

    If every part takes k times as long, every percentile of the whole does: together, each may take
    objective / p99 times what it takes now. If one part takes a constant longer in each of its n
    calls, the p99 of the whole grows by at most n times that: alone, it may take the slack / n
    longer. The p99 of the whole is taken at the upper end of its interval. Both say nothing about
    queues, which grow too where a slower part holds workers or connections.
    """
    p99 = {f"{hop.component}.{hop.endpoint}": hop.p99_s for hop in hops}
    return [row for latency in latencies for row in _of_request(flow, latency, p99)]


def _of_request(flow: Flow, latency: Latency, p99: dict[str, float]) -> Iterator[HopBudget]:
    now = latency.p99_s.high
    if not 0 < now < float("inf"):
        return
    factor, slack = latency.objective_p99_s / now, latency.objective_p99_s - now
    for key, calls in _calls(flow, latency.endpoint).items():
        if key in p99:
            yield HopBudget(latency.endpoint, key, calls, p99[key], p99[key] * factor,
                            max(0.0, p99[key] + slack / max(1.0, calls)), latency.run)  # fmt: skip


def _calls(flow: Flow, root: str) -> dict[str, float]:
    """How often one request visits each part, itself first."""
    visits: dict[str, float] = defaultdict(float)
    visits[root] = 1.0
    for key in reversed(flow.order()):
        for weight, call in weighted_calls(flow.nodes[key].steps, flow) if visits[key] else ():
            visits[call.target] += visits[key] * weight
    return {key: n for key, n in visits.items() if n > 0}
