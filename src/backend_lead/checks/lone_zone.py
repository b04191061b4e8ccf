"""Nothing that a strict availability needs sits in one zone."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog.kind import Station
from backend_lead.catalog.network import ZONE_AVAILABILITY
from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.model.units import nines
from backend_lead.views.zones import is_lone


class LoneZone(Rule):
    id = "lone-zone"
    title = "Strict objectives do not hang on one zone"
    why = (
        "A journey is never more available than the zone that holds all of a part it needs. "
        "Above that, every part needs a second zone, or a stand-in there."
    )
    level = "error"
    needs = ("model", "flow", "availability")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow, told = evidence.flow, set[str]()
        assert flow is not None and evidence.availability is not None
        zone = ZONE_AVAILABILITY.value
        for one in evidence.availability:
            if one.objective <= zone:
                continue
            for term in one.terms:
                station = flow.stations.get(term.component)
                if station is None or station.id in told or not self._alone(evidence, station):
                    continue
                told.add(station.id)
                yield self.finding(
                    f"all of `{station.id}` is in one zone; journey `{one.journey}` needs"
                    f" {nines(one.objective)}, a zone gives {nines(zone)}",
                    evidence.component_place(station.component, "zones"), "one zone",
                    "two zones or more",
                    f"zones: {max(2, evidence.system.topology.zones)}, with at least two instances"
                    " or a stand-in",
                )  # fmt: skip

    def _alone(self, evidence: Evidence, station: Station) -> bool:
        """Whether one zone holds all of a group and there is no stand-in in another."""
        if evidence.system.components[station.component].zones < 2:
            return True
        return is_lone(station)


RULE = LoneZone()
