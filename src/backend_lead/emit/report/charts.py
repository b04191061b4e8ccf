"""Charts: one Vega-Lite specification each, as plain values, drawn to SVG without a browser.

Every chart is drawn twice, for a page and for a phone; the style of the page shows one of them.
"""

from __future__ import annotations

import json
import math
from typing import Any

from backend_lead.emit.report import paint, wording
from backend_lead.model.design import Capacity, Cost, Design, Hop, Latency, Trial

WIDE, NARROW = 760, 350
TICKS_MS = [digit * 10.0**power for power in range(-2, 7) for digit in (1, 2, 5)]
VEGA_LITE = "5.21"
Spec = dict[str, Any]
THOUSANDS = 2000  # requests a second from which on they are drawn in thousands
LOG_ABOVE = 200  # a linear axis hides values this far apart
ONCE: Spec = {"values": [{}]}  # a mark that stands for no row is drawn once, not once a row
_CONFIG: Spec = {
    "background": None,
    "font": "Helvetica, Arial, sans-serif",
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": paint.SOFT, "titleColor": paint.SOFT, "domainColor": paint.FAINT,
        "tickColor": paint.FAINT, "gridColor": paint.FAINT, "gridOpacity": 0.6, "labelFontSize": 11,
        "titleFontSize": 11, "titleFontWeight": "normal", "labelFlush": False,
    },
    "legend": {"labelColor": paint.SOFT, "titleColor": paint.SOFT, "labelFontSize": 11,
               "title": None, "orient": "top", "symbolStrokeWidth": 2},
    "text": {"color": paint.INK, "fontSize": 11},
}  # fmt: skip


def drawn(spec: Spec) -> str:
    """A specification as inline SVG in the colours of the page."""
    import vl_convert

    whole = _finite({"config": _CONFIG, "padding": 4, **spec})
    text = json.dumps(whole, sort_keys=True, allow_nan=False)
    svg: str = vl_convert.vegalite_to_svg(text, VEGA_LITE)
    return paint.painted(svg[svg.index("<svg") :])


def _finite(value: Any) -> Any:
    """The same without infinity and NaN, which cannot be drawn: their marks are left out."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def _bars(rows: int, width: int, left: int) -> Spec:
    return {"height": {"step": 26}, "width": width - left - 24} if rows else {"width": width}


def _names(field: str, left: int) -> Spec:
    """Names down the left side; cut a little early, as a reader's font may be wider than ours."""
    axis = {"labelLimit": 0.86 * left, "minExtent": left, "maxExtent": left, "ticks": False,
            "domain": False, "grid": False}  # fmt: skip
    return {"field": field, "type": "nominal", "sort": None, "title": None, "axis": axis}


def _left(names: list[str], width: int) -> int:
    """Room for the longest name, within reason."""
    longest = max((len(name) for name in names), default=0)
    return max(90, min(longest * 7 + 12, 300 if width == WIDE else 150))


def _x(field: str, title: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **more}


def latency(rows: list[Latency], width: int) -> Spec:
    """Per request: median, p95 and p99 with its interval, against the objective."""
    values = [{
        "request": row.endpoint, "p50": row.p50_s.value * 1e3, "p95": row.p95_s.value * 1e3,
        "p99": row.p99_s.value * 1e3, "low": row.p99_s.low * 1e3, "high": row.p99_s.high * 1e3,
        "objective": row.objective_p99_s * 1e3,
        "lost": "" if math.isfinite(row.p99_s.value) else "no answer",
    } for row in rows]  # fmt: skip
    left = _left([row.endpoint for row in rows], width)
    y = _names("request", left)
    times = [x for row in rows for x in (row.p50_s.value, row.p99_s.high) if math.isfinite(x)]
    least, most = min(times, default=0.0), max(times, default=0.0)
    how: Spec = {}
    if least > 0 and most > LOG_ABOVE * least:
        how = {"scale": {"type": "log"}, "axis": {"values": TICKS_MS, "format": ",~g"}}

    def tick(field: str, color: str, thickness: float, size: int) -> Spec:
        mark = {"type": "tick", "color": color, "thickness": thickness, "size": size}
        return {"mark": mark, "encoding": {"y": y, "x": _x(field, "ms", **how)}}

    return {
        "data": {"values": values},
        **_bars(len(rows), width, left),
        "layer": [
            {"mark": {"type": "rule", "color": paint.FAINT, "strokeWidth": 2},
             "encoding": {"y": y, "x": _x("p50", "ms", **how), "x2": {"field": "p99"}}},
            tick("p50", paint.SOFT, 1.5, 8), tick("p95", paint.SOFT, 1.5, 8),
            tick("objective", paint.BAD, 1.5, 26),
            {"mark": {"type": "rule", "color": paint.ACCENT, "strokeWidth": 5, "opacity": 0.45},
             "encoding": {"y": y, "x": _x("low", "ms", **how), "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 55, "opacity": 1,
                      "color": paint.ACCENT},
             "encoding": {"y": y, "x": _x("p99", "ms", **how)}},
            {"mark": {"type": "text", "align": "right", "dx": -4, "color": paint.BAD},
             "encoding": {"y": y, "x": {"value": "width"}, "text": {"field": "lost"}}},
        ],
    }  # fmt: skip


