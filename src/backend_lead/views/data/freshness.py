"""How old an event is when it can be asked for, and how long an outage is made up for: closed form.

Two gates in a row. The relay looks each `poll_s` after its last look and publishes what waits; the
sink loads what waits each `every_s`, at most `batch`. With arrivals at a constant rate r:

- a look takes `a1 + b1 n`, so its cycle is c1 = (poll + a1) / (1 - r b1). An event that arrives x
  into a cycle is taken c1 - x later and published after its predecessors: a1 + b1 r x. Its delay is
  uniform between a1 + r b1 c1 and a1 + c1;
- the broker has it after d;
- a load takes `a2 + b2 n`, so the sink's cycle is c2 = max(every, a2 / (1 - r b2)). An event waits
  between 0 and c2 for its load, uniformly, as the cycles are not in step, and is there when the
  whole load is: after a2 + b2 r c2.

The sum of two uniform times and a constant has the quantiles of a trapezoid.

An outage of t, from the last load's beginning to the next one's, leaves r t events on the mean;
each load takes a full batch while as many are there, so load j (from 0, begun j c after the return)
is full where N(t + j c), the number of arrivals until then, is at least (j + 1) batch. N is that of
many users who do not know of each other (Poisson), so how many loads are full is not certain: their
mean number is the sum of these chances, each that of a normal distribution with mean and variance
r (t + j c). Then what is left, r t - loads (batch - r c), is taken by one more. The time in which a
worker starts, and that until the broker hands out again what a killed one had taken, are parts of
the outage, as no load begins before: an outage shorter than the latter lasts as long.

Source: the arithmetic of fluid queues; L. Kleinrock, Queueing Systems, volume 1 (1975), for gated
service; the chance of each full load instead of the first passage, which is close where a load
takes out more than what varies in one cycle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from backend_lead.catalog import streams as facts
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Kind
from backend_lead.views.data.streams import Consumer, Streams

SURE = 6.0  # standard deviations beyond which a chance is taken to be none
LOADS_MANY = 1_000  # loads more or less by chance, above which they are not added up one by one


@dataclass(frozen=True)
class Costs:
    """Times (s) of the parts: a look and each event of it, the broker, a load and each row."""

    look_s: float
    publish_s: float
    broker_s: float
    load_s: float
    row_s: float


@dataclass(frozen=True)
class Span:
    """An estimate with the lowest and highest it may be."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Pipeline:
    """One lane: what arrives, how often the relay looks and the sink loads, and at most how many.

    `low` and `high` are the costs at the ends of what is known of them.
    """

    rate_per_s: float
    poll_s: float
    relay_batch: int
    every_s: float
    batch: int
    costs: Costs
    low: Costs
    high: Costs

    @property
    def keeps_up(self) -> bool:
        """Whether relay and sink carry the rate for ever."""
        return self.rate_per_s < min(relay_most(self, self.costs), sink_most(self, self.costs))


def relay_most(p: Pipeline, c: Costs) -> float:
    """Events a second that the relay can publish, full looks without a pause."""
    return p.relay_batch / (c.look_s + c.publish_s * p.relay_batch)


def sink_most(p: Pipeline, c: Costs) -> float:
    """Events a second that the sink can load, full loads at its pace."""
    return p.batch / max(p.every_s, c.load_s + c.row_s * p.batch)


def freshness(p: Pipeline, q: float) -> Span:
    """A quantile of the age at which events can be asked for; unbounded where it does not keep
    up."""
    return Span(*(_freshness(p, c, q) for c in (p.costs, p.low, p.high)))


def _freshness(p: Pipeline, c: Costs, q: float) -> float:
    parts = _delays(p, c)
    if parts is None:
        return math.inf
    fixed, wide, narrow = parts
    return fixed + _trapezoid(q, wide, narrow)


def waits(p: Pipeline) -> float:
    """Share of the median age that is waiting for the next look or load, not work."""
    parts = _delays(p, p.costs)
    if parts is None:
        return math.nan
    fixed, wide, narrow = parts
    return (wide + narrow) / 2 / (fixed + (wide + narrow) / 2)


