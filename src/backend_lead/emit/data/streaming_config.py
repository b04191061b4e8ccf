"""data/streaming/: streams and consumers as their brokers take them, and as one list of our own."""

from __future__ import annotations

import json
from typing import Any

from backend_lead.catalog import streams as facts
from backend_lead.emit.data.streaming_reading import StreamReading, stream_reading
from backend_lead.model.design import Design
from backend_lead.views.yaml_layout import document

ID = "streaming-config"
GROUP = "data"
FILES = ()
MORE = r"data/streaming/(streams\.yaml|kafka-topics\.yaml|nats/[a-z0-9-]+\.json)"
RUNS = False
NS = 1_000_000_000  # NATS writes times in nanoseconds
COPIES = 3  # of each message; a majority keeps it when one broker is lost
BYTES_ROOM = 1.25  # limit of bytes beside what is expected: age ends events, not their bytes


def emit(design: Design) -> dict[str, str]:
    """Nothing where no stream is needed."""
    read = stream_reading(design)
    if read is None or not read.found.needed:
        return {}
    out = {
        "data/streaming/streams.yaml": _list(read),
        "data/streaming/kafka-topics.yaml": _kafka(read),
        f"data/streaming/nats/{read.name}.json": _json(_nats_stream(read)),
    }
    for consumer in read.found.consumers:
        path = f"data/streaming/nats/{read.name}-{consumer.name}.json"
        out[path] = _json(_nats_consumer(read, consumer.name))
    return out


def _list(read: StreamReading) -> str:
    found = read.found
    head = (
        f"# Written from the model {read.design.digest}; change the model, not this file.\n"
        "# What each broker's own file is made from.\n"
    )
    return head + document({
        "needed": found.needed,
        "why": list(found.why),
        "capture": {c.store: c.how for c in found.captures},
        "relay": {"lanes": found.lanes, "look_each_s": found.poll_s},
        "late_s": found.late_s,
        "streams": {
            s.topic: {
                "key": list(s.key), "tables": [t.name for t in s.tables],
                "events_per_s": round(s.rate_per_s, 3), "event_bytes": round(s.message_b),
                "partitions": s.partitions, "keep_s": s.keep_s,
            } for s in found.streams
        },
        "consumers": {
            c.name: {
                "takes": list(c.topics), "each_s": c.every_s, "at_most": c.batch,
                "instances": c.instances, "fresh_within_s": c.fresh_s,
            } for c in found.consumers
        },
    })  # fmt: skip


def _nats_stream(read: StreamReading) -> dict[str, Any]:
    """`nats stream add --config`: every topic of the backend, one part of a subject a person."""
    keep = max(s.keep_s for s in read.found.streams)
    return {
        "name": read.name, "description": "Changes of rows, and erasures",
        "subjects": [f"{read.name}.>"], "retention": "limits", "storage": "file",
        "discard": "new",  # a full stream refuses: the outbox keeps, and the alert tells
        "max_age": int(keep * NS), "max_bytes": int(read.found.bytes_per_s * keep * BYTES_ROOM),
        "duplicate_window": int(facts.MARK_WINDOW_S.value * NS), "num_replicas": COPIES,
        "deny_purge": False, "allow_direct": True,
    }  # fmt: skip


def _nats_consumer(read: StreamReading, name: str) -> dict[str, Any]:
    """`nats consumer add --config`: pulled, acknowledged one by one, given up after some tries."""
    consumer = next(c for c in read.found.consumers if c.name == name)
    return {
        "durable_name": name, "description": consumer.title,
        "filter_subjects": [*(f"{topic}.>" for topic in consumer.topics), f"{read.name}.erasure.>"],
        "deliver_policy": "all", "ack_policy": "explicit",
        "ack_wait": int(max(facts.ACK_WAIT_S.value, 3 * consumer.every_s) * NS),
        "max_deliver": int(facts.TRIES.value), "max_ack_pending": 2 * consumer.batch,
        "max_batch": consumer.batch, "replay_policy": "instant",
    }  # fmt: skip


def _kafka(read: StreamReading) -> str:
    """Topics as Strimzi's custom resources."""
    head = (
        "# Not proven here: no Kafka runs in the proof. Written for Strimzi (KafkaTopic).\n"
        "# This broker cannot purge one person's events: README.md, 'Erasing a person'.\n"
    )
    topics = [(s.topic, s.partitions, s.keep_s) for s in read.found.streams]
    topics.append((f"{read.name}.erasure", 1, max(s.keep_s for s in read.found.streams)))
    topics += [(f"{c.name}.put-aside", 1, topics[0][2]) for c in read.found.consumers]
    texts = [
        document({
            "apiVersion": "kafka.strimzi.io/v1beta2", "kind": "KafkaTopic",
            "metadata": {"name": name, "labels": {"strimzi.io/cluster": read.name}},
            "spec": {
                "topicName": name, "partitions": partitions, "replicas": COPIES,
                "config": {
                    "cleanup.policy": "delete", "retention.ms": int(keep * 1000),
                    "min.insync.replicas": COPIES - 1, "compression.type": "zstd",
                },
            },
        }) for name, partitions, keep in topics
    ]  # fmt: skip
    return head + "---\n".join(texts)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"