WAITS = (
    ("wait for a worker", "wait_worker_s", paint.WARM),
    ("wait for a connection", "wait_pool_s", paint.BAD),
    ("wait for a core", "wait_core_s", paint.COOL),
)
REST = "everything else, up to the median"


def hops(rows: list[Hop], width: int) -> Spec:
    """Per component endpoint, the longest first: mean waits, and what is left of the median."""
    rows = sorted(rows, key=lambda row: -row.p50_s)
    values: list[Spec] = []
    left = _left([f"{row.component}.{row.endpoint}" for row in rows], width)
    for row in rows:
        name, waits = f"{row.component}.{row.endpoint}", 0.0
        for order, (label, column, _) in enumerate(WAITS):
            wait = getattr(row, column)
            waits += wait
            values.append({"hop": name, "part": label, "order": order, "ms": wait * 1e3})
        rest = max(0.0, row.p50_s - waits) * 1e3
        values.append({"hop": name, "part": REST, "order": len(WAITS), "ms": rest})
    labels = [label for label, _, _ in WAITS] + [REST]
    colors = [color for _, _, color in WAITS] + [paint.FAINT]
    return {
        "data": {"values": values},
        **_bars(len(rows), width, left),
        "mark": {"type": "bar", "height": {"band": 0.6}},
        "encoding": {
            "y": _names("hop", left),
            "x": _x("ms", "ms"),
            "order": {"field": "order"},
            "color": {"field": "part", "type": "nominal", "legend": None,
                      "scale": {"domain": labels, "range": colors}},
        },
    }  # fmt: skip


def capacity(
    found: Capacity, objective_s: float | None, target: float | None, by_users: bool, width: int
) -> Spec:
    """p99 (log) against the load: the solver's curve, the kernel's runs, the lines that matter."""
    thousands = 1e3 if found.max_users >= THOUSANDS else 1.0
    points = [{
        "users": p.users / thousands, "ms": p.p99_s * 1e3, "holds": p.holds,
        "by": "solver" if p.by == "solver" else "kernel run",
    } for p in found.points if p.p99_s]  # fmt: skip
    title = "users" if by_users else "requests a second"
    title = f"thousand {title}" if thousands > 1 else title
    x = _x("users", title, scale={"zero": True})
    y = {"field": "ms", "type": "quantitative", "title": "p99, ms", "scale": {"type": "log"},
         "axis": {"values": TICKS_MS, "format": ",~g"}}  # fmt: skip
    line: Spec = {"type": "line", "color": paint.ACCENT, "strokeWidth": 2}
    dot: Spec = {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": paint.INK}
    layers: list[Spec] = [
        {"transform": [{"filter": "datum.by == 'solver'"}], "mark": line,
         "encoding": {"x": x, "y": y}},
        {"transform": [{"filter": "datum.by != 'solver'"}], "mark": dot,
         "encoding": {"x": x, "y": y}},
    ]  # fmt: skip
    if objective_s:
        layers.append(_level(objective_s * 1e3, "objective"))
    knee = found.knee_users if found.has_knee else None
    marks = [("knee", knee, paint.SOFT), ("target", target, paint.COOL),
             ("most within objectives", found.max_users, paint.GOOD)]  # fmt: skip
    for i, (word, users, color) in enumerate(m for m in marks if m[1]):
        layers += _upright(word, (users or 0) / thousands, color, 6 + 13 * i)
    return {"data": {"values": points}, "width": width - 70, "height": 250, "layer": layers}


def _level(y: float, word: str) -> Spec:
    rule = {"type": "rule", "color": paint.BAD, "strokeDash": [5, 3]}
    text = {"type": "text", "align": "left", "dx": 4, "dy": -6, "x": 0, "color": paint.BAD}
    at = {"y": {"datum": y, "type": "quantitative"}}
    return {"data": ONCE, "layer": [
        {"mark": rule, "encoding": at},
        {"mark": text, "encoding": {**at, "text": {"value": word}}}]}  # fmt: skip


def _upright(word: str, x: float, color: str, y_px: int) -> list[Spec]:
    at = {"x": {"datum": x, "type": "quantitative"}}
    rule = {"type": "rule", "color": color, "strokeDash": [2, 2]}
    text = {"type": "text", "align": "right", "dx": -4, "y": y_px, "color": color}
    return [{"data": ONCE, "mark": rule, "encoding": at},
            {"data": ONCE, "mark": text, "encoding": {**at, "text": {"value": word}}}]  # fmt: skip


def trial(found: Trial, width: int = 420) -> Spec:
    """A trial second by second: requests ended well and failed, below it p99; the fault marked."""
    most = max((max(s.ok, s.failed) for s in found.series), default=0)
    many = most >= THOUSANDS
    slowest = max((s.p99_s for s in found.series), default=0.0)
    late = slowest >= 1
    values = [{"t": s.t_s, "ended well": s.ok / (1e3 if many else 1),
               "failed": s.failed / (1e3 if many else 1),
               "p99": (s.p99_s * (1 if late else 1e3)) if s.ok else None}
              for s in found.series]  # nothing that ended well has no p99  # fmt: skip
    last = max((s.t_s for s in found.series), default=0.0)
    x = _x("t", "", scale={"domain": [0, last], "nice": False}, axis={"grid": False})
    fault = {"data": ONCE, "mark": {"type": "rule", "color": paint.BAD, "strokeDash": [3, 2]},
             "encoding": {"x": {"datum": found.fault_at_s, "type": "quantitative"}}}  # fmt: skip
    y_axis = {"tickCount": 3, "minExtent": 34, "maxExtent": 34}
    colors = {"domain": ["ended well", "failed"], "range": [paint.ACCENT, paint.BAD]}
    counts: Spec = {
        "width": width - 62, "height": 76,
        "layer": [
            {"transform": [{"fold": ["ended well", "failed"], "as": ["what", "k"]}],
             "mark": {"type": "line", "strokeWidth": 1.6},
             "encoding": {"x": {**x, "axis": {"labels": False, "ticks": False, "grid": False}},
                          "y": _x("k", "thousand/s" if many else "a second", axis=y_axis),
                          "color": {"field": "what", "type": "nominal", "scale": colors}}},
            fault,
        ],
    }  # fmt: skip
    y = _x("p99", f"p99, {'s' if late else 'ms'}", axis=y_axis, scale={"zero": True})
    slow: Spec = {
        "width": width - 62, "height": 56,
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.6, "color": paint.SOFT},
             "encoding": {"x": {**x, "title": "seconds; the fault is at the dashed line"}, "y": y}},
            fault,
        ],
    }  # fmt: skip
    return {"data": {"values": values}, "vconcat": [counts, slow], "spacing": 8}


