"""Apache Kafka: topics in partitions, each read in order by the one consumer that owns it."""

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

_LINKEDIN = (
    "J. Kreps, 'Benchmarking Apache Kafka: 2 Million Writes Per Second (On Three Cheap Machines)', "
    "LinkedIn Engineering, 2014"
)
APPEND_CPU = Fact(
    "append-cpu", "broker time of one message and one copy, taken in and given out", 10e-6, 3e-6,
    80e-6, "s", "assumed",
    f"{_LINKEDIN}: 2.02 million messages/s of 100 B with three copies on three brokers of six "
    "cores, where the network was full first, so at most 3 us each in large batches; messages that "
    "come one by one cost more, how much is not published",
)  # fmt: skip
COMMIT_S = Fact(
    "commit", "time until all copies in step have a message", 2e-3, 0.7e-3, 8e-3, "s", "catalogue",
    f"{_LINKEDIN}: 2 ms from end to end on the median, 3 ms at the 99th percentile; Confluent, "
    "'Benchmarking Apache Pulsar, Kafka, and RabbitMQ' (2020): 5 ms at the 99th under 200 MB/s",
)  # fmt: skip
COPIES = Fact(
    "copies", "brokers that keep a message, where there are so many", 3.0, 2.0, 4.0, "brokers",
    "assumed",
    "the brokers' default is 1; three copies, of which two must be in step, are what guides advise "
    "(Amazon MSK developer guide, 'Best practices')",
)  # fmt: skip
SESSION = Fact(
    "election", "time until another broker leads a lost one's partitions", 9.0, 6.0, 18.0, "s",
    "catalogue",
    "Apache Kafka documentation, broker configs: broker.session.timeout.ms is 9 s; before KRaft "
    "zookeeper.session.timeout.ms, 18 s",
)  # fmt: skip
RECORD_B = Fact(
    "record-overhead", "bytes on disk beyond a message", 22.0, 8.0, 90.0, "B", "catalogue",
    f"{_LINKEDIN}: 22 bytes beside each record of 100; batches share more of it, a message alone "
    "in its batch has some 70",
)  # fmt: skip
DISK_FILL = Fact(
    "disk-fill", "share of a disk that messages may fill", 0.8, 0.6, 0.85, "ratio", "catalogue",
    "Amazon MSK developer guide, 'Best practices': act when KafkaDataLogsDiskUsed reaches 85 %",
)  # fmt: skip
RETENTION = Fact(
    "retention", "time messages are kept where the model does not say", 7 * 86_400.0,
    7 * 86_400.0, 7 * 86_400.0, "s", "catalogue",
    "Apache Kafka documentation, broker configs: log.retention.hours is 168 by default",
)  # fmt: skip


class Kafka(Kind):
    """A message is appended to its partition; of a consumer, one instance owns each partition.

    Partitions therefore bound how many instances work, and a lost instance's partitions wait until
    another owns them. Self-run on plain machines. Disk and network bandwidth do not limit.
    """

    id = "kafka"
    title = "Apache Kafka"
    role = "stream"
    asked_with = "publish"
    smallest = "m7g.large"
    rank = 1
    summary = "brokers that keep messages in partitions; one instance of a consumer owns each"
    fields = frozenset(
        ["kind", "title", "instance", "count", "zones", "topics", "cpu", "notes",
         "origins"]
    )  # fmt: skip
    required = frozenset({"instance", "topics"})
    facts = (APPEND_CPU, COMMIT_S, COPIES, SESSION, RECORD_B, DISK_FILL, RETENTION)
    availability = Fact(
        "broker", "one broker is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "Amazon Compute SLA commits to 99.5 % for a single instance; rolling upgrades of brokers "
        "come on top",
    )  # fmt: skip
    repair = Fact("repair", "time until a lost broker is replaced", 1200.0, 300.0, 7200.0, "s",
                  "assumed", "start of a machine and copying the partitions it held")  # fmt: skip

    def copies(self, component: Component) -> int:
        """Brokers that keep each message."""
        return min(int(COPIES.value), component.count or 1)

    def append_s(self, component: Component) -> tuple[float, float]:
        """Compute and other time of appending one message, its copies included."""
        one = component.cpu.value if component.cpu else APPEND_CPU.value
        copies = self.copies(component)
        return one * copies, COMMIT_S.value if copies > 1 else 0.0

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count, copies = component.count or 1, self.copies(component)
        return [
            Station(
                id=name, component=name, groups=1, per_group=count,
                cores=self.machine(component).vcpu, workers=65_000, queue=None, balance="random",
                zones=spread(1, count, component.zones), detect_s=SESSION.value,
                # of every partition all copies but one must be in step
                quorum=count - 1 if copies > 1 else count,
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        kept = kept_bytes(component, traffic, RECORD_B.value, RETENTION.value)
        gigabytes = kept * self.copies(component) / DISK_FILL.value / BILLED_GB
        return [
            Item("brokers", component.instance, (component.count or 1) * HOURS_MONTH, "hour"),
            Item("storage", "ebs-gp3-storage", gigabytes, "GB-month", by_load=True),
        ]

    def size_words(self, component: Component) -> str:
        copies = self.copies(component)
        return f"{self.instances(component)} x {component.instance}" + (
            f" ({copies} copies)" if copies > 1 else ""
        )

    def instances(self, component: Component) -> int:
        return component.count or 1


KIND = Kafka()
