"""What each screen costs each client: calls, rounds, bytes and time, style by style, network by
network."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from backend_lead.analysis.api.asks import asks_of, clients_of, journeys_per_s, looked_at
from backend_lead.analysis.api.served import Served, Vector
from backend_lead.analysis.api.times import DRAWS, Sent, View
from backend_lead.catalog.api_styles import BATCHED_SHARE, LAYER_S, ROUTER_S
from backend_lead.catalog.network import rtt_s
from backend_lead.catalog.network_profiles import FALLBACK, PROFILES, SIDE_BY_SIDE, Profile
from backend_lead.catalog.transfer import ANSWER, CALL_OVERHEAD
from backend_lead.model.screens import STYLES, Asked, OnNetwork, ScreenCost, Style, StyleCost
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.flow import Flow
from backend_lead.views.steps import endpoint_of


@dataclass(frozen=True)
class Looking:
    """What a screen's costs are found from."""

    flow: Flow
    contract: Contract
    served: Served
    seed: int
    draws: int = DRAWS

    @property
    def hop_s(self) -> float:
        """A call from the layer to a service; none where one service holds everything."""
        return 0.0 if len(self.contract.services) == 1 else rtt_s(self.flow.system.topology.zones)


def screen_costs(looking: Looking) -> list[ScreenCost]:
    """Every screen for every client that sees it."""
    system, contract = looking.flow.system, looking.contract
    out = []
    seen: dict[tuple[str, str], tuple[StyleCost, ...]] = {}  # clients on one network see the same

    def on(asks: tuple[Asked, ...], network: str, screen: str) -> tuple[StyleCost, ...]:
        if (screen, network) not in seen:
            seen[screen, network] = _styles(looking, asks, PROFILES[network], screen)
        return seen[screen, network]

    for name, screen in contract.screens.items():
        asks = tuple(one for one in asks_of(contract, screen)
                     if one.operation in looking.served.inside)  # fmt: skip
        if not asks:
            continue
        for client in clients_of(system, screen):
            caller = contract.callers[client]
            begun = journeys_per_s(system, system.workload.clients[client], screen.journey)
            views = begun * looked_at(system, contract, screen)
            own = caller.access.network or FALLBACK
            networks = tuple(
                OnNetwork(id, id == own, on(asks, id, name))
                for id in dict.fromkeys((own, *SIDE_BY_SIDE)) if id in PROFILES
            )  # fmt: skip
            if not any(one.own for one in networks):
                first, *rest = networks
                networks = (OnNetwork(first.network, True, first.styles), *rest)
            out.append(ScreenCost(
                name, screen.title or name.replace("_", " ").replace("-", " ").capitalize(),
                screen.journey, client, caller.audience, views, asks, networks,
            ))  # fmt: skip
    return out


def sizes(flow: Flow, op: Operation) -> tuple[float, float]:
    """Bytes of a request and of an answer, as its endpoint says them, else assumed."""
    ref = op.said.endpoint
    if ref is None:
        return CALL_OVERHEAD.value, ANSWER.value
    endpoint = endpoint_of(flow.system, ref)
    asked = endpoint.request.value if endpoint.request else CALL_OVERHEAD.value
    return asked, endpoint.response.value if endpoint.response else ANSWER.value


def _styles(
    looking: Looking, asks: tuple[Asked, ...], network: Profile, screen: str
) -> tuple[StyleCost, ...]:
    key = zlib.crc32(f"{looking.seed}/{screen}/{network.id}".encode())
    return tuple(_style(looking, asks, network, style, key) for style in STYLES)


def _style(
    looking: Looking, asks: tuple[Asked, ...], network: Profile, style: Style, key: int
) -> StyleCost:
    view = View(network, key, looking.draws)  # every style meets the same networks
    bytes_of = {a.operation: sizes(looking.flow, looking.contract.operations[a.operation])
                for a in asks}  # fmt: skip
    down = sum(bytes_of[a.operation][1] * a.times for a in asks)
    single = len(asks) == 1 and asks[0].times == 1  # there is nothing to compose: it is as it was
    if style in ("rest", "fitted") or (style == "bff" and single):
        asked = fitted(asks) if style == "fitted" else asks
        sent = _sent(looking, asked, asks, bytes_of, view)
        up = sum(one.up * one.times for one in sent)
    else:
        up = max(asked for asked, _ in bytes_of.values())
        took = _inside_s(looking, asks, style, view)
        sent = [Sent("screen", "", 1, up, down, None, took)]
    total = view.complete_s(sent)
    middle, late = (float(np.quantile(total, q)) for q in (0.5, 0.95))
    calls = sum(one.times for one in sent)
    levels = {"rest": asks, "fitted": fitted(asks)}.get(style, ())
    rounds = 1 + max((a.level for a in levels), default=0)
    return StyleCost(style, calls, rounds, _inside_calls(asks, style), down, up, middle, late)


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
    looking: Looking, asked: tuple[Asked, ...], asks: tuple[Asked, ...],
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
        law = looking.served.outside[one.operation]
        if own and carried[one.operation] == [one.operation]:
            out.append(Sent(one.operation, one.after, one.times, up, down, law))
            continue
        took = law.draw(view.rng.standard_normal(view.draws))
        more = 0.0 if own else (times[one.operation] - 1) * took * BATCHED_SHARE.value
        body = down * (1 if own else times[one.operation])
        for name in carried[one.operation][1:]:
            inner = looking.served.inside[name].draw(view.rng.standard_normal(view.draws))
            more = more + inner * (1 + (times[name] - 1) * BATCHED_SHARE.value)
            body += bytes_of[name][1] * times[name]
        out.append(Sent(one.operation, one.after, 1, up, body, None, np.asarray(took + more)))
    return out


def _inside_s(looking: Looking, asks: tuple[Asked, ...], style: Style, view: View) -> Vector:
    """Time from the layer's first question to its answer."""
    done: dict[str, Vector] = {}
    where = {a.operation: a.service for a in asks}
    for one in asks:
        start = done.get(one.after, np.zeros(view.draws))
        law = looking.served.inside[one.operation]
        hop = looking.hop_s
        if style == "federated":
            same = where.get(one.after) == one.service
            hop = 0.0 if same else hop + LAYER_S.value
        if style == "bff":
            took = law.draw(view.rng.standard_normal((view.draws, one.times))).max(axis=1)
        else:
            took = law.draw(view.rng.standard_normal(view.draws))
            took = took * (1 + (one.times - 1) * BATCHED_SHARE.value)
        done[one.operation] = start + hop + took
    layer = LAYER_S.value if style == "bff" else ROUTER_S.value
    return np.asarray(np.maximum.reduce(list(done.values())) + layer)


def _inside_calls(asks: Iterable[Asked], style: Style) -> int:
    """How often services are asked: each operation for each item; once with batches; once per
    service that has to be asked anew."""
    asks = tuple(asks)
    if style in ("rest", "bff"):
        return sum(one.times for one in asks)
    if style == "fitted":
        return len(fitted(asks))
    if style == "graph":
        return len(asks)
    return len(fetches(asks))


def fetches(asks: tuple[Asked, ...]) -> list[tuple[int, str]]:
    """The fetches of a federated plan: (step, service); what a service resolves by itself from its
    own answer needs no further one."""
    step: dict[str, int] = {}
    where = {a.operation: a.service for a in asks}
    for one in asks:
        before = step.get(one.after)
        if before is None:
            step[one.operation] = 0
        else:
            step[one.operation] = before + (where[one.after] != one.service)
    return sorted({(step[a.operation], a.service) for a in asks})
