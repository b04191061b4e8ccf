"""The chart of a run over time: its load, its p99 with the interval of each window, failures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend_lead.emit.report import paint
from backend_lead.emit.report.charts import (
    LOG_ABOVE,
    NARROW,
    ONCE,
    THOUSANDS,
    TICKS_MS,
    WIDE,
    Spec,
    drawn,
)
from backend_lead.emit.report.readings import run_of
from backend_lead.model.design import Design
from backend_lead.model.windows import Window, known, windows_of

_PAD = 84  # px of axes beside the plot
_SPANS = ((2 * 3600.0, 3600.0, "hours"), (600.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
MARKS = {"breaks": paint.BAD, "over": paint.GOOD}


@dataclass(frozen=True)
class Mark:
    """What happened at a time (s): "breaks" or "over"."""

    t_s: float
    what: str


@dataclass(frozen=True)
class _Row:
    """From second to second, or from window to window where a run keeps no more."""

    t_s: float
    lasts_s: float
    per_s: float
    failed_share: float
    p99_s: float


def over_time(results: Mapping[str, Any], width: int, marks: Sequence[Mark] = ()) -> Spec:
    """What a run found of its windows, and of its seconds where it kept them."""
    windows = windows_of(results)
    rows = _rows(results, windows)
    ends_s = max(row.t_s + row.lasts_s for row in rows)
    _, unit_s, unit = next(span for span in _SPANS if ends_s >= span[0])
    x: Spec = {"type": "quantitative",
               "scale": {"domain": [0, ends_s / unit_s], "nice": False}}  # fmt: skip
    quiet = {**x, "title": None, "axis": {"labels": False, "ticks": False, "grid": False}}
    last = {**x, "title": unit, "axis": {"grid": False}}
    lines = [_mark(mark, unit_s) for mark in marks if mark.t_s <= ends_s]
    fails = any(row.failed_share > 0 for row in rows)
    panels = [_load(rows, unit_s, quiet), _p99(rows, windows, unit_s, quiet if fails else last)]
    panels += [_failures(rows, unit_s, last)] if fails else []
    for panel in panels:
        panel["width"] = width - _PAD
        panel["layer"] += lines
    return {"vconcat": panels, "spacing": 10}


def _rows(results: Mapping[str, Any], windows: Sequence[Window]) -> list[_Row]:
    """Of a single run seconds are plain numbers; of replications they are windows."""
    series: Sequence[Mapping[str, Any]] = results.get("series", [])
    if series and "per_s" not in series[0]:
        return [_second(row) for row in series]
    found = windows_of(results, "series") or windows
    return [_Row(w.t_s, w.lasts_s, w.per_s, w.failed_share.value, w.p99_s.value) for w in found]


def _second(row: Mapping[str, Any]) -> _Row:
    lost = row["failed"] + row["timed_out"]
    over = row["ok"] + lost
    p99 = row["p99_s"]
    return _Row(row["t_s"], row["lasts_s"], row["started"] / row["lasts_s"],
                lost / over if over else math.nan, math.nan if p99 is None else p99)  # fmt: skip


def _steps(rows: Sequence[_Row], unit_s: float, column: str, times: float) -> list[Spec]:
    """A value from where each row begins, and the last once more where it ends."""
    values = [{"t": row.t_s / unit_s, "y": getattr(row, column) * times} for row in rows]
    end = rows[-1]
    return [*values, {"t": (end.t_s + end.lasts_s) / unit_s, "y": values[-1]["y"]}]


def _y(title: str, field: str = "y", **more: Any) -> Spec:
    axis = {"tickCount": 4, "minExtent": 44, "maxExtent": 44, **more.pop("axis", {})}
    return {"field": field, "type": "quantitative", "title": title, "axis": axis, **more}


def _load(rows: Sequence[_Row], unit_s: float, x: Spec) -> Spec:
    many = max(row.per_s for row in rows) >= THOUSANDS
    line = {"type": "line", "interpolate": "step-after", "strokeWidth": 1.5, "color": paint.ACCENT}
    y = _y("thousand/s" if many else "requests/s", scale={"zero": True})
    return {"height": 96, "layer": [{
        "data": {"values": _steps(rows, unit_s, "per_s", 1e-3 if many else 1.0)}, "mark": line,
        "encoding": {"x": {**x, "field": "t"}, "y": y},
    }]}  # fmt: skip


def _p99(rows: Sequence[_Row], windows: Sequence[Window], unit_s: float, x: Spec) -> Spec:
    """Faint: by the second. A bar for each window, in its interval where it has one."""
    bars = [{"t": w.t_s / unit_s, "to": (w.t_s + w.lasts_s) / unit_s, "y": w.p99_s.value * 1e3,
             "low": w.p99_s.low * 1e3, "high": w.p99_s.high * 1e3} for w in windows]  # fmt: skip
    shown = [value for bar in bars for value in (bar["y"], bar["low"], bar["high"])]
    shown += [row.p99_s * 1e3 for row in rows]
    seen = [value for value in shown if math.isfinite(value) and value > 0]
    least, most = min(seen, default=1.0), max(seen, default=1.0)
    how: Spec = {"scale": {"zero": True, "domainMin": 0}}
    if most > LOG_ABOVE * least:
        how = {"scale": {"type": "log"}, "axis": {"values": TICKS_MS, "format": ",~g"}}
    y = _y("p99, ms", **how)
    at, upto = {**x, "field": "t"}, {"field": "to"}
    sure = [bar for bar, w in zip(bars, windows) if known(w.p99_s)]
    lost = [bar for bar, w in zip(bars, windows) if math.isinf(w.p99_s.value)]
    layers: list[Spec] = [
        {"data": {"values": _steps(rows, unit_s, "p99_s", 1e3)},
         "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 1,
                  "color": paint.SOFT, "opacity": 0.55, "invalid": "break-paths-filter-domains"},
         "encoding": {"x": at, "y": y}},
        {"data": {"values": sure}, "mark": {"type": "rect", "color": paint.ACCENT, "opacity": 0.25},
         "encoding": {"x": at, "x2": upto, "y": _y("p99, ms", "low", **how),
                      "y2": {"field": "high"}}},
        {"data": {"values": bars}, "mark": {"type": "rule", "color": paint.ACCENT,
                                            "strokeWidth": 2.2},
         "encoding": {"x": at, "x2": upto, "y": y}},
        {"data": {"values": lost}, "mark": {"type": "rule", "color": paint.BAD, "strokeWidth": 3},
         "encoding": {"x": at, "x2": upto, "y": {"value": 0}}},
    ]  # fmt: skip
    return {"height": 150, "layer": layers}


def _failures(rows: Sequence[_Row], unit_s: float, x: Spec) -> Spec:
    area = {"type": "area", "interpolate": "step-after", "color": paint.BAD, "opacity": 0.6}
    y = _y("failed, %", scale={"zero": True})
    return {"height": 56, "layer": [{
        "data": {"values": _steps(rows, unit_s, "failed_share", 100.0)}, "mark": area,
        "encoding": {"x": {**x, "field": "t"}, "y": y},
    }]}  # fmt: skip


def _mark(mark: Mark, unit_s: float) -> Spec:
    rule = {"type": "rule", "color": MARKS[mark.what], "strokeDash": [3, 2], "strokeWidth": 1.2}
    return {"data": ONCE, "mark": rule,
            "encoding": {"x": {"datum": mark.t_s / unit_s, "type": "quantitative"}}}  # fmt: skip


def of_design(design: Design) -> dict[str, list[str]]:
    """The run that latencies are of, where it kept windows: [for a page, for a phone]."""
    run = run_of(design, design.latencies[0].run) if design.latencies else None
    if run is None or len(run.results.get("windows", [])) < 2:
        return {}
    return {"over-time": [drawn(over_time(run.results, width)) for width in (WIDE, NARROW)]}
