"""What all brokers of streams have in common: copies of each message, disks, machines, stations."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import (
    BILLED_GB,
    HOURS_MONTH,
    Item,
    Kind,
    Station,
    Traffic,
    kept_bytes,
    spread,
)
from backend_lead.model.system import Component

ANY_WORKERS = 65_000  # a broker takes any number of messages at once


class Broker(Kind):
    """Base of streams that are self-run on plain machines, each broker one of them.

    Its `facts` have the ids append-cpu, commit, copies, election, record-overhead, disk-fill and
    retention. Disk and network bandwidth do not limit.
    """

    role = "stream"
    asked_with = "publish"
    smallest = "m7g.large"
    fields = frozenset(
        ["kind", "title", "instance", "count", "zones", "topics", "cpu", "notes",
         "origins"]
    )  # fmt: skip
    required = frozenset({"instance", "topics"})
    availability = Fact(
        "broker", "one broker is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "Amazon Compute SLA commits to 99.5 % for a single instance; rolling upgrades of brokers "
        "come on top",
    )  # fmt: skip

    def quorum(self, count: int, copies: int) -> int:
        """Brokers of `count` that must be up, wherever the copies of a topic are."""
        raise NotImplementedError

    def copies(self, component: Component) -> int:
        """Brokers that keep each message."""
        return min(int(self.fact("copies")), component.count or 1)

    def append_s(self, component: Component) -> tuple[float, float]:
        """Compute and other time of appending one message, its copies included."""
        one = component.cpu.value if component.cpu else self.fact("append-cpu")
        copies = self.copies(component)
        return one * copies, self.fact("commit") if copies > 1 else 0.0

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count, copies = component.count or 1, self.copies(component)
        return [
            Station(
                id=name, component=name, groups=1, per_group=count,
                cores=self.machine(component).vcpu, workers=ANY_WORKERS, queue=None,
                balance="random", zones=spread(1, count, component.zones),
                detect_s=self.fact("election"),
                quorum=self.quorum(count, copies), copies=copies,
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        kept = kept_bytes(component, traffic, self.fact("record-overhead"), self.fact("retention"))
        gigabytes = kept * self.copies(component) / self.fact("disk-fill") / BILLED_GB
        return [
            Item("brokers", component.instance, (component.count or 1) * HOURS_MONTH, "hour"),
            Item("storage", "ebs-gp3-storage", gigabytes, "GiB-month", by_load=True),
        ]

    def size_words(self, component: Component) -> str:
        copies = self.copies(component)
        return f"{self.instances(component)} x {component.instance}" + (
            f" ({copies} copies)" if copies > 1 else ""
        )

    def instances(self, component: Component) -> int:
        return component.count or 1
