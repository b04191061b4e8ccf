"""Sentences about an alternative: what it keeps, why it was not chosen, when it would be."""

from __future__ import annotations

from backend_lead.analysis.availability import MINUTES_MONTH
from backend_lead.catalog.complexity import HOUR_USD
from backend_lead.model.units import DURATION, RATIO, nines, rate_text, trim
from backend_lead.search.assess import P99_MARGIN, Assessment, describe, late
from backend_lead.search.climb import SAVING_MIN
from backend_lead.search.state import GROWTH, State
from backend_lead.search.team import hours_asked, hours_given
from backend_lead.search.wording import load_words, people, usd

SAME_USD = 1.0  # totals closer than this are one price


def kept_and_missed(found: Assessment, reach: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is asked of a design, in words: what it keeps and what it misses.

    p99 is judged at the load that is carried.
    """
    system = found.system
    in_time = found.solution is not None and late(found.flow, found.solution) <= 1
    rows = [("the stated load", found.capacity >= 1)]
    p99s = sorted({slo.p99.value for slo in system.slos})
    words = " or ".join(DURATION.format(value) for value in p99s)
    rows.append((f"p99 at most {words}", in_time))
    least = sorted({slo.availability.text for slo in system.slos})
    rows.append((f"availability at least {' or '.join(least)}", found.available))
    if system.topology.zones > 1:
        rows.append(("one lost zone is survived", found.survives_zone))
    growth = f"growth to {GROWTH.value:g} times the load without new parts"
    rows.append((growth, found.capacity >= 1 and reach >= GROWTH.value))
    if system.budget is not None:
        within = found.cost.usd_month <= system.budget.value
        rows.append((f"a bill of at most {usd(system.budget.value)}", within))
    given = hours_given(system)
    if given is not None:
        asked = hours_asked(system)
        rows.append((f"no more than the {given:.0f} h a month its team has for running it",
                     asked <= given))  # fmt: skip
    return tuple(w for w, ok in rows if ok), tuple(w for w, ok in rows if not ok)


def why_not(aim: str, found: Assessment, best: Assessment, state: State, chosen: State) -> str:
    """The losing argument, with its numbers, against the design that was chosen."""
    parts = [*_gains(aim, found, best), *_losses(found, state, chosen)]
    money = _money(found, best, len(set(state.moves) ^ set(chosen.moves)))
    return "; ".join([*parts, *([money] if money else [])]) or "it is no better in what is weighed"


def _gains(aim: str, found: Assessment, best: Assessment) -> list[str]:
    """What it does better than the one chosen, by its aim."""
    if aim == "fastest" and found.worst_p99_s and best.worst_p99_s:
        allowed = min(slo.p99.value for slo in found.system.slos)
        return [f"it answers within {_ms(found.worst_p99_s)} instead of {_ms(best.worst_p99_s)}, "
                f"where {_ms(allowed)} is promised"]  # fmt: skip
    if aim == "resilient":
        mine, theirs = found.worst_availability, best.worst_availability
        saved = (mine.availability - theirs.availability) * MINUTES_MONTH
        return [f"it is available to {nines(mine.availability)} instead of "
                f"{nines(theirs.availability)} of requests, {trim(saved, 2)} minutes a month more, "
                f"where {RATIO.format(theirs.objective)} is promised"]  # fmt: skip
    return []


def _losses(found: Assessment, state: State, chosen: State) -> list[str]:
    out = []
    if found.capacity < 1:
        out.append(f"it carries {load_words(found)}, {found.capacity:.0%} of the load; then "
                   f"{describe(found.limit)} is the limit")  # fmt: skip
    if not found.available and chosen.found.available:
        worst = found.worst_availability
        out.append(f"{worst.journey} is available to {nines(worst.availability)} of requests; "
                   f"{RATIO.format(worst.objective)} is promised")  # fmt: skip
    if not state.survives and chosen.survives:
        out.append("one lost zone stops it")
    if found.capacity >= 1 and state.reach < GROWTH.value <= chosen.reach:
        out.append(f"without new parts it grows to {trim(state.reach, 2)} times the load only; "
                   f"{GROWTH.value:g} times is asked for")  # fmt: skip
    return out


def _money(found: Assessment, best: Assessment, steps: int) -> str:
    """Bill and complexity beside those of the design chosen, which is so many steps away; empty
    where the load differs."""
    if found.capacity < 1:
        return ""
    bill = found.cost.usd_month - best.cost.usd_month
    work = found.complexity_usd - best.complexity_usd
    total = bill + work
    if total > SAME_USD:
        return (f"it costs {usd(total)} more: {_more(bill)} on the bill, {_more(work)} of work to "
                "run it")  # fmt: skip
    if total < -SAME_USD:
        each = f"each of its {steps} further steps" if steps > 1 else "a further step"
        little = f", less than the {SAVING_MIN:.0%} that {each} must save"
        least = SAVING_MIN * best.total_usd * max(1, steps)
        return f"it saves {usd(-total)}{little if -total < least else ''}"
    return ""


def _more(value: float) -> str:
    if abs(value) < SAME_USD:
        return "nothing more"
    return f"{people(abs(value))} {'more' if value >= 0 else 'less'}"


def better_when(aim: str, found: Assessment, best: Assessment, state: State, most: float) -> str:
    """The circumstance in which it would be the better choice, with its number."""
    if aim == "fastest" and best.worst_p99_s:
        return f"a p99 under {_ms(best.worst_p99_s / P99_MARGIN)} is promised"
    if aim == "resilient":
        return f"more than {nines(best.worst_availability.availability)} is promised"
    if found.capacity < 1:
        users = sum(source.users for source in found.flow.sources)
        load = f"{people(users * most)} users" if users else (
            rate_text(found.flow.requests_per_s * most, "requests", people))  # fmt: skip
        return f"no more than {load} come"
    bill = best.cost.usd_month - found.cost.usd_month
    work = found.complexity_usd - best.complexity_usd
    when = []
    if not state.survives:
        when.append("an outage of a zone may stop the system")
    if state.reach < GROWTH.value:
        when.append(f"the load stays below {trim(state.reach, 2)} times the stated one")
    if work > 0 and bill > 0:
        hour = HOUR_USD.value * bill / work
        when.append(f"an hour of the team's work costs less than {people(hour)} USD "
                    f"({HOUR_USD.value:g} is assumed)")  # fmt: skip
    if when:
        return " and ".join(when)
    if bill + -work < 0:
        return f"keeping to these parts is worth {usd(work - bill)}"
    return "the bill alone counts" if bill > 0 else "nothing that is weighed here changes"


def _ms(value: float) -> str:
    return DURATION.format(float(trim(value, 3)))
