"""Which row a request is about: where it is drawn, and where it says to which shard or partition.

A request is about one row of an entity, from where it is first needed on; whom it asks is told.
Another one is drawn for another entity, and for a second read of the same one from a cache. Behind
a cache the popular rows are rarer, as it has them. Handlers of messages begin anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np

from backend_lead.kernel.places import GROUP, PARTITION
from backend_lead.model.manners import Keeping
from backend_lead.views.flow import (
    Cached,
    Call,
    Cpu,
    Flow,
    FlowStep,
    Held,
    Key,
    Node,
    Par,
    Publish,
    calls_of,
)
from backend_lead.views.lagging import lagging
from backend_lead.views.popularity import Use, Vector, by_place, popularity, told_apart, uneven
from backend_lead.views.steps import operation_of


@dataclass(frozen=True)
class Asking:
    """Calls from one station (empty: from outside), each by a key if it has one whose rows are
    known; `by_group`: it says the group, too."""

    caller: str
    key: Key | None
    by_group: bool


@dataclass(frozen=True)
class Keyed:
    """`steps`: programs of nodes with the keys drawn, calls by key marked; `roots`: what is drawn
    before a root's call. `shares`: by station, what each group has of its load, and `partitions` by
    handler; those split evenly are left out. `uses`: by entity, where its keys go. `asked`: by
    station, who asks it how much, where its balancer goes by keys or zones."""

    steps: dict[str, tuple[FlowStep, ...]]
    roots: dict[str, tuple[Key, ...]]
    shares: dict[str, Vector]
    partitions: dict[str, Vector]
    uses: dict[str, frozenset[Use]]
    asked: dict[str, dict[Asking, float]]


def keyed(flow: Flow) -> Keyed:
    """The keys of a flow; found once."""
    if flow.keyed is None:
        flow.keyed = _Walk(flow).found()
    return flow.keyed


def exact(flow: Flow, cache: str) -> bool:
    """Whether a run keeps each key of a cache by itself; not where its hit ratio is stated."""
    part = flow.system.components[cache]
    return part.hit_ratio is None and (part.keeps or Keeping()).keys == "exact"


def row_popularity(flow: Flow, key: Key, uses: frozenset[Use] = frozenset()) -> Vector:
    """The share of each key, as `Key` says."""
    part = flow.system.entities.get(key.entity)
    if part is None:
        return popularity(1.0, 0.0) if key.entity else popularity(ANY, 0.0)
    whole = any(exact(flow, cache) for cache, entity in flow.hits if entity == key.entity)
    skew = part.skew.value if part.skew else 0.0
    curve = flow.hits.get((key.missed, key.entity))
    if curve is None or curve.asked is None:
        return popularity(part.rows.value, skew, uses=uses, exact=whole)
    reads_per_s = curve.asked.reads_per_s
    return popularity(part.rows.value, skew, uses=uses, exact=whole,
                      passed=lambda share: 1 - curve.kept_at(share * reads_per_s))  # fmt: skip


def rows_apart(flow: Flow, entity: str) -> int:
    """How many rows of an entity are keys of their own, from the hottest on."""
    whole = any(exact(flow, cache) for cache, kept in flow.hits if kept == entity)
    uses = keyed(flow).uses.get(entity, frozenset())
    return told_apart(flow.system.entities[entity].rows.value, uses, exact=whole)


ANY = 2_000.0  # keys of which nothing is known but that they are keys


@dataclass
class _Now:
    """What a program is about at a step: the row of an entity, and behind which cache. Of what is
    read again the next is another one; between a look at exact keys and its end it is `fixed`."""

    entity: str | None
    missed: str = ""
    fixed: bool = False
    behind: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key | None:
        """What says the key that a call now has, where it is known."""
        return None if self.entity is None else Key(self.entity, self.missed)

    def about(self, entity: str, again: bool = False) -> list[FlowStep]:
        """Let it be about a row of the entity; gives what must be drawn for that."""
        if self.fixed or (self.entity == entity and not again):
            return []
        self.entity, self.missed = entity, self.behind.get(entity, "")
        return [Key(entity, self.missed)]


def _cpu_s(node: Node) -> float:
    """Compute of a visit, never nothing."""
    return sum(step.mean_s for step in node.steps if isinstance(step, Cpu)) or 1e-9


class _Walk:
    """Programs from the edge down, callers before whom they ask."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.uses = self._uses()
        self.uneven: dict[tuple[str, Use], bool] = {}
        self.arriving: dict[str, set[tuple[str | None, str]]] = defaultdict(set)
        self.sent: dict[str, dict[Key | None, float]] = defaultdict(lambda: defaultdict(float))
        self.asked: dict[str, dict[Asking, float]] = defaultdict(lambda: defaultdict(float))
        self.station = ""  # of the program that is looked at

    def found(self) -> Keyed:
        flow = self.flow
        roots: dict[str, tuple[Key, ...]] = {}
        steps: dict[str, tuple[FlowStep, ...]] = {}
        for name, root in flow.roots.items():
            entity = self._balanced(Call(root.target))
            roots[name] = () if entity is None else (Key(entity),)
            self.arriving[root.target].add((entity, ""))
            rate = flow.root_rates().get(name, 0.0) * (1 - root.edge_hit)
            self.asks(root.target, None if entity is None else Key(entity), False, rate)
        for consumer in flow.consumers:
            self.arriving[consumer.handler].add((None, ""))
            self.asks(consumer.handler, None, False, flow.visits.get(consumer.handler, 0.0))
        for key in reversed(flow.order()):
            came = self.arriving[key]
            entities, behind = {entity for entity, _ in came}, {missed for _, missed in came}
            now = _Now(entities.pop() if len(entities) == 1 else None)
            now.missed = behind.pop() if len(behind) == 1 else ""
            node = flow.nodes[key]
            self.station = node.station
            drawn = now.about(told[0]) if (told := lagging(flow, node)) else []
            steps[key] = (*drawn, *self.program(node.steps, now, flow.visits.get(key, 0.0)))
        partitions = {
            consumer.handler: by_place(self._shares(Key(consumer.key)), use)
            for consumer in flow.consumers
            if self._skewed(consumer.key, use := (PARTITION, consumer.partitions))
        }
        return Keyed(steps, roots, self._by_station(), partitions, self.uses, dict(self.asked))

    def asks(self, target: str, key: Key | None, by_group: bool, rate: float) -> None:
        """Count calls to a station of which some instances are asked more than others, in seconds
        of compute."""
        node = self.flow.nodes[target]
        station = self.flow.stations[node.station]
        near = station.serving is not None and station.serving.near
        if near or station.balance == "by-key":
            self.asked[station.id][Asking(self.station, key, by_group)] += rate * _cpu_s(node)

    def program(
        self, steps: tuple[FlowStep, ...], now: _Now, rate: float
    ) -> tuple[FlowStep, ...]:  # fmt: skip
        out: list[FlowStep] = []
        for step in steps:
            if isinstance(step, Call):
                out += self.calls((step,), now, rate)
            elif isinstance(step, Par):
                *drawn, sent = self.together(step, now, rate)
                out += [*drawn, sent]
            elif isinstance(step, Publish):
                append = self.calls((step.call,), now, rate)
                out += append[:-1]
                for consumer in self.flow.consumers:
                    use = (PARTITION, consumer.partitions)
                    if consumer.topic == step.topic and self._skewed(consumer.key, use):
                        out += now.about(consumer.key)
                call = append[-1]
                assert isinstance(call, Call)
                out.append(replace(step, call=call))
            elif isinstance(step, Held):
                out += [*now.about(step.entity), step]
            elif isinstance(step, Cached):
                out += self.cached(step, now, rate)
            else:
                out.append(step)
        return tuple(out)

    def calls(self, calls: tuple[Call, ...], now: _Now, rate: float) -> list[FlowStep]:
        """The calls, each with the key it goes by; what must be drawn comes before them."""
        wanted = [self._wanted(call) for call in calls]
        out: list[FlowStep] = []
        for entity, _ in wanted:
            if entity is not None:
                out += now.about(entity)
                break
        for call, (entity, by_key) in zip(calls, wanted):
            goes = by_key and entity == now.entity
            for share, branch in call.branches:
                self.arriving[branch.target].add((now.entity, now.missed))
                key = Key(entity or "", now.missed) if goes else None
                self.sent[branch.target][key] += rate * share
                self.asks(branch.target, now.key, goes, rate * share)
            forgets = call.forgets and entity == now.entity  # else it would be of another row
            same = (goes, forgets) == (call.by_key, call.forgets)
            out.append(call if same else replace(call, by_key=goes, forgets=forgets))
        return out

    def together(self, step: Par, now: _Now, rate: float) -> list[FlowStep]:
        found = self.calls(step.calls, now, rate)
        sent = tuple(one for one in found if isinstance(one, Call))
        return [*(one for one in found if isinstance(one, Key)), replace(step, calls=sent)]

    def cached(self, step: Cached, now: _Now, rate: float) -> list[FlowStep]:
        """A read of a cache; what it does not have is asked for as often as it is missed."""
        groups = self._groups(step.call)
        whole = exact(self.flow, step.cache)
        by_key = whole or self._skewed(step.entity, (GROUP, groups))
        out: list[FlowStep] = []
        if by_key:
            out += now.about(step.entity, again=step.entity in now.read)
            now.read.add(step.entity)
        self.arriving[step.call.target].add((now.entity, now.missed))
        self.sent[step.call.target][Key(step.entity, now.missed) if by_key else None] += rate
        self.asks(step.call.target, now.key, by_key, rate)
        hit = self.flow.hits[step.cache, step.entity].steady
        before = now.entity, now.missed, now.fixed
        inner = replace(now, behind=now.behind | {step.entity: step.cache}, read=set())
        if whole:
            inner = replace(inner, entity=step.entity, missed=step.cache, fixed=True)
        elif now.entity == step.entity and not now.fixed:
            inner = replace(inner, entity=None)  # who misses is about another one: a rarer one
        miss = self.program(step.miss, inner, rate * (1 - hit))
        drawn = not whole and any(isinstance(one, Key) for one in miss)
        now.entity, now.missed, now.fixed = (None, "", now.fixed) if drawn else before
        call = replace(step.call, by_key=by_key and groups > 1)
        return [*out, replace(step, call=call, miss=miss)]

    def _wanted(self, call: Call) -> tuple[str | None, bool]:
        """Whose row a call is about, as far as it matters, and whether that says its group."""
        groups = self._groups(call)
        component = self.flow.nodes[call.target].component
        if call.forgets and exact(self.flow, component):
            return (call.entity, groups > 1) if call.entity else (None, False)
        operation = operation_of(self.flow.system, call.target)
        word = call.entity if call.forgets else operation.shard_key if operation else None
        if word and call.group is None and self._skewed(word, (GROUP, groups)):
            return word, True
        if told := lagging(self.flow, self.flow.nodes[call.target]):
            return told[0], False
        return self._balanced(call), False

    def _balanced(self, call: Call) -> str | None:
        """Whose keys a balancer goes by, where one does: of anything, if nobody says."""
        node = self.flow.nodes[call.target]
        if self.flow.stations[node.station].balance != "by-key":
            return None
        return call.entity or next(iter(self._about(node.steps)), "")

    def _about(self, steps: tuple[FlowStep, ...]) -> list[str]:
        """Entities that a program asks for, the first that it asks for first."""
        found: list[str] = []
        for step in steps:
            if isinstance(step, Cached) and step.entity:
                found.append(step.entity)
            for call in calls_of((step,)):
                operation = operation_of(self.flow.system, call.target)
                found += [call.entity] if call.entity else []
                found += [operation.entity] if operation and operation.entity else []
        return found

    def _groups(self, call: Call) -> int:
        return self.flow.stations[self.flow.nodes[call.target].station].groups

    def _uses(self) -> dict[str, frozenset[Use]]:
        """Where keys of each entity may go, if it goes by them."""
        flow = self.flow
        found: dict[str, set[Use]] = defaultdict(set)
        for key, node in flow.nodes.items():
            operation, groups = operation_of(flow.system, key), flow.stations[node.station].groups
            if operation is not None and operation.shard_key in flow.system.entities:
                found[operation.shard_key or ""].add((GROUP, groups))
        for cache, entity in flow.hits:
            if entity:
                found[entity].add((GROUP, flow.system.components[cache].shards))
        for consumer in flow.consumers:
            if consumer.key:
                found[consumer.key].add((PARTITION, consumer.partitions))
        return {name: frozenset(use for use in uses if use[1] > 1) for name, uses in found.items()}

    def _shares(self, key: Key) -> Vector:
        return row_popularity(self.flow, key, self.uses.get(key.entity, frozenset()))

    def _skewed(self, entity: str, use: Use) -> bool:
        """Whether rows that are popular, or few, make some places so much busier than others."""
        if entity not in self.flow.system.entities or use[1] == 1:
            return False
        if (entity, use) not in self.uneven:
            self.uneven[entity, use] = uneven(self._shares(Key(entity)), use)
        return self.uneven[entity, use]

    def _by_station(self) -> dict[str, Vector]:
        """What each group has of the compute of its station, where it is not alike."""
        found: dict[str, Vector] = {}
        for target, sent in self.sent.items():
            node = self.flow.nodes[target]
            groups = self.flow.stations[node.station].groups
            if groups == 1:
                continue
            cpu_s = _cpu_s(node)
            load = np.zeros(groups)
            for key, rate in sent.items():
                even = np.full(groups, 1 / groups)
                load += rate * (even if key is None else by_place(self._shares(key),
                                                                  (GROUP, groups)))  # fmt: skip
            found[node.station] = found.get(node.station, 0.0) + cpu_s * load
        skewed = {
            self.flow.nodes[target].station
            for target, sent in self.sent.items()
            if any(key is not None for key in sent)
        }
        return {
            sid: load / load.sum()
            for sid, load in found.items()
            if sid in skewed and load.sum() > 0
        }
