"""Bytes that move between parts: per call from what the model says of its content, else assumed.

A read fetches its share of the answer it is for, one row at least, a page of rows at most; a write
sends one row. Calls of services send what their endpoints say. Clients are outside, and get files
that lie in an object store from there; what streams copy to their other machines, and hand out to
consumers, counts too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.catalog.sockets import BEAT_BYTES
from backend_lead.catalog.transfer import ANSWER, CALL_OVERHEAD, LIST_ROWS
from backend_lead.model.system import Endpoint
from backend_lead.views.flow import Cached, Call, Flow, FlowStep, Node, Par, Publish, Transfer
from backend_lead.views.network import region_of
from backend_lead.views.sharing_out import each
from backend_lead.views.steps import endpoint_of, operation_of

OUTSIDE = ""
_Asked = tuple[float, Call, str | None]  # probability, call, entity where a cache is read


@dataclass(frozen=True)
class Moved:
    """What the busiest replica of a station sends and takes in (B/s), and its machine sustains.

    It has `over` times the load of all on the mean.
    """

    station: str
    into: float
    out: float
    limit: float
    over: float = 1.0

    @property
    def most(self) -> float:
        """The busier direction: machines sustain the same in each."""
        return max(self.into, self.out)

    @property
    def busy(self) -> float:
        return self.most / self.limit


def transfers(flow: Flow) -> list[Transfer]:
    """Everything that moves, summed by pair of stations, in the order of the flow."""
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for source, target, rate, asked, answered in between_nodes(flow):
        row = sums[_station(flow, source), _station(flow, target)]
        row[0] += rate
        row[1] += rate * asked
        row[2] += rate * answered
    return [Transfer(*pair, *row) for pair, row in sums.items() if row[0] > 0]


def _station(flow: Flow, key: str) -> str:
    return flow.nodes[key].station if key != OUTSIDE else OUTSIDE


def moved(flow: Flow) -> list[Moved]:
    """Per station with machines, what its busiest replica moves at the stated load."""
    into: dict[str, float] = defaultdict(float)
    out: dict[str, float] = defaultdict(float)
    for one in flow.transfers:
        into[one.target] += one.asked_b
        out[one.target] += one.answered_b
        into[one.source] += one.answered_b
        out[one.source] += one.asked_b
    found = []
    for sid, station in flow.stations.items():
        part = flow.system.components[station.component]
        if part.instance is None or not (into[sid] or out[sid]):
            continue
        limit = sent_per_s(flow, station)
        over = float(each(flow, sid).max())
        part_of = over / station.replicas
        found.append(Moved(sid, into[sid] * part_of, out[sid] * part_of, limit, over))
    return found


def sent_per_s(flow: Flow, station: Station) -> float:
    """Bytes a second that a machine sends or takes in for long: its own limit, or what is stated
    of the network if that is less."""
    part = flow.system.components[station.component]
    own = kind_of(part.kind).machine(part).network_bytes_per_s
    network = flow.system.topology.network
    return min(own, network.bandwidth.value) if network and network.bandwidth else own


def across_zones(flow: Flow) -> float:
    """Bytes a second that are charged as traffic between zones, at the stated load.

    Callers choose among the zones of the callee evenly; what goes to another region leaves its zone
    all of it. Each machine is charged for what it sends
    and takes in; managed stores are not, only who asks them. Balancers are not charged for what
    they pass on, databases not for what they copy to a standby; what has no machines lies in no
    zone.
    """
    total = 0.0
    for one in flow.transfers:
        if one.source == OUTSIDE:
            continue
        ends = [flow.system.components[flow.stations[sid].component]
                for sid in (one.source, one.target)]  # fmt: skip
        if any(part.instance is None for part in ends):
            continue
        zones = max(part.zones for part in ends)
        away = 1.0 if one.source == one.target and zones > 1 else 1 - 1 / zones
        if region_of(flow.system, ends[0]) != region_of(flow.system, ends[1]):
            away = 1.0
        charged = sum(not kind_of(part.kind).machine_class for part in ends)
        total += away * charged * (one.asked_b + one.answered_b)
    return total


def between_regions(flow: Flow) -> bool:
    """Whether components of different regions ask each other."""
    homes = [
        {region_of(flow.system, flow.system.components[flow.stations[sid].component])
         for sid in (one.source, one.target)}
        for one in flow.transfers if one.source != OUTSIDE
    ]  # fmt: skip
    return any(len(pair) > 1 for pair in homes)


def to_outside(flow: Flow) -> list[Transfer]:
    """What goes to somebody else's systems, over the internet, at the stated load."""
    return [
        one
        for one in flow.transfers
        if kind_of(flow.system.components[flow.stations[one.target].component].kind).role
        == "third party"
    ]


