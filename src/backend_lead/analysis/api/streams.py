"""What it takes to tell clients of events over connections that they hold."""

from __future__ import annotations

import math

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.network import CONNECTION_B, DESCRIPTORS
from backend_lead.model.screens import Streaming
from backend_lead.model.system import System
from backend_lead.views.api.parts import Contract

PLANNED = Fact(
    "stream-connections", "connections planned for one stream instance", 50e3, 10e3, 250e3,
    "connections", "assumed", "2 GB of connection memory at 40 kB each, and a loss that half a "
    "minute of reconnects mends",
)  # fmt: skip
BEAT_S = Fact(
    "stream-beat", "time between signs of life on a silent stream", 30.0, 15.0, 50.0, "s",
    "assumed", "below the 60 s after which load balancers close silent connections (catalogue, "
    "balancer-idle)",
)  # fmt: skip


def streaming(system: System, contract: Contract) -> list[Streaming]:
    """For each of our own classes of users with events: the way, and what holding takes."""
    out = []
    for name, caller in contract.callers.items():
        if caller.audience not in ("mobile", "web"):
            continue
        events = [op.name for op in contract.operations.values()
                  if op.nature == "event" and name in op.clients]  # fmt: skip
        client = system.workload.clients[name]
        if not events or client.users is None:
            continue
        held = client.users.value
        least = min(PLANNED.value, DESCRIPTORS.value)
        way = "WebSocket" if client.connection is not None else "SSE"
        spare = 2 if system.topology.zones > 1 else 1  # one may be lost with its zone
        machines = max(spare, math.ceil(held / least))
        out.append(Streaming(
            name, tuple(events), way, held, held * CONNECTION_B.value, machines, held / machines,
            held / BEAT_S.value,
        ))  # fmt: skip
    return out
