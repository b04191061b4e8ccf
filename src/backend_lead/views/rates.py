"""How often each node is visited, in what batches, and how often caches hit."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.model.manners import Keeping
from backend_lead.model.system import Component
from backend_lead.views.flow import (
    Cached,
    Call,
    Consumer,
    Cpu,
    Flow,
    FlowStep,
    Par,
    Publish,
    Send,
    Wait,
)
from backend_lead.views.hits import EntityReads, HitCurve, Ways, hit_curves

BATCH_ROUNDS, BATCH_NEAR = 100, 1e-4  # the size of batches is a fixed point


def set_rates(flow: Flow, load: float = 1.0) -> None:
    """Visit rates, batches and hit curves together: what a cache holds depends on what is asked of
    it, and how many messages a handler takes at once on how long it is busy with them.

    All of them at `load` times the stated load.
    """
    hits: dict[tuple[str, str], float] = {}
    for _ in range(12):
        walk = _Walk(flow, hits, load=load)
        flow.visits, flow.batch = dict(walk.visits), walk.batches()
        if not walk.reads:
            return
        flow.hits = _hit_curves(flow, walk)
        new = {key: curve.steady for key, curve in flow.hits.items()}
        if hits and all(abs(new[key] - hits.get(key, 0.0)) < 1e-4 for key in new):
            return
        hits = new


def hits_at(flow: Flow, load: float) -> dict[tuple[str, str], HitCurve]:
    """Hit curves at `load` times the stated load: who is asked more often keeps more."""
    other = replace(flow)
    set_rates(other, load)
    return other.hits


def visits_after_flush(flow: Flow, age_s: float) -> dict[str, float]:
    """Visit rates when every cache was emptied `age_s` ago and nothing was lost since."""
    return visits_at(flow, {key: curve.at(age_s) for key, curve in flow.hits.items()})


def visits_at(flow: Flow, hits: dict[tuple[str, str], float]) -> dict[str, float]:
    """Visit rates at given hit ratios, by cache and entity."""
    return dict(_Walk(flow, hits).visits)


def visits_in_full_batches(flow: Flow) -> dict[str, float]:
    """Visit rates if every handler took as many messages at once as it may."""
    if all(consumer.batch == 1 for consumer in flow.consumers):
        return flow.visits
    hits = {key: curve.steady for key, curve in flow.hits.items()}
    return dict(_Walk(flow, hits, full=True).visits)


class _Walk:
    """Rates from the edge down, callers before callees, publishers before handlers.

    `messages[node]` counts what its visits stand for; batches are `full` or those of the load.
    """

    def __init__(
        self, flow: Flow, hits: dict[tuple[str, str], float], *, full: bool = False,
        load: float = 1.0,
    ) -> None:  # fmt: skip
        self.flow, self.hits = flow, hits
        self.visits: dict[str, float] = defaultdict(float)
        self.messages: dict[str, float] = defaultdict(float)
        self.reads: dict[tuple[str, str], float] = defaultdict(float)
        self.fetched_s: dict[tuple[str, str], float] = defaultdict(float)  # by rate
        self.alone: dict[tuple[str, str], float] = defaultdict(float)  # reads that ask themselves
        self.spoilt: dict[tuple[str, str], float] = defaultdict(float)  # rows taken out
        self.handlers = {consumer.handler: consumer for consumer in flow.consumers}
        self.topics: dict[str, list[str]] = defaultdict(list)
        for consumer in flow.consumers:
            self.topics[consumer.topic].append(consumer.handler)
        for root, rate in flow.root_rates().items():
            self.add(flow.roots[root].target, load * rate * (1 - flow.roots[root].edge_hit), 1.0)
        for key in reversed(flow.order()):
            if key in self.handlers:
                rate = self.messages[key]
                consumer = self.handlers[key]
                taken = consumer.batch if full else taken_at_once(flow, consumer, rate)
                self.visits[key] = rate / taken
            each = self.messages[key] / self.visits[key] if self.visits[key] else 1.0
            self.spread(flow.nodes[key].steps, self.visits[key], each)

    def batches(self) -> dict[str, float]:
        """How many messages a visit stands for, where that is not one."""
        means = {key: self.messages[key] / rate for key, rate in self.visits.items() if rate > 0}
        return {key: mean for key, mean in means.items() if mean > 1 + 1e-9}

    def add(self, target: str, rate: float, each: float) -> None:
        self.visits[target] += rate
        self.messages[target] += rate * each

    def call(self, call: Call, rate: float, each: float) -> None:
        if call.forgets:
            self.spoilt[call.target.partition(".")[0], call.entity] += rate * each
        if call.optional:
            rate *= 1 - self.flow.refused.get(call.gate, 0.0)
        for share, branch in call.branches:
            self.add(branch.target, rate * share, each)

    def spread(self, steps: tuple[FlowStep, ...], rate: float, each: float) -> None:
        for step in steps:
            if isinstance(step, Call):
                self.call(step, rate, each)
            elif isinstance(step, Par):
                for call in step.calls:
                    self.call(call, rate, each)
            elif isinstance(step, Publish):
                self.add(step.call.target, rate, each)
                for handler in self.topics[step.topic]:
                    self.messages[handler] += rate * each
            elif isinstance(step, Cached):
                self.add(step.call.target, rate, each)
                key = (step.cache, step.entity)
                self.reads[key] += rate
                self.fetched_s[key] += rate * sum(_unloaded(self.flow, step.miss))
                self.alone[key] += 0.0 if step.coalesced else rate
                self.spread(step.miss, rate * (1 - self.hits.get(key, 0.8)), each)


def taken_at_once(flow: Flow, consumer: Consumer, rate_per_s: float) -> float:
    """Messages in a batch on the mean, with nobody waiting for anybody.

    A place that is busy for T takes the a = rate x T messages that came meanwhile, or waits for the
    next one if none did, with probability exp(-a): a batch has a + exp(-a). T grows with the batch.
    """
    if consumer.batch == 1:
        return 1.0
    compute_s, waits_s = unloaded_s(flow, consumer.handler)
    if consumer.fetch is not None:
        waits_s += consumer.fetch.rtt_s
        compute_s += sum(send.mean_s for send in consumer.fetch.over)
    per_place = rate_per_s / (consumer.partitions * consumer.slots)
    taken = 1.0
    for _ in range(BATCH_ROUNDS):
        came = per_place * (waits_s + taken * compute_s)
        now, taken = taken, min(float(consumer.batch), came + math.exp(-came))
        if abs(taken - now) < BATCH_NEAR * now:
            break
    return taken


def unloaded_s(flow: Flow, key: str) -> tuple[float, float]:
    """Mean compute and mean other time of a visit, calls included, when nobody waits."""
    if key not in flow.unloaded:  # found once: what is called twice would double at each step
        flow.unloaded[key] = _unloaded(flow, flow.nodes[key].steps)
    return flow.unloaded[key]


def away_s(call: Call) -> float:
    """What the network takes of a call by itself."""
    return call.rtt_s + sum(send.mean_s for send in call.over)


def _unloaded(flow: Flow, steps: tuple[FlowStep, ...]) -> tuple[float, float]:
    compute = other = 0.0
    for step in steps:
        if isinstance(step, Cpu):
            compute += step.mean_s
        elif isinstance(step, Wait):
            other += step.chance * step.mean_s
        elif isinstance(step, Send):
            other += step.mean_s
        elif isinstance(step, Call | Publish):
            call = step if isinstance(step, Call) else step.call
            inner = unloaded_s(flow, call.target)
            compute, other = compute + inner[0], other + inner[1] + away_s(call)
        elif isinstance(step, Par) and step.calls:
            slowest = max(step.calls, key=lambda c: sum(unloaded_s(flow, c.target)) + away_s(c))
            inner = unloaded_s(flow, slowest.target)
            compute, other = compute + inner[0], other + inner[1] + away_s(slowest)
        elif isinstance(step, Cached):
            inner = _unloaded(flow, (step.call, *step.miss))
            compute, other = compute + inner[0], other + inner[1]
    return compute, other


def _hit_curves(flow: Flow, walk: _Walk) -> dict[tuple[str, str], HitCurve]:
    curves: dict[tuple[str, str], HitCurve] = {}
    reads = walk.reads
    for cache in sorted({cache for cache, _ in reads}):
        component = flow.system.components[cache]
        kind = kind_of(component.kind)
        held = {entity: rate for (name, entity), rate in reads.items() if name == cache}
        if component.hit_ratio is not None:
            for entity in held:
                curves[cache, entity] = HitCurve.constant(component.hit_ratio.value)
            continue
        entities = [
            EntityReads(
                entity,
                rate,
                walk.spoilt[cache, entity],
                flow.system.entities[entity].rows.value,
                skew.value if (skew := flow.system.entities[entity].skew) else 0.0,
                flow.system.entities[entity].row.value + kind.fact("entry-overhead"),
                walk.fetched_s[cache, entity] / rate if rate > 0 else 0.0,
                walk.alone[cache, entity] == 0,
            )
            for entity, rate in sorted(held.items())
        ]
        memory = kind.memory_bytes(component)  # type: ignore[attr-defined]
        for entity, curve in hit_curves(entities, memory, ways_of(component)).items():
            curves[cache, entity] = curve
    return curves


def ways_of(cache: Component) -> Ways:
    """How a cache gives up keys, as its component says."""
    said = cache.keeps or Keeping()
    return Ways(cache.ttl.value if cache.ttl else 0.0, said.renew, said.evict == "lfu")
