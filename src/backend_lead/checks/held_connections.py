"""Instances can hold their clients' connections, and nothing on the way closes silent ones."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.catalog.sockets import BALANCER_IDLE, MIDDLE_IDLE
from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount, seconds
from backend_lead.model.finding import Finding
from backend_lead.views.flow import Link
from backend_lead.views.held import Holding, holdings
from backend_lead.views.zones import with_zone_lost


class HeldConnections(Rule):
    id = "held-connections"
    title = "Held connections fit, and stay open"
    why = (
        "Each connection takes memory and a descriptor of one instance; what one cannot hold is "
        "refused, and after the loss of a zone the others hold its share too. What says nothing "
        "for long is closed on the way: a load balancer does after a minute unless it is told "
        "otherwise, home routers and mobile networks after some minutes."
    )
    level = "error"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        hurt = with_zone_lost(flow)
        for holding in holdings(flow):
            left = hurt.stations[holding.station.id].replicas
            yield from self._held(evidence, holding, left)
            for link in holding.links:
                yield from self._silent(evidence, holding, link)

    def _held(self, evidence: Evidence, holding: Holding, left: int) -> Iterator[Finding]:
        most, station = holding.station.held_max, holding.station
        if not most or holding.users <= most * left:
            return
        now = holding.users > most * station.replicas
        count = station.replicas if now else left
        each = holding.users / count
        yield self.finding(
            f"`{station.id}` would hold {amount(each)} connections an instance"
            + ("" if now else " with one zone lost") + f"; one can hold {amount(most)}",
            evidence.component_place(station.component),
            f"{amount(holding.users)} / {count} instances = {amount(each)}",
            f"up to {amount(most)}, by memory and descriptors",
            f"count: {math.ceil(holding.users / most) + station.replicas - left} or more, or a "
            "machine with more memory", level="error" if now else "warning",
        )  # fmt: skip

    def _silent(self, evidence: Evidence, holding: Holding, link: Link) -> Iterator[Finding]:
        fact = BALANCER_IDLE if holding.balancer else MIDDLE_IDLE
        if link.every_s and link.every_s < fact.value:
            return
        says = f"says something every {seconds(link.every_s)}" if link.every_s else "may be silent"
        yield self.finding(
            f"a connection of `{link.client}` {says}; {fact.label.partition('after which ')[2]} "
            f"after {seconds(fact.value)}",
            evidence.place(("workload", "clients", link.client, "connection")),
            seconds(link.every_s) if link.every_s else "no heartbeat",
            f"a heartbeat within {seconds(fact.value)}",
            f"every: {seconds(fact.value / 2)}"
            + (f", or a longer idle timeout of `{holding.balancer}`" if holding.balancer else ""),
            level="warning",
        )  # fmt: skip


RULE = HeldConnections()
