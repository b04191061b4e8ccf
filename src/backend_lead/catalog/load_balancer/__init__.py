"""A managed layer-7 load balancer: passes requests on, grows by itself, charged by use."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import BILLED_GB, Item, Kind, Station, Traffic
from backend_lead.model.system import Component

HOURS_MONTH = 730.0
_LCU = (
    "AWS, 'Elastic Load Balancing pricing', as given by Vantage, Cloud Cost Handbook, 'ELB': one "
    "LCU is 25 new connections/s, 3,000 active connections a minute, 1 GB an hour of requests and "
    "responses or 1,000 rule evaluations/s, whichever asks for most; ten rules are free, no more "
    "are taken to exist"
)
LCU_NEW = Fact(
    "lcu-new", "new connections of one capacity unit", 25.0, 25.0, 25.0, "1/s", "catalogue", _LCU
)
LCU_ACTIVE = Fact(
    "lcu-active", "active connections of one capacity unit", 3_000.0, 3_000.0, 3_000.0,
    "connections", "catalogue", _LCU,
)  # fmt: skip
LCU_BYTES = Fact(
    "lcu-bytes", "bytes an hour of one capacity unit", BILLED_GB, BILLED_GB, BILLED_GB, "B",
    "catalogue", _LCU,
)  # fmt: skip

DELAY = Fact(
    "delay", "time added to a request", 1e-3, 0.3e-3, 5e-3, "s", "assumed",
    "layer-7 proxying; uqSim's calibrated NGINX model spends 0.04 ms of CPU a request (Zhang et "
    "al., ISPASS 2019), a managed balancer adds a network hop",
)  # fmt: skip


class LoadBalancer(Kind):
    """Adds a delay, limits nothing; the price follows connections, new connections and bytes."""

    id = "load-balancer"
    title = "Load balancer"
    role = "load balancer"
    summary = "managed layer-7 balancer; scales by itself, charged by connections and bytes"
    fields = frozenset(["kind", "title", "zones", "delay", "notes", "origins"])
    facts = (DELAY, LCU_NEW, LCU_ACTIVE, LCU_BYTES)
    availability = Fact(
        "managed-balancer",
        "the managed balancer is up",
        0.9999,
        0.9995,
        0.99999,
        "ratio",
        "catalogue",
        "Elastic Load Balancing SLA: 99.99 % (a promise with credits, used as a proxy)",
    )
    repair = Fact("repair", "repair", 60.0, 10.0, 600.0, "s", "assumed", "managed; minutes at most")

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        return []

    def delay_s(self, component: Component) -> float:
        return component.delay.value if component.delay else DELAY.value

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        units = max(
            traffic.new_connections_per_s / LCU_NEW.value,
            traffic.connections / LCU_ACTIVE.value,
            traffic.bytes_per_s * 3600 / LCU_BYTES.value,
        )
        return [
            Item("balancer", "alb-hour", HOURS_MONTH, "hour"),
            Item("capacity units", "alb-lcu-hour", units * HOURS_MONTH, "LCU-hour", by_load=True),
        ]


KIND = LoadBalancer()
