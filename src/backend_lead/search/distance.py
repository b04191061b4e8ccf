"""What distance alone takes from a promise to users all over the world, with one region."""

from __future__ import annotations

import re

from backend_lead.catalog.network import FAR_SIDE, LIGHT_IN_FIBRE, reach_km
from backend_lead.model.finding import Finding, Place
from backend_lead.model.quantity import Duration
from backend_lead.model.system import System
from backend_lead.model.units import DURATION
from backend_lead.search.wording import people

RULE = "light-in-fibre"
WORLDWIDE = re.compile(
    r"\bworld-?wide\b|\bglobally\b|\b(?:all over|around|across) the (?:world|globe|planet)\b"
    r"|\b(?:every|all) continents?\b"
    r"|\bglobal (?:users?|audience|customers?|traffic|players?|reach|scale)\b",
    re.IGNORECASE,
)
FAR_SIDE_S = 2 * FAR_SIDE.value / LIGHT_IN_FIBRE.value
HALF_S = FAR_SIDE_S / 2  # within it light reaches half of the Earth's surface and comes back


def is_worldwide(system: System) -> bool:
    """Whether the brief speaks of users all over the world."""
    return bool(system.brief and WORLDWIDE.search(system.brief))


def tightest(system: System) -> Duration:
    """The strictest p99 of a model."""
    return min((slo.p99 for slo in system.slos), key=lambda p99: p99.value)


def out_of_reach(system: System) -> str:
    """Why a stated p99 cannot hold for users all over the world; empty where distance allows it.

    It is refused where light does not reach half of the Earth's surface in that time.
    """
    p99 = tightest(system)
    if not is_worldwide(system) or p99.origin != "stated" or p99.value >= HALF_S:
        return ""
    return (
        f"p99 {p99.text} worldwide from one region: in that time light in fibre "
        f"({people(LIGHT_IN_FIBRE.value)} km/s) gets {people(reach_km(p99.value))} km far and "
        f"back, without any work done; the far side of the Earth, {people(FAR_SIDE.value)} km, "
        f"takes {DURATION.format(FAR_SIDE_S)}"
    )


def far_users(system: System) -> list[Finding]:
    """What one region means for users all over the world, where a brief speaks of them."""
    if not is_worldwide(system):
        return []
    p99 = tightest(system)
    reach = reach_km(p99.value)
    far = (f"{people(FAR_SIDE.value)} km at {people(LIGHT_IN_FIBRE.value)} km/s take light in "
           f"fibre {DURATION.format(FAR_SIDE_S)} there and back")  # fmt: skip
    cannot = (
        f"; users more than {people(reach)} km away cannot see this p99"
        if reach < FAR_SIDE.value else "; that comes on top for users on the far side"
    )  # fmt: skip
    where = f"p99 {p99.text} is judged where requests enter {system.topology.region}"
    return [Finding(
        RULE, "warning", f"{where}: {far}{cannot}", Place("brief"), "worldwide",
        "users near one region", "say where most users are, or promise a p99 for those",
    )]  # fmt: skip
