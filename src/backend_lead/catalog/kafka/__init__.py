"""Apache Kafka: topics in partitions, each read in order by the one consumer that owns it."""

from __future__ import annotations

from backend_lead.catalog.broker import Broker
from backend_lead.catalog.fact import Fact

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


class Kafka(Broker):
    """A message is appended to its partition; of a consumer, one instance owns each partition.

    Partitions therefore bound how many instances work, and a lost instance's partitions wait until
    another owns them. Self-run on plain machines. Disk and network bandwidth do not limit.
    """

    id = "kafka"
    title = "Apache Kafka"
    protocol = "kafka"
    keyed_binding = "0.5.0"
    rank = 1
    summary = "brokers that keep messages in partitions; one instance of a consumer owns each"
    facts = (APPEND_CPU, COMMIT_S, COPIES, SESSION, RECORD_B, DISK_FILL, RETENTION)
    repair = Fact("repair", "time until a lost broker is replaced", 1200.0, 300.0, 7200.0, "s",
                  "assumed", "start of a machine and copying the partitions it held")  # fmt: skip

    def quorum(self, count: int, copies: int) -> int:
        return count - 1 if copies > 1 else count  # of every partition all copies but one in step


KIND = Kafka()
