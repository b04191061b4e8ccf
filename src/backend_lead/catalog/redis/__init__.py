"""A Redis-like cache: one thread per shard, keys spread over shards by hash."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Item, Kind, Station, Traffic
from backend_lead.model.system import Component, Operation

HOURS_MONTH = 730.0

COMMAND_CPU = Fact(
    "command-cpu", "time of one command on the shard's thread", 14e-6, 7e-6, 40e-6, "s",
    "catalogue",
    "redis.io 'Redis benchmark' (redis-doc 10442244): 72,144 SET/s with 50 connections and no "
    "pipeline = 13.9 us a command; small values",
)  # fmt: skip
FAILOVER = Fact(
    "failover", "time until a replica takes over a lost shard", 15.0, 5.0, 60.0, "s", "assumed",
    "cluster-node-timeout defaults to 15 s (redis.conf); managed services state 'seconds to a "
    "minute'",
)  # fmt: skip
MEMORY_USABLE = Fact(
    "memory-usable", "share of the machine's memory for data", 0.61, 0.5, 0.75, "ratio",
    "catalogue",
    "Amazon ElastiCache user guide: a cache.r7g.large node has 13.07 of the machine's 16 GiB, and "
    "25 % of a node is to be reserved for overhead",
)  # fmt: skip
ENTRY_OVERHEAD_B = Fact(
    "entry-overhead", "memory of a key beyond its value", 100.0, 60.0, 200.0, "B", "assumed",
    "dict entry, object headers, expiry and key name; 60-200 bytes by experience",
)  # fmt: skip


class Redis(Kind):
    """Each shard runs commands one at a time; a lost shard fails over to its replica, if any."""

    id = "redis"
    title = "Redis cache"
    role = "cache"
    asked_with = "read"
    machine_class = "cache."
    smallest = "cache.r7g.large"
    summary = "in-memory key-value cache; one thread a shard, least recently used keys leave first"
    fields = frozenset(
        [
            "kind",
            "title",
            "instance",
            "zones",
            "shards",
            "replicas",
            "memory",
            "ttl",
            "keeps",
            "hit_ratio",
            "failover",
            "cpu",
            "notes",
            "origins",
        ]
    )
    required = frozenset({"instance"})
    facts = (COMMAND_CPU, FAILOVER, MEMORY_USABLE, ENTRY_OVERHEAD_B)
    availability = Fact(
        "cache-node", "one cache node is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "as a single instance; Amazon ElastiCache SLA states 99.99 % for multi-zone clusters",
    )  # fmt: skip
    repair = Fact("repair", "time until a lost node is replaced", 600.0, 120.0, 1800.0, "s",
                  "assumed", "node replacement in a managed cache; minutes")  # fmt: skip

    def command_s(self, component: Component) -> float:
        return component.cpu.value if component.cpu else COMMAND_CPU.value

    def memory_bytes(self, component: Component) -> float:
        """Bytes for entries over all shards."""
        if component.memory is not None:
            return component.memory.value
        return self.machine(component).memory_bytes * MEMORY_USABLE.value * component.shards

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        standby = component.replicas > 0
        failover = component.failover.value if component.failover else FAILOVER.value
        return [
            Station(
                id=name, component=name, groups=component.shards, per_group=1, cores=1,
                workers=65_000, queue=None, balance="random",
                zones=tuple(g % component.zones for g in range(component.shards)),
                detect_s=failover if standby else 3600.0,
                recover_s=failover if standby and component.zones > 1 else None,
                cold=not standby, connections=65_000, standby=standby,
            )
        ]  # fmt: skip

    def station_of(self, name: str, component: Component, operation: Operation | None) -> str:
        return name

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        nodes = component.shards * (1 + component.replicas)
        return [Item("nodes", component.instance, nodes * HOURS_MONTH, "hour")]

    def size_words(self, component: Component) -> str:
        text = f"{self.instances(component)} x {component.instance}"
        if component.replicas or component.shards > 1:
            word = "shards" if component.shards > 1 else "shard"
            copies = f" with {component.replicas} replica each" if component.replicas else ""
            text += f" ({component.shards} {word}{copies})"
        return text

    def instances(self, component: Component) -> int:
        return component.shards * (1 + component.replicas)


KIND = Redis()
