"""A model on the bench: its knobs turned, and what was seen of it at which values.

What was seen is kept for all sizings of a process, as searches come back to the same models many
times: from another step, at another load, or in another search.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any

from backend_lead.analysis.cost import cost, default_book, prices_digest
from backend_lead.analysis.solver import Solution, Use
from backend_lead.analysis.uses import cheap_uses, pressure, redundancy_uses, solve_all
from backend_lead.catalog import kind_of
from backend_lead.catalog.complexity import complexity_usd
from backend_lead.model.digest import digest
from backend_lead.model.part import copied
from backend_lead.model.system import System
from backend_lead.search.assess import idle_late, late
from backend_lead.tactics.tactic import Knob
from backend_lead.views.flow import Cached, Flow, calls_of
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import with_zone_lost

TOLERANCE = 1.0005
LATE_BUSY = 0.76  # what makes others late counts as over the planned 0.75 of cores at least,
LATE_MORE = 1.1  # and is asked for a tenth more, as waits fall faster than use
KEPT_MAX = 40_000  # looks, some 3 kB each
FLOWS = 8  # resolved models kept on one bench

Values = dict[str, Any]  # of knobs, by id


def price(system: System, flow: Flow | None = None) -> float:
    """What a model costs a month, complexity included."""
    return cost(flow or resolve(system), default_book()).usd_month + complexity_usd(system)


@dataclass
class Look:
    """What was seen of a model. `left` are pressures by load and resource, `worst` by load what is
    furthest over its limit; `caches` are those whose misses ask a component."""

    usd: float | None = None
    left: dict[float, dict[str, float]] = field(default_factory=dict)
    worst: dict[float, Use | None] = field(default_factory=dict)
    caches: dict[str, set[str]] | None = None


class _Kept:
    """Looks by model and values of knobs; the models seen longest ago are forgotten first."""

    def __init__(self) -> None:
        self.models: OrderedDict[tuple[str, ...], dict[tuple[Any, ...], Look]] = OrderedDict()
        self.number = 0

    def of(self, model: tuple[str, ...]) -> dict[tuple[Any, ...], Look]:
        looks = self.models.setdefault(model, {})
        self.models.move_to_end(model)
        while self.number > KEPT_MAX and len(self.models) > 1:
            self.number -= len(self.models.popitem(last=False)[1])
        return looks


_kept = _Kept()


class Bench:
    """A model the caller owns, and its knobs; all are turned to their lowest values first."""

    def __init__(self, system: System, knobs: Sequence[Knob]) -> None:
        self.system, self.knobs = system, knobs
        for knob in knobs:
            knob.set(system, knob.values[0])
        self._turned: dict[str, bool] = {}  # parts with knobs: whether one leads inside
        for knob in knobs:
            inside = "." in knob.field or self._turned.get(knob.component, False)
            self._turned[knob.component] = inside
        names = (digest(system), prices_digest(), _facts(system), *(knob.id for knob in knobs))
        self._looks = _kept.of(names)
        self._flows: OrderedDict[tuple[Any, ...], Flow] = OrderedDict()

    def begin(self, values: Values) -> None:
        """Turn the knobs to these values, where they have them."""
        for knob in self.knobs:
            value = values.get(knob.id)
            if value in knob.values:
                knob.set(self.system, value)

    def worst(self, load: float) -> Use | None:
        """The resource furthest over its limit, None when everything holds."""
        look = self._look()
        if load not in look.worst:
            look.worst[load] = self._worst(load)
        return look.worst[load]

    def left(self, use: Use, load: float) -> float:
        """The pressure on a resource with one zone lost, as far as it is cheap to tell."""
        look = self._look()
        if load not in look.left:
            uses = cheap_uses(with_zone_lost(self._flow()), load)
            left: dict[str, float] = {}
            for one in uses:
                left[intern(one.id)] = max(left.get(one.id, 0.0), pressure(one))
            look.left[load] = left
        return look.left[load].get(use.id, 0.0)

    def usd(self) -> float:
        """What the model costs a month, complexity included."""
        look = self._look()
        if look.usd is None:
            look.usd = price(self.system, self._flow())
        return look.usd

    def caches_before(self, component: str) -> set[str]:
        """Caches whose misses ask a component."""
        look = self._look()
        if look.caches is None:
            look.caches = _caches(self._flow())
        return look.caches.get(component, set())

    def _values(self) -> tuple[Any, ...]:
        return tuple(knob.get(self.system) for knob in self.knobs)

    def _look(self) -> Look:
        values = self._values()
        look = self._looks.get(values)
        if look is None:
            look = self._looks[values] = Look()
            _kept.number += 1
        return look

    def _flow(self) -> Flow:
        """The model as it stands, resolved; a copy, as the knobs go on being turned."""
        values = self._values()
        if values not in self._flows:
            parts = dict(self.system.components)
            for name, inside in self._turned.items():
                parts[name] = copied(parts[name]) if inside else parts[name].model_copy()
            self._flows[values] = resolve(self.system.model_copy(update={"components": parts}))
            if len(self._flows) > FLOWS:
                self._flows.popitem(last=False)
        return self._flows[values]

    def _worst(self, load: float) -> Use | None:
        flow = self._flow()
        if lone := redundancy_uses(flow):
            return lone[0]
        hurt = with_zone_lost(flow)
        uses = cheap_uses(hurt, load)
        worst = max(uses, key=lambda u: (pressure(u), u.id))
        if pressure(worst) > TOLERANCE:
            return worst
        solution = solve_all(hurt, load)
        over = [u for u in solution.uses if pressure(u) > TOLERANCE or math.isinf(u.wait_s)]
        if over:
            return max(over, key=lambda u: (pressure(u), u.id))
        if late(hurt, solution) <= 1 or idle_late(hurt):
            return None  # in time, or so late without load that no size mends it
        return _slowest(solution)


def _facts(system: System) -> str:
    """The numbers of the catalogue that a model's kinds bring."""
    kinds = sorted({part.kind for part in system.components.values()})
    return ";".join(
        f"{kind}.{fact.id}={fact.value!r}"
        for kind in kinds
        for fact in (*kind_of(kind).facts, kind_of(kind).availability, kind_of(kind).repair)
    )


def _slowest(solution: Solution) -> Use:
    """The resource whose waits delay most, shown as busier than it may be."""
    use = max(solution.uses, key=lambda u: (u.wait_s, u.busy, u.id))
    return replace(use, busy=max(use.busy, LATE_BUSY) * LATE_MORE)


def _caches(flow: Flow) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for node in flow.nodes.values():
        for step in node.steps:
            if isinstance(step, Cached):
                for call in calls_of(step.miss):
                    out.setdefault(flow.nodes[call.target].component, set()).add(step.cache)
    return out
