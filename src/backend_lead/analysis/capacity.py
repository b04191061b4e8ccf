"""How far a sized design goes: the curve, the knee, what limits it first and what comes next."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from backend_lead.analysis.idle import idle_words
from backend_lead.analysis.met import shed
from backend_lead.analysis.objectives import ratios, worst
from backend_lead.analysis.solver import Solution, Use, loads, solve
from backend_lead.analysis.uses import NETWORK, network_uses
from backend_lead.model.design import Bottleneck, Capacity, CapacityPoint
from backend_lead.model.ways import is_way
from backend_lead.views.flow import Flow, gates

POINTS = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5, 3.0)
LEAST, TOP = 1e-6, 1e6  # loads that are looked at, as multiples of the stated one
FIRST = 0.01  # of them: the load that is looked at first
NEARLY = 0.85  # from here on waits grow so fast that what holds them fills up
MACHINES = ("CPU", "disk", "commits")  # what a machine is full of
NEAR = 8.0  # resources that are full at more than this are not worth naming
BEYOND = 1.25  # times the highest load, or the stated one: the curve ends with the first load above
HALVINGS = 12  # of the load between one that is carried and one twice as high that is not
KNEE_FACTOR = 2.0  # the knee: p99 has doubled against a tenth of the load


def _fails(flow: Flow, solution: Solution) -> bool:
    """Whether a queue has no end or a p99 misses its objective."""
    return not solution.stable or any(x > 1 for x in ratios(flow, solution).values())


def _full_network(flow: Flow, load: float) -> Use | None:
    """The machine that is asked for most more bandwidth than it sustains, if any."""
    over = [use for use in network_uses(shed(flow, load), load) if use.busy > 1]
    return max(over, key=lambda use: (use.busy, use.id), default=None)


@dataclass
class Bracket:
    """Between which loads the highest one lies, in multiples of the stated one: `carried` is (0:
    none yet), `beyond` is not (infinite: none yet). `looked` is how many were looked at."""

    carried: float = 0.0
    beyond: float = math.inf
    looked: int = 0

    def note(self, load: float, *, carried: bool) -> None:
        """Take in what was found of a load."""
        self.looked += 1
        if carried:
            self.carried = max(self.carried, load)
        else:
            self.beyond = min(self.beyond, load)


def _untold(share: float) -> None:
    """Progress that nobody is told of."""


def _bisect(low: float, high: float, holds: Callable[[float], bool]) -> float:
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def highest_load(
    flow: Flow, bracket: Bracket | None = None, done: Callable[[float], None] = _untold
) -> float:
    """Highest load, as a multiple of the stated one, that is carried within every p99 objective.

    What is known after each load that was looked at stands in `bracket`; `done` is told the share
    (0..1) of them, were the next one to be carried no more.
    """
    known = bracket or Bracket()

    def carried(load: float, left: int) -> bool:
        holds = _carried(flow, load)
        known.note(load, carried=holds)
        done(known.looked / (known.looked + left))
        return holds

    top = FIRST
    while top < TOP and carried(top, HALVINGS + 1):
        top *= 2
    while FIRST >= top > LEAST and not carried(top / 2, HALVINGS + 1):
        top /= 2
    if top <= LEAST:
        return 0.0
    left = iter(reversed(range(HALVINGS)))
    return _bisect(top / 2, min(top, TOP), lambda load: carried(load, next(left)))


def _carried(flow: Flow, load: float) -> bool:
    return _full_network(flow, load) is None and not _fails(flow, solve(flow, load))


def limit_words(flow: Flow, top: float) -> str:
    """What is in the way just above the highest load."""
    if top <= 0 and (told := idle_words(flow)):
        return told
    full = _full_network(flow, max(top * 1.02, LEAST))
    if full is not None:
        return f"above it the {_resource(full)} is full"
    above = solve(flow, max(top * 1.02, LEAST))
    if not above.stable:
        # waits for a busy machine or way fill the workers and connections before it: name these
        machines = [u for u in above.uses if u.busy > NEARLY
                    and (u.resource in MACHINES or is_way(u.resource))]  # fmt: skip
        queue = max(machines or above.uses, key=lambda use: (use.busy, use.id))
        if is_way(queue.resource):
            return f"above it the {queue.resource} is full"
        return f"above it the queue for {_resource(queue)} has no end"
    ref, ratio = worst(flow, above)
    what = "p99" if ref in above.p99_s else "age of messages"
    return (
        f"above it the {what} of {ref} is beyond its objective"
        if ratio > 1
        else "not looked beyond"
    )


def knee(flow: Flow, top: float, look: Callable[[Flow, float], Solution] = solve) -> float:
    """Load at which the worst p99 is twice that of an idle system; `top` where it never is."""
    idle = _p99(look(flow, min(0.1, top / 2)))
    if idle is None:
        return 0.0
    return _bisect(0.0, top, lambda x: (_p99(look(flow, x)) or 1e9) <= KNEE_FACTOR * idle)


def _p99(solution: Solution) -> float | None:
    return max(solution.asked_p99_s.values(), default=None) if solution.stable else None


def capacity(
    flow: Flow, measured: list[CapacityPoint] | None = None, top: float | None = None,
    done: Callable[[float], None] = _untold,
) -> Capacity:  # fmt: skip
    """The curve by the solver with `measured` kernel points beside it.

    `top` is the highest load where it is known already; `done` is told the share (0..1) of the
    other loads that were looked at.
    """
    users = sum(source.users for source in flow.sources) or flow.requests_per_s
    top = highest_load(flow) if top is None else top
    points = []
    shares = (*POINTS, *(top * x for x in (0.5, 0.8, 0.9, 0.95, 0.98, 1.0, 1.02)))
    loads_up = sorted({round(x, 4) for x in shares if x > 0})
    far = max(1.0, top) * BEYOND
    curve = [x for before, x in pairwise((0.0, *loads_up)) if before <= far]
    looked, whole = 0, len(curve) + HALVINGS + 2  # the knee's, the highest load, an idle system

    def look(flow: Flow, load: float) -> Solution:
        nonlocal looked
        looked += 1
        solution = solve(flow, load)
        done(looked / whole)
        return solution

    for load in curve:
        solution = look(flow, load)
        points.append(
            CapacityPoint(
                users * load,
                solution.requests_per_s,
                _p99(solution),
                not _fails(flow, solution) and _full_network(flow, load) is None,
                "solver",
            )
        )
    at_top = look(flow, top)
    return Capacity(
        (*points, *(measured or [])), users * top, at_top.requests_per_s,
        users * knee(flow, top, look), _bottlenecks(flow, users), top - 1, limit_words(flow, top),
    )  # fmt: skip


def reach(flow: Flow) -> tuple[float, float, Bottleneck]:
    """Of `capacity`, without the curve: the highest load, its requests/s, what is full first."""
    users = sum(source.users for source in flow.sources) or flow.requests_per_s
    top = highest_load(flow)
    return top, solve(flow, top).requests_per_s, _bottlenecks(flow, users)[0]


def _bottlenecks(flow: Flow, users: float) -> tuple[Bottleneck, ...]:
    """Resources by the load at which each is full, one per component and resource."""
    full, sheds = flow, any(gates(flow).values())
    uses = solve(full, 0.5)
    if not uses.stable:
        uses = solve(full, 0.01)
        scale = 0.01
    else:
        scale = 0.5
    seen: dict[tuple[str, str], tuple[float, Use]] = {}
    for use in [*uses.uses, *network_uses(shed(full, scale), scale)]:
        if use.busy <= 0:
            continue
        load = scale / use.busy  # use grows in proportion to the load, but behind limits that shed
        if sheds and not _fills(flow, use, load):
            continue
        key = (use.component, use.id)
        if key not in seen or load < seen[key][0]:
            seen[key] = (load, use)
    ranked = sorted(seen.values(), key=lambda pair: (pair[0], pair[1].id))
    near = [pair for pair in ranked if pair[0] <= NEAR]
    out = []
    for rank, (load, use) in enumerate(ranked[: max(2, min(6, len(near)))], 1):
        out.append(
            Bottleneck(
                rank, use.component, _resource(use), users * load, flow.requests_per_s * load,
                use.busy / scale, _why(use),
            )
        )  # fmt: skip
    return tuple(out)


def _fills(flow: Flow, use: Use, load: float) -> bool:
    """Whether a resource is as good as full at a load."""
    return not use.sheds and {u.id: u.busy for u in loads(flow, load)}.get(use.id, 1.0) > NEARLY


def _resource(use: Use) -> str:
    station = use.id.rsplit(" ", 1)[0]
    if use.resource == "CPU":
        return f"cores of {station}"
    if use.resource == "disk":
        return f"disk of {station}"
    if use.resource == "pool":
        return f"connections {use.id}"
    if is_way(use.resource):
        return use.resource
    return f"{use.resource} of {station}"


def _why(use: Use) -> str:
    if is_way(use.resource):
        return "bytes sent / bandwidth of the way, which all who send share; full at 100 %"
    how = {
        "CPU": "arrivals x mean service time / cores",
        "workers": "arrivals x time held / workers",
        "pool": "calls x time held / connections",
        NETWORK: "bytes sent or taken in / what the machine sustains",
        "commits": "writes, each batch once / commits a second its log takes",
        "disk": "reads that miss memory / reads a second its disk sustains",
    }.get(use.resource, "use / limit")
    return f"{how}; full at 100 %"
