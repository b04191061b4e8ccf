"""What the same design is worth after a year of the stated load: its data has grown."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.model.design import Sum
from backend_lead.model.figure import Figure
from backend_lead.model.units import trim
from backend_lead.search.assess import Assessment, assess, describe
from backend_lead.search.wording import usd
from backend_lead.views.growth import YEAR_S, grown

GROUP = "In a year, same machines"
FARTHEST = 4.0


def in_a_year(found: Assessment) -> list[Sum]:
    """Bill and load carried with a year's rows, machines unchanged; empty where no rows are added.

    Rows older than their retention are taken as deleted.
    """
    later = grown(found.flow, YEAR_S)
    if later.entities == found.flow.system.entities:
        return []
    return list(_sums(assess(later, FARTHEST)))


def _sums(then: Assessment) -> Iterator[Sum]:
    bill = then.cost.usd_month
    yield _sum("Cost a month", "the same quantities, with the storage of then", bill,
               "USD/month", usd(bill))  # fmt: skip
    carried = then.capacity
    text = f"at least {FARTHEST:g}x" if carried >= FARTHEST else f"{trim(carried, 3)}x"
    yield _sum(
        "Load carried, of the stated", "by the solver, with one zone lost and the margins of "
        f"planning; then {describe(then.limit)} is the limit", carried, "ratio", text,
    )  # fmt: skip


def _sum(label: str, formula: str, value: float, unit: str, text: str) -> Sum:
    slug = "".join(c if c.isalnum() else "-" for c in label.lower())
    figure = Figure(f"sum-year-{slug}", f"In a year: {label.lower()}", value, unit, text,
                    "computed", formula, repeat="backend-lead generate backend.yaml")  # fmt: skip
    return Sum(GROUP, label, formula, figure)
