"""A background worker: instances that handle messages; nobody waits for their answer."""

from __future__ import annotations

from backend_lead.catalog.equal_instances import EqualInstances
from backend_lead.catalog.fact import Fact

DETECT = Fact(
    "detect", "time until a dead worker's messages go to another", 30.0, 6.0, 45.0, "s",
    "catalogue",
    "NATS redelivers what was not acknowledged within AckWait, 30 s by default; Apache Kafka's "
    "consumer session.timeout.ms is 45 s by default, and 6 s at least "
    "(group.min.session.timeout.ms); a worker that ends in good order is replaced at once",
)  # fmt: skip


class Worker(EqualInstances):
    """A batch holds a worker from start to end, calls included, and a core while it computes.

    While all instances are away messages wait and nothing is lost.
    """

    id = "worker"
    title = "Background worker"
    role = "worker"
    at_once = 64
    listens = False  # messages wait at their broker
    smallest = "m7g.large"
    summary = "instances that handle messages of topics; their work can wait"
    fields = frozenset(
        ["kind", "title", "instance", "count", "zones", "concurrency", "autoscale", "detect",
         "endpoints", "pool", "serving", "watch", "fails", "notes", "origins"]
    )  # fmt: skip
    facts = (DETECT,)


KIND = Worker()
