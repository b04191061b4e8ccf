"""From daily, monthly or registered users to the users at once, by sessions and their length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend_lead.catalog.domains import Domain
from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.note import note
from backend_lead.intake.brief.peak_load import DAY_S, Load, strictest, vague
from backend_lead.intake.brief.people import KINDS
from backend_lead.model import units
from backend_lead.model.design import Question

# Registered users of whom a month sees one; no source, engineering judgement, 10 % to 60 %.
MONTHLY_OF_REGISTERED = (0.3, 0.1, 0.6)
# Users at once of what its maker calls small; no source, engineering judgement.
SMALL = (100.0, 10.0, 1000.0)


def from_population(
    found: Sequence[Mention], domain: Domain, peak: dict[str, Any], load: Load
) -> Mention:
    """Set the users at peak from the people of the brief; return the mention it was taken from."""
    kind = next(k for k in ("daily", "monthly", "users", "registered") if _of(found, k))
    people = max(_of(found, kind), key=lambda m: m.value)
    if people.vague:
        vague(people, load)
    activity = domain.activity
    factors: list[tuple[str, float, float, float]] = []
    if kind == "registered":
        factors.append(("seen in a month", *MONTHLY_OF_REGISTERED))
    if kind != "daily":
        factors.append(("seen on a day", *_range(activity["daily_of_monthly"], units.RATIO)))
    factors.append(("sessions a day", *_range(activity["sessions_per_day"], units.FACTOR)))
    factors.append(("s a session", *_range(activity["session_length"], units.DURATION)))
    factors.append(("peak factor", *_range(peak, units.FACTOR)))
    value = low = high = people.value / DAY_S
    for _, mid, least, most in factors:
        value, low, high = value * mid, low * least, high * most
    formula = " x ".join(f"{units.trim(mid)} {name}" for name, mid, _, _ in factors)
    ranges = ", ".join(f"{name} {units.trim(a)} to {units.trim(b)}" for name, _, a, b in factors)
    load.users = max(1.0, value)
    load.origin = {
        "origin": "assumed",
        "range": (max(1.0, low), max(1.0, high)),
        "source": f"{people.source}; {_sources(activity)}",
        "why": f"{units.trim(people.value)} x {formula} / 86400 s = {units.trim(value)} at once; "
        f"assumed {ranges}",
    }
    if kind == "users":
        load.findings.append(
            note(
                "brief-users",
                f"{people.words!r} doesn't say whether they are there at once; read "
                "as users of a month",
                people,
                "warning",
                hint="write concurrent users, daily users or registered users",
            )
        )
    load.questions.append(
        Question(
            f"How many users are there at once at the busiest moment? The brief says "
            f"{people.words!r}.",
            f"{units.trim(load.users)} concurrent users, computed from sessions a day and "
            f"their length",
            "the load is proportional to it; it may be off by a factor of ten",
        )
    )
    return people


def added_up(concurrent: Sequence[Mention], load: Load) -> list[Mention]:
    """Users at once who come on top of each other as one number."""
    groups: list[list[Mention]] = []
    for m in concurrent:
        if m.adds and groups:
            groups[-1].append(m)
        else:
            groups.append([m])
    out = []
    for group in groups:
        total = group[0]
        if len(group) > 1:
            value, words = sum(m.value for m in group), " and ".join(m.words for m in group)
            total = replace(total, value=value, low=None, words=words, parts=tuple(group))
            taken = f"{total.words!r} are added up: {units.trim(total.value)} users at once"
            load.findings.append(note("brief-load", taken, group[-1]))
        out.append(total)
    return out


def of_population(found: Sequence[Mention], load: Load) -> list[Mention]:
    """Users at once as a stated share of the people of the brief: 5% of them are online at peak."""
    shares = [m for m in found if m.kind == "share"]
    if not shares:
        return []
    share = strictest(shares, load.findings, "shares of users at once", max)
    people = load.population
    if share is None or people is None:
        load.findings.append(note("brief-load", f"{shares[0].words!r}: of how many is not said",
                                  shares[0], "warning"))  # fmt: skip
        return []
    value = max(1.0, share.value * people.value)
    total = share.turned("concurrent", value=value, what=people.what, parts=(people, share))
    taken = f"{share.words!r} of {people.words!r} makes {units.trim(value)} users at once"
    load.findings.append(note("brief-load", taken, share))
    return [total]


def small(words: str, load: Load) -> None:
    """Set the users at peak of a product that is called small and says no load."""
    value, low, high = SMALL
    load.users = value
    load.origin = {
        "origin": "assumed",
        "range": (low, high),
        "source": "no source; engineering judgement",
        "why": f"the brief says {words!r} and no number",
    }


def unused(found: Sequence[Mention], used: Sequence[Mention | None], load: Load) -> None:
    """Tell of numbers of people from which nothing follows, because others say more."""
    for m in found:
        if m.kind in KINDS and m not in used and all(u is None or u.value != m.value for u in used):
            load.findings.append(
                note(
                    "brief-load",
                    f"{m.words!r} is read, but nothing follows from it: another number of the "
                    "brief says how many there are",
                    m,
                    "warning" if m.kind == "users" else "note",
                )
            )


def _of(found: Sequence[Mention], kind: str) -> list[Mention]:
    return [m for m in found if m.kind == kind]


def _range(quantity: dict[str, Any], dimension: units.Dimension) -> tuple[float, float, float]:
    low, high = quantity.get("range", (quantity["value"], quantity["value"]))
    return dimension.parse(quantity["value"]), dimension.parse(low), dimension.parse(high)


def _sources(activity: dict[str, Any]) -> str:
    return "; ".join(sorted({str(quantity["source"]) for quantity in activity.values()}))