def _delays(p: Pipeline, c: Costs) -> tuple[float, float, float] | None:
    """What every event waits, and the widths of the two waits that differ; None: too slow."""
    r = p.rate_per_s
    if r >= relay_most(p, c) or r >= sink_most(p, c) or r * c.row_s >= 1:
        return None
    c1 = (p.poll_s + c.look_s) / (1 - r * c.publish_s)
    c2 = max(p.every_s, c.load_s / (1 - r * c.row_s))
    fixed = c.look_s + r * c.publish_s * c1 + c.broker_s + c.load_s + c.row_s * r * c2
    widths = sorted((c1 * (1 - r * c.publish_s), c2))
    return fixed, widths[1], widths[0]


def _trapezoid(q: float, wide: float, narrow: float) -> float:
    """The q-quantile of the sum of two uniform times from 0 to `wide` and to `narrow`."""
    if narrow <= 0:
        return q * wide
    edge = narrow / (2 * wide)  # probability up to `narrow`
    if q <= edge:
        return math.sqrt(2 * q * wide * narrow)
    if q >= 1 - edge:
        return wide + narrow - math.sqrt(2 * (1 - q) * wide * narrow)
    return q * wide + narrow / 2


def catch_up(p: Pipeline, outage_s: float) -> Span:
    """Mean time from the sink's return until nothing is older than usual, for events that arrived
    in `outage_s`, the last load before it included."""
    return Span(*(_catch_up(p, c, outage_s) for c in (p.costs, p.low, p.high)))


def _catch_up(p: Pipeline, c: Costs, outage_s: float) -> float:
    cycle = max(p.every_s, c.load_s + c.row_s * p.batch)
    surplus = p.batch - p.rate_per_s * cycle
    if surplus <= 0:
        return math.inf
    full = _full_loads(p.rate_per_s, outage_s, p.batch, cycle)
    left = min(float(p.batch), max(0.0, p.rate_per_s * outage_s - full * surplus))
    return full * cycle + c.load_s + c.row_s * left


def _full_loads(rate_per_s: float, outage_s: float, batch: int, cycle_s: float) -> float:
    """How many loads are full on the mean before one is not."""
    if rate_per_s <= 0 or outage_s <= 0:
        return 0.0
    surplus = batch - rate_per_s * cycle_s
    crossing = (rate_per_s * outage_s - batch) / surplus  # without chance, loads 0 to here are full
    until_s = outage_s + max(0.0, crossing) * cycle_s
    chance = SURE * math.sqrt(rate_per_s * until_s) / surplus  # loads that it may be more or less
    if chance > LOADS_MANY:
        # So near capacity being full once more after a gap would count too often; by Wald's
        # equation the first that is not full comes, on the mean, where it does without chance.
        return max(0.0, crossing + 1)
    certain = max(0, math.floor(crossing - chance))
    out, load = float(certain), certain
    while True:
        mean = rate_per_s * (outage_s + load * cycle_s)
        off = (mean - (load + 1) * batch + 0.5) / math.sqrt(mean)  # 0.5: whole events
        if off < -SURE:
            return out
        out += (1 + math.erf(off / math.sqrt(2))) / 2
        load += 1


def backlog(p: Pipeline, outage_s: float) -> float:
    """Events that wait when the sink is back."""
    return p.rate_per_s * outage_s


def assumed(kind: Kind) -> tuple[Costs, Costs, Costs]:
    """What the parts cost by the catalogue: value, low and high."""
    commit = next(f for f in kind.facts if f.id == "commit")
    parts: tuple[Fact, ...] = (
        facts.POLL_COST_S, facts.PUBLISH_S, commit, facts.LOAD_S, facts.ROW_S,
    )  # fmt: skip
    return (Costs(*(f.value for f in parts)), Costs(*(f.low for f in parts)),
            Costs(*(f.high for f in parts)))  # fmt: skip


def pipeline(found: Streams, consumer: Consumer, kind: Kind) -> Pipeline:
    """One lane and one instance of a consumer at peak, with what the catalogue says of costs.

    The lanes of the relay and the instances of the consumer share the load evenly.
    """
    value, low, high = assumed(kind)
    spread = max(consumer.instances, found.lanes)
    rate = consumer.rate_per_s / spread
    each = consumer.instances / spread
    relay = max(
        100, math.ceil(facts.CATCH_UP.value * found.rate_per_s / found.lanes * found.poll_s)
    )

    def shared(c: Costs) -> Costs:
        return replace(c, row_s=c.row_s / each)

    return Pipeline(
        rate, found.poll_s, relay, consumer.every_s, math.ceil(consumer.batch * each),
        shared(value), low=shared(low), high=shared(high),
    )  # fmt: skip
