"""What leaves the stores that requests write to: how it is captured, in which streams, for whom.

A stream for each entity that somebody else needs; its events are the changes of the entity's rows.
Whether streams are needed at all is decided here too: most systems need none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from backend_lead.catalog import kind_of
from backend_lead.catalog import streams as facts
from backend_lead.model.data import Online
from backend_lead.model.quantity import Origin, origin_of
from backend_lead.model.units import rate_text
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.needs import needs
from backend_lead.views.data.parts import Table
from backend_lead.views.data.star import star
from backend_lead.views.data.stores import CLUSTER, FILE, simplest, too_old

How = Literal["outbox", "cdc", "log"]
SINK = "warehouse"
EVENT = "event "  # how a reason begins that is an event of the API
STEPS = (1, 2, 3, 6, 12, 24, 48, 96, 192, 384, 768, 1536)  # partitions that divide well
DUAL_WRITE = (
    "writing to the store and to the broker one after the other is refused: whichever comes first, "
    "a crash between the two leaves one of them without the change, and nothing tells which; two "
    "requests may also reach them in different orders"
)
_REFUSED = {
    "outbox": "cdc: reading the store's log needs a replication slot that keeps the log while its "
    "reader is away, and gives away the tables' columns as they are; take it where statements "
    "cannot be trusted to write the outbox",
    "cdc": "outbox: one more row for each change; the model asks for the log instead",
    "log": "outbox and cdc: each event would be a row that is written, marked and dropped besides",
}


@dataclass(frozen=True)
class Capture:
    """How changes leave a store, why so, and what was refused with its reason."""

    store: str
    how: How
    why: str
    refused: tuple[str, ...]
    rate_per_s: float


@dataclass(frozen=True)
class Stream:
    """The changes of one entity. `key` is the column whose events keep their order; `person` the
    column that says whose they are. `rate_per_s` is that at peak; `message_b` the mean."""

    entity: str
    tables: tuple[Table, ...]
    topic: str
    key: tuple[str, ...]
    person: str
    rate_per_s: float
    message_b: float
    partitions: int
    by: str  # what set the number of partitions
    keep_s: float
    why: tuple[str, ...]

    @property
    def table(self) -> Table:
        """The entity's own table; the others hang on it."""
        return self.tables[0]

    @property
    def bytes_per_s(self) -> float:
        return self.rate_per_s * self.message_b


@dataclass(frozen=True)
class Consumer:
    """Who takes the events of some streams: at most `batch` of them each `every_s`, each instance.

    `fresh_s` is how old an answer may be (p99), of this `origin`; `asked`: the model says so.
    """

    name: str
    title: str
    topics: tuple[str, ...]
    rate_per_s: float
    fresh_s: float
    origin: Origin
    asked: bool
    every_s: float
    batch: int
    instances: int
    online: Online | None = None


@dataclass(frozen=True)
class Streams:
    """All that streams. Without `needed` nothing does, and `why` says until when."""

    needed: bool
    why: tuple[str, ...]
    captures: tuple[Capture, ...]
    streams: tuple[Stream, ...]
    consumers: tuple[Consumer, ...]
    poll_s: float
    lanes: int
    late_s: float
    late_origin: Origin

    @property
    def leaves(self) -> bool:
        """Whether changes are written down as events at all: for streams, or for the API."""
        return bool(self.captures) and bool(self.leaving)

    @property
    def leaving(self) -> tuple[Stream, ...]:
        """The streams whose changes are written down as events: all, where streams are needed; else
        those that the API promises events of."""
        if self.needed:
            return self.streams
        return tuple(s for s in self.streams if any(w.startswith(EVENT) for w in s.why))

    @property
    def rate_per_s(self) -> float:
        return sum(stream.rate_per_s for stream in self.streams)

    @property
    def bytes_per_s(self) -> float:
        return sum(stream.bytes_per_s for stream in self.streams)

    @property
    def sink(self) -> Consumer:
        """The consumer that fills the warehouse."""
        return next(c for c in self.consumers if c.name == SINK)

    def topic(self, name: str) -> Stream:
        """A stream by its topic. Raises StopIteration where there is none."""
        return next(s for s in self.streams if s.topic == name)


def streams(layer: Layer) -> Streams:
    """What leaves the stores of a data layer, and who takes it."""
    found = tuple(_streams(layer))
    captures = tuple(_captures(layer, found))
    consumers = tuple(_consumers(layer, found))
    data = layer.system.data
    reasons = tuple(_reasons(layer, found, consumers))
    fresh = min((c.fresh_s for c in consumers), default=facts.FRESH_S.value)
    through = sum(c.rate_per_s for c in captures if c.how != "log")
    return Streams(
        bool(reasons) and bool(found), reasons or (_until(found),), captures, found, consumers,
        min(facts.POLL_MOST, max(facts.POLL_LEAST, fresh / 10)),
        max(1, math.ceil(through * facts.PUBLISH_S.value / facts.USE.value)),
        data.late.value if data and data.late else facts.LATE_S.value,
        origin_of(data.late if data else None),
    )  # fmt: skip


