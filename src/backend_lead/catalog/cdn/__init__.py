"""A content delivery network: answers what it holds near the user, passes on the rest."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import BILLED_GB, Item, Kind, Station, Traffic
from backend_lead.model.system import Component

DELAY = Fact(
    "delay", "time a point of presence takes", 2e-3, 0.5e-3, 10e-3, "s", "assumed",
    "no provider states it; answering from memory or local disk",
)  # fmt: skip
HIT_RATIO = Fact(
    "hit-ratio",
    "share of cacheable requests that the edge holds",
    0.9,
    0.7,
    0.98,
    "ratio",
    "assumed",
    "depends on popularity and lifetimes; 70-98 % is what providers show in case studies",
)


class Cdn(Kind):
    """Answers `hit_ratio` of what an endpoint marks with `edge_cache`; unlimited."""

    id = "cdn"
    title = "CDN"
    role = "cdn"
    summary = "answers cacheable requests at the edge; charged by bytes and requests"
    fields = frozenset(["kind", "title", "hit_ratio", "delay", "notes", "origins"])
    facts = (DELAY, HIT_RATIO)
    availability = Fact(
        "cdn-availability",
        "the CDN is up",
        0.9999,
        0.999,
        0.99999,
        "ratio",
        "assumed",
        "Amazon CloudFront SLA commits to 99.9 %; a tenth of that downtime is assumed, as for "
        "other managed edges",
    )
    repair = Fact("repair", "repair", 60.0, 10.0, 600.0, "s", "assumed", "managed; minutes at most")

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        return []

    def delay_s(self, component: Component) -> float:
        return component.delay.value if component.delay else DELAY.value

    def hit_ratio(self, component: Component) -> float:
        return component.hit_ratio.value if component.hit_ratio else HIT_RATIO.value

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        return [
            Item(
                "egress",
                "cloudfront-egress",
                traffic.bytes_out_month / BILLED_GB,
                "GiB",
                tiered=True,
                by_load=True,
            ),
            Item(
                "requests",
                "cloudfront-requests-https",
                traffic.requests_month,
                "request",
                by_load=True,
            ),
        ]


KIND = Cdn()
