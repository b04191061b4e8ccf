"""Spread the load at peak over the clients of a domain, and scale what the system keeps with it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from backend_lead.catalog.domains import Domain
from backend_lead.catalog.domains.callers import seen_by
from backend_lead.intake.brief.peak_load import RESPONSE_S, Load
from backend_lead.model import units

PARTNERS = "partners"
# Requests of partner systems for each request of a person; no source, engineering judgement.
PARTNER_SHARE = (0.1, 0.01, 0.5)
_ON_TOP_RANGE = 3.0  # how far the proportion of others may be off; engineering judgement
_FEW = 5  # with fewer users a client than this the largest client takes them all


def counted(word: str, domain: Domain) -> str:
    """The client of a domain that a word for people, things or events stands for, or nothing."""
    one = word.lower().removesuffix("s")
    return next((name for name, terms in domain.counts.items() if one in terms), "")


def spread(
    document: dict[str, Any], load: Load, named: list[str], domain: Domain, counted: str = ""
) -> None:
    """Patch workload.clients: keep the named clients, give each its part of the load at peak.

    A client of the domain that calls at a rate keeps its proportion to the people's requests.
    `counted`: the client whose number the load is; the others come on top, in their proportion.
    The API is then that of the domain for these clients.
    """
    workload = document["workload"]
    every: dict[str, Any] = workload["clients"]
    template = {name: c for name, c in every.items() if "users" in c}
    usual = sum(requests_per_s(client) for client in template.values())
    machines = {
        name: (client, requests_per_s(client) / usual)
        for name, client in every.items()
        if name not in template and (not named or name in named)
    }
    before = requests_per_s(every[PARTNERS]) if PARTNERS in every else PARTNER_SHARE[0] * usual
    people = {name: c for name, c in template.items() if not named or name in named}
    only_partners = not people and PARTNERS in named
    if only_partners:
        people, machines = {PARTNERS: _partners(every, domain)}, {}
    elif not people:
        people = template
    weights = {name: _count(client["users"]["value"]) for name, client in people.items()}
    total = weights[counted] if counted in people else sum(weights.values())
    if load.users is not None and load.users < _FEW * len(people) and counted not in people:
        biggest = max(people, key=lambda name: weights[name])
        people, total = {biggest: people[biggest]}, weights[biggest]
    of_people = 1.0 if load.users is not None else 1 / (1 + sum(k for _, k in machines.values()))
    for name, client in people.items():
        alone = (len(people) == 1 and of_people == 1) or name == counted
        if counted in people and name != counted:
            _on_top(client, load, weights[name] / total, counted)
        else:
            _give(client, weights[name] / total * of_people, load, name, alone)
    requests = sum(requests_per_s(client) for client in people.values())
    if PARTNERS in named and PARTNERS not in machines and not only_partners:
        people[PARTNERS] = _with_rate(_partners(every, domain), requests)
    for name, (client, ratio) in machines.items():
        _scale_rate(client, ratio, requests)
        people[name] = client
    if PARTNERS in people:
        _more_callers(people[PARTNERS], requests_per_s(people[PARTNERS]) / before)
    workload["clients"] = people
    if "api" in document:
        document["api"] = domain.api(people)
    for entity in document["entities"].values():
        if "fields" in entity:
            entity["fields"] = seen_by(entity["fields"], people)


def hold(document: dict[str, Any], load: Load) -> None:
    """Turn a rate into users where clients hold connections: only somebody can hold one.

    Little's law with the pauses of the domain: N = X (R + Z).
    """
    every = document["workload"]["clients"].values()
    holding = [client for client in every if "connection" in client and "users" in client]
    if load.rate is None or not holding:
        return
    users = sum(_count(client["users"]["value"]) for client in holding)
    pause = users / sum(requests_per_s(client) for client in holding)
    value = max(1.0, load.rate * pause)
    law = f"N = X (R + Z): {units.trim(load.rate)}/s x {units.trim(pause)} s for each request"
    why = "; ".join(x for x in (load.origin.get("why", ""), law) if x)
    load.origin = {
        "origin": "assumed",
        "source": load.origin.get("source", ""),
        "why": f"{why} = {units.trim(value)} connected",
        "range": (value / _ON_TOP_RANGE, value * _ON_TOP_RANGE),
    }
    load.users, load.rate = value, None


def scale_entities(document: dict[str, Any], load: Load, domain: Domain) -> None:
    """Rows grow with the users at peak; the people with an account are those the brief tells of."""
    if load.users is None and load.rate is None:
        return
    users = load.users
    if users is None:
        first = next(iter(domain.system()["workload"]["clients"].values()))
        think = _seconds(first["think_time"]["value"])
        users = (load.rate or 0.0) * (think + RESPONSE_S)
    for name, ratio in domain.rows_per_user.items():
        rows = document["entities"][name]["rows"]
        value = min(units.COUNT.high, max(1.0, round(ratio * users)))
        old = _count(rows["value"])
        low, high = (_count(x) * value / old for x in rows["range"])
        document["entities"][name]["rows"] = {
            **rows,
            "value": _text_count(value),
            "range": [_text_count(max(1.0, low)), _text_count(max(1.0, high))],
            "why": f"{units.trim(ratio)} for each of {units.trim(users)} users at peak; assumed",
        }
    if load.population is not None:
        document["entities"][domain.people]["rows"] = {
            "value": _text_count(max(1.0, load.population.value)),
            "origin": "stated",
            "source": load.population.source,
        }


def _on_top(client: dict[str, Any], load: Load, share: float, counted: str) -> None:
    """Make a client that is not counted by the load one that calls at a rate: assumed.

    They come in proportion to the counted; a rate of events doesn't tell how many look at them.
    """
    old = _count(client["users"]["value"])
    many, value = old, requests_per_s(client)
    why = "as in the domain; the rate of the others doesn't tell how many they are"
    if load.users is not None:
        many, value = load.users * share, value * load.users * share / old
        why = f"in the domain's proportion to {units.trim(load.users)} of {counted}"
    pause = client.pop("think_time")["value"]
    client["rate"] = {
        **client.pop("users"),
        "value": _text_rate(value),
        "range": [_text_rate(value / _ON_TOP_RANGE), _text_rate(value * _ON_TOP_RANGE)],
        "why": f"{units.trim(many)} of them, each every {pause}: {why}",
    }


def _give(client: dict[str, Any], share: float, load: Load, name: str, alone: bool) -> None:
    part = "" if alone else f"{share:.0%} of them use {name} (share assumed)"
    if load.users is not None:
        client["users"] = _quantity(load.users * share, load.origin, share, part, "users")
        if load.think is not None:
            client["think_time"] = dict(load.think)
    elif load.rate is not None:
        del client["users"], client["think_time"]
        client["rate"] = _quantity(load.rate * share, load.origin, share, part, "rate")


def _quantity(
    value: float, origin: dict[str, Any], share: float, part: str, unit: str
) -> dict[str, Any]:
    text = _text_count if unit == "users" else _text_rate
    out = {**origin, "value": text(value)}
    why = "; ".join(x for x in (origin.get("why", ""), part) if x)
    if why:
        out["why"] = why
    if "range" in origin:
        low, high = origin["range"]
        out["range"] = [text(min(low * share, value)), text(max(high * share, value))]
    return out


def requests_per_s(client: dict[str, Any]) -> float:
    """Requests a client makes in a second, where every answer takes RESPONSE_S."""
    if "rate" in client:
        return units.RATE.parse(client["rate"]["value"])
    users = _count(client["users"]["value"])
    return users / (_seconds(client["think_time"]["value"]) + RESPONSE_S)


def _partners(template: dict[str, Any], domain: Domain) -> dict[str, Any]:
    """A client of other companies' systems; it asks for what people on the web ask for."""
    first = next(iter(template.values()))
    own = template.get(PARTNERS, first)
    about = deepcopy(domain.partners) or {k: own[k] for k in ("title", "access") if k in own}
    left = {key: value for key, value in first.items() if key != "access"}
    usual = {"title": "Systems of partners and third parties", "access": {"audience": "partner"}}
    return {**left, **usual, **about, "journeys": own["journeys"]}