def keep_s() -> float:
    """How long events are kept: the longest outage, the time to make up for it, and a replay."""
    outage = facts.OUTAGE_MOST.value
    return outage + outage / (facts.CATCH_UP.value - 1) + facts.REPLAY_S.value


def _streams(layer: Layer) -> Iterator[Stream]:
    name = layer.system.backend
    for entity, why in _wanted(layer).items():
        own = [t for t in layer.tables.values() if t.entity == entity]
        if not own:
            continue
        rate, message_b = _rate(layer, own), _message(own)
        if rate <= 0:
            continue
        key = _key(layer, own[0])
        by_rate = rate * facts.ROW_S.value / facts.USE.value
        by_bytes = rate * message_b / (facts.PARTITION_B.value * facts.USE.value)
        needed = max(by_rate, by_bytes, 1.0)
        yield Stream(
            entity, tuple(own), f"{name}.{entity}", key, own[0].person, rate, message_b,
            next((n for n in STEPS if n >= needed), math.ceil(needed)),
            "what a consumer can do" if by_rate >= by_bytes else "bytes", keep_s(), tuple(why),
        )  # fmt: skip


def _wanted(layer: Layer) -> dict[str, list[str]]:
    """Entities whose changes somebody needs, with who."""
    system, out = layer.system, dict[str, list[str]]()
    data = system.data
    for name, product in (data.products if data else {}).items():
        out.setdefault(product.of, []).append(f"product {name}")
        table = next((t for t in layer.tables.values() if t.entity == product.of), None)
        for column in table.columns if table else ():
            if column.refers in layer.tables:
                other = layer.tables[column.refers].entity
                if other != product.of:
                    out.setdefault(other, []).append(f"names what {product.of} refers to")
    for name, online in (data.online if data else {}).items():
        out.setdefault(online.of, []).append(f"online {name}")
    operations = system.api.operations if system.api else {}
    for name, operation in operations.items():
        if operation.does == "event":
            out.setdefault(operation.of, []).append(f"{EVENT}{name}")
    if not out:
        for pattern in layer.patterns:
            if pattern.change:
                out.setdefault(layer.tables[pattern.table].entity, []).append("it changes")
    return {entity: list(dict.fromkeys(why)) for entity, why in out.items()}


def _rate(layer: Layer, own: list[Table]) -> float:
    """Events a second at peak: each row that a statement writes is one; a new row brings those
    that hang on it."""
    rate = 0.0
    for pattern in layer.patterns:
        if pattern.table == own[0].name and pattern.change:
            rows = max(1.0, pattern.rows if pattern.by else 1.0)
            more = sum(t.per_parent for t in own[1:]) if pattern.change == "insert" else 0.0
            rate += pattern.rate_per_s * (rows + more)
    return rate


def _message(own: list[Table]) -> float:
    """Bytes of an event on the mean, all tables of the entity together."""
    rows = sum(t.per_parent for t in own)
    row = sum(t.row_bytes * t.per_parent for t in own) / rows
    return row * facts.JSON_TIMES.value + facts.ENVELOPE_B.value


def _key(layer: Layer, table: Table) -> tuple[str, ...]:
    """What keeps its order: what an online answer is kept by, else the row's own key."""
    data = layer.system.data
    for online in data.online.values() if data else ():
        column = online.by.replace("-", "_")
        if online.of == table.entity and column in table.has:
            return (column,)
    return table.key


def _captures(layer: Layer, found: tuple[Stream, ...]) -> Iterator[Capture]:
    data = layer.system.data
    for store in dict.fromkeys(s.table.store for s in found):
        part = layer.system.components[store]
        if kind_of(part.kind).role != "relational store":
            continue
        rate = sum(s.rate_per_s for s in found if s.table.store == store)
        each = rate / part.shards
        most = facts.OUTBOX_MOST
        how: How = "outbox"
        said = data.capture if data else None
        if said == "cdc":
            how, why = said, "the model says cdc"
        elif each > (most.high if said else most.value):
            how = "log"
            why = (f"{rate_text(each, 'events')} a primary are more than the {most.value:,.0f}/s "
                   f"that an outbox carries ({most.origin}, {most.low:,.0f} to {most.high:,.0f})"
                   f"{', which the model asks for' if said else ''}: the "
                   "service appends to the stream and answers; the store is filled from there, as "
                   "the warehouse is, so that there is one write and not two")  # fmt: skip
        else:
            why = (f"{rate_text(each, 'events')} a primary, of {most.value:,.0f}/s that an outbox "
                   f"carries ({most.origin}): the row and its event are one transaction, so "
                   "neither is there without the other")  # fmt: skip
        yield Capture(store, how, why, (DUAL_WRITE, _REFUSED[how]), rate)


