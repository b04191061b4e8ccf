"""The sentences of a decision, from what was found."""

from __future__ import annotations

from backend_lead.model.units import DURATION, RATIO, counted, nines, rate_text, trim
from backend_lead.search.assess import IDLE_LATENCY, Assessment, describe
from backend_lead.search.state import GROWTH, State


def people(value: float) -> str:
    """A number of users or requests for people: three digits, thousands separated."""
    if value >= 1000:
        digits = len(str(int(value)))
        return f"{round(value, 3 - digits):,.0f}"
    return trim(value, 3)


def usd(value: float) -> str:
    return f"{people(value)} USD/month"


def load_words(found: Assessment) -> str:
    """`12,300 concurrent users (1,230 requests/s)`, or only the rate where no users are stated."""
    measure = found.measure()
    rate = rate_text(measure.requests_per_s, "requests", people)
    if measure.max_users:
        return f"{counted(people(measure.max_users), 'concurrent user')} ({rate})"
    return rate


def problem_words(found: Assessment, reach: float = 2.0, holds: bool = True) -> str:
    """What breaks first in a model; `reach` is the load its knobs alone could carry."""
    if found.limit.resource == IDLE_LATENCY:
        now, allowed = found.limit.wait_s, found.limit.wait_s / found.limit.busy
        return (
            f"Without any load the p99 of {found.limit.id} is {trim(now * 1e3, 3)} ms; "
            f"{trim(allowed * 1e3, 3)} ms, the objective less a margin, is allowed. No size mends "
            "that."
        )
    if found.capacity < 1:
        limit = describe(found.limit)
        return f"The design so far carries {load_words(found)}; then {limit} is the limit."
    if not found.available:
        worst = found.worst_availability
        return (
            f"The load is carried, but journey '{worst.journey}' would be available "
            f"to {nines(worst.availability)} of requests; the objective is "
            f"{RATIO.format(worst.objective)}."
        )
    if not found.survives_zone:
        return (
            "The load is carried and the availability computes, but one lost zone stops the system."
        )
    if not found.survives_region:
        return (
            "The load is carried and the availability computes, but when its region is lost "
            "nothing serves within the time that is stated for it."
        )
    if not holds:
        return (
            f"Every objective holds at {usd(found.cost.usd_month)}, but turning knobs alone "
            "reaches "
            f"only {reach:.1f} times the load; it must be able to grow to {GROWTH.value:g} times."
        )
    return (
        f"Every objective holds at {usd(found.cost.usd_month)}, {usd(found.total_usd)} with its "
        "complexity; can the same promise cost less?"
    )


def after_words(
    before: State, after: State, chosen: State, taken: bool, preference: str = ""
) -> str:
    """Why an option was taken, or what it lacks beside the one that was."""
    found, short = after.found, before.found.capacity < 1
    if found.capacity <= 0:
        return f"{_none(found)}. It no longer carries any load"
    carries = "the whole load" if found.capacity >= 1 and short else load_words(found)
    text = f"it carries {carries} at {usd(found.carried_usd)}"
    if found.capacity < 1:
        text += f"; next limit {describe(found.limit)}"
    elif not short:
        text += f"; turning knobs alone then reaches {after.reach:.1f} times the load"
        if before.holds:  # what is taken then is what is cheaper, its complexity counted
            text += (f"; with its complexity {usd(found.total_usd)} instead of "
                     f"{usd(before.found.total_usd)}")  # fmt: skip
    if taken:
        least = preference == "simplest" and short
        return f"{text}, with the least complexity of all that help" if least else text
    return f"{text}. {'. '.join(_lacks(before, after, chosen, preference))}"


def _none(found: Assessment) -> str:
    """Why a design carries nothing at all."""
    use = found.limit
    if use.resource == IDLE_LATENCY:
        allowed = use.wait_s / use.busy
        return (f"with it {use.id} takes {DURATION.format(float(trim(use.wait_s, 3)))} even "
                f"without load; {DURATION.format(float(trim(allowed, 3)))} is allowed")  # fmt: skip
    return f"with it {describe(use)} is not enough for any load"


def _lacks(before: State, after: State, chosen: State, preference: str) -> list[str]:
    """What an option lacks that the one taken has; the price where that is all."""
    found, best = after.found, chosen.found
    if before.found.capacity < 1:
        if found.capacity <= before.found.capacity * 1.001:
            return [f"It does not relieve {describe(before.found.limit)}"]
        if found.capacity < best.capacity * 0.97:
            return ["It carries less than the option taken"]
    elif lacks := _unkept(after, chosen):
        return lacks
    if preference == "simplest" and before.found.capacity < 1 and (
        found.complexity_usd > best.complexity_usd
    ):  # fmt: skip
        more = usd(found.complexity_usd - best.complexity_usd)
        return [f"It helps too, but asks {more} more of work to run it; the simplest is taken"]
    more_usd = found.total_usd - best.total_usd
    if more_usd <= 0:
        return ["It is no better in what is weighed"]
    return [f"{usd(more_usd)} more than the option taken, complexity included"]


def _unkept(after: State, chosen: State) -> list[str]:
    """Promises an option leaves unkept while the one taken keeps them."""
    found, out = after.found, []
    if found.capacity < 1:
        return ["It no longer carries the load"]
    if not found.available and chosen.found.available:
        worst = found.worst_availability
        out.append(f"It leaves journey '{worst.journey}' available to "
                   f"{nines(worst.availability)} of requests; "
                   f"{RATIO.format(worst.objective)} is promised")  # fmt: skip
    if not after.survives and chosen.survives:
        region = found.survives_zone or found.system.topology.zones < 2
        out.append(f"One lost {'region' if region else 'zone'} still stops it")
    if after.reach < min(chosen.reach, GROWTH.value):
        out.append(f"It grows to {after.reach:.1f} times the load only; the option taken to "
                   f"{chosen.reach:.1f} times")  # fmt: skip
    return out
