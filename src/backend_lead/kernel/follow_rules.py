"""The rules of follow-ups: what a user asks next, and after how long."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import OFTEN_MIN
from .source_rules import lives_alone

if TYPE_CHECKING:
    from .program import Program


SHARES_TOLERANCE = 1e-9


def find_wrong_follow_ups(p: Program) -> Iterator[str]:
    """Give what is wrong with these, one sentence each."""
    for row, f in enumerate(p.follow):
        yield from lives_alone(p, f"follow[{row}]", int(f["root"]))
        if not usual(p.dist[f["think"]]) >= OFTEN_MIN:
            yield f"follow[{row}].think: must be at least {OFTEN_MIN} ns, as a rule"
    for row, e in enumerate(p.endpoint):
        if e["follows"] < 0 or not 0 <= e["leaves"] <= 1:
            yield f"endpoint[{row}]: follows must not be negative, leaves within 0..1"
        if e["follows"] <= 0:
            continue
        yield from lives_alone(p, f"endpoint[{row}]", row)
        upto = p.follow["upto"][e["follow"] : e["follow"] + e["follows"]]
        if not (upto[0] >= 0 and (np.diff(upto) >= 0).all() and upto[-1] <= 1 + SHARES_TOLERANCE):
            yield f"endpoint[{row}]: its follow rows must be cumulative shares of at most 1"


def usual(dist: np.void) -> float:
    """The mean of a time (ns), or its median where half of the times may be much shorter."""
    p0, p1, p2 = (float(dist[column]) for column in ("p0", "p1", "p2"))
    match int(dist["kind"]):
        case lay.DIST_LOGNORMAL:
            return exp(p0)
        case lay.DIST_HYPER2:
            return p0 * p1 + (1 - p0) * p2
        case lay.DIST_UNIFORM:
            return (p0 + p1) / 2
        case _:
            return float(dist["mean"])
