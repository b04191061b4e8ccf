"""What each screen costs each client: calls, rounds, bytes and time, style by style, network by
network."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from backend_lead.analysis.api.asks import asks_of, clients_of, journeys_per_s, looked_at
from backend_lead.analysis.api.fetched import Query, queries
from backend_lead.analysis.api.loads import Built, Extra, beyond_journeys
from backend_lead.analysis.api.served import Served, Vector, served
from backend_lead.analysis.api.sizes import answer_bytes, asked_bytes
from backend_lead.analysis.api.times import DRAWS, Sent, View
from backend_lead.catalog.api_styles import BATCHED_SHARE, LAYER_S, ROUTER_S
from backend_lead.catalog.network import rtt_s
from backend_lead.catalog.network_profiles import FALLBACK, PROFILES, SIDE_BY_SIDE, Profile
from backend_lead.model.screens import (
    STYLES,
    Asked,
    OnNetwork,
    Recommended,
    ScreenCost,
    Style,
    StyleCost,
)
from backend_lead.views.api.graph import Graph, graph_of
from backend_lead.views.api.parts import Contract
from backend_lead.views.flow import Flow

_OFF = 1.96  # deviations on each side of 95 of 100


@dataclass(frozen=True)
class _Shown:
    """A screen as one client sees it."""

    name: str
    client: str
    asks: tuple[Asked, ...]
    views_per_s: float
    queries: tuple[Query, ...]

    def asked(self, style: Style) -> tuple[Asked, ...]:
        """What services are asked: in a graph also the things of which it has keys alone."""
        if style not in ("graph", "federated"):
            return self.asks
        more = tuple(f.asked for q in self.queries for f in q.fetches if f.asked is not None)
        return (*self.asks, *more)

    def built(self, style: Style) -> Built:
        """The screen in a style."""
        alone = frozenset(
            name for q in self.queries if q.times > 1 for name in q.operations
        ) if style in ("graph", "federated") else frozenset()  # fmt: skip
        return Built(self.client, self.asked(style), self.views_per_s, style, alone)


@dataclass
class Looking:
    """What the costs of screens are found from; `refs` are the endpoints of operations."""

    flow: Flow
    contract: Contract
    refs: dict[str, str]
    seed: int
    draws: int = DRAWS
    _laws: dict[str, Served] = field(default_factory=dict)

    def __post_init__(self) -> None:
        contract = self.contract
        self.bytes_of = {
            name: (asked_bytes(self.flow, op), answer_bytes(self.flow, contract, op)[0])
            for name, op in contract.operations.items()
            if op.nature != "event"
        }
        graph = graph_of(contract)
        self.shown = tuple(self._shown(graph))

    def _shown(self, graph: Graph | None) -> Iterable[_Shown]:
        system, contract = self.flow.system, self.contract
        for name, screen in contract.screens.items():
            asks = tuple(one for one in asks_of(contract, screen) if one.operation in self.refs)
            for client in clients_of(system, screen) if asks else ():
                begun = journeys_per_s(system, system.workload.clients[client], screen.journey)
                views = begun * looked_at(system, contract, screen)
                yield _Shown(name, client, asks, views, queries(graph, client, name, asks))

    @property
    def hop_s(self) -> float:
        """A call from the layer to a service; none where one service holds everything."""
        return 0.0 if len(self.contract.services) == 1 else rtt_s(self.flow.system.topology.zones)

    def extra(self, style: Style) -> Extra:
        """What every screen, built in one style, asks beyond the journeys."""
        return beyond_journeys(self.flow, self.refs, [one.built(style) for one in self.shown])

    def planned(self, advice: Sequence[Recommended]) -> Extra:
        """What the screens ask beyond the journeys, built as recommended."""
        by = {one.audience: one for one in advice}
        built = []
        for one in self.shown:
            style = by[self.contract.callers[one.client].audience].style_of(one.name)
            built.append(one.built(style))
        return beyond_journeys(self.flow, self.refs, built)

    def laws(self, extra: Extra) -> Served:
        """How long operations take with what screens ask on top; found once for the same."""
        key = repr((sorted(extra.front.items()), sorted(extra.behind.items())))
        if key not in self._laws:
            self._laws[key] = served(self.flow, self.refs, extra)
        return self._laws[key]


def screen_costs(looking: Looking) -> list[ScreenCost]:
    """Every screen for every client that sees it."""
    contract = looking.contract
    laws = {style: looking.laws(looking.extra(style)) for style in STYLES}
    out = []
    seen: dict[tuple[str, str, tuple[Query, ...]], tuple[StyleCost, ...]] = {}

    def on(one: _Shown, network: str) -> tuple[StyleCost, ...]:
        key = (one.name, network, one.queries)  # clients on one network see the same
        if key not in seen:
            seen[key] = tuple(_cost(looking, one, PROFILES[network], style, laws[style])
                              for style in STYLES)  # fmt: skip
        return seen[key]

    for one in looking.shown:
        caller, screen = contract.callers[one.client], contract.screens[one.name]
        own = caller.access.network or FALLBACK
        networks = tuple(
            OnNetwork(id, id == own, on(one, id))
            for id in dict.fromkeys((own, *SIDE_BY_SIDE)) if id in PROFILES
        )  # fmt: skip
        if not any(found.own for found in networks):
            first, *rest = networks
            networks = (OnNetwork(first.network, True, first.styles), *rest)
        title = one.name.replace("_", " ").replace("-", " ").capitalize()
        out.append(ScreenCost(
            one.name, screen.title or title, screen.journey, one.client, caller.audience,
            one.views_per_s, one.asks, networks,
        ))  # fmt: skip
    return out


def planned_costs(
    looking: Looking, screens: Sequence[ScreenCost], advice: Sequence[Recommended]
) -> list[ScreenCost]:
    """The same screens with what each takes once all are built as recommended."""
    by = {one.audience: one for one in advice}
    laws = looking.laws(looking.planned(advice))
    shown = {(one.name, one.client): one for one in looking.shown}
    return [
        replace(screen, planned=_cost(
            looking, shown[screen.screen, screen.client], PROFILES[screen.own.network],
            by[screen.audience].style_of(screen.screen), laws,
        ))
        for screen in screens
    ]  # fmt: skip


def _cost(
    looking: Looking, shown: _Shown, network: Profile, style: Style, laws: Served
) -> StyleCost:
    key = zlib.crc32(f"{looking.seed}/{shown.name}/{network.id}".encode())
    view = View(network, key, looking.draws)  # every style meets the same networks
    asks, bytes_of = shown.asks, looking.bytes_of
    down = sum(bytes_of[a.operation][1] * a.times for a in asks)
    single = len(asks) == 1 and asks[0].times == 1  # there is nothing to compose: it is as it was
    plain = style in ("rest", "fitted") or (style == "bff" and single)
    asked = fitted(asks) if style == "fitted" else asks
    whole = (Query(0, 1, tuple(a.operation for a in asks), ()),)
    sending = whole if style == "bff" else shown.queries
    if plain:
        calls, rounds = (
            sum(one.times for one in asked),
            1 + max((a.level for a in asked), default=0),
        )
        up = sum(bytes_of[a.operation][0] * a.times for a in asked)
    else:
        calls, rounds = sum(q.times for q in sending), 1 + max(q.step for q in sending)
        up = sum(q.times * max(bytes_of[name][0] for name in q.operations) for q in sending)
    inside = _inside_calls(shown, style)
    told = {laws.full[a.operation] for a in shown.asked(style) if a.operation in laws.full}
    if told:
        return StyleCost(style, calls, rounds, inside, down, up, math.inf, math.inf, 0.0,
                         " and ".join(sorted(told)))  # fmt: skip
    sent = (_sent(laws, asked, asks, bytes_of, view) if plain
            else _queried(looking, shown, style, view, laws, sending))  # fmt: skip
    total = view.complete_s(sent)
    middle, late = (float(np.quantile(total, q)) for q in (0.5, 0.95))
    return StyleCost(style, calls, rounds, inside, down, up, middle, late, off_s(total))


def off_s(total: Vector) -> float:
    """How far the p95 of so many draws may be off, in 95 of 100 simulations: half the distance
    between the order statistics that bound it."""
    spread = _OFF * math.sqrt(0.95 * 0.05 / len(total))
    low, high = (float(np.quantile(total, min(1.0, 0.95 + side * spread))) for side in (-1, 1))
    return (high - low) / 2


def fitted(asks: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """The same screen with nothing asked once for each item.

    What the service of the list holds comes with the list; of others, many ids go into one request.
    What waited for something that now comes with a list waits for that list.
    """
    where = {a.operation: a for a in asks}
    moved: dict[str, str] = {}
    levels: dict[str, int] = {"": -1}
    out = []
    for one in asks:
        before = where.get(one.after)
        after = moved.get(one.after, one.after)
        if one.each and before is not None and before.service == one.service:
            moved[one.operation] = after
            continue
        levels[one.operation] = levels[after] + 1
        out.append(replace(one, times=1, after=after, level=levels[one.operation]))
    return tuple(out)


def _sent(
    laws: Served, asked: tuple[Asked, ...], asks: tuple[Asked, ...],
    bytes_of: dict[str, tuple[float, float]], view: View,
) -> list[Sent]:  # fmt: skip
    """Requests of a client; an answer that carries several things is as large as all of them, and
    takes the work of a batch."""
    times = {a.operation: a.times for a in asks}
    left = {a.operation for a in asked}
    waits = {a.operation: a for a in asks}
    carried: dict[str, list[str]] = {a.operation: [a.operation] for a in asked}
    for one in asks:
        home = one
        while home.operation not in left:
            home = waits[home.after]
        if home is not one:
            carried[home.operation].append(one.operation)
    out = []
    for one in asked:
        up, down = bytes_of[one.operation]
        own = one.times == times[one.operation]
        law = laws.outside[one.operation]
        if own and carried[one.operation] == [one.operation]:
            out.append(Sent(one.operation, one.after, one.times, up, down, law))
            continue
        took = law.draw(view.rng.standard_normal(view.draws))
        more = 0.0 if own else (times[one.operation] - 1) * took * BATCHED_SHARE.value
        body = down * (1 if own else times[one.operation])
        for name in carried[one.operation][1:]:
            inner = laws.inside[name].draw(view.rng.standard_normal(view.draws))
            more = more + inner * (1 + (times[name] - 1) * BATCHED_SHARE.value)
            body += bytes_of[name][1] * times[name]
        out.append(Sent(one.operation, one.after, 1, up, body, None, np.asarray(took + more)))
    return out


def _queried(
    looking: Looking, shown: _Shown, style: Style, view: View, laws: Served,
    sending: tuple[Query, ...],
) -> list[Sent]:  # fmt: skip
    """The requests of a client to a layer or a graph; each step waits for the one before."""
    times = {a.operation: a.times for a in shown.asks}
    first: dict[int, str] = {}
    out = []
    for i, query in enumerate(sending):
        first.setdefault(query.step, str(i))
        down = sum(looking.bytes_of[n][1] * times[n] for n in query.operations) / query.times
        up = max(looking.bytes_of[n][0] for n in query.operations)
        took = _inside_s(looking, shown, style, view, laws, query)
        after = first.get(query.step - 1, "")
        out.append(Sent(str(i), after, query.times, up, down, None, took))
    return out


def _inside_s(
    looking: Looking, shown: _Shown, style: Style, view: View, laws: Served, query: Query
) -> Vector:
    """Time from the layer's first question to its answer; what is asked for each item is asked for
    all of them at once, by a layer as by a graph."""
    done: dict[str, Vector] = {}
    where = {a.operation: a.service for a in shown.asks}
    own = [a for a in shown.asks if a.operation in query.operations]
    keys = [f.asked for f in query.fetches if f.asked is not None] if style != "bff" else []
    for one in (*own, *keys):
        start = done.get(one.after, np.zeros(view.draws))
        hop = looking.hop_s
        if style == "federated":
            same = where.get(one.after) == one.service
            hop = 0.0 if same else hop + LAYER_S.value
        times = one.times if query.times == 1 else 1
        took = laws.inside[one.operation].draw(view.rng.standard_normal(view.draws))
        took = took * (1 + (times - 1) * BATCHED_SHARE.value)
        ended = start + hop + took
        done[one.operation] = np.maximum(done.get(one.operation, ended), ended)
    layer = LAYER_S.value if style == "bff" else ROUTER_S.value
    return np.asarray(np.maximum.reduce(list(done.values())) + layer)


def _inside_calls(shown: _Shown, style: Style) -> int:
    """How often services are asked: each operation for each item; once with batches; once per
    fetch of the plan."""
    if style == "rest":
        return sum(one.times for one in shown.asks)
    if style == "fitted":
        return len(fitted(shown.asks))
    if style == "bff":
        return len(shown.asks)
    if style == "federated":
        return sum(q.times * (len(q.fetches) or 1) for q in shown.queries)
    keys = sum(f.asked is not None for q in shown.queries for f in q.fetches)
    return keys + sum(q.times * len(q.operations) for q in shown.queries)
