"""A stateless service that answers requests: many equal instances behind a balancer."""

from __future__ import annotations

from backend_lead.catalog.equal_instances import EqualInstances
from backend_lead.catalog.network import BACKLOG, DETECT, HOLDING


class HttpService(EqualInstances):
    """Requests hold a worker from start to end, calls included, and a core while they compute.

    It may hold clients' connections beside them.
    """

    id = "http-service"
    title = "HTTP service"
    role = "service"
    at_once = 256
    balance = "power-of-two"
    summary = "stateless instances; a request holds a worker throughout and a core while computing"
    fields = frozenset(
        [
            "kind",
            "title",
            "instance",
            "count",
            "zones",
            "concurrency",
            "queue",
            "patience",
            "autoscale",
            "balance",
            "detect",
            "endpoints",
            "pool",
            "serving",
            "watch",
            "fails",
            "notes",
            "origins",
        ]
    )
    facts = (DETECT, BACKLOG, *HOLDING)


KIND = HttpService()
