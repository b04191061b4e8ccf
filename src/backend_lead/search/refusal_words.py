"""Sentences of a refusal: what binds with its number, what is kept, what gives."""

from __future__ import annotations

import math

from backend_lead.catalog.network import REGION_AVAILABILITY, reach_km
from backend_lead.model.paths import Feasible
from backend_lead.model.system import System
from backend_lead.model.units import DURATION, RATIO, counted, nines, rate_text, trim
from backend_lead.search.assess import P99_MARGIN, Assessment, describe, idle_late
from backend_lead.search.distance import tightest
from backend_lead.search.nearest import Near, rounded_down
from backend_lead.search.searches import Searches
from backend_lead.search.state import Trail
from backend_lead.search.team import OPERATE_SHARE, WORK_H, hours_asked, hours_given
from backend_lead.search.wording import people, usd
from backend_lead.search.workload import parts_words, scaled, users_of
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import with_zone_lost


def load(system: System) -> str:
    """The load in words."""
    users = users_of(system)
    if users:
        return counted(_exact(users), "concurrent user")
    return rate_text(resolve(system).requests_per_s, "requests", people)


def _exact(users: float) -> str:
    """As every table counts them: whole numbers below ten thousand are not rounded."""
    return f"{users:,.0f}" if users < EXACT and users == int(users) else people(users)


def promises(system: System) -> str:
    """Latency and availability as promised."""
    return f"p99 {tightest(system).text} and availability {_strictest(system)}"


def _strictest(system: System) -> str:
    return max((slo.availability for slo in system.slos), key=lambda ratio: ratio.value).text


def _ms(value: float) -> str:
    return DURATION.format(float(trim(value, 3)))


def parts(found: Assessment) -> str:
    """What runs."""
    return parts_words(found.system)


EXACT = 1e4  # users from which on three digits are told


# --- what binds -----------------------------------------------------------------------------------
def p99_binds(found: Assessment) -> str:
    """The request that is too slow, without any load where that already is."""
    text = f"p99 {tightest(found.system).text}"
    use = idle_late(with_zone_lost(found.flow))
    if use is not None:
        return (f"{text}: {use.id} takes {_ms(use.wait_s)} without any load; "
                f"{_ms(use.wait_s / use.busy)}, the promise less a margin of "
                f"{1 - P99_MARGIN:.0%}, is allowed")  # fmt: skip
    return (f"{text}: kept up to {found.capacity:.0%} of the load only; then "
            f"{describe(found.limit)} is the limit")  # fmt: skip


def availability_binds(found: Assessment) -> str:
    """The journey that is down too often, beside what a region alone is worth."""
    worst = found.worst_availability
    return (f"availability {RATIO.format(worst.objective)}: {worst.journey} reaches "
            f"{nines(worst.availability)} in {_zones(found.system)}; one region alone is taken as "
            f"{RATIO.format(REGION_AVAILABILITY.value)}")  # fmt: skip


def _zones(system: System) -> str:
    zones = system.topology.zones
    return "one zone" if zones == 1 else f"{zones} zones"


def load_binds(trail: Trail) -> str:
    """The most that is carried, or can be grown from."""
    found = trail.final.found
    if found.capacity < 1:
        return (f"{load(found.system)}: no more than {found.capacity:.0%} of them were found to be "
                f"carried; then {describe(found.limit)} is the limit")  # fmt: skip
    return (f"{load(found.system)}: carried, but no design was found that survives a lost zone and "
            f"grows without new parts; the best grows to {trim(trail.final.reach, 2)} times "
            "that")  # fmt: skip


def budget_binds(trail: Trail) -> str:
    """The smallest bill found beside the budget."""
    found = trail.final.found
    assert found.system.budget is not None
    budget, bill = found.system.budget.value, found.cost.usd_month
    return (f"{usd(budget)}: the smallest bill found for {load(found.system)} is {usd(bill)}, "
            f"{trim(bill / budget, 3)} times that")  # fmt: skip


