"""Standby region: a second region with the data and few machines takes over when one is lost."""

from __future__ import annotations

import math

from backend_lead.catalog import kind_of
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.network import REGION_AVAILABILITY
from backend_lead.catalog.regions import LAG, TAKE_OVER, second_region
from backend_lead.model.quantity import Duration
from backend_lead.model.system import System
from backend_lead.model.topology import Standby
from backend_lead.model.units import DURATION
from backend_lead.tactics.tactic import Applied, Tactic, copy

BEHIND = 0.9999  # services over three zones and a database with its standby, at their best


class StandbyRegion(Tactic):
    id = "standby-region"
    title = "Keep a second region ready"
    does = (
        "A second region keeps a copy of the data, a little behind, and one instance of each "
        "service. When the first region is lost it is opened for writes, grows to the load, and "
        "names lead there."
    )
    helps = (
        "When the availability objective is above what one region can give, or when the loss of a "
        "region, or of everything in it, must be survived by agreement or law."
    )
    costs = (
        "The data is paid for twice, with machines that follow each write; every change is rolled "
        "out twice; a change of region that is not practised does not work."
    )
    hurts = (
        "What was written in the last moments is lost, and must be found and mended by hand; "
        "whoever goes over too soon loses writes for nothing. Machines for the whole load may not "
        "be had at once, when all others of the lost region ask too."
    )
    sources = (
        "AWS, Disaster Recovery of Workloads on AWS: Recovery in the Cloud (whitepaper, 2021), "
        "'Warm standby'",
        "NIST SP 800-34 Rev. 1, Contingency Planning Guide for Federal Information Systems (2010)",
    )

    def sites(self, system: System) -> list[str]:
        place = system.topology
        if place.standby is not None or second_region(place.region, place.residency) is None:
            return []
        strictest = max(slo.availability.value for slo in system.slos)
        asked = strictest >= _one_region(system) or place.recover_region is not None
        return ["system"] if asked else []

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        place = out.topology
        region = second_region(place.region, place.residency)
        assert region is not None
        place.standby = Standby(region=region, failover=_taken(TAKE_OVER), lag=_taken(LAG))
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return self.title


def _one_region(system: System) -> float:
    """About the most that one region gives: the region, the way in, and what is behind it."""
    front = (kind_of(system.components[name].kind) for name in system.workload.entry)
    return REGION_AVAILABILITY.value * math.prod(k.availability.value for k in front) * BEHIND


def _taken(fact: Fact) -> Duration:
    """A fact of the catalogue as a time of the model, with its range and reason."""
    return Duration.model_validate({
        "value": DURATION.format(fact.value),
        "range": [DURATION.format(fact.low), DURATION.format(fact.high)], "origin": "assumed",
        "why": fact.source,
    })  # fmt: skip


TACTIC = StandbyRegion()
