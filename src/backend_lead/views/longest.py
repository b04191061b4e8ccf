"""Which step of a request takes longest where nobody waits for anybody."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.views.flow import (
    Cached,
    Call,
    Cpu,
    DiskRead,
    Flow,
    FlowStep,
    Par,
    Publish,
    Send,
    Wait,
)
from backend_lead.views.rates import unloaded_s


def longest_step(flow: Flow, key: str) -> tuple[str, float]:
    """The endpoint or operation in which a visit spends most by itself, and the mean time there."""
    return max(_own(flow, key), key=lambda step: (step[1], step[0]))


def _own(flow: Flow, key: str) -> Iterator[tuple[str, float]]:
    """Each node that a visit must wait for, with the time of its own steps."""
    steps = flow.nodes[key].steps
    yield key, sum(_time(step) for step in steps)
    for target in _awaited(flow, steps):
        yield from _own(flow, target)


def _time(step: FlowStep) -> float:
    if isinstance(step, Cpu):
        return step.mean_s
    if isinstance(step, Wait | DiskRead):
        return step.chance * step.mean_s
    if isinstance(step, Send):
        return step.mean_s
    if isinstance(step, Call):
        return sum(send.mean_s for send in step.over)
    if isinstance(step, Publish):
        return _time(step.call)
    if isinstance(step, Par):
        return max(map(_time, step.calls), default=0.0)
    return 0.0


def _awaited(flow: Flow, steps: tuple[FlowStep, ...]) -> Iterator[str]:
    """Nodes called one after the other; of those called together, the slowest."""
    for step in steps:
        if isinstance(step, Call):
            yield step.target
        elif isinstance(step, Publish):
            yield step.call.target
        elif isinstance(step, Par) and step.calls:
            yield max((call.target for call in step.calls), key=lambda t: sum(unloaded_s(flow, t)))
        elif isinstance(step, Cached):
            yield from _awaited(flow, (step.call, *step.miss))
