"""The chart of the stages: what they cost and how far they go, over the load."""

from __future__ import annotations

import math

from backend_lead.emit.report import paint, ranges, wording
from backend_lead.emit.report.charts import NARROW, WIDE, Spec, drawn
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.model.design import Design

TICKS = 3  # on an axis, at least
_PAD = 70  # px of axes beside the plot


def stages(design: Design, width: int) -> Spec:
    """Cost at the load of each stage; below it how far its machines and larger sizes go."""
    read = PathReadings(design)
    values: list[Spec] = []
    farthest = 0.0
    for row in design.stages:
        load, until, knobs = (read.load(row, word).value for word in ("", "until", "knobs_until"))
        farthest = max(farthest, load, until, knobs)
        values.append({
            "stage": f"stage {row.number}", "load": load, "until": max(load, until),
            "knobs": max(load, until, knobs), "usd": row.usd_month,
            "text": wording.money(row.usd_month), "last": row is design.stages[-1],
        })  # fmt: skip
    domain = [min(read.load(row).value for row in design.stages) * 0.6, farthest * 1.6]
    axis = {"format": "~s", "values": _ticks(*domain)}
    x = {"field": "load", "type": "quantitative", "axis": axis,
         "scale": {"type": "log", "domain": domain, "nice": False}}  # fmt: skip
    quiet = {**x, "title": None, "axis": {**axis, "labels": False, "ticks": False}}
    title = "concurrent users" if read.by_users else "requests a second"
    costs = [row.usd_month for row in design.stages]
    between = [min(costs) * 0.35, max(costs) * 2.2]
    usd = {"field": "usd", "type": "quantitative", "title": "USD a month",
           "axis": {"format": "~s", "values": _ticks(*between), "minExtent": 46, "maxExtent": 46},
           "scale": {"type": "log", "domain": between, "nice": False}}  # fmt: skip
    named = {"field": "stage", "type": "nominal", "title": None, "sort": None,
             "axis": {"ticks": False, "domain": False, "grid": False, "minExtent": 46,
                      "maxExtent": 46}}  # fmt: skip
    cost: Spec = {
        "width": width - _PAD, "height": 110,
        "layer": [
            {"mark": {"type": "line", "color": paint.ACCENT, "strokeWidth": 1.5,
                      "strokeDash": [3, 3]}, "encoding": {"x": quiet, "y": usd}},
            {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1,
                      "color": paint.ACCENT}, "encoding": {"x": quiet, "y": usd}},
            *(_amounts(quiet, usd, last) for last in (False, True)),
        ],
    }  # fmt: skip
    lower = {**x, "title": title}

    def bar(start: str, end: str, color: str, opacity: float) -> Spec:
        mark = {"type": "bar", "height": 12, "color": color, "opacity": opacity}
        return {"mark": mark, "encoding": {"y": named, "x": {**lower, "field": start},
                                           "x2": {"field": end}}}  # fmt: skip

    reach: Spec = {
        "width": width - _PAD, "height": {"step": 26},
        "layer": [
            bar("until", "knobs", paint.ACCENT, 0.25), bar("load", "until", paint.ACCENT, 0.8),
            {"mark": {"type": "tick", "color": paint.INK, "thickness": 2.5, "size": 18},
             "encoding": {"y": named, "x": lower}},
        ],
    }  # fmt: skip
    return {"data": {"values": values}, "vconcat": [cost, reach], "spacing": 8}


def _ticks(low: float, high: float) -> list[float]:
    """Powers of ten on a logarithmic axis, with steps between where there are few of them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        found = [step * 10.0**power for power in powers for step in steps]
        kept = [tick for tick in found if low <= tick <= high]
        if len(kept) >= TICKS:
            break
    return kept


def _amounts(x: Spec, y: Spec, last: bool) -> Spec:
    """The costs in words, right of their dots; that of the last stage left of it, to fit."""
    side = {"align": "right", "dx": -9, "dy": -9} if last else {"align": "left", "dx": 8, "dy": 12}
    return {"transform": [{"filter": f"datum.last == {str(last).lower()}"}],
            "mark": {"type": "text", **side},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}}}  # fmt: skip


def of_design(design: Design) -> dict[str, list[str]]:
    """The charts of these parts that the design has numbers for."""
    out = {}
    if design.stages:
        out["stages"] = [drawn(stages(design, width)) for width in (WIDE, NARROW)]
    if design.flips:
        out["flips"] = ranges.svgs(design)
    return out
