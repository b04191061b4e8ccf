"""What an assumed promise costs: the smaller design that would do without it, as a question."""

from __future__ import annotations

from backend_lead.analysis.availability import MINUTES_MONTH
from backend_lead.model.design import Question
from backend_lead.model.units import nines, trim
from backend_lead.search.state import Trail
from backend_lead.search.wording import usd
from backend_lead.search.workload import machines, parts_words


def smaller(trail: Trail) -> list[Question]:
    """Where only an availability and zones nobody stated ask for more than the smallest design.

    The smallest carries the load and answers in time; it is told with its bill and what it keeps.
    """
    start, final = trail.start, trail.final.found
    place = start.system.topology
    promise = max((slo.availability for slo in start.system.slos), key=lambda q: q.value)
    if not trail.holds or start.capacity < 1 or machines(start.system) >= machines(final.system):
        return []
    stated = not place.origins.get("zones", "assumed").startswith("assumed")
    if promise.origin != "assumed" or (start.available and stated):
        return []
    worst = start.worst_availability
    down = trim((1 - worst.availability) * MINUTES_MONTH, 2)
    zones = "" if place.zones < 2 or stated else f", and {place.zones} zones of which one may fail"
    return [Question(
        f"Would {machines(start.system)} machines for {usd(start.cost.usd_month)} do, if "
        f"down {down} minutes a month and while their zone is?",
        f"no: {promise.text} is assumed{zones}",
        f"nothing else asks for {machines(final.system)} machines at {usd(final.cost.usd_month)}; "
        f"{parts_words(start.system)} carry the load and answer {nines(worst.availability)} "
        "of requests; for that "
        f"say \"{_below(worst.availability)} availability, one zone\"",
    )]  # fmt: skip


def _below(availability: float) -> str:
    """The usual promise just below what is reached."""
    usual = (0.999, 0.998, 0.997, 0.995, 0.99, 0.98, 0.95)
    return f"{trim(100 * next((p for p in usual if p <= availability), 0.9), 3)}%"
