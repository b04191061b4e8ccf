"""PostgreSQL: a primary per shard, read replicas, a standby for failover, a pooler in front."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import BILLED_GB, Item, Kind, Station, Traffic, spread
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
PAGE_MEMORY = Fact(
    "page-memory",
    "share of memory that holds pages of the data",
    0.75,
    0.5,
    0.85,
    "ratio",
    "catalogue",
    "PostgreSQL 17 documentation, 20.4.1: shared_buffers about 25 % of memory, the operating "
    "system's cache holds more; Amazon RDS advises a working set that fits in memory",
)
ROW_PAGE_B = Fact(
    "row-page",
    "page memory one popular row takes",
    4096.0,
    1024.0,
    8192.0,
    "B",
    "assumed",
    "PostgreSQL pages are 8 kB; two rows in use share one on average, more where rows of a user "
    "are clustered",
)
READ_S = Fact(
    "disk-read", "a page read from network storage", 0.8e-3, 0.3e-3, 3e-3, "s", "assumed",
    "AWS: gp3 gives single-digit millisecond latency; under a millisecond is commonly measured",
)  # fmt: skip
_GP3 = (
    "Amazon RDS user guide, 'Amazon RDS DB instance storage', gp3 for PostgreSQL, as told in "
    "hashicorp/terraform-provider-aws issue 28382 (below 400 GiB 3,000 IOPS, from there 12,000 "
    "included) and by directeam.io, 'RDS Storage Types' (up to 64,000)"
)
IOPS_SMALL = Fact(
    "iops-small", "disk operations of a volume below the size for more", 3_000.0, 3_000.0, 3_000.0,
    "1/s", "catalogue", _GP3,
)  # fmt: skip
VOLUME_LARGE_B = Fact(
    "volume-large", "size from which a volume does more operations", 400 * 2.0**30, 400 * 2.0**30,
    400 * 2.0**30, "B", "catalogue", _GP3,
)  # fmt: skip
VOLUME_LEAST_B = Fact(
    "volume-least", "the smallest volume that can be ordered", 20 * BILLED_GB, 20 * BILLED_GB,
    20 * BILLED_GB, "B", "catalogue",
    "Amazon RDS user guide, 'Amazon RDS DB instance storage': gp3 from 20 GiB",
)  # fmt: skip
IOPS_USED = Fact(
    "iops-used", "share of a small volume's disk operations that pages read at peak may take; for "
    "more a large volume is ordered, however little data there is", 0.5, 0.3, 0.75, "ratio",
    "assumed",
    "no general figure; what is left is for a lost zone, for writes and for growth until the "
    "volume is made larger, which is done while it serves",
)  # fmt: skip
IOPS_INCLUDED = Fact(
    "iops-included", "disk operations that a large volume includes", 12_000.0, 12_000.0, 12_000.0,
    "1/s", "catalogue", _GP3,
)  # fmt: skip
IOPS_MAX = Fact(
    "iops-max", "disk operations that a large volume may have", 64_000.0, 64_000.0, 64_000.0,
    "1/s", "catalogue", _GP3,
)  # fmt: skip
COMMITS_MAX = Fact(
    "commits-max", "small transactions that the log of one primary takes", 10_000.0, 5_000.0,
    35_000.0, "1/s", "assumed",
    "Amazon RDS user guide, 'IO:WALSync': each commit waits for a flush of the log, one process "
    "flushes at a time, and who waits meanwhile shares the next. Published: 5,000-15,000 rows/s "
    "in single-row inserts (dev.to/philip_mcclarence, INSERT performance tuning for TimescaleDB); "
    "read-write pgbench 8,000-15,000/s on 8 vCPU and 20,000-35,000/s on 16, both with local disks "
    "(kb.ekarisky.com, PostgreSQL benchmarks). A log on network storage is taken to be flushed no "
    "faster on a larger machine",
)  # fmt: skip
BACKUP_DAYS = Fact(
    "backup-days", "days a database can be set back", 7.0, 1.0, 35.0, "days", "assumed",
    "Amazon RDS keeps automated backups for 0 to 35 days (user guide); a week is common",
)  # fmt: skip
CHANGED = Fact(
    "changed", "bytes of backups for each byte of rows written", 4.0, 2.0, 12.0, "factor",
    "assumed",
    "snapshots keep changed blocks, the log holds whole pages after each checkpoint (PostgreSQL "
    "documentation, full_page_writes); no general figure exists",
)  # fmt: skip
INDEX_FACTOR = Fact(
    "index-factor", "bytes on disk per byte of rows", 1.6, 1.3, 2.5, "ratio", "assumed",
    "row headers, fill factor, free space and indexes; 1.3-2.5 by experience",
)  # fmt: skip


class Postgres(Kind):
    """Reads that tolerate lag go to replicas where there are any; all else to the primary."""

    id = "postgres"
    title = "PostgreSQL"
    role = "relational store"
    asked_with = "query"
    pooled = True
    machine_class = "db."
    summary = (
        "relational store; one primary a shard, asynchronous read replicas, synchronous standby"
    )
    fields = frozenset(
        [
            "kind",
            "title",
            "instance",
            "zones",
            "operations",
            "replicas",
            "shards",
            "pooler",
            "failover",
            "own_writes",
            "lag",
            "storage",
            "serving",
            "watch",
            "fails",
            "notes",
            "origins",
        ]
    )
    required = frozenset({"instance", "operations"})
    facts = (
        FAILOVER,
        REPLAY_SHARE,
        CONNECTION_BYTES,
        INDEX_FACTOR,
        BACKUP_DAYS,
        CHANGED,
        PAGE_MEMORY,
        ROW_PAGE_B,
        READ_S,
        IOPS_SMALL,
        VOLUME_LEAST_B,
        VOLUME_LARGE_B,
        IOPS_USED,
        IOPS_INCLUDED,
        IOPS_MAX,
        COMMITS_MAX,
    )
    availability = Fact(
        "database-node", "one database node is up", 0.999, 0.995, 0.9995, "ratio", "assumed",
        "as a single instance with maintenance; Amazon RDS SLA commits to 99.5 % single-AZ and "
        "99.95 % Multi-AZ",
    )  # fmt: skip
    repair = Fact("repair", "time until a lost node without standby serves again", 1800.0, 600.0,
                  7200.0, "s", "assumed", "restart or restore from storage snapshot")  # fmt: skip

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        machine = self.machine(component)
        connections = int(min(machine.memory_bytes / CONNECTION_BYTES.value, CONNECTIONS_MAX))
        failover = component.failover.value if component.failover else FAILOVER.value
        standby = component.zones > 1
        pages = machine.memory_bytes * PAGE_MEMORY.value
        large = self.ordered_bytes(component, traffic) >= VOLUME_LARGE_B.value
        iops = min(machine.disk_iops, (IOPS_MAX if large else IOPS_SMALL).value)
        primary = Station(
            id=name, component=name, groups=component.shards, per_group=1, cores=machine.vcpu,
            workers=connections, queue=None, balance="random",
            zones=spread(component.shards, 1, component.zones),
            detect_s=3600.0, recover_s=failover if standby else None,
            connections=connections, standby=standby, page_bytes=pages, disk_iops=iops,
            commits_per_s=COMMITS_MAX.value, serving=component.serving,
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
            page_bytes=pages, disk_iops=iops, serving=component.serving, watch=component.watch,
        )  # fmt: skip
        return [primary, replicas]

    def station_of(self, name: str, component: Component, operation: Operation | None) -> str:
        if operation and operation.type == "read" and operation.stale_ok and component.replicas:
            return f"{name}.replicas"
        return name

    def volume_bytes(self, component: Component, traffic: Traffic) -> float:
        """Bytes on the disk of one node: its shard with indexes."""
        return traffic.storage_bytes * INDEX_FACTOR.value / component.shards

    def ordered_bytes(self, component: Component, traffic: Traffic) -> float:
        """The size of the volume of one node: of its data, or of the disk operations it needs."""
        reads = traffic.page_reads_per_s
        large = reads > IOPS_SMALL.value * IOPS_USED.value
        least = VOLUME_LARGE_B if large else VOLUME_LEAST_B
        return max(self.volume_bytes(component, traffic), least.value)

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        standby = 2 if component.zones > 1 else 1
        nodes = component.shards * (standby + component.replicas)
        volumes = self.ordered_bytes(component, traffic) * nodes / BILLED_GB
        beyond = max(0.0, self.backup_bytes(component, traffic) / BILLED_GB - volumes)
        return [
            Item("nodes", component.instance, nodes * HOURS_MONTH, "hour"),
            Item("storage", "rds-gp3-storage", volumes, "GiB-month"),
            Item("disk operations", "rds-gp3-iops",
                 max(0.0, traffic.page_reads_per_s - IOPS_INCLUDED.value) * nodes, "IOPS-month"),
            Item("backups beyond those included", "rds-backup-storage", beyond, "GiB-month",
                 least=0.0, most=CHANGED.high / CHANGED.value),
        ]  # fmt: skip

    def backup_bytes(self, component: Component, traffic: Traffic) -> float:
        """Bytes of backups: the data once, and what changes in the days that can be gone back to.

        What changes in a day is at most all of it.
        """
        data = self.volume_bytes(component, traffic) * component.shards
        day = traffic.written_bytes_per_s * 86_400.0 * CHANGED.value
        return data + BACKUP_DAYS.value * min(data, day)

    def size_words(self, component: Component) -> str:
        parts = ["primary"]
        if component.zones > 1:
            parts.append("standby")
        if component.replicas:
            parts.append(f"{component.replicas} replica{'s' * (component.replicas > 1)}")
        text = f"{self.instances(component)} x {component.instance}"
        if component.shards > 1 or len(parts) > 1:
            each = " + ".join(parts)
            text += (
                f" ({component.shards} shards of {each})" if component.shards > 1 else f" ({each})"
            )
        return text + (f", pooler of {component.pooler.size}" if component.pooler else "")

    def instances(self, component: Component) -> int:
        standby = 2 if component.zones > 1 else 1
        return component.shards * (standby + component.replicas)


KIND = Postgres()
