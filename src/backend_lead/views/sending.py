"""What sending takes where a bandwidth is stated: steps of the programs that send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from backend_lead.views.flow import (
    Cached,
    Call,
    Flow,
    FlowStep,
    Node,
    Par,
    Publish,
    Send,
    calls_of,
)
from backend_lead.views.network import hop_between, region_of
from backend_lead.views.transfers import OUTSIDE, between_nodes, sent_per_s, sizes_of


def send_over(flow: Flow) -> None:
    """Add the sending to programs: to other regions with each call, by the replica at its end.

    A replica is busy sending what it asks of others and its answer; what it takes in was sent.
    """
    network = flow.system.topology.network
    if network is None:
        return
    if any(hop.bandwidth for hop in network.hops):
        for key, node in list(flow.nodes.items()):
            flow.nodes[key] = replace(node, steps=_Abroad(flow, node).steps(node.steps))
    flow.unloaded.clear()  # it was without sending
    if network.bandwidth is not None:
        _by_replicas(flow)


def _by_replicas(flow: Flow) -> None:
    sent: dict[str, float] = defaultdict(float)
    for source, target, rate, asked, answered in between_nodes(flow):
        sent[target] += rate * answered
        if source != OUTSIDE:
            sent[source] += rate * asked
    for key, node in list(flow.nodes.items()):
        station, visits = flow.stations[node.station], flow.visits.get(key, 0.0)
        part = flow.system.components[node.component]
        if part.instance is not None and station.limited and visits > 0 and sent[key] > 0:
            step = Send(sent[key] / visits / sent_per_s(flow, station))
            flow.nodes[key] = replace(node, steps=(*node.steps, step))


class _Abroad:
    """Programs whose calls to other regions say what they send over what lies between."""

    def __init__(self, flow: Flow, node: Node) -> None:
        self.flow, self.sizes = flow, sizes_of(flow, node)
        self.each = flow.batch.get(node.key, 1.0)
        self.home = region_of(flow.system, flow.system.components[node.component])

    def steps(self, steps: tuple[FlowStep, ...]) -> tuple[FlowStep, ...]:
        return tuple(self.step(step) for step in steps)

    def step(self, step: FlowStep) -> FlowStep:
        if isinstance(step, Call):
            return self.sent(step)
        if isinstance(step, Publish):
            return replace(step, call=self.sent(step.call))
        if isinstance(step, Par):
            return replace(step, calls=tuple(self.sent(call) for call in step.calls))
        if isinstance(step, Cached):
            call, miss = self.sent(step.call, step.entity), self.steps(step.miss)
            return replace(step, call=call, miss=miss)
        return step

    def sent(self, call: Call, entity: str | None = None) -> Call:
        """A call with what it sends there and back."""
        system = self.flow.system
        part = system.components[self.flow.nodes[call.target].component]
        there = region_of(system, part)
        hop = hop_between(system, self.home, there) if there != self.home else None
        if hop is None or hop.bandwidth is None:
            return call
        speed = hop.bandwidth.value * self.each  # a batch takes as often as long, as compute does
        asked, answered = (size / speed for size in self.sizes(call, entity))
        ways = Send(asked, f"{self.home} to {there}"), Send(answered, f"{there} to {self.home}")
        return replace(call, over=ways)


def sender(flow: Flow, link: str) -> str:
    """A station that sends over a link: who asks from its start, or else who answers there."""
    start = link.partition(" to ")[0]
    over = [
        (asks, flow.nodes[call.target])
        for asks, call in _between(flow)
        if any(send.link == link for send in call.over)
    ]
    for node in (*(asks for asks, _ in over), *(answers for _, answers in over)):
        if region_of(flow.system, flow.system.components[node.component]) == start:
            return node.station
    raise AssertionError(link)


def _between(flow: Flow) -> Iterator[tuple[Node, Call]]:
    """Who asks, and each call, those that fetch messages too."""
    for node in flow.nodes.values():
        yield from ((node, call) for call in calls_of(node.steps))
    for consumer in flow.consumers:
        if consumer.fetch is not None:
            yield flow.nodes[consumer.handler], consumer.fetch
