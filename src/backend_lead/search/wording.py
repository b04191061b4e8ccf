"""The sentences of a decision, from what was found."""

from __future__ import annotations

from backend_lead.model.units import trim
from backend_lead.search.assess import IDLE_LATENCY, Assessment, describe
from backend_lead.search.state import GROWTH


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
    if measure.max_users:
        rate = people(measure.requests_per_s)
        return f"{people(measure.max_users)} concurrent users ({rate} requests/s)"
    return f"{people(measure.requests_per_s)} requests/s"


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
            f"{worst.availability:.3%} of the time; the objective is {worst.objective:.3%}."
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
    return f"Every objective holds at {usd(found.cost.usd_month)}; can the same promise cost less?"


def after_words(
    before: Assessment, after: Assessment, chosen: Assessment, taken: bool,
    reach: float | None = None, way: str = "",
) -> str:  # fmt: skip
    """Why an option was taken or left."""
    carries = load_words(after)
    if after.capacity >= 1 and before.capacity < 1:
        carries = "the whole load"
    text = f"it carries {carries} at {usd(after.carried_usd)}"
    if after.capacity < 1:
        text += f"; next limit {describe(after.limit)}"
    elif reach is not None:
        text += f"; turning knobs alone then reaches {reach:.1f} times the load"
    if taken:
        least = way == "simplest" and before.capacity < 1
        return f"{text}, with the least complexity of all that help" if least else text
    if after.capacity <= before.capacity * 1.001 and before.capacity < 1:
        return f"{text}. It does not relieve {describe(before.limit)}"
    if after.capacity < chosen.capacity * 0.97:
        return f"{text}. It carries less than the option taken"
    more = after.total_usd - chosen.total_usd
    word = "more" if more > 0 else "less"
    return f"{text}. {usd(abs(more))} {word} than the option taken, complexity included"
