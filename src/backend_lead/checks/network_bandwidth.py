"""No machine is asked to send or take in more than it sustains."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount, percent
from backend_lead.model.finding import Finding
from backend_lead.views.transfers import Moved, moved
from backend_lead.views.zones import with_zone_lost

BIT_MEGA = 8 / 1e6


class NetworkBandwidth(Rule):
    id = "network-bandwidth"
    title = "Machines sustain their traffic"
    why = (
        "A machine of a cloud has a share of a network card. What it may send or take in for long "
        "is its baseline; above it packets are dropped and latency grows while its cores idle. "
        "Small machines have the least: large answers are a matter for a CDN or object storage."
    )
    level = "error"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        now = {one.station: one for one in moved(flow)}
        for lost in moved(with_zone_lost(flow)):
            whole = now[lost.station]
            if lost.busy <= 1:
                continue
            over = whole if whole.busy > 1 else lost
            yield self._full(evidence, flow.stations[lost.station].component, over, over is whole)

    def _full(self, evidence: Evidence, component: str, one: Moved, up: bool) -> Finding:
        way = "sends" if one.out >= one.into else "takes in"
        when = "with all zones up" if up else "with one zone lost"
        mega, limit = one.most * BIT_MEGA, one.limit * BIT_MEGA
        return self.finding(
            f"a machine of `{one.station}` {way} {amount(mega)} Mbit/s at peak {when}; it sustains"
            f" {amount(limit)}", evidence.component_place(component, "instance"),
            f"{amount(mega)} Mbit/s, {percent(one.busy)}", f"up to {amount(limit)} Mbit/s",
            "more or larger machines, smaller answers, or a CDN for what is the same for all",
            level="error" if up else "warning",
        )  # fmt: skip


RULE = NetworkBandwidth()