def _consumers(layer: Layer, found: tuple[Stream, ...]) -> Iterator[Consumer]:
    data = layer.system.data
    products = list(data.products.values()) if data else []
    asked = [p.fresh for p in products if p.fresh]
    first = min(asked, key=lambda f: f.value, default=None)
    fresh = first.value if first else facts.FRESH_S.value
    every = min(60.0, max(facts.LOAD_EVERY_LEAST.value, fresh / 2))
    if found:
        rate = sum(s.rate_per_s for s in found)
        yield _sized(
            SINK,
            "Fills the warehouse",
            found,
            rate,
            fresh,
            origin_of(first),
            every,
            asked=first is not None,
        )
    for name, online in (data.online if data else {}).items():
        own = tuple(s for s in found if s.entity == online.of)
        rate = sum(s.rate_per_s for s in own)
        if own:
            yield _sized(
                name, online.title or name, own, rate, online.fresh.value, online.fresh.origin,
                max(facts.POLL_LEAST, online.fresh.value / 4), online,
            )  # fmt: skip


def _sized(
    name: str, title: str, own: tuple[Stream, ...], rate: float, fresh: float, origin: Origin,
    every: float, online: Online | None = None, *, asked: bool = True,
) -> Consumer:  # fmt: skip
    instances = max(1, math.ceil(rate * facts.ROW_S.value / facts.USE.value))
    batch = max(100, math.ceil(facts.CATCH_UP.value * rate / instances * every))
    return Consumer(
        name, title, tuple(s.topic for s in own), rate, fresh, origin, asked, every, batch,
        instances, online,
    )  # fmt: skip


def _reasons(
    layer: Layer, found: tuple[Stream, ...], consumers: tuple[Consumer, ...]
) -> Iterator[str]:  # fmt: skip
    """What asking the store itself, and views in it, cannot give."""
    asked = facts.ONLINE_MOST
    for consumer in consumers:
        if consumer.online is not None and consumer.rate_per_s > asked.value:
            yield (f"{consumer.name} must know what happened {consumer.fresh_s:g} s ago, at "
                   f"{rate_text(consumer.rate_per_s, 'events')}; up to {asked.value:,.0f}/s "
                   f"({asked.origin}) the store answers itself, by an index")  # fmt: skip
    yield from _beyond_views(layer)
    if len({s.table.store for s in found}) > 1:
        yield "what is analysed together is kept in several stores"
    rate, most = sum(s.rate_per_s for s in found), facts.OUTBOX_MOST
    if rate > most.low:
        yield (
            f"{rate_text(rate, 'changes')}: reading them again out of the store that serves "
            "requests costs more than handing each on once "
            f"(above {most.low:,.0f}/s, {most.origin})"
        )


def _beyond_views(layer: Layer) -> Iterator[str]:
    """What products ask that views in the store do not give: another store, or fresher sums."""
    made = star(layer)
    if made is None:
        return
    asked, least = needs(made), facts.REFRESH_LEAST
    where = simplest(asked)
    fresh = min(need.fresh_s for need in asked)
    if where.id == CLUSTER:
        yield (f"analyses are asked in {where.title}, which takes what changes in small batches "
               "all the time")  # fmt: skip
    elif where.id == FILE and fresh < least.value:
        yield (
            f"a product must be fresh within {fresh:g} s and is asked in {where.title}; "
            f"reading the store again each {least.value:g} s ({least.origin}) is all it bears"
        )
    elif where.id != FILE and (old := too_old(asked, least.value)):
        first = min(old, key=lambda need: need.fresh_s)
        yield (f"{first.name} must be fresh within {first.fresh_s:g} s, its rows change after they "
               "are there, and adding them all up takes too long; refreshing views in the store "
               f"gives {least.value:g} s ({least.origin})")  # fmt: skip


def _until(found: tuple[Stream, ...]) -> str:
    rate = sum(s.rate_per_s for s in found)
    return (
        f"no stream is needed: at {rate_text(rate, 'changes')} at peak the store answers "
        "itself, of the moment at which it is asked. That changes with figures fresher than "
        f"{facts.REFRESH_LEAST.value:g} s ({facts.REFRESH_LEAST.origin}) about rows that change "
        "and are too many to be added up when asked, a store of their own for analyses, a second "
        f"store, an online answer about more than {facts.ONLINE_MOST.value:,.0f} events/s "
        f"({facts.ONLINE_MOST.origin}), or {facts.OUTBOX_MOST.low:,.0f} changes/s"
    )
