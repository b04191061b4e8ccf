"""What two models promise: load, objectives, budget. To promise less is a finding of its own."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.app.check_rules import LOWERED
from backend_lead.app.compare_rows import Row, Side, row_of
from backend_lead.app.figures import thousands
from backend_lead.model.finding import Finding, Place
from backend_lead.model.system import System

GROUP = "promise"
HOW = "stated in the model"
Promise = tuple[Row, Place]


def promises(a: Side, b: Side) -> list[Promise]:
    """What is promised otherwise, with where the second model says it. To promise less is worse."""
    rows = (*_load(a, b), *_journeys(a, b), *_budget(a, b))
    return [(row, at) for row, at in rows if row.direction != "same"]


def lowered(changed: list[Promise]) -> list[Finding]:
    """What the second model promises less than the first, once for each place that says so."""
    by: dict[tuple[Place, str, str], list[Row]] = {}
    for row, at in changed:
        if row.direction == "worse":
            by.setdefault((at, row.before_text, row.after_text), []).append(row)
    return [
        Finding(
            LOWERED, "error", f"promised less than before: {names_of(rows)}, {was} -> {now}", at,
            now, f"{was}, as before",
            "promise what was promised, or accept it: suppress this rule there with a reason",
        )
        for (at, was, now), rows in by.items()
    ]  # fmt: skip


def names_of(rows: list[Row]) -> str:
    """`p99 of buy, browse`: what is said of several journeys is said once."""
    first = rows[0].name.removeprefix("promised ")
    what, of, _ = first.partition(" of ")
    return ", ".join([first, *(row.name.partition(" of ")[2] for row in rows[1:])]) if of else what


def _load(a: Side, b: Side) -> Iterator[Promise]:
    old, new = a.reading.system, b.reading.system
    at = b.evidence.place(("workload", "clients"))
    for name, was, now in (
        ("users", _sum(old, "users"), _sum(new, "users")),
        ("requests/s of callers that do not wait", _sum(old, "rate"), _sum(new, "rate")),
    ):
        yield row_of(GROUP, f"promised {name}", "count", was, now, (thousands(was), thousands(now)),
                     HOW, less_is_better=False, origin="stated"), at  # fmt: skip


def _journeys(a: Side, b: Side) -> Iterator[Promise]:
    old, new = a.reading.system, b.reading.system
    for journey in old.journeys:
        if journey not in new.journeys:
            yield Row(GROUP, f"promised journey {journey}", "count", 1.0, None, "there", "-",
                      "worse", "gone", HOW, "stated"), b.evidence.place(("journeys",))  # fmt: skip
            continue
        was, now = old.slo_of(journey), new.slo_of(journey)
        yield row_of(GROUP, f"promised p99 of {journey}", "s", was.p99.value, now.p99.value,
                     (was.p99.text, now.p99.text), HOW, less_is_better=True,
                     origin=now.p99.origin), b.evidence.objective_place(journey, "p99")  # fmt: skip
        x, y = was.availability, now.availability
        yield row_of(
            GROUP, f"promised availability of {journey}", "ratio", x.value, y.value,
            (x.text, y.text), HOW, less_is_better=False, origin=y.origin,
        ), b.evidence.objective_place(journey, "availability")  # fmt: skip


def _budget(a: Side, b: Side) -> Iterator[Promise]:
    """A budget that grows, or is gone, holds less; one that was not there holds more."""
    was, now = a.reading.system.budget, b.reading.system.budget
    name, at = "promised budget", b.evidence.place(("budget",))
    if was is not None and now is not None:
        yield row_of(GROUP, name, "USD/month", was.value, now.value, (was.text, now.text), HOW,
                     less_is_better=True, origin=now.origin), at  # fmt: skip
    elif was is not None:
        yield Row(GROUP, name, "USD/month", was.value, None, was.text, "-", "worse", "gone",
                  HOW, was.origin), at  # fmt: skip
    elif now is not None:
        yield Row(GROUP, name, "USD/month", None, now.value, "-", now.text, "better", "new",
                  HOW, now.origin), at  # fmt: skip


def _sum(system: System, field: str) -> float:
    stated = (getattr(client, field) for client in system.workload.clients.values())
    return sum((quantity.value for quantity in stated if quantity), 0.0)
