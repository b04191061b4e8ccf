"""The assumed numbers that would change the decision: which tactics are chosen, not how much.

Each weighty number is moved by itself, through its range and as far beyond as BEYOND. A quick look
finds where the tactics chosen no longer are the best: where they break, where one could go, where
a further one pays. What it finds is then confirmed by whole searches at the value and just before.
Of a large system, whose searches take too long for that, it is told as single steps find it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from backend_lead.analysis.assumptions import assumed
from backend_lead.model.design import Assumption
from backend_lead.model.paths import Flip
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System
from backend_lead.model.units import nines, trim
from backend_lead.search.assess import describe
from backend_lead.search.looks import BREAKS, STAYS, Look, Seen, Steps, look
from backend_lead.search.measuring import cheapest_test
from backend_lead.search.relevant import is_large, weighed
from backend_lead.search.searches import Searches, choice
from backend_lead.search.sensitivity import at
from backend_lead.search.state import Move, State, Trail
from backend_lead.tactics import tactics

BEYOND = 4.0  # a number is moved this far beyond both ends of its range
CANDIDATES = 5  # numbers that are moved, the weightiest
HALVINGS = 5  # of an interval, by quick looks: a 32nd of it
FLIPS_MAX = 3
SEARCHES_MAX = 7  # whole searches to confirm with, two of them for each flip at least
CLOSE = 0.1  # of a logarithm: an interval this wide is not halved by whole searches any more
SMALL = 1e-12  # below it a number counts as this on a scale of ratios
APART = 1e-3  # of a logarithm: values closer than this are one
DIGITS = 3  # a value is told, and confirmed, with so many

CANDIDATES_LARGE = 3  # of a large system
LOOKS_MAX = 24  # values of a large system that are looked at, some second of work each


@dataclass(frozen=True)
class _Turn:
    """Where a quick look sees another choice, and a value that leaves it as it is."""

    row: Assumption
    quantity: Quantity
    at: float
    before: float
    within: bool
    rank: int


def flips(
    system: System, trail: Trail, rows: Sequence[Assumption], searches: Searches,
    progress: Callable[[str], None],
) -> tuple[Flip, ...]:  # fmt: skip
    """Three assumptions that change the choice: within their range first, then by weight.

    `rows` are the assumptions of the design, the weightiest first; `system` is the smallest one
    the search began with. None where no design holds.
    """
    if not trail.holds:
        return ()
    if is_large(system):
        return _by_steps(system, trail, rows, progress)

    def seen(path: str, value: float) -> Seen:
        return look(at(system, path, value), trail.final.moves)

    usual = look(system, trail.final.moves)
    turns = _turns(system, rows, CANDIDATES, seen, usual, progress)
    out: list[Flip] = []
    most = searches.made + SEARCHES_MAX
    for turn in turns:
        if len(out) == FLIPS_MAX or searches.made + 2 > most:
            break
        progress(f"confirming that {turn.row.label} changes the decision")
        nearer = _nearer(turn, seen, usual)
        spare = most - searches.made - 2 * (FLIPS_MAX - len(out))
        flip = _confirmed(system, trail, nearer, searches, searches.made + 2 + max(0, spare))
        out += [flip] if flip else []
    return _in_order(out)


def _in_order(found: list[Flip]) -> tuple[Flip, ...]:
    """Those within their range first, then the nearest to the value taken."""
    return tuple(sorted(found, key=lambda f: (not f.within,
                                              abs(_scale(f, f.at) - _scale(f, f.value)),
                                              f.path)))  # fmt: skip


def _by_steps(
    system: System, trail: Trail, rows: Sequence[Assumption], progress: Callable[[str], None]
) -> tuple[Flip, ...]:  # fmt: skip
    """The same for a large system: what single steps from its design find at each value."""
    steps = Steps(system, trail)

    def seen(path: str, value: float) -> Seen:
        return steps.next(path, value).seen if steps.made < LOOKS_MAX else STAYS

    for path, quantity in assumed(system):  # the design as it is: nothing is left to turn there
        if seen(path, quantity.value) != STAYS:
            return ()
        break
    out = []
    for turn in _turns(system, rows, CANDIDATES_LARGE, seen, STAYS, progress)[:FLIPS_MAX]:
        progress(f"where {turn.row.label} changes the decision")
        out.append(_told_by_steps(_nearer(turn, seen, STAYS), steps))
    return _in_order(out)


# --- the quick look -------------------------------------------------------------------------------
def _turns(
    system: System, rows: Sequence[Assumption], most: int, seen: Look, usual: Seen,
    progress: Callable[[str], None],
) -> list[_Turn]:  # fmt: skip
    """What turns the choice of the weightiest numbers: within their range first, then by weight."""
    open_numbers = dict(assumed(system))
    moved = [row for row in rows if row.path in open_numbers][:most]
    turns: list[_Turn] = []
    for rank, row in enumerate(moved):
        progress(f"what would change the decision: {row.label}")
        turn = _turn(row, open_numbers[row.path], seen, usual, rank)
        turns += [turn] if turn else []
    return sorted(turns, key=lambda turn: (not turn.within, turn.rank))


def _turn(
    row: Assumption, quantity: Quantity, seen: Look, usual: Seen, rank: int
) -> _Turn | None:  # fmt: skip
    """The first of the ends of the range, then of those beyond, at which something else is seen."""
    low, high = quantity.range or (quantity.value, quantity.value)
    far_low, far_high = _beyond(quantity, low, high)
    ends = ((low, quantity.value, True), (high, quantity.value, True), (far_low, low, False),
            (far_high, high, False))  # fmt: skip
    for value, last, within in ends:
        moved = _apart(quantity, value, last)
        if moved and seen(row.path, value) != usual:
            return _Turn(row, quantity, value, last, within, rank)
    return None


def _beyond(quantity: Quantity, low: float, high: float) -> tuple[float, float]:
    """BEYOND past both ends; a share by its odds, so that it stays one."""
    step = math.log(BEYOND)
    ends = (_scale(quantity, low) - step, _scale(quantity, high) + step)
    return _told(quantity, _value(quantity, ends[0])), _told(quantity, _value(quantity, ends[1]))


def _nearer(turn: _Turn, seen: Look, usual: Seen) -> _Turn:
    """The turn halved towards the value as it is."""
    far, near = turn.at, turn.before
    for _ in range(HALVINGS):
        middle = _middle(turn.quantity, far, near)
        if middle in (far, near):
            break
        if seen(turn.row.path, middle) != usual:
            far = middle
        else:
            near = middle
    return replace(turn, at=far, before=near)


# --- a scale on which a number is moved: its logarithm, for a share that of its odds --------------
def _scale(quantity: Quantity | Flip, value: float) -> float:
    value = max(value, SMALL)
    if isinstance(quantity, Quantity) and quantity.dimension.id == "ratio":
        return math.log(value / max(1 - value, SMALL))
    return math.log(value)


def _value(quantity: Quantity, place: float) -> float:
    whole = math.exp(place)
    return whole / (1 + whole) if quantity.dimension.id == "ratio" else whole


def _middle(quantity: Quantity, a: float, b: float) -> float:
    return _told(quantity, _value(quantity, (_scale(quantity, a) + _scale(quantity, b)) / 2))


def _apart(quantity: Quantity, a: float, b: float) -> bool:
    return abs(_scale(quantity, a) - _scale(quantity, b)) > APART


def _told(quantity: Quantity, value: float) -> float:
    """A value with the digits it is told with; a share near one with those of what it lacks."""
    if quantity.dimension.id == "ratio" and value > 0.5:
        return 1 - float(trim(1 - value, DIGITS))
    return float(trim(value, DIGITS))


# --- confirmed ------------------------------------------------------------------------------------
def _confirmed(
    system: System, trail: Trail, turn: _Turn, searches: Searches, most: int
) -> Flip | None:  # fmt: skip
    """The flip as whole searches find it; None where they choose as before, or cannot tell."""
    now, path, quantity = choice(trail), turn.row.path, turn.quantity

    def turned(value: float) -> bool:
        return choice(searches.trail(at(system, path, value))) != now

    far, near = turn.at, turn.before
    between = _apart(quantity, near, quantity.value)
    if between:
        searches.ahead(at(system, path, near))
    if not turned(far):
        return None
    if between and turned(near):  # the quick look saw it late
        far, near = near, quantity.value
    while searches.made < most and abs(_scale(quantity, far) - _scale(quantity, near)) > CLOSE:
        middle = _middle(quantity, far, near)
        far, near = (middle, near) if turned(middle) else (far, middle)
    return _flip(turn, far, near, now or frozenset(), searches.trail(at(system, path, far)))


def _flip(turn: _Turn, far: float, near: float, now: frozenset[Move], then: Trail) -> Flip:
    after = choice(then)
    change = f"no design that was found keeps every promise: {_missing(then.final)}"
    if after is not None:
        change = _change(now, then.final.moves)
    return _written(turn, far, near, change, then.final.found.carried_usd)


def _told_by_steps(turn: _Turn, steps: Steps) -> Flip:
    """The flip as single steps find it: what pays then, or mends what breaks."""
    then = steps.next(turn.row.path, turn.at)
    if then.seen == BREAKS:
        then = steps.mended(turn.row.path, turn.at)
    now = frozenset(filter(weighed, steps.final.moves))
    if then.state is None:
        change = "these steps do no longer, at any size, and no further one that was tried mends it"
        if then.broken is not None and then.broken.capacity < 1:
            change += f": {describe(then.broken.limit)} is the limit"
        bill = then.broken.carried_usd if then.broken else steps.final.found.carried_usd
        return replace(_written(turn, turn.at, turn.before, change, bill), by_steps=True)
    change = _change(now, then.state.moves)
    bill = then.state.found.carried_usd
    return replace(_written(turn, turn.at, turn.before, change, bill), by_steps=True)


def _written(turn: _Turn, far: float, near: float, change: str, bill: float) -> Flip:
    row, quantity = turn.row, turn.quantity
    low, high = quantity.range or (quantity.value, quantity.value)
    write = quantity.dimension.format
    return Flip(
        row.path, _label(row), quantity.value, quantity.text, far, write(far), near, write(near),
        write(low), write(high), low <= far <= high, change, bill, cheapest_test(row.path),
    )  # fmt: skip


def _change(now: frozenset[Move], then: list[Move]) -> str:
    """What is decided otherwise, in words."""
    after = frozenset(filter(weighed, then))
    more = [_heading(m) for m in then if m in after - now]
    less = [_heading(m) for m in sorted(now - after)]
    parts = [f"also: {', '.join(more)}"] if more else []
    parts += [f"no longer: {', '.join(less)}"] if less else []
    return "; ".join(parts)


def _label(row: Assumption) -> str:
    """What is assumed, in words where its path says little."""
    if row.path.startswith("slos["):
        return f"promised {row.path.rpartition('.')[2]}"
    return row.label


def _missing(state: State) -> str:
    """What the best design that was found lacks."""
    found = state.found
    if found.capacity < 1:
        return f"{describe(found.limit)} is the limit"
    if not found.available:
        worst = found.worst_availability
        return f"{worst.journey} is available to {nines(worst.availability)} of requests"
    return f"it grows to {trim(state.reach, 2)} times the load only"


def _heading(move: Move) -> str:
    heading = tactics()[move[0]].heading(move[1])
    return heading[0].lower() + heading[1:]
