"""The choice among designs in words for who decides: why this one, how it starts, a refusal."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.report import side_by_side
from backend_lead.emit.report.meant import clipped
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.wording import ended, micro, money
from backend_lead.model.design import Design
from backend_lead.model.paths import Alternative

REFUSED = "Cannot be built as asked"
_PROMISES = (
    ("the stated load", "the load"), ("p99", "fast answers"), ("availability", "availability"),
    ("one lost zone", "a lost data centre"), ("growth", "growth"), ("a bill", "the budget"),
    ("no more than the", "the team's hours"),
)  # how promises of the comparison begin, and what they are called here  # fmt: skip
BOUND, BOUND_WORDS, NEAR_WORDS = 2, 24, 24  # what binds, the nearest that does not: their words


def compared(design: Design) -> Iterator[str]:
    """One sentence: what was compared, and what the cheapest other costs and keeps."""
    row, others = side_by_side.chosen(design), side_by_side.others(design)
    if row is None:
        return
    if not others:
        if row.same_as:
            yield f"Searched with {len(row.same_as) + 1} aims, which all led to this design."
        return
    near = _nearest(others)
    yield (f"Chosen from {len(others) + 1} designs: the cheapest other, “{clipped(near.title)}”, "
           f"costs {money(near.usd_month)} a month {_keeps(near, row)}.")  # fmt: skip


def _keeps(near: Alternative, row: Alternative) -> str:
    """What the other misses, by name; with the work to run both where it misses nothing."""
    if near.missed:
        named = [_plainly(text) for text in near.missed]
        but = "and" if len(near.kept) >= len(row.kept) else "but"
        return (f"{but} keeps {side_by_side.promises(near)} promises (missing: "
                f"{', '.join(named)})")  # fmt: skip
    if near.usd_month > row.usd_month:
        return "and keeps every promise"
    mine, theirs = (one.usd_month + one.complexity_usd for one in (row, near))
    return f"and keeps every promise; with the work to run it {money(theirs)} against {money(mine)}"


def _plainly(promise: str) -> str:
    """A promise of the comparison without the terms of the trade."""
    return next((words for start, words in _PROMISES if promise.startswith(start)), promise)


def _nearest(others: list[Alternative]) -> Alternative:
    """The cheapest other design: what a reader asks for first."""
    return min(others, key=lambda other: (other.usd_month, other.id))


def start(design: Design) -> Iterator[str]:
    """What the first stage costs, where a smaller load comes first."""
    first = next(iter(design.stages), None)
    if first is None or first.factor >= 1:
        return
    read = PathReadings(design)
    yield (f"It can start smaller: {read.load(first).text} cost "
           f"{money(first.usd_month)} a month.")  # fmt: skip


def refused(design: Design) -> Iterator[str]:
    """What binds, and the nearest design."""
    if design.refusal is None:
        return
    for text in design.refusal.binds[:BOUND]:
        yield clipped(ended(micro(text.partition(";")[0])), BOUND_WORDS)
    for near in design.refusal.closest[:1]:
        words = clipped(f"{near.keeps}, with {near.gives}", NEAR_WORDS)
        yield f"Can be built: {ended(micro(words))}"
