"""NATS JetStream: topics kept on disk by brokers that agree on each message."""

from __future__ import annotations

from backend_lead.catalog.broker import Broker
from backend_lead.catalog.fact import Fact

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
COPIES = Fact(
    "copies", "brokers that keep a message, where there are so many", 3.0, 1.0, 5.0, "brokers",
    "assumed",
    "NATS documentation, 'JetStream clustering': one, three or five; three outlast the loss of one",
)  # fmt: skip
ELECTION = Fact(
    "election", "time until another broker leads a lost one's topics", 6.5, 4.0, 10.0, "s",
    "catalogue",
    "nats-server, server/raft.go: a follower waits 4 to 9 s for a leader, whose heartbeats come "
    "every second, before it stands for election; one more to be elected",
)  # fmt: skip
RECORD_B = Fact(
    "record-overhead", "bytes on disk beyond a message", 60.0, 31.0, 300.0, "B", "catalogue",
    "nats-server, server/filestore.go: 22 bytes before a message and a checksum of 8 after it; its "
    "subject is kept with it, some 30 bytes here, and headers where it has any",
)  # fmt: skip
DISK_FILL = Fact(
    "disk-fill", "share of a disk that messages may fill", 0.8, 0.6, 0.9, "ratio", "assumed",
    "whole blocks are freed at a time, and a copy must be caught up; no general figure exists",
)  # fmt: skip
RETENTION = Fact(
    "retention", "time messages are kept where the model does not say", 7 * 86_400.0, 86_400.0,
    30 * 86_400.0, "s", "assumed",
    "JetStream keeps for ever unless MaxAge is set; a week is what Apache Kafka keeps by default",
)  # fmt: skip


class NatsStream(Broker):
    """A message is appended on one broker and copied to others; any consumer takes a batch.

    A topic serves while a majority of its copies is up. Disk and network bandwidth do not limit.
    """

    id = "nats-stream"
    title = "NATS JetStream"
    protocol = "nats"
    spread_batches = True
    purges = True
    summary = "brokers that keep messages in topics; any consumer takes the next batch"
    facts = (APPEND_CPU, COMMIT_S, COPIES, ELECTION, RECORD_B, DISK_FILL, RETENTION)
    repair = Fact("repair", "time until a lost broker is replaced", 600.0, 120.0, 3600.0, "s",
                  "assumed", "start of a machine and copying what it missed")  # fmt: skip

    def quorum(self, count: int, copies: int) -> int:
        return count - (copies - (copies // 2 + 1))  # of every topic a majority of its copies


KIND = NatsStream()
