"""Requests as the edge sees them: roots, who asks for them, connections that are held, sessions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.model.system import Component, System
from backend_lead.model.workload import Client, Journey
from backend_lead.views.flow import Link, Root, Source
from backend_lead.views.network import mean_rtt_s
from backend_lead.views.sessions import Visit, again, shares_on, thinking_s, times_asked
from backend_lead.views.steps import bucket_of, endpoint_of, passes, pauses_of, tokens_of


def entry(
    system: System,
) -> tuple[dict[str, Root], list[Source], list[Link], list[Visit]]:
    """Requests as the edge sees them, who makes them, the connections that are held, sessions."""
    roots: dict[str, Root] = {}
    sources: list[Source] = []
    visits: list[Visit] = []
    front = [(name, system.components[name]) for name in system.workload.entry]
    for name, client in system.workload.clients.items():
        mix: dict[str, float] = defaultdict(float)
        starts: dict[str, float] = defaultdict(float)
        between_s = 0.0
        for word, share in client.journeys.items():
            journey = system.journeys[word]
            if journey.session is not None:
                keys = _one_after_the_other(system, front, name, client, word, roots)
                visits.append(_visit(name, word, journey, keys))
                starts[keys[0]] += share.value
                between_s += share.value * thinking_s(journey)
                for key, times in zip(keys, [1.0, *times_asked(journey)[1:], again(journey)]):
                    mix[key] += share.value * times
                continue
            for ref in journey.steps:
                key = _asked(system, front, name, client, ref, roots)
                mix[key] += share.value
                starts[key] += share.value
        source = _source(name, client, _shares(mix), sum(mix.values()) / sum(starts.values()))
        if any(visit.client == name for visit in visits):
            between_s /= sum(starts.values())
            source = replace(source, starts=_shares(starts), between_s=between_s)
        sources.append(source)
    holding: dict[str, list[str]] = defaultdict(list)
    for name, client in system.workload.clients.items():
        if client.connection is not None:
            home = client.connection.open.split(".", 1)[0]
            part = system.components[home]
            holding[kind_of(part.kind).station_of(home, part, None)].append(name)
    links = [_link(system, front, station, names, roots) for station, names in holding.items()]
    for link in links:
        if link.beat is not None:
            beats, rate = f"{link.client} heartbeats", link.users / link.every_s
            sources.append(Source(beats, 0.0, 0.0, rate, {link.beat: 1.0}, beats=True))
    return roots, sources, links, visits


def _shares(mix: dict[str, float]) -> dict[str, float]:
    total = sum(mix.values())
    return {key: weight / total for key, weight in mix.items() if weight > 0}


def _one_after_the_other(
    system: System, front: list[tuple[str, Component]], name: str, client: Client, word: str,
    roots: dict[str, Root],
) -> list[str]:  # fmt: skip
    """Roots of a session's steps, and of its first step where it begins anew."""
    steps = system.journeys[word].steps
    return [
        _asked(system, front, name, client, ref, roots, f"|{name} {word} {i}")
        for i, ref in enumerate([*steps, steps[0]], 1)
    ]


def _visit(client: str, word: str, journey: Journey, keys: list[str]) -> Visit:
    said = journey.session
    assert said is not None
    leaves = said.leaves.value if said.leaves else 1.0
    anew = keys[-1] if again(journey) > 0 else None
    return Visit(client, word, tuple(keys[:-1]), shares_on(journey), said.think.value, leaves, anew)


def _source(name: str, client: Client, mix: dict[str, float], per_start: float) -> Source:
    phases: tuple[tuple[float, float], ...] = ()
    if (bursts := client.bursts) is not None:
        calm_s = bursts.every.value - bursts.lasts.value
        phases = ((bursts.between, calm_s), (bursts.factor.value, bursts.lasts.value))
    every_s = client.every.value if client.every else 0.0
    return Source(
        name,
        client.users.value if client.users else 0.0,
        client.think_time.value if client.think_time else 0.0,
        client.rate.value if client.rate else per_start / every_s if every_s else 0.0,
        mix, phases=phases, every_s=every_s, per_start=per_start,
    )  # fmt: skip


def _asked(
    system: System, front: list[tuple[str, Component]], name: str, client: Client, ref: str,
    roots: dict[str, Root], step: str = "",
) -> str:  # fmt: skip
    """The root by which a client asks for an endpoint, or for the step of a session; made where
    there is none yet."""
    timeout = client.timeout.value if client.timeout else 0.0
    budget = client.retry_budget.value if client.retry_budget else None
    key = f"{ref}|{timeout:g}|{client.retries}" if timeout or client.retries else ref
    key += f"|{budget:g}" if budget is not None else ""
    limit = next(iter(bucket_of(name, client.limit)), None)
    pauses, tokens = pauses_of(client.backoff), tokens_of(name, client.retry_tokens)
    key += f"|{name}" if (limit, pauses, tokens) != (None, None, None) else ""
    key += step
    if key not in roots:
        root = _root(system, front, ref, key, timeout, client.retries)
        roots[key] = replace(root, retry_budget=budget, limit=limit, pauses=pauses,
                             tokens=tokens)  # fmt: skip
    return key


def _link(
    system: System, front: list[tuple[str, Component]], station: str, names: list[str],
    roots: dict[str, Root],
) -> Link:  # fmt: skip
    """The connections that classes of callers hold to a station, taken together.

    They are opened and kept alive as the largest class does it, at the rates of all: users over the
    times add up. Roots are of their own: who cannot connect comes back later.
    """
    clients = system.workload.clients
    users = {name: (n.value if (n := clients[name].users) else 0.0) for name in names}
    first = max(names, key=lambda name: users[name])
    held = clients[first].connection
    assert held is not None
    timeout = t.value if (t := clients[first].timeout) else 0.0
    total = sum(users.values())
    returning = beating = 0.0
    for name in names:
        own = clients[name].connection
        assert own is not None
        returning += users[name] / own.back_within.value
        beating += users[name] / own.every.value if own.every else 0.0
    who = ", ".join(names)
    opening, beat = f"{held.open}|open {who}", None
    roots[opening] = _root(system, front, held.open, opening, timeout, 0)
    if held.heartbeat is not None:
        beat = f"{held.heartbeat}|beat {who}"
        roots[beat] = _root(system, front, held.heartbeat, beat, timeout, 0)
    every_s = total / beating if beating else 0.0
    return Link(who, station, opening, total, total / returning, beat, every_s)


def _root(
    system: System, front: list[tuple[str, Component]], ref: str, key: str, timeout: float,
    retries: int,
) -> Root:  # fmt: skip
    endpoint = endpoint_of(system, ref)
    edge_hit = edge_delay = passing = 0.0
    for name, component in front:
        kind = kind_of(component.kind)
        if not passes(system, name, ref):
            continue
        if kind.role == "cdn":
            share = endpoint.edge_cache.value if endpoint.edge_cache else 0.0
            edge_hit = share * kind.hit_ratio(component)  # type: ignore[attr-defined]
            edge_delay += kind.delay_s(component)
        else:
            passing += kind.delay_s(component)
    home = system.components[ref.split(".", 1)[0]]
    passing += mean_rtt_s(system, home, home)
    return Root(key, ref, timeout, retries, edge_hit, edge_delay, passing)