def between_nodes(flow: Flow) -> Iterator[tuple[str, str, float, float, float]]:
    """(source, target, rate, bytes there, bytes back) of each sort of call, by keys of nodes."""
    beats = {link.beat for link in flow.links}
    for key, rate in flow.root_rates().items():
        root = flow.roots[key]
        default = BEAT_BYTES.value if key in beats else None
        endpoint, node = endpoint_of(flow.system, root.target), flow.nodes[root.target]
        asked, answered = _sizes(endpoint, default)
        if endpoint.file and _lies_apart(flow, node):  # what is left is its address
            asked, answered = ((CALL_OVERHEAD.value, answered) if endpoint.writes
                               else (asked, ANSWER.value + CALL_OVERHEAD.value))  # fmt: skip
        yield OUTSIDE, node.key, rate * (1 - root.edge_hit), asked, answered
    for node in flow.nodes.values():
        yield from _of_node(flow, node)
    yield from _of_streams(flow)


def _lies_apart(flow: Flow, node: Node) -> bool:
    """Whether a file lies in an object store, where clients get and put its bytes themselves."""
    named = {call.target.partition(".")[0] for _, call, _ in _asked(node.steps, flow, 1.0)}
    return any(kind_of(flow.system.components[n].kind).role == "object store" for n in named)


def _sizes(endpoint: Endpoint, default: float | None = None) -> tuple[float, float]:
    """Bytes of a request and of its answer; `default` for both where neither is stated."""
    if default is not None and endpoint.request is None and endpoint.response is None:
        return default, default
    asked = endpoint.request.value if endpoint.request else 0.0
    answered = endpoint.response.value if endpoint.response else ANSWER.value
    return asked + CALL_OVERHEAD.value, answered + CALL_OVERHEAD.value


def _of_node(flow: Flow, node: Node) -> Iterator[tuple[str, str, float, float, float]]:
    visits = flow.visits.get(node.key, 0.0)
    if not visits:
        return
    sizes = sizes_of(flow, node)
    for weight, call, entity in _asked(node.steps, flow, 1.0):
        sent = 1 - flow.refused.get(call.gate, 0.0) if call.optional else 1.0
        yield (node.key, call.target, visits * weight * sent, *sizes(call, entity))


def sizes_of(flow: Flow, node: Node) -> Callable[[Call, str | None], tuple[float, float]]:
    """Tells bytes there and back of a call that a node makes, by what a cache read holds."""
    asked = _asked(node.steps, flow, 1.0)
    reads = sum(weight for weight, call, entity in asked if _reads(flow, call.target, entity))
    component = flow.system.components[node.component]
    endpoint = component.endpoints.get(node.name)
    response = endpoint.response.value if endpoint and endpoint.response else 0.0
    each = flow.batch.get(node.key, 1.0)

    def sizes(call: Call, entity: str | None) -> tuple[float, float]:
        there, back = _content(flow, call, entity, response / reads if reads else 0.0)
        return there * each + CALL_OVERHEAD.value, back * each + CALL_OVERHEAD.value

    return sizes


def _asked(steps: tuple[FlowStep, ...], flow: Flow, weight: float) -> Iterator[_Asked]:
    """Each call a program makes, as `weights.weighted_calls`, with what a cache read holds."""
    for step in steps:
        if isinstance(step, Call):
            yield weight, step, None
        elif isinstance(step, Publish):
            yield weight, step.call, None
        elif isinstance(step, Par):
            for call in step.calls:
                yield weight, call, None
        elif isinstance(step, Cached):
            yield weight, step.call, step.entity
            miss = 1 - flow.hits[step.cache, step.entity].steady
            yield from _asked(step.miss, flow, weight * miss)


def _reads(flow: Flow, target: str, entity: str | None) -> bool:
    operation = operation_of(flow.system, target)
    return entity is not None or (operation is not None and operation.type == "read")


def _content(flow: Flow, call: Call, entity: str | None, share: float) -> tuple[float, float]:
    """Bytes of content there and back. What a cache misses is written to it: as much again."""
    system = flow.system
    name, word = call.target.split(".", 1)
    part = system.components[name]
    if word in part.endpoints:
        asked, answered = _sizes(part.endpoints[word])
        return asked - CALL_OVERHEAD.value, answered - CALL_OVERHEAD.value
    if word in part.topics:
        return part.topics[word].message.value, 0.0
    operation = part.operations.get(word)
    of = operation.entity if operation else entity
    row = system.entities[of].row.value if of and of in system.entities else 0.0
    if operation is not None and operation.type == "write":
        return row, 0.0
    if operation is None and entity is None:
        return 0.0, 0.0  # a key that is taken out of a cache
    content = min(max(row, share), LIST_ROWS.value * row)
    miss = 1 - flow.hits[name, entity].steady if entity is not None else 0.0
    return content * miss, content * (1 - miss)


def _of_streams(flow: Flow) -> Iterator[tuple[str, str, float, float, float]]:
    """Copies between the machines of a stream, and messages handed out to consumers."""
    messages: dict[str, float] = {}
    for name, part in flow.system.components.items():
        for word, topic in part.topics.items():
            key = f"{name}.{word}"
            rate = flow.visits.get(key, 0.0) * flow.batch.get(key, 1.0)
            messages[key] = rate
            copies = kind_of(part.kind).copies(part) - 1
            if copies > 0:
                yield key, key, rate * copies, topic.message.value, 0.0
    for consumer in flow.consumers:
        name, word = consumer.topic.split(".", 1)
        size = flow.system.components[name].topics[word].message.value
        yield consumer.handler, consumer.topic, messages[consumer.topic], 0.0, size
