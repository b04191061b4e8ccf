"""The numbers of two models side by side, each with its direction and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from backend_lead.analysis.availability import MINUTES_MONTH
from backend_lead.app.figures import instances, thousands, time_text
from backend_lead.app.top_risk import top_risk
from backend_lead.catalog.complexity import complexity_usd
from backend_lead.checks.evidence import Evidence
from backend_lead.intake.backend_yaml import Reading
from backend_lead.model.design import Capacity
from backend_lead.model.finding import Finding
from backend_lead.model.units import nines, rate_text

Direction = Literal["worse", "better", "other", "same"]
SAME = 0.01  # relative; closer than this the solver's samples tell no difference
NEARLY = 1e-9  # of numbers that are exact: money, counts
SAME_DOWN = 0.01  # minutes a month; less is told by no clock
LINES_MAX = 8  # lines of the bill that changed most


@dataclass(frozen=True)
class Row:
    """One number of both models, in its base unit; None where one model has none."""

    group: str
    name: str
    unit: str
    before: float | None
    after: float | None
    before_text: str
    after_text: str
    direction: Direction
    change: str
    how: str
    origin: str = "computed"


@dataclass(frozen=True)
class Side:
    """A model with everything that was found of it."""

    reading: Reading
    evidence: Evidence
    capacity: Capacity
    findings: list[Finding]


def numbers(a: Side, b: Side) -> list[Row]:
    """Every number of both, but for the promises."""
    return [
        *_p99(a, b),
        _capacity(a, b),
        *_availability(a, b),
        _cost(a, b),
        *_parts(a, b),
        _risk(a, b),
    ]


def row_of(
    group: str, name: str, unit: str, before: float | None, after: float | None,
    texts: tuple[str, str], how: str, *, less_is_better: bool, near: float = NEARLY,
    change: str | None = None, origin: str = "computed",
) -> Row:  # fmt: skip
    direction: Direction = "same"
    if before is None or after is None:
        direction = "other"
    elif not _near(before, after, near):
        direction = "better" if (after < before) == less_is_better else "worse"
    words = _change(before, after, near) if change is None else change
    return Row(group, name, unit, before, after, *texts, direction, words, how, origin)


def _near(before: float, after: float, near: float) -> bool:
    if not math.isfinite(before) or not math.isfinite(after):
        return before == after
    return before == after or abs(after - before) <= near * max(abs(before), abs(after))


def _change(before: float | None, after: float | None, near: float) -> str:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if _near(before, after, near):
        return "as before"
    if not before or not math.isfinite(before) or not math.isfinite(after):
        return "more" if after > before else "less"
    return f"{after / before - 1:+.1%}"


def p99s(side: Side) -> dict[str, float]:
    """The predicted p99 of every request; infinite where some queue has no end."""
    evidence = side.evidence
    assert evidence.solution is not None and evidence.flow is not None
    if evidence.solution.stable:
        return dict(sorted(evidence.solution.p99_s.items()))
    return {root.target: math.inf for root in evidence.flow.roots.values()}


def _p99(a: Side, b: Side) -> Iterator[Row]:
    was, now = p99s(a), p99s(b)
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        yield row_of("p99", name, "s", before, after, (_time(before), _time(after)),
                   "predicted by the solver at the stated peak, all zones up",
                   less_is_better=True, near=SAME)  # fmt: skip


def _time(value: float | None) -> str:
    return "-" if value is None else time_text(value)


def _capacity(a: Side, b: Side) -> Row:
    def text(side: Side) -> str:
        rate = rate_text(side.capacity.max_requests_per_s, "requests", thousands)
        users = any(c.users for c in side.reading.system.workload.clients.values())
        return f"{thousands(side.capacity.max_users)} users, {rate}" if users else rate

    return row_of(
        "capacity", "highest load within the objectives", "1/s",
        a.capacity.max_requests_per_s, b.capacity.max_requests_per_s, (text(a), text(b)),
        f"highest load at which the solver's p99 of every request keeps its objective; "
        f"{b.capacity.limit}", less_is_better=False, near=SAME,
    )  # fmt: skip


def _availability(a: Side, b: Side) -> Iterator[Row]:
    was, now = _available(a), _available(b)
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        change = None
        more = (before - after) * MINUTES_MONTH if before and after else 0.0
        if math.isfinite(more) and abs(more) >= SAME_DOWN:
            change = f"{more:+.3g} min down a month"
        yield row_of(
            "availability", name, "ratio", before, after, (_nines(before), _nines(after)),
            "computed from the graph over which zones are up", less_is_better=False,
            near=SAME_DOWN / MINUTES_MONTH, change=change,
        )  # fmt: skip


def _available(side: Side) -> dict[str, float]:
    """The availability of every journey; less than any where the load is not carried at peak."""
    solution = side.evidence.solution
    carried = solution is not None and solution.stable
    return {j.journey: j.availability if carried else -math.inf
            for j in side.evidence.availability or ()}  # fmt: skip


def _nines(value: float | None) -> str:
    if value is None:
        return "-"
    return nines(value) if math.isfinite(value) else time_text(math.inf)


def _cost(a: Side, b: Side) -> Row:
    assert a.evidence.cost is not None and b.evidence.cost is not None
    was, now = a.evidence.cost.usd_month, b.evidence.cost.usd_month
    return row_of("cost", "cost per month", "USD/month", was, now,
                (f"{thousands(was)} USD", f"{thousands(now)} USD"),
                f"quantity x list price, prices of {b.evidence.cost.as_of}",
                less_is_better=True)  # fmt: skip


def _parts(a: Side, b: Side) -> Iterator[Row]:
    old, new = a.reading.system, b.reading.system
    was, now = instances(old), instances(new)
    yield row_of("instances", "machines", "count", was.value, now.value, (was.text, now.text),
               now.how, less_is_better=True)  # fmt: skip
    heavy, light = complexity_usd(old), complexity_usd(new)
    yield row_of("complexity", "complexity", "USD/month", heavy, light,
               (f"{thousands(heavy)} USD/month", f"{thousands(light)} USD/month"),
               "what running the parts is assumed to take of a team; not on the bill",
               less_is_better=True)  # fmt: skip


def _risk(a: Side, b: Side) -> Row:
    was, now = (top_risk(s.evidence, s.capacity, s.findings) for s in (a, b))
    return row_of("risk", "top risk", "severity", was.severity, now.severity, (was.text, now.text),
                now.how, less_is_better=True, near=SAME)  # fmt: skip


def bill(a: Side, b: Side) -> list[Row]:
    """The lines of the bill that changed most, the dearest change first."""
    was, now = _lines(a), _lines(b)
    changed = [key for key in dict.fromkeys([*was, *now])
               if not _near(was.get(key, 0.0), now.get(key, 0.0), NEARLY)]  # fmt: skip
    changed.sort(key=lambda key: (-abs(now.get(key, 0.0) - was.get(key, 0.0)), key))
    out = []
    for key in changed[:LINES_MAX]:
        before, after = was.get(key), now.get(key)
        more = (after or 0.0) - (before or 0.0)
        told = f"{'+' if more > 0 else '-'}{thousands(abs(more))} USD"
        out.append(Row(
            "cost", f"{key[0]}: {key[1]}", "USD/month", before, after, _usd(before), _usd(after),
            "worse" if more > 0 else "better", told, "quantity x list price",
        ))  # fmt: skip
    return out


def _usd(value: float | None) -> str:
    return "-" if value is None else f"{thousands(value)} USD"


def _lines(side: Side) -> dict[tuple[str, str], float]:
    out: dict[tuple[str, str], float] = {}
    assert side.evidence.cost is not None
    for line in side.evidence.cost.lines:
        key = (line.component, line.item)
        out[key] = out.get(key, 0.0) + line.usd_month
    return out
