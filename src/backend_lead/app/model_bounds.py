"""Values that no real system has: slips of a unit or a digit, told before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.app.model_keys import key_findings
from backend_lead.app.model_kinds import role_of
from backend_lead.app.model_manners import (
    absurd,
    batch_findings,
    manner_findings,
    stretch_findings,
)
from backend_lead.app.model_serving import serving_findings
from backend_lead.app.model_sessions import session_findings
from backend_lead.catalog import kind_of, kinds
from backend_lead.catalog.prices import machine_types
from backend_lead.intake.backend_yaml.meaning import POSITIVE
from backend_lead.kernel.bounds import SPREAD_MIN
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.model import units
from backend_lead.model.finding import Finding
from backend_lead.model.part import Part
from backend_lead.model.quantity import ArrivalRate, Quantity
from backend_lead.model.system import Component, System
from backend_lead.model.workload import Client
from backend_lead.views.document import Document

HOUR_S, DAY_S = 3600.0, 86_400.0
# Lowest and highest sane value of a field, in base units, wherever the field occurs.
SANE: dict[str, tuple[float, float]] = {
    "cpu": (1e-9, 10.0),
    "wait": (1e-6, 600.0),
    "timeout": (1e-6, HOUR_S),
    "patience": (1e-6, HOUR_S),
    "think_time": (1e-3, 30 * DAY_S),
    "rate": (1e-6, 1e9),
    "delay": (0.0, 10.0),
    "detect": (0.0, HOUR_S),
    "failover": (0.0, DAY_S),
    "ttl": (1e-3, 3650 * DAY_S),
    "skew": (0.0, 5.0),
    "row": (1.0, 1e9),
    "request": (0.0, 1e10),
    "response": (0.0, 1e10),
    "p99": (1e-5, HOUR_S),
    "recover_within": (0.1, 30 * DAY_S),
    "every": (0.1, DAY_S),
    "back_within": (SPREAD_MIN / NS_PER_S, DAY_S),
    "failures": (0.001, 1.0),
    "window": (1e-3, DAY_S),
    "pause": (1e-3, DAY_S),
    "target": (0.01, 1.0),
    "cool": (0.0, DAY_S),
    "hedge": (1e-6, HOUR_S),
    "memory": (2e6, 1e15),  # a function's share of a core follows from it
}
COUNTS = {"count": 10_000, "concurrency": 100_000}
MACHINES_MAX = 10_000  # of one component
POOLS_MAX = 1_000_000  # connection pools of one service to one store: instances x shards
REQUESTS_MAX = 1e9  # requests per second of one client
Loc = tuple[str | int, ...]
SANE_WITHIN: dict[Loc, tuple[float, float]] = {  # where a word means something else
    ("autoscale", "delay"): (0.1, HOUR_S),
    ("limit", "rate"): (units.RATE.low, units.RATE.high),  # its burst says how slow it may be
    ("release", "every"): (HOUR_S, 3650 * DAY_S),
    ("release", "support"): (DAY_S, 36_500 * DAY_S),
    ("partition", "every"): (HOUR_S, 3660 * DAY_S),
    ("fails", "every"): (1.0, 36_500 * DAY_S),
    ("fails", "lasts"): (1e-3, 365 * DAY_S),
    ("watch", "every"): (1e-2, DAY_S),
    ("watch", "share"): (0.01, 1.0),
    ("backoff", "first"): (1e-6, HOUR_S),
    ("backoff", "most"): (1e-6, HOUR_S),
    ("bursts", "factor"): (1.0, units.FACTOR.high),  # below the mean it were no burst
    ("bursts", "every"): (1e-2, DAY_S),
    ("bursts", "lasts"): (1e-3, DAY_S),
    ("serving", "contention"): (0.0, 1.0),
    ("serving", "coherency"): (0.0, 0.1),
    ("serving", "gives_up"): (1e-3, 600.0),
    ("serving", "slow_start"): (0.0, HOUR_S),
    ("autoscale", "grow"): (0.01, 1.0),
    ("autoscale", "window"): (1.0, HOUR_S),
    ("network", "same_zone"): (0.0, 1.0),
    ("network", "other_zone"): (0.0, 1.0),
    ("network", "loss"): (0.0, 0.5),
    ("session", "think"): (1e-3, HOUR_S),
    ("network", "bandwidth"): (1e5, 1e13),
    ("hops", "rtt"): (0.0, 2.0),
    ("hops", "loss"): (0.0, 0.5),
    ("hops", "bandwidth"): (1e5, 1e13),
    ("components", "lag"): (0.0, DAY_S),
    ("endpoints", "rebalance"): (1e-3, HOUR_S),
    ("retry_tokens", "reward"): (1e-3, 1.0),
    ("autoscale", "tolerance"): (0.0, 1.0),
    ("online", "window"): (1.0, 3660 * DAY_S),
    ("faults", "at"): (0.0, DAY_S),
    ("faults", "lasts"): (1e-3, DAY_S),
    ("faults", "times"): (0.01, 100.0),
    ("faults", "share"): (1e-6, 1.0),
    ("faults", "more"): (1e-6, 600.0),
}


@dataclass(frozen=True)
class _Field:
    """A quantity in its place."""

    loc: Loc
    name: str
    quantity: Quantity


def bound_findings(system: System, document: Document) -> Iterator[Finding]:
    """Every value that is out of all proportion, and sizes that together are."""
    all_sane = True
    for field in _quantities(system, ()):
        named = (field.loc[-3], field.loc[-1]) if len(field.loc) > 2 else ()  # in a named mapping
        usual = SANE_WITHIN.get(named, SANE.get(field.name))
        sane = SANE_WITHIN.get(field.loc[-2:], usual)
        if sane is None or _may_be_zero(field):
            continue
        low, high = sane
        dimension = field.quantity.dimension
        if not low <= field.quantity.value <= high and field.quantity.value != _told(field):
            all_sane = False
            yield absurd(document, field.loc, field.quantity.text,
                          f"{dimension.format(low)} to {dimension.format(high)}",
                          "look at the unit")  # fmt: skip
    for name, client in system.workload.clients.items():
        yield from _load(name, client, document)
    for name, part in system.components.items():
        yield from _sizes(name, part, document)
    yield from _pools(system, document)
    yield from session_findings(system, document)
    yield from manner_findings(system, document)
    yield from serving_findings(system, document)
    yield from key_findings(system, document)
    if all_sane:  # a batch beside a time that is told already would be told for nothing
        yield from batch_findings(system, document)
        yield from stretch_findings(system, document)


def _may_be_zero(field: _Field) -> bool:
    """An operation may wait for nothing (a step that waits for nothing is a slip), and a client
    may ask nothing yet."""
    waits = field.name == "wait" and "operations" in field.loc
    return field.quantity.value == 0 and (waits or isinstance(field.quantity, ArrivalRate))


def _told(field: _Field) -> float | None:
    """Zero where the reader of the format refuses it already."""
    return 0.0 if field.name in POSITIVE else None


def _quantities(value: object, loc: Loc) -> Iterator[_Field]:
    if isinstance(value, Quantity):
        name = next((part for part in reversed(loc) if isinstance(part, str)), "")
        yield _Field(loc, name, value)
    elif isinstance(value, Part):
        for name in type(value).model_fields:
            yield from _quantities(getattr(value, name), (*loc, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _quantities(inner, (*loc, name))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _quantities(inner, (*loc, i))


def _load(name: str, client: Client, document: Document) -> Iterator[Finding]:
    if client.users is None or client.think_time is None:
        return
    rate = client.users.value / client.think_time.value
    if rate > REQUESTS_MAX:
        yield absurd(document, ("workload", "clients", name, "users"),
                      f"{client.users.text} users who think {client.think_time.text}",
                      f"up to {units.RATE.format(REQUESTS_MAX)}",
                      "fewer users, or a longer think_time")  # fmt: skip


def _sizes(name: str, part: Component, document: Document) -> Iterator[Finding]:
    for word, most in COUNTS.items():
        value = getattr(part, word)
        if value is not None and value > most:
            yield absurd(document, ("components", name, word), f"{value:,}", f"1 to {most:,}",
                          "take larger machines instead" if word == "count" else
                          "add instances instead")  # fmt: skip
    if part.kind not in kinds() or part.instance not in machine_types():
        return
    kind = kind_of(part.kind)
    machines = kind.instances(part)
    if machines > MACHINES_MAX and (part.count or 1) <= COUNTS["count"]:
        yield absurd(document, ("components", name, "shards"), f"{machines:,} machines",
                      f"up to {MACHINES_MAX:,} machines", "fewer shards or replicas")  # fmt: skip
    if part.memory is not None and kind.role == "cache":
        have = kind.machine(part).memory_bytes * part.shards
        if part.memory.value > have:
            yield Finding(
                "model-memory", "error",
                f"`{name}` cannot hold {part.memory.text}: its nodes have"
                f" {units.BYTES.format(have)} together",
                document.place(("components", name, "memory")),
                part.memory.text, f"up to {units.BYTES.format(have)}",
                "larger nodes or more shards, or leave memory out: it follows from the nodes",
            )  # fmt: skip


def _pools(system: System, document: Document) -> Iterator[Finding]:
    stores = [
        (store, part) for store, part in system.components.items()
        if part.pooler is None and role_of(system, store) == "relational store"
    ]  # fmt: skip
    for name, part in system.components.items():
        for store, other in stores:
            pools = (part.count or 1) * other.shards
            if part.pool is not None and pools > POOLS_MAX:
                yield absurd(document, ("components", name, "pool"),
                              f"{part.count:,} instances with pools to {other.shards:,} shards",
                              f"up to {POOLS_MAX:,} pools",
                              f"put a pooler before `{store}`")  # fmt: skip
