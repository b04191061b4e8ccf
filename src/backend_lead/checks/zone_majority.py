"""What must agree to serve still can when a zone is lost."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog.kind import Station
from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.zones import is_outvoted, lost_copies, zones_to_agree


class ZoneMajority(Rule):
    id = "zone-majority"
    title = "One lost zone leaves enough copies to agree"
    why = (
        "Copies that must agree are worth no more than the zone that holds most of them. Over two "
        "zones one holds two of three: when it is lost, the third has no majority and takes "
        "nothing, though it is up. That is dearer than one zone and hardly more available. Three "
        "zones with a copy in each outlast any one."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        assert evidence.flow is not None
        for station in evidence.flow.stations.values():
            if is_outvoted(station):
                yield self._outvoted(evidence, station)

    def _outvoted(self, evidence: Evidence, station: Station) -> Finding:
        copies, zones = station.copies, len(set(station.zones))
        taken, spare = lost_copies(station)
        need = copies - spare
        return self.finding(
            f"`{station.id}` keeps {copies} copies in {zones} zones, of which {need} must be up;"
            f" one lost zone takes {taken} and it serves no more",
            evidence.component_place(station.component, "zones"),
            f"{copies - taken} of {copies} copies left", f"{need} or more",
            _mend(evidence, station),
        )  # fmt: skip


def _mend(evidence: Evidence, station: Station) -> str:
    """More zones, or more copies and more zones, or the plain truth that it hangs on a zone."""
    zones = zones_to_agree(station)
    least = f"zones: {zones}" if zones else "zones: 3 and count: 3"
    have = evidence.system.topology.zones
    if have < (zones or 3):
        least += f" (the topology has {have}: set it there too)"
    return f"{least}; or one zone, and say that it stops with it"


RULE = ZoneMajority()
