"""NATS JetStream: topics kept on disk by brokers that agree on each message."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import BILLED_GB, HOURS_MONTH, Item, Kind, Station, Traffic, spread
from backend_lead.model.manners import Topic
from backend_lead.model.system import Component

APPEND_CPU = Fact(
    "append-cpu", "broker time of one message and one copy, taken in and given out", 20e-6, 5e-6,
    60e-6, "s", "assumed",
    "some 210,000 messages/s of 128 B published asynchronously to a file store are reported of one "
    "server on an Apple M4 (natsdotnet, benchmarks_comparison, 2026-03-13), 5 us each; a vCPU of a "
    "server and handing out to a consumer are taken to cost four times that",
)  # fmt: skip
COMMIT_S = Fact(
    "commit", "time until a majority has a message", 2e-3, 0.5e-3, 8e-3, "s", "assumed",
    "one round trip between brokers and a write that is not forced to disk; the same server "
    "answers 16,800 synchronous publications a second from memory, 60 us each, without copies",
)  # fmt: skip
COPIES = 3
DETECT_S = 5.0
STORAGE_OVERHEAD = 1.1
RETENTION_DEFAULT_S = 7 * 86_400.0


class NatsStream(Kind):
    """A message is appended on one broker and copied to others; any consumer takes a batch."""

    id = "nats-stream"
    title = "NATS JetStream"
    role = "stream"
    asked_with = "publish"
    smallest = "m7g.large"
    spread_batches = True
    summary = "brokers that keep messages in topics until every consumer has handled them"
    fields = frozenset(
        ["kind", "title", "instance", "count", "zones", "topics", "cpu", "notes", "origins"]
    )
    required = frozenset({"instance", "topics"})
    facts = (APPEND_CPU, COMMIT_S)
    availability = Fact(
        "broker", "one broker is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "as a single instance; two of three brokers are enough",
    )  # fmt: skip
    repair = Fact("repair", "time until a lost broker is replaced", 600.0, 120.0, 3600.0, "s",
                  "assumed", "start of a machine and copying what it missed")  # fmt: skip

    def copies(self, component: Component) -> int:
        return min(COPIES, component.count or 1)

    def kept_s(self, topic: Topic) -> float:
        return topic.retention.value if topic.retention else RETENTION_DEFAULT_S

    def append_s(self, component: Component) -> tuple[float, float]:
        """Compute and other time of appending one message, its copies included."""
        one = component.cpu.value if component.cpu else APPEND_CPU.value
        copies = self.copies(component)
        return one * copies, COMMIT_S.value if copies > 1 else 0.0

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count = component.count or 1
        return [
            Station(
                id=name, component=name, groups=1, per_group=count,
                cores=self.machine(component).vcpu, workers=65_000, queue=None, balance="random",
                zones=spread(1, count, component.zones), detect_s=DETECT_S,
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        kept = sum(
            topic.message.value * self.kept_s(topic) for topic in component.topics.values()
        ) / max(1, len(component.topics))
        stored = traffic.messages_per_s / traffic.peak_factor * kept * STORAGE_OVERHEAD
        gigabytes = stored * self.copies(component) / BILLED_GB
        return [
            Item("brokers", component.instance, (component.count or 1) * HOURS_MONTH, "hour"),
            Item("storage", "ebs-gp3-storage", gigabytes, "GB-month", by_load=True),
        ]

    def instances(self, component: Component) -> int:
        return component.count or 1


KIND = NatsStream()
