"""Risks of assumed numbers that turn the choice of parts, not only their sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from backend_lead.emit.management.register import WHOLE, Risk
from backend_lead.emit.report import meant
from backend_lead.emit.report.path_readings import quantity_at
from backend_lead.emit.report.wording import money, sentence, slug
from backend_lead.model.design import Assumption, Design
from backend_lead.model.paths import Flip


def turned(design: Design, row: Risk, path: str) -> Risk:
    """A risk of an assumption with what its flip adds: the value, what changes, the test."""
    flip = next((f for f in design.flips if f.path == path), None)
    if flip is None:
        return row
    return replace(
        row,
        effect=f"{row.effect}; at {flip.at_text} the choice changes ({flip.change})",
        mitigation=f"{sentence(flip.test)} Then design again.",
        sign=f"{row.sign}, or {flip.at_text}",
    )


def choices(design: Design, told: set[str]) -> Iterator[Risk]:
    """A row for each flip within its range whose assumption has no row yet (`told`: its paths)."""
    for flip in design.flips:
        if flip.within and flip.path not in told:
            yield _choice(design, flip)


def _choice(design: Design, flip: Flip) -> Risk:
    about = meant.assumed(design.system, _assumption(design, flip))
    title = f"{about[:1].upper()}{about[1:]}"
    beyond = _beyond(design, flip)
    return Risk(
        id=f"choice-{slug(flip.path)}",
        about="choice",
        risk=f"{title} may turn the choice",
        cause=f"nobody stated it; taken: {flip.text}",
        effect=f"at {flip.at_text} the choice changes ({flip.change}): "
        f"{money(flip.usd_month)} a month",
        likelihood=f"assumed: between {flip.low_text} and {flip.high_text}",
        severity=None if beyond is None else WHOLE * beyond,
        mitigation=f"{sentence(flip.test)} Then design again.",
        evidence=f"computed; {meant.where(flip.path)}",
        link="evidence/paths.json",
        sign=f"a measured value that nears {flip.at_text}",
        short=f"{title} is assumed ({flip.text}); from {flip.at_text} on another design is better.",
    )


def _assumption(design: Design, flip: Flip) -> Assumption:
    found = next((a for a in design.assumptions if a.path == flip.path), None)
    return found or Assumption(flip.path, flip.label, flip.text, flip.low_text, flip.high_text,
                               "", "")  # fmt: skip


def _beyond(design: Design, flip: Flip) -> float | None:
    """The share of the assumed range that lies beyond the flip; None where no range is kept."""
    quantity = quantity_at(design.system, flip.path)
    if quantity is None or quantity.range is None:
        return None
    low, high = quantity.range
    if high <= low:
        return None
    past = high - flip.at if flip.at >= flip.value else flip.at - low
    return min(1.0, max(0.0, past / (high - low)))
