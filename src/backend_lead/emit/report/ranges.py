"""Assumed numbers as bars over their ranges: today's value, and where the choice changes."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from xml.sax.saxutils import escape

from backend_lead.emit.report import meant, paint, wording
from backend_lead.emit.report.path_readings import quantity_at
from backend_lead.model.design import Design
from backend_lead.model.paths import Flip

WIDTHS = (760, 350)
_ROW, _TOP, _BAR = 100, 52, 14  # px: one assumption, its title and labels, the bar
_EDGE = 4
_LINE = 16  # px: a further line of a title
_BOLD = 7.6  # px of a letter of a title, on the wide side
_LETTER = 7.2  # px of a letter of the labels, on the wide side
LOG_ABOVE = 8.0  # ends this many times apart are drawn on a logarithmic scale
ROOM = 0.06  # of the scale, left free where a flip lies outside the range


@dataclass(frozen=True)
class Span:
    """An assumption on its own scale; `low` and `high` are None where no range is in the model."""

    name: str
    flip: Flip
    low: float | None
    high: float | None

    def place(self, value: float) -> float:
        """Where a value stands: 0 at the left end of the scale, 1 at the right."""
        known = [x for x in (self.low, self.high) if x is not None]
        marks = [self.flip.value, self.flip.at, *known]
        first, last = min(marks), max(marks)
        log = first > 0 and last / first > LOG_ABOVE
        if log:
            first, last, value = math.log(first), math.log(last), math.log(max(value, first))
        room = (last - first) * ROOM
        left = room if self.low is None or self.flip.at < self.low else 0.0
        right = room if self.high is None or self.flip.at > self.high else 0.0
        whole = (last - first) + left + right
        return min(1.0, max(0.0, (value - first + left) / whole)) if whole else 0.5


def spans(design: Design) -> list[Span]:
    """Every flip with the range that the model gives."""
    found = []
    for flip in design.flips:
        quantity = quantity_at(design.system, flip.path)
        low, high = quantity.range if quantity and quantity.range else (None, None)
        found.append(Span(meant.of_path(design, flip.path, flip.label), flip, low, high))
    return found


def svgs(design: Design) -> list[str]:
    """The picture for a page and for a phone; empty where nothing changes the choice."""
    rows = spans(design)
    return [_svg(rows, width) for width in WIDTHS] if rows else []


def _svg(rows: list[Span], width: int) -> str:
    body, height = "", 0
    for span in rows:
        body += _row(span, height, width)
        height += _ROW + _LINE * (len(_title(span, width)) - 1)
    svg = (
        f'<svg class="ranges" xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" font-size="12">{body}</svg>'
    )
    return paint.painted(svg)


def _row(span: Span, top: int, width: int) -> str:
    flip, inner = span.flip, width - 2 * _EDGE

    def x(value: float) -> float:
        return round(_EDGE + span.place(value) * inner, 1)

    low = x(span.low) if span.low is not None else min(x(flip.value), x(flip.at))
    high = x(span.high) if span.high is not None else max(x(flip.value), x(flip.at))
    title = _title(span, width)
    bar, now, at = top + _TOP + _LINE * (len(title) - 1), x(flip.value), x(flip.at)
    end = width - _EDGE if at >= now else _EDGE
    beyond = (at, end) if end > at else (end, at)
    doubt = sorted((x(flip.before), at))
    out = [
        *(
            _text(_EDGE, top + 14 + _LINE * i, line, "start", paint.INK, bold=True)
            for i, line in enumerate(title)
        ),
        _box(_EDGE, bar + _BAR / 2 - 0.5, inner, 1, paint.FAINT),
        _box(low, bar, high - low, _BAR, paint.FAINT),
        _box(beyond[0], bar, beyond[1] - beyond[0], _BAR, paint.BAD, 0.22),
        _box(doubt[0], bar, doubt[1] - doubt[0], _BAR, paint.WARM, 0.55),
        _box(at - 1, bar - 6, 2, _BAR + 6, paint.BAD),
        _box(now - 1.5, bar - 6, 3, _BAR + 12, paint.INK),
    ]
    taken, turns = f"taken: {flip.text}", f"changes at {flip.at_text}"
    left, right = (taken, turns) if now <= at else (turns, taken)
    colors = {taken: paint.INK, turns: paint.BAD}
    for text, place, anchor, spot in _labels((left, right), (min(now, at), max(now, at)), width):
        out.append(_text(place, bar - 11 + spot, text, anchor, colors[text]))
    ends = [(low, "start", flip.low_text), (high, "end", flip.high_text)]
    if span.low is not None and high - low > _LETTER * (len(flip.low_text + flip.high_text) + 2):
        out += [_text(place, bar + _BAR + 16, text, anchor, paint.SOFT)
                for place, anchor, text in ends]  # fmt: skip
    elif span.low is not None:
        both = f"assumed range {flip.low_text} to {flip.high_text}"
        start = min(max(_EDGE, low), width - _EDGE - _LETTER * len(both))
        out.append(_text(start, bar + _BAR + 16, both, "start", paint.SOFT))
    return "".join(out)


def _labels(
    texts: tuple[str, str], places: tuple[float, float], width: int
) -> list[tuple[str, float, str, float]]:
    """Two labels above a bar that do not run into each other or out of the picture."""
    spots = []
    for text, place in zip(texts, places, strict=True):
        half = len(text) * _LETTER / 2
        spots.append(min(max(place, _EDGE + half), width - _EDGE - half))
    reach = (len(texts[0]) + len(texts[1])) * _LETTER / 2 + _LETTER
    if spots[1] - spots[0] < reach:  # side by side around their middle
        halves = [len(text) * _LETTER / 2 for text in texts]
        middle = (places[0] + places[1]) / 2
        seam = min(max(middle, _EDGE + 2 * halves[0]), width - _EDGE - 2 * halves[1])
        gap = _LETTER / 2
        return [(texts[0], seam - gap, "end", 0.0), (texts[1], seam + gap, "start", 0.0)]
    return [(text, spot, "middle", 0.0) for text, spot in zip(texts, spots, strict=True)]


def _title(span: Span, width: int) -> list[str]:
    """The name of an assumption in as many lines as it needs."""
    return textwrap.wrap(span.name, int((width - 2 * _EDGE) / _BOLD)) or [""]


def _text(x: float, y: float, text: str, anchor: str, color: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (f'<text x="{round(x, 1)}" y="{round(y, 1)}" text-anchor="{anchor}" fill="{color}"'
            f"{weight}>{escape(wording.micro(text))}</text>")  # fmt: skip


def _box(x: float, y: float, w: float, h: float, color: str, opacity: float = 1.0) -> str:
    seen = f' opacity="{opacity}"' if opacity < 1 else ""
    return (f'<rect x="{round(x, 1)}" y="{y}" width="{round(w, 1)}" height="{h}" '
            f'fill="{color}"{seen}/>')  # fmt: skip
