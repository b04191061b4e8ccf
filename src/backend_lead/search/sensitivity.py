"""What the assumed numbers of a design weigh: each at both ends of its range, sized anew.

All are first judged at both ends without sizing; the weightiest are then sized on the machines of
the design, or, where these do not suffice, on others the search may choose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend_lead.analysis.assumptions import assumed
from backend_lead.analysis.cost import default_book
from backend_lead.model.design import Assumption
from backend_lead.model.digest import digest
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics.tactic import Knob, copy

SIZED_MAX = 12  # numbers that are sized anew; some 0.1 s each for a large design
_STEP = re.compile(r"[^.\[\]]+")

Ends = tuple[float | None, float | None]
_kept: dict[tuple[object, ...], dict[str, Ends]] = {}  # one design is put together twice


def costs_over_ranges(
    system: System,
    knobs: Sequence[Knob] | None,
    rows: Sequence[Assumption],
    load: float = 1.0,
) -> list[Assumption]:
    """Rows with the cost a month at both ends where tried, the widest spread first.

    `knobs` is None where nothing was searched: then nothing is tried. `load` is the multiple of the
    stated load the design was sized for. An end at which no sizes hold has no cost; rows without
    any were not tried and follow in the order given.
    """
    if knobs is None:
        return list(rows)
    key = (digest(system), tuple(knobs), load, id(default_book()))
    if key not in _kept:
        _kept.clear()
        _kept[key] = _ends(system, knobs, load)
    ends = _kept[key]
    filled = [
        replace(row, cost_low=ends[row.path][0], cost_high=ends[row.path][1])
        for row in rows
        if row.path in ends
    ]
    filled.sort(key=lambda row: (-spread((row.cost_low, row.cost_high)), row.path))
    return filled + [row for row in rows if row.path not in ends]


def spread(ends: Ends) -> float:
    """How far apart the costs are; an end at which no sizes hold is infinitely far."""
    low, high = ends
    return abs(high - low) if low is not None and high is not None else float("inf")


def _ends(system: System, knobs: Sequence[Knob], load: float) -> dict[str, Ends]:
    """Costs at both ends, by path, of the numbers that weigh most."""
    found = [(path, quantity) for path, quantity in assumed(system) if quantity.range]
    weights = {path: _weight(system, path, quantity, load) for path, quantity in found}
    found.sort(key=lambda row: (-weights[row[0]], row[0]))
    out: dict[str, Ends] = {}
    for path, quantity in found[:SIZED_MAX]:
        low, high = (_cost(at(system, path, end), knobs, load) for end in quantity.range or ())
        if low is not None or high is not None:
            out[path] = (low, high)
    return out


def _weight(system: System, path: str, quantity: Quantity, load: float) -> float:
    """How far apart the costs at both ends are by an estimate without sizing."""
    low, high = (_estimate(at(system, path, end), load) for end in quantity.range or ())
    return abs(high - low) if low < float("inf") and high < float("inf") else float("inf")


def _estimate(system: System, load: float) -> float:
    """The cost a month with the component at its limit grown in proportion to what it lacks."""
    found = assess(system, load)
    if not found.available or not found.capacity:
        return float("inf")
    lines = found.cost.lines
    part = sum(line.usd_month for line in lines if line.component == found.limit.component)
    return found.cost.usd_month + part * (load / found.capacity - 1)


def _cost(system: System, knobs: Sequence[Knob], load: float) -> float | None:
    """The cost a month of the cheapest sizes that hold; None where there are none.

    The sizes of the design as it is are among them: where they still hold, sizing anew, which does
    not try all sizes, must not tell of more than they cost.
    """
    numbers = [knob for knob in knobs if knob.field != "instance"]
    found = size_and_assess(system, numbers, load)
    if not _holds(found, load):
        found = size_and_assess(system, knobs, load)
    each = [one.cost.usd_month for one in (found, assess(system, load)) if _holds(one, load)]
    return min(each, default=None)


def _holds(found: Assessment, load: float) -> bool:
    survives = found.system.topology.zones < 2 or found.survives_zone
    return found.capacity >= load and found.available and survives and found.survives_region


def at(system: System, path: str, value: float) -> System:
    """A copy with one quantity set. Other shares of the same client make room for a share."""
    out = copy(system)
    *way, last = _STEP.findall(path)
    part: Any = out
    for name in way:
        part = _get(part, name)
    quantity = _get(part, last)
    if len(way) > 1 and way[0] == "workload" and way[-1] == "journeys":
        _make_room(part, last, value)
    _set(part, last, quantity.model_copy(update={"value": value}))
    return out


def _make_room(shares: dict[str, Quantity], name: str, value: float) -> None:
    """Scale the other shares so that all add up to one."""
    others = sum(q.value for other, q in shares.items() if other != name)
    for other, q in shares.items():
        if other != name and others > 0:
            shares[other] = q.model_copy(update={"value": q.value * (1 - value) / others})


def _get(part: Any, name: str) -> Any:
    if isinstance(part, dict):
        return part[name]
    return part[int(name)] if isinstance(part, list) else getattr(part, name)


def _set(part: Any, name: str, value: Any) -> None:
    if isinstance(part, dict):
        part[name] = value
    else:
        setattr(part, name, value)
