"""How much: the open knobs of a model set to the cheapest values that carry a load.

Knobs start at their lowest values. While a resource is over its limit, the knob that relieves it at
the lowest price is turned to the value the excess asks for; then each knob is turned back as far as
it goes. A store's cores and disk are also relieved by more memory for a cache in front of it.
Deterministic, and monotone in the load.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backend_lead.analysis.solver import Use
from backend_lead.analysis.uses import pressure
from backend_lead.model.system import System
from backend_lead.search.assess import IDLE_LATENCY, Assessment, assess
from backend_lead.search.bench import Bench, Values, price
from backend_lead.tactics.tactic import Knob, copy
from backend_lead.views.flow import Cached, calls_of
from backend_lead.views.resolve import resolve

ROUNDS, ROUNDS_EACH = 60, 4  # turns of knobs, the most; more where there are many
ENOUGH = 1.02  # a knob whose next value leaves 2 % too much is nearly there; trimming is exact
NEARLY = 0.999  # a value this close to the one wanted is that value: rounding only
USEFUL = 0.99  # memory that relieves less than 1 % is of no use
RELIEVED_AS = {"network": "CPU"}  # more or larger machines bring cores and bandwidth
ABOVE_FLOOR = (1.5, 1.2, 1.05, 1.02)  # multiples of a load to try; the last is just worth a step
MANY = 10  # numbers that are all sized anew for each machine that is tried,
MANY_PARTS = 8  # in systems of so many parts; each look at a larger one takes too long for that
LEAST_USD = 1e-6  # a smaller saving is rounding
PASSES = 3  # over all components with a choice of machines; sizes settle after one or two


@dataclass(frozen=True)
class Sized:
    """A model with its knobs set; `blocked` is what no knob could relieve, with its pressure."""

    system: System
    blocked: Use | None
    pressure: float


@dataclass(frozen=True)
class Warm:
    """Values to begin with where there are many knobs: those found for the target by the state
    before, and those it has now. What is sized from them is not turned back."""

    at_target: Values
    now: Values


def values_of(system: System, knobs: Sequence[Knob]) -> Values:
    """What the knobs are set to."""
    return {knob.id: knob.get(system) for knob in knobs}


def size(
    system: System, knobs: Sequence[Knob], load: float, start: Values | None = None,
    *, trim: bool = True,
) -> Sized:  # fmt: skip
    """Set `knobs` in a copy of `system` so that `load` times the stated load is carried.

    They begin at their lowest values, or at those of `start`. Without `trim` they are not turned
    back: enough to know whether the load can be carried.
    """
    out = copy(system)
    bench = Bench(out, knobs)
    bench.begin(start or {})
    for _ in range(max(ROUNDS, ROUNDS_EACH * len(knobs))):
        worst = bench.worst(load)
        if worst is None:
            if trim:
                _trim(bench, load)
            return Sized(out, None, 1.0)
        if not _relieve(bench, worst, pressure(worst), load):
            return Sized(out, worst, pressure(worst))
    return Sized(out, worst, pressure(worst) if worst else 1.0)


def _relieve(bench: Bench, use: Use, excess: float, load: float) -> bool:
    """Turn the cheapest knob that relieves `use`; False when there is none left to turn."""
    best: tuple[tuple[bool, float, str], Knob, Any] | None = None
    system = bench.system
    caches = bench.caches_before(use.component) if use.resource in ("CPU", "disk") else set()
    for knob in bench.knobs:
        value: Any | None = None
        word = use.resource.split()[0]
        if RELIEVED_AS.get(word, word) in knob.relieves and _helps(system, knob, use):
            value = _wanted(knob, knob.get(system), excess)
        elif "memory" in knob.relieves and knob.component in caches:
            value = _wanted_memory(bench, knob, use, load)
        if value is None:
            continue
        left, usd = _turned(bench, knob, value, use, load)
        rank = (left > ENOUGH and use.resource.split()[0] in ("CPU", "connections"), usd, knob.id)
        if best is None or rank < best[0]:
            best = (rank, knob, value)
    if best is None:
        return False
    best[1].set(system, best[2])
    return True


def _turned(bench: Bench, knob: Knob, value: Any, use: Use, load: float) -> tuple[float, float]:
    """The pressure left on `use`, and the price, with a knob at `value`."""
    before = knob.get(bench.system)
    knob.set(bench.system, value)
    seen = bench.left(use, load), bench.usd()
    knob.set(bench.system, before)
    return seen


def _helps(system: System, knob: Knob, use: Use) -> bool:
    """Whether a knob belongs to the component in trouble (a pool's is the store behind it), or, of
    partitions, to the topic whose handler cannot keep up."""
    if use.resource == "partitions":
        worker, handler = use.id.split(" ")[0].split(".", 1)
        store, topic = str(system.components[worker].endpoints[handler].on).split(".", 1)
        mine = {f"{store}.topics.{topic}.partitions", f"{worker}.endpoints.{handler}.batch",
                f"{worker}.endpoints.{handler}.slots"}  # fmt: skip
        return knob.id in mine
    if knob.component == use.component:
        return True
    return (
        use.resource == "pool"
        and knob.field in ("pooler.size", "count", "pool")
        and (knob.component in use.id)
    )


def _later(knob: Knob, now: Any) -> tuple[Any, ...]:
    return knob.values[knob.values.index(now) + 1 :] if now in knob.values else ()


def _wanted_memory(bench: Bench, knob: Knob, use: Use, load: float) -> Any | None:
    """The first value of a cache's knob that relieves a store enough, or as far as it can."""
    later = _later(knob, knob.get(bench.system))
    if not later:
        return None
    now = bench.left(use, load)
    most, _ = _turned(bench, knob, later[-1], use, load)
    if most > now * USEFUL:
        return None
    goal = max(1.0, most) * ENOUGH
    found = bisect_left(
        later, True, key=lambda value: _turned(bench, knob, value, use, load)[0] <= goal
    )
    return later[min(found, len(later) - 1)]


def _wanted(knob: Knob, now: Any, excess: float) -> Any | None:
    """The first value of a knob that is `excess` times more than now; None at the end."""
    later = _later(knob, now)
    if not later:
        return None
    if knob.field == "instance":
        target = _cores(now) * excess
        for value in later:
            if _cores(value) >= target * NEARLY:
                return value
        return later[-1]
    for value in later:
        if value >= now * excess * NEARLY:
            return value
    return later[-1]


def _cores(instance: str) -> int:
    from backend_lead.catalog.prices import instance as find

    return find(instance).vcpu


def _trim(bench: Bench, load: float) -> None:
    """Turn each knob back as far as everything still holds: the paid ones first, with as many
    workers as may be had, then those that cost nothing."""
    system, knobs = bench.system, bench.knobs
    for knob in knobs:
        if knob.field == "concurrency":
            knob.set(system, knob.values[-1])
    for knob in sorted(knobs, key=lambda k: k.free):
        at = knob.values.index(knob.get(system))
        if at == 0:
            continue
        knob.set(system, knob.values[at - 1])
        if bench.worst(load) is not None:  # most often it was turned no further than needed
            knob.set(system, knob.values[at])
            continue
        low, high = 0, at - 1
        while low < high:
            middle = (low + high) // 2
            knob.set(system, knob.values[middle])
            if bench.worst(load) is None:
                high = middle
            else:
                low = middle + 1
        knob.set(system, knob.values[high])


def with_memory(sized: Sized, knobs: Sequence[Knob], load: float) -> Sized:
    """The cheapest of a sized model and those with more memory for a cache, all else sized anew."""
    best = sized
    for knob in knobs:
        if "memory" not in knob.relieves or knob.field != "instance":
            continue
        for value in _later(knob, knob.get(best.system)):
            if best.blocked is not None or not _may_save(best.system, knob, value, knobs):
                break
            larger = [replace(k, values=(value, *_later(k, value))) if k is knob else k
                      for k in knobs]  # fmt: skip
            start = values_of(best.system, knobs) if len(knobs) > MANY else None
            other = size(best.system, larger, load, start)
            if other.blocked is None and price(other.system) < price(best.system):
                best = other
    return best


def _may_save(system: System, knob: Knob, value: Any, knobs: Sequence[Knob]) -> bool:
    """Whether more memory costs less than everything else that could be turned back for it."""
    least, larger = copy(system), copy(system)
    knob.set(larger, value)
    flow = resolve(system)
    stores = {
        flow.nodes[call.target].component
        for node in flow.nodes.values()
        for step in node.steps
        if isinstance(step, Cached) and step.cache == knob.component
        for call in calls_of(step.miss)
    }
    for other in knobs:
        if other.component in stores:
            other.set(least, other.values[0])
    now = price(system, flow)
    return price(larger) - now < now - price(least)


def size_and_assess(
    system: System, knobs: Sequence[Knob], target: float = 1.0, floor: float = 0.0,
    warm: Warm | None = None,
) -> Assessment:  # fmt: skip
    """Size for the target, or for the highest load the knobs allow, and judge the result.

    `floor` is a load that is known to be carried without the last of the knobs: where the estimate
    of the highest load is not above it, loads above it are tried. `warm` is where to begin.
    """
    first, then = (warm.at_target, warm.now) if warm else (None, None)
    exact = warm is None
    sized = size(system, knobs, target, first, trim=exact)
    if sized.blocked is None:
        found = assess((with_memory(sized, knobs, target) if exact else sized).system, target)
        return replace(found, at_target=values_of(found.system, knobs))
    load = target / sized.pressure if sized.pressure > 1 else target
    blocked = sized
    for _ in range(3):  # a smaller load may be blocked elsewhere
        again = size(system, knobs, load, then, trim=exact)
        if again.blocked is None:
            blocked = again
            break
        blocked = again
        load /= max(again.pressure, 1.02)
    for more in ABOVE_FLOOR if load < floor * ABOVE_FLOOR[-1] else ():
        again = size(system, knobs, min(target, floor * more), then, trim=exact)
        if again.blocked is None:
            blocked = again
            break
    found = assess(blocked.system, target)
    if found.capacity < target and found.limit.resource != IDLE_LATENCY:
        found.limit = sized.blocked if sized.blocked is not None else found.limit
    return replace(found, at_target=values_of(sized.system, knobs))


def polish(
    found: Assessment, knobs: Sequence[Knob], target: float = 1.0,
    worth: Callable[[Assessment], float] | None = None,
) -> Assessment:  # fmt: skip
    """Try other machine sizes, one component at a time, sizing the numbers anew; keep savings.

    `worth` is what to save, the bill with its complexity where it is None. Of more than MANY
    numbers, and in large systems, only those of the same component follow its machine.
    """
    numbers = [knob for knob in knobs if knob.field != "instance"]
    every = len(numbers) <= MANY and len(found.system.components) <= MANY_PARTS
    best = found
    for _ in range(PASSES):
        before = best
        for knob in knobs:
            if knob.field != "instance":
                continue
            mine = [k for k in numbers if k.component == knob.component]
            for value in knob.values:
                trial = copy(best.system)
                knob.set(trial, value)
                sized = size(trial, numbers if every else mine, target)
                if sized.blocked is not None:
                    continue
                if worth is None and price(sized.system) >= best.total_usd - LEAST_USD:
                    continue
                other = assess(sized.system, target)
                saved = worth(best) - worth(other) if worth else LEAST_USD * 2
                if other.capacity >= target and saved > LEAST_USD:
                    best = other
        if best is before:
            break
    return best
