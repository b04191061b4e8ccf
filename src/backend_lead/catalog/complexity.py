"""What a more complex system costs its team: a stated price, so that simple designs can win.

No market lists these prices. They are assumptions, shown in every design, and may be overridden
there; the search adds them to the bill when it compares designs of equal promise.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.fact import Fact
from backend_lead.model.system import System

HOUR_USD = Fact(
    "engineer-hour", "one engineer-hour, all costs", 100.0, 50.0, 200.0, "USD", "assumed",
    "200,000 USD a year and 2,000 h; 50-200 USD between regions",
)  # fmt: skip
COMPONENT_H = Fact(
    "component-hours", "hours a month to run one more kind of component", 8.0, 2.0, 24.0, "h",
    "assumed", "upgrades, alerts, capacity, on-call; engineering judgement",
)  # fmt: skip
REPLICAS_H = Fact(
    "replica-hours", "hours a month for reads that may be stale", 4.0, 1.0, 12.0, "h", "assumed",
    "lag alerts, routing, surprises; engineering judgement",
)  # fmt: skip
SHARD_H = Fact(
    "shard-hours", "hours a month per shard beyond the first", 4.0, 1.0, 12.0, "h", "assumed",
    "migrations, rebalancing and restores per shard; engineering judgement",
)  # fmt: skip
SHARDING_H = Fact(
    "sharding-hours", "hours a month for having shards at all", 24.0, 8.0, 80.0, "h", "assumed",
    "cross-shard operations, resharding, tooling; engineering judgement",
)  # fmt: skip
POOLER_H = Fact(
    "pooler-hours", "hours a month for a connection pooler", 2.0, 0.5, 6.0, "h", "assumed",
    "one stateless process; engineering judgement",
)  # fmt: skip
INSTANCE_H = Fact(
    "instance-hours", "hours a month per machine", 0.1, 0.02, 0.5, "h", "assumed",
    "patching, replacement and per-host monitoring; engineering judgement",
)  # fmt: skip
AUTOSCALE_H = Fact(
    "autoscale-hours", "hours a month for instances that follow the load", 3.0, 1.0, 10.0, "h",
    "assumed", "schedule, limits, start-up time, surprises; engineering judgement",
)  # fmt: skip
STANDBY_H = Fact(
    "standby-hours", "hours a month for a second region", 40.0, 16.0, 120.0, "h", "assumed",
    "everything is rolled out twice, copies are watched, the change is practised; engineering "
    "judgement",
)  # fmt: skip
FACTS = (
    HOUR_USD, COMPONENT_H, REPLICAS_H, SHARD_H, SHARDING_H, POOLER_H, INSTANCE_H, AUTOSCALE_H,
    STANDBY_H,
)  # fmt: skip


@dataclass(frozen=True)
class ComplexityLine:
    """One reason, and its price."""

    what: str
    hours: float
    usd_month: float


def complexity(system: System) -> list[ComplexityLine]:
    """The monthly price of a system's complexity, by reason; sums to what the search adds."""
    lines: list[tuple[str, float]] = []
    for name, part in system.components.items():
        kind = kind_of(part.kind)
        lines.append((f"{name}: a component to run", COMPONENT_H.value))
        machines = kind.instances(part)
        if machines:
            lines.append((f"{name}: {machines} machines", machines * INSTANCE_H.value))
        if kind.role == "relational store" and part.replicas:
            lines.append((f"{name}: stale reads", REPLICAS_H.value))
        if kind.role == "relational store" and part.shards > 1:
            hours = SHARDING_H.value + (part.shards - 1) * SHARD_H.value
            lines.append((f"{name}: {part.shards} shards", hours))
        if part.pooler:
            lines.append((f"{name}: connection pooler", POOLER_H.value))
        if part.autoscale:
            lines.append((f"{name}: instances follow the load", AUTOSCALE_H.value))
    if system.topology.standby is not None:
        lines.append(("a second region", STANDBY_H.value))
    return [ComplexityLine(what, h, h * HOUR_USD.value) for what, h in lines]


def complexity_usd(system: System) -> float:
    return sum(line.usd_month for line in complexity(system))
