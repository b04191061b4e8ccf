"""What the same design is worth after a year of the stated load: its data has grown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backend_lead.model.design import Sum
from backend_lead.model.figure import Figure
from backend_lead.model.units import COUNT, trim
from backend_lead.search.assess import Assessment, assess, describe
from backend_lead.search.sizing import size_and_assess
from backend_lead.search.wording import people, usd
from backend_lead.tactics.tactic import Knob
from backend_lead.views.flow import Flow
from backend_lead.views.growth import DAY_S, YEAR_S, grown, rows_per_s

GROUP = "In a year, same machines"
FARTHEST = 4.0
HALVINGS = 7  # of a year, until the day on which the load is no longer carried is known
YOUNG = 1.25  # rows that retention allows over those counted, from which on it is worth a word
MARGINS = "by the solver, with one zone lost and the margins of planning"


def in_a_year(
    found: Assessment, knobs: Sequence[Knob] | None = None, reserve: float = 1.0
) -> list[Sum]:
    """Bill and load carried with a year's rows, machines unchanged; empty where no rows are added.

    With the `knobs` of a search also what the sizes of then cost. Rows older than their retention
    are taken as deleted.
    """
    later = grown(found.flow, YEAR_S)
    if later.entities == found.flow.system.entities:
        return []
    then = assess(later, FARTHEST)
    out = [*_sums(then), _until(found.flow, then)]
    if knobs is not None:
        sized = size_and_assess(later, knobs, reserve)
        if sized.capacity >= 1:
            bill = sized.cost.usd_month
            out.append(_sum("Cost a month, sized for it", "the same parts, sized anew for the data "
                            "of then", bill, "USD/month", usd(bill)))  # fmt: skip
    return [*out, *_young(found.flow)]


def _sums(then: Assessment) -> Iterator[Sum]:
    bill = then.cost.usd_month
    yield _sum("Cost a month", "the same quantities, with the storage of then", bill,
               "USD/month", usd(bill))  # fmt: skip
    carried = then.capacity
    text = f"at least {FARTHEST:g}x" if carried >= FARTHEST else f"{trim(carried, 3)}x"
    yield _sum(
        "Load carried, of the stated", f"{MARGINS}; then {describe(then.limit)} is the limit",
        carried, "ratio", text,
    )  # fmt: skip


def _until(flow: Flow, then: Assessment) -> Sum:
    """How long these machines carry the stated load while its rows are added."""
    low, high = 0.0, YEAR_S
    if then.capacity >= 1:
        low = YEAR_S
    else:
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            holds = assess(grown(flow, middle)).capacity >= 1
            low, high = (middle, high) if holds else (low, middle)
    days = round(low / DAY_S)
    text = f"{'at least ' if low >= YEAR_S else ''}{days} day{'s' if days != 1 else ''}"
    return _sum("The stated load is carried for", f"{MARGINS}, while its rows are added",
                days * DAY_S, "s", text)  # fmt: skip


def _young(flow: Flow) -> Iterator[Sum]:
    """Entities of which retention keeps far more than the rows that were counted."""
    for name, rate in rows_per_s(flow).items():
        entity = flow.system.entities[name]
        kept = entity.retention
        if kept is None or rate * kept.value <= YOUNG * entity.rows.value:
            continue
        age = entity.rows.value / rate
        more = COUNT.format(float(f"{rate * kept.value:.3g}"))
        yield _sum(
            f"Rows of {name} counted are those of",
            f"{entity.rows.text} rows / {people(rate * DAY_S)} added a day; kept {kept.text}, so "
            f"{more} rows once that time is over",
            age, "s", f"{people(age / DAY_S)} days",
        )  # fmt: skip


def _sum(label: str, formula: str, value: float, unit: str, text: str) -> Sum:
    slug = "".join(c if c.isalnum() else "-" for c in label.lower())
    figure = Figure(f"sum-year-{slug}", f"In a year: {label.lower()}", value, unit, text,
                    "computed", formula, repeat="backend-lead generate backend.yaml")  # fmt: skip
    return Sum(GROUP, label, formula, figure)