def cost(found: Cost, width: int) -> Spec:
    """What each component costs a month, dearest first, with its range."""
    sums: dict[str, list[float]] = {}
    for line in found.lines:
        row = sums.setdefault(line.component, [0.0, 0.0, 0.0])
        parts = (line.usd_month, line.low_usd_month, line.high_usd_month)
        row[:] = [a + b for a, b in zip(row, parts, strict=True)]
    ranked = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))
    values = [{"component": name, "usd": v[0] / 1e3, "low": v[1] / 1e3, "high": v[2] / 1e3,
               "text": wording.money(v[0])} for name, v in ranked]  # fmt: skip
    left = _left(list(sums), width)
    y = _names("component", left)
    title = "thousand USD a month"
    return {
        "data": {"values": values},
        **_bars(len(values), width, left),
        "layer": [
            {"mark": {"type": "bar", "height": {"band": 0.6}, "color": paint.ACCENT,
                      "opacity": 0.55}, "encoding": {"y": y, "x": _x("usd", title)}},
            {"mark": {"type": "rule", "color": paint.INK, "strokeWidth": 1.2},
             "encoding": {"y": y, "x": _x("low", title), "x2": {"field": "high"}}},
            {"mark": {"type": "text", "align": "left", "dx": 6},
             "encoding": {"y": y, "x": _x("high", title), "text": {"field": "text"}}},
        ],
    }  # fmt: skip


def of_design(design: Design) -> dict[str, list[str]]:
    """Every chart the design has numbers for: name -> [for a page, for a phone]."""
    specs: dict[str, list[Spec]] = {}
    sizes = (WIDE, NARROW)
    if design.latencies:
        specs["latency"] = [latency(design.latencies, w) for w in sizes]
    if design.hops:
        specs["hops"] = [hops(design.hops, w) for w in sizes]
    if design.capacity and any(p.p99_s for p in design.capacity.points):
        objective = design.figures.get("p99_objective")
        users = design.figures.get("concurrent_users")
        limit = objective.value if objective else min(s.p99.value for s in design.system.slos)
        target = users or design.figures.get("requests_per_s")
        specs["capacity"] = [
            capacity(design.capacity, limit, target.value if target else None, bool(users), w)
            for w in sizes
        ]
    if design.cost and design.cost.lines:
        specs["cost"] = [cost(design.cost, w) for w in sizes]
    for found in design.trials:
        if found.series:
            specs[f"trial-{found.id}"] = [trial(found)]
    return {name: [drawn(spec) for spec in both] for name, both in specs.items()}