def smallest(system: System, searches: Searches) -> str:
    """What the smallest load costs, where the budget or the team carries no load at all."""
    whole = users_of(system) or resolve(system).requests_per_s
    found = searches.trail(scaled(system, 1 / whole)).final.found
    return (f"no load is small enough for that: {load(found.system)} still take "
            f"{usd(found.cost.usd_month)} and {people(hours_asked(found.system))} hours a month, "
            f"for {parts(found)}{_resting_on(found.system)}")  # fmt: skip


def _resting_on(system: System) -> str:
    """What was assumed that a smaller bill would have to give up."""
    promise = max((slo.availability for slo in system.slos), key=lambda ratio: ratio.value)
    zones = system.topology.zones
    out = [f"availability {promise.text}"] if promise.origin == "assumed" else []
    if zones > 1 and system.topology.origins.get("zones", "assumed").startswith("assumed"):
        out.append(f"{zones} zones of which one may be lost")
    if not out:
        return ""
    return (f"; that rests on what nobody stated ({', '.join(out)}): with less of it, one machine "
            "of each part may do")  # fmt: skip


def team_binds(trail: Trail) -> str:
    """The hours asked beside those a team has."""
    system = trail.final.found.system
    assert system.team is not None
    has, asks = people(hours_given(system) or 0), people(hours_asked(system))
    return (f"a team of {system.team.size}: it has {has} hours a month for running the system; "
            f"the least that was found asks {asks}")  # fmt: skip


# --- what gives -----------------------------------------------------------------------------------
def p99_gives(before: System, after: System) -> str:
    """The p99 that can be kept."""
    now = max(slo.p99.value for slo, old in zip(after.slos, before.slos, strict=True)
              if slo.p99.value != old.p99.value)  # fmt: skip
    return f"p99 {DURATION.format(now)} instead of {tightest(before).text}"


def availability_gives(after: System) -> str:
    """The availability that can be kept."""
    return f"availability {_strictest(after)}"


def load_gives(near: Near) -> str:
    """The load that can be carried; data is in proportion."""
    return f"{load(near.system)}, {people(100 * near.factor)}% of the load, with data in proportion"


def zones_give(system: System, zones: int) -> str:
    """More zones than were stated."""
    return f"{zones} zones instead of {system.topology.zones}"


def means(system: System, kinds: list[str]) -> str:
    """Budget and team as stated."""
    out = []
    if system.budget is not None and "budget" in kinds:
        out.append(usd(system.budget.value))
    if system.team is not None and "team" in kinds:
        out.append(f"a team of {system.team.size}")
    return " and ".join(out)


def means_give(trail: Trail, kinds: list[str]) -> list[str]:
    """The bill and the team that the load takes."""
    found, out = trail.final.found, []
    if "budget" in kinds and found.system.budget is not None:
        out.append(f"{usd(found.cost.usd_month)} instead of {people(found.system.budget.value)}")
    if "team" in kinds and found.system.team is not None:
        people_needed = math.ceil(hours_asked(found.system) / (WORK_H.value * OPERATE_SHARE.value))
        out.append(f"a team of {people_needed} instead of {found.system.team.size}")
    return out


def share_of_means(trail: Trail) -> float:
    """The share of the load that the means would pay for if costs were in proportion."""
    system, shares = trail.final.found.system, [1.0]
    if system.budget is not None:
        shares.append(system.budget.value / trail.final.found.cost.usd_month)
    if (given := hours_given(system)) is not None:
        shares.append(given / hours_asked(system))
    return min(shares) / 2


def nearby(system: System, trail: Trail) -> list[Feasible]:
    """Users near the region, where the p99 leaves time for the way."""
    found, p99 = trail.final.found, tightest(system)
    left = p99.value - (found.worst_p99_s or math.inf)
    if left <= 0:
        return []
    km = people(rounded_down(reach_km(left)))
    return [Feasible(
        f"p99 {p99.text} for users within {km} km of {system.topology.region}",
        "the same for users farther away", parts(found), users_of(found.system),
        found.worst_p99_s, found.cost.usd_month,
    )]  # fmt: skip