def _more_callers(client: dict[str, Any], times: float) -> None:
    """With a higher load come more partners; what one of them may ask for stays."""
    tiers = client.get("access", {}).get("tiers", {})
    for name, tier in tiers.items():
        old = tier["callers"]
        tiers[name] = {**tier, "callers": {
            **old,
            "value": _text_count(_count(old["value"]) * times),
            "range": [_text_count(_count(x) * times) for x in old["range"]],
            "why": old["why"] if units.trim(times) == "1" else
            f"{old['why']}; {units.trim(times)} times as many, as their load",
        }}  # fmt: skip


def _with_rate(partners: dict[str, Any], requests: float) -> dict[str, Any]:
    share, low, high = PARTNER_SHARE
    partners = {k: v for k, v in partners.items() if k not in ("users", "think_time")}
    partners["rate"] = {
        "value": _text_rate(requests * share),
        "range": [_text_rate(requests * low), _text_rate(requests * high)],
        "origin": "assumed",
        "source": "no source; engineering judgement",
        "why": f"{share:.0%} on top of {_asked(requests)} of people",
    }
    return partners


def _asked(per_s: float) -> str:
    return units.rate_text(per_s, "requests", units.trim)


def _scale_rate(client: dict[str, Any], ratio: float, requests: float) -> None:
    """A rate of the domain in its proportion to the requests of people, its range with it."""
    old = client["rate"]
    factor = ratio * requests / units.RATE.parse(old["value"])
    client["rate"] = {
        **old,
        "value": _text_rate(ratio * requests),
        "range": [_text_rate(units.RATE.parse(x) * factor) for x in old["range"]],
        "why": f"{ratio:.0%} on top of {_asked(requests)} of people",
    }


def _count(text: Any) -> float:
    return units.COUNT.parse(text)


def _seconds(text: Any) -> float:
    return units.DURATION.parse(text)


def _text_count(value: float) -> str:
    return units.COUNT.format(min(units.COUNT.high, max(1.0, float(round(value)))))


def _text_rate(value: float) -> str:
    return units.RATE.format(float(units.trim(min(units.RATE.high, max(value, 1e-6)), 6)))
