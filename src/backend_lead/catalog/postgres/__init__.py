"""PostgreSQL: a primary per shard, read replicas, a standby for failover, a pooler in front."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Item, Kind, Station, Traffic, spread
from backend_lead.model.system import Component, Operation

HOURS_MONTH = 730.0

FAILOVER = Fact(
    "failover", "time until the standby serves as primary", 60.0, 35.0, 120.0, "s", "catalogue",
    "Amazon RDS user guide, 'Multi-AZ DB instance failover': typically 60-120 s; Multi-AZ DB "
    "clusters under 35 s",
)  # fmt: skip
REPLAY_SHARE = Fact(
    "replay-share", "cores a replica spends replaying, per core of writes on the primary", 0.4,
    0.2, 0.8, "ratio", "assumed",
    "no general figure; replay is one process and skips parsing, planning and index search",
)  # fmt: skip
CONNECTION_BYTES = Fact(
    "connection-divisor", "memory per allowed connection", 9_531_392.0, 9_531_392.0, 9_531_392.0,
    "B", "catalogue",
    "Amazon RDS user guide: max_connections = LEAST(DBInstanceClassMemory/9531392, 5000)",
)  # fmt: skip
CONNECTIONS_MAX = 5000
INDEX_FACTOR = Fact(
    "index-factor", "bytes on disk per byte of rows", 1.6, 1.3, 2.5, "ratio", "assumed",
    "row headers, fill factor, free space and indexes; 1.3-2.5 by experience",
)  # fmt: skip


class Postgres(Kind):
    """Reads that tolerate lag go to replicas where there are any; everything else to the primary."""

    id = "postgres"
    title = "PostgreSQL"
    role = "relational store"
    summary = "relational store; one primary a shard, asynchronous read replicas, synchronous standby"
    fields = frozenset(
        "kind title instance zones operations replicas shards pooler failover storage notes "
        "origins".split()
    )
    required = frozenset({"instance", "operations"})
    facts = (FAILOVER, REPLAY_SHARE, CONNECTION_BYTES, INDEX_FACTOR)
    availability = Fact(
        "database-node", "one database node is up", 0.999, 0.995, 0.9995, "ratio", "assumed",
        "as a single instance with maintenance; Amazon RDS SLA commits to 99.5 % single-AZ and "
        "99.95 % Multi-AZ",
    )  # fmt: skip
    repair = Fact("repair", "time until a lost node without standby serves again", 1800.0, 600.0,
                  7200.0, "s", "assumed", "restart or restore from storage snapshot")  # fmt: skip

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        machine = self.machine(component)
        connections = int(
            min(machine.memory_bytes / CONNECTION_BYTES.value, CONNECTIONS_MAX)
        )
        failover = component.failover.value if component.failover else FAILOVER.value
        standby = component.zones > 1
        primary = Station(
            id=name, component=name, groups=component.shards, per_group=1, cores=machine.vcpu,
            workers=connections, queue=None, balance="random",
            zones=spread(component.shards, 1, component.zones),
            detect_s=3600.0, recover_s=failover if standby else None,
            connections=connections, standby=standby,
        )  # fmt: skip
        if component.replicas == 0:
            return [primary]
        replay = REPLAY_SHARE.value * traffic.write_cores / component.shards / machine.vcpu
        replicas = Station(
            id=f"{name}.replicas", component=name, groups=component.shards,
            per_group=component.replicas, cores=machine.vcpu, workers=connections, queue=None,
            balance="least-outstanding",
            zones=spread(component.shards, component.replicas, component.zones, shift=1),
            slow=1 / max(0.02, 1 - replay), detect_s=10.0, connections=connections,
        )  # fmt: skip
        return [primary, replicas]

    def station_of(self, name: str, component: Component, operation: Operation | None) -> str:
        if operation and operation.type == "read" and operation.stale_ok and component.replicas:
            return f"{name}.replicas"
        return name

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        standby = 2 if component.zones > 1 else 1
        nodes = component.shards * (standby + component.replicas)
        volumes = traffic.storage_bytes * INDEX_FACTOR.value * (standby + component.replicas)
        return [
            Item("nodes", component.instance, nodes * HOURS_MONTH, "hour"),
            Item("storage", "rds-gp3-storage", max(20.0 * nodes, volumes / 1e9), "GB-month"),
        ]

    def instances(self, component: Component) -> int:
        standby = 2 if component.zones > 1 else 1
        return component.shards * (standby + component.replicas)


KIND = Postgres()
