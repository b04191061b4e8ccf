"""A WebSocket gateway: instances whose work is to hold connections open."""

from __future__ import annotations

from backend_lead.catalog.equal_instances import EqualInstances
from backend_lead.catalog.network import BACKLOG, DETECT, HOLDING


class WebsocketGateway(EqualInstances):
    """Holds a connection for each user and passes on what comes through it."""

    id = "websocket-gateway"
    title = "WebSocket gateway"
    role = "connection gateway"
    at_once = 4096
    smallest = "m7g.large"
    summary = "instances that hold clients' connections; memory and descriptors limit how many"
    fields = frozenset(
        ["kind", "title", "instance", "count", "zones", "concurrency", "patience", "autoscale",
         "detect", "endpoints", "pool", "serving", "watch", "fails", "notes", "origins"]
    )  # fmt: skip
    facts = (*HOLDING, DETECT, BACKLOG)


KIND = WebsocketGateway()
