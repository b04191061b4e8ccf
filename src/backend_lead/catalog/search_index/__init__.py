"""A search index such as OpenSearch: shards with copies on nodes; a search asks all shards."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import BILLED_GB, HOURS_MONTH, Item, Kind, Station, Traffic, spread
from backend_lead.model.system import Component, Operation

THREADS = Fact(
    "threads-per-core", "searches a node runs at once, per core", 1.5, 1.5, 1.5, "threads",
    "catalogue",
    "OpenSearch documentation, 'Thread pool settings', and Elasticsearch's: the search pool has "
    "int(processors x 3 / 2) + 1 threads",
)  # fmt: skip
QUEUE = Fact(
    "search-queue", "searches a node lets wait before it refuses", 1_000.0, 1_000.0, 1_000.0,
    "searches", "catalogue",
    "OpenSearch documentation, 'Thread pool settings', and Elasticsearch's: queue_size of the "
    "search pool is 1,000",
)  # fmt: skip
MERGE_CPU = Fact(
    "merge-cpu", "core time of asking one more shard and merging what it found", 0.1e-3, 0.02e-3,
    0.5e-3, "s", "assumed", "no general figure; a request between nodes and a sort of short lists",
)  # fmt: skip
DETECT = Fact(
    "detect", "time until searches avoid a node that fell silent", 30.0, 1.0, 33.0, "s",
    "catalogue",
    "Elasticsearch documentation, 'Cluster fault detection' (OpenSearch is alike): three checks "
    "with a timeout of 10 s each, a second apart; a closed connection is noticed at once",
)  # fmt: skip
STORAGE = Fact(
    "storage-factor", "bytes on disk per byte of rows, of each copy", 1.45, 1.2, 2.0, "ratio",
    "catalogue",
    "Amazon OpenSearch Service developer guide, 'Sizing domains': source data x (1 + replicas) x "
    "1.45 for index, file system and reserve",
)  # fmt: skip


class SearchIndex(Kind):
    """A node holds one copy of one shard; `replicas` are further copies, of which any answers.

    A search asks every shard, unless it names a `shard_key`; `cpu` is what one shard does for it.
    A write goes to its own shard and to each copy. Self-run on plain machines; pages that are
    searched are taken to be in memory.
    """

    id = "search-index"
    title = "Search index"
    role = "search index"
    asked_with = "query"
    smallest = "m7g.large"
    summary = "full-text search over shards with copies; each search asks all shards"
    fields = frozenset(
        ["kind", "title", "instance", "zones", "shards", "replicas", "operations", "storage",
         "limit", "notes", "origins"]
    )  # fmt: skip
    required = frozenset({"instance", "operations"})
    facts = (THREADS, QUEUE, MERGE_CPU, DETECT, STORAGE)
    availability = Fact(
        "search-node", "one node is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "Amazon Compute SLA commits to 99.5 % for a single instance; rolling upgrades come on top",
    )  # fmt: skip
    repair = Fact("repair", "time until a lost node is replaced", 1200.0, 300.0, 7200.0, "s",
                  "assumed", "start of a machine and copying its shard")  # fmt: skip

    def copies(self, component: Component) -> int:
        """Copies of each shard, the first included."""
        return 1 + component.replicas

    def work_s(self, component: Component, operation: Operation) -> tuple[float, float]:
        cpu_s, wait_s = super().work_s(component, operation)
        if operation.type == "write":
            return cpu_s * self.copies(component), wait_s
        return cpu_s + (MERGE_CPU.value if self.asks_all(component, operation) else 0.0), wait_s

    def asks_all(self, component: Component, operation: Operation) -> bool:
        return operation.type == "read" and super().asks_all(component, operation)

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        cores = self.machine(component).vcpu
        return [
            Station(
                id=name, component=name, groups=component.shards,
                per_group=self.copies(component), cores=cores,
                workers=int(cores * THREADS.value) + 1, queue=int(QUEUE.value),
                balance="least-outstanding",
                zones=spread(component.shards, self.copies(component), component.zones),
                detect_s=DETECT.value,
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        kept = traffic.storage_bytes * self.copies(component) * STORAGE.value / BILLED_GB
        return [
            Item("nodes", component.instance, self.instances(component) * HOURS_MONTH, "hour"),
            Item("storage", "ebs-gp3-storage", kept, "GiB-month"),
        ]

    def size_words(self, component: Component) -> str:
        text = f"{self.instances(component)} x {component.instance}"
        shards, copies = component.shards, self.copies(component)
        if shards > 1 or copies > 1:
            each = f"{copies} copies of each" if copies > 1 else "no copies"
            text += f" ({shards} shard{'s' * (shards > 1)}, {each})"
        return text

    def instances(self, component: Component) -> int:
        return component.shards * self.copies(component)


KIND = SearchIndex()
