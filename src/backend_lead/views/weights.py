"""What a program does on the mean: each burst and each call with its probability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from backend_lead.views.flow import Cached, Call, Cpu, Flow, FlowStep, Par, Publish


def asked_by(flow: Flow, target: str) -> dict[str, float]:
    """How often each node is visited by one visit of `target`, itself included."""
    out: dict[str, float] = defaultdict(float, {target: 1.0})
    for key in reversed(flow.order()):  # callers before whom they ask
        if key in out:
            for weight, call in weighted_calls(flow.nodes[key].steps, flow):
                out[call.target] += out[key] * weight
    return dict(out)


def bursts(steps: tuple[FlowStep, ...], flow: Flow, weight: float) -> Iterator[tuple[float, float]]:
    """(probability, mean) of each compute burst of a program."""
    for step in steps:
        if isinstance(step, Cpu):
            yield weight, step.mean_s
        elif isinstance(step, Cached):
            miss = 1 - flow.hits[step.cache, step.entity].steady
            yield from bursts(step.miss, flow, weight * miss)


def weighted_calls(
    steps: tuple[FlowStep, ...], flow: Flow, weight: float = 1.0
) -> Iterator[tuple[float, Call]]:
    """(probability, call) of each call a program makes."""
    for step in steps:
        if isinstance(step, Call):
            yield from _ways(step, weight)
        elif isinstance(step, Publish):
            yield weight, step.call
        elif isinstance(step, Par):
            for call in step.calls:
                yield from _ways(call, weight)
        elif isinstance(step, Cached):
            yield weight, step.call
            miss = 1 - flow.hits[step.cache, step.entity].steady
            yield from weighted_calls(step.miss, flow, weight * miss)


def _ways(call: Call, weight: float) -> Iterator[tuple[float, Call]]:
    for share, branch in call.branches:
        yield weight * share, branch
