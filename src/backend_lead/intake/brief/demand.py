"""From what a brief says about users and rates to the load at peak, by Little's law."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from backend_lead.catalog.domains import Domain
from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.note import note, stated
from backend_lead.intake.brief.peak_load import DAY_S, RESPONSE_S, Load, origin_of, strictest, vague
from backend_lead.intake.brief.people import KINDS
from backend_lead.intake.brief.population import added_up, from_population, of_population, unused
from backend_lead.model import units

# Words for a request; other events (a ride, a booking) come with requests nobody counts.
_REQUESTS = re.compile(
    r"req|quer|trans|txn|(?:api\s+)?call|hits|page|events?$|mess|msg|op|clicks?|impres|read|updat|ping"
    r"|writes?|lookups?|search|inserts?|metrics|samples?|records?|data|bids?|measure",
    re.I,
)
RATES_AGREE = 0.25  # a stated rate this near to users / (think + response) is no contradiction
# Words for an event -> the entity it creates, or the kind of request it is.
ONE_REQUEST = {
    **dict.fromkeys(("orders", "order", "purchases", "checkouts"), "order"),
    **dict.fromkeys(("posts", "post", "tweets"), "post"),
    **dict.fromkeys(("message", "messages", "msg", "msgs"), "message"),
    **dict.fromkeys(("transaction", "transactions", "txn", "txns"), "payment"),
    **dict.fromkeys(("write", "writes"), "writes"),
    **dict.fromkeys(("read", "reads"), "reads"),
}


def derive(
    mentions: Sequence[Mention], domain: Domain, peak: dict[str, Any], shares: dict[str, float]
) -> Load:
    """Decide the load at peak. `peak`: the factor of the model, which a stated one replaces.
    `shares`: share of requests that create an entity of a name, or that are `reads` or `writes`."""
    load = Load()
    mentions = _of_all(mentions, load)
    by = {k: [m for m in mentions if m.kind == k] for k in (*KINDS, "concurrent", "rate", "pause")}
    higher = strictest([m for m in mentions if m.kind == "peak"], load.findings, "peaks", max)
    if higher is not None:
        peak.clear()
        peak.update(stated(units.FACTOR.format(higher.value), higher))
    people = [m for kind in KINDS for m in by[kind]]
    load.population = max(people, key=lambda m: m.value, default=None)
    taken = load.population
    at_once = added_up(by["concurrent"], load) or of_population(mentions, load)
    concurrent = strictest(at_once, load.findings, "numbers of concurrent users", max)
    rates = _requests(by["rate"], shares, concurrent is not None, load)
    rate, rate_origin = _rate(rates, peak, shares, load, higher)
    pause = strictest(by["pause"], load.findings, "think times", min)
    if pause is not None:
        load.think = stated(units.DURATION.format(pause.value), pause)
    if concurrent is not None or rates:
        load.counts = (concurrent or max(rates, key=lambda m: m.value)).what
    if concurrent is not None:
        load.users, load.origin = concurrent.value, origin_of(concurrent)
        if concurrent.vague:
            vague(concurrent, load)
        if rate is not None:
            _reconcile(concurrent, rate, rate_origin, pause, load)
        _check_population(concurrent, load)
        if higher is not None and load.users is not None:
            _raise(concurrent, higher, load)
    elif rate is not None:
        load.rate, load.origin = rate, rate_origin
        if load.population is not None:
            load.findings.append(
                note(
                    "brief-load",
                    "the rate is taken for the load, the users for the number of accounts",
                    load.population,
                )
            )
    elif load.population is not None:
        taken = from_population(mentions, domain, peak, load)
    if pause is not None and load.users is None:
        why = "the load is a rate" if load.rate is not None else "no number of users is stated"
        load.findings.append(
            note("brief-load", f"{pause.words!r} is read, but {why}, so nothing follows from it",
                 pause, "warning")
        )  # fmt: skip
        load.think = None
    unused(mentions, [load.population, taken], load)
    return load


def _of_all(mentions: Sequence[Mention], load: Load) -> list[Mention]:
    """Leave out a rate too low to be that of all: two photos a day of a million people."""
    concurrent = max((m.value for m in mentions if m.kind == "concurrent"), default=0.0)
    people = max((m.value for m in mentions if m.kind in KINDS), default=0.0)
    out = []
    for m in mentions:
        if m.kind == "rate" and not concurrent and m.value * DAY_S < people:
            load.findings.append(
                note("brief-load", f"{m.words!r} is less than one a day for each of "
                     f"{units.trim(people)} people, so it can't be the load of all; it is not "
                     "taken", m, "warning", hint="write the requests a second of all together")
            )  # fmt: skip
        else:
            out.append(m)
    return out


def _requests(
    rates: Sequence[Mention], shares: dict[str, float], users_known: bool, load: Load
) -> list[Mention]:
    """Rates of requests. An event is one request of many, if the domain doesn't say which."""
    out = []
    for m in rates:
        if _REQUESTS.match(m.what) or ONE_REQUEST.get(m.what, "") in shares:
            out.append(m)
            continue
        taken = "it is not taken, the users are" if users_known else "one request each is taken"
        why = f"{m.words!r}: how many requests come with one of these is not known; {taken}"
        load.findings.append(note("brief-load", why, m, "warning", hint="write requests/s"))
        out += [] if users_known else [m]
    return out


def _raise(concurrent: Mention, higher: Mention, load: Load) -> None:
    """A stated factor over the usual load multiplies users who are not said to be the peak."""
    if re.search(r"\bpeak", concurrent.words, re.I) or load.users is None:
        return
    load.users = load.users * higher.value
    load.origin = {
        "origin": "computed",
        "source": f"{concurrent.source}; {higher.source}",
        "why": f"{units.trim(concurrent.value)} x {units.trim(higher.value)} = "
        f"{units.trim(load.users)} at the busiest moment",
    }
    load.findings.append(
        note("brief-load", f"{concurrent.words!r} is read as the usual load, {higher.words!r} as "
             f"times that: {units.trim(load.users)} users at once are designed for", higher,
             "warning", hint="leave the factor out if the number is the highest already")
    )  # fmt: skip


def _rate(
    found: list[Mention], peak: dict[str, Any], shares: dict[str, float], load: Load,
    higher: Mention | None,
) -> tuple[float | None, dict[str, Any]]:  # fmt: skip
    """The request rate at peak: a mean over hours or days is raised by the peak factor."""
    candidates: list[tuple[float, dict[str, Any], Mention]] = []
    factor = float(peak["value"])
    low, high = (float(x) for x in peak.get("range") or (factor, factor))
    for m in found:
        share = shares.get(ONE_REQUEST.get(m.what, ""), 1.0)
        base = m.value / share
        steps = [units.trim(m.value) + f" {m.what}/s"]
        if share < 1:
            steps.append(f"/ {share:.2%} of the requests are such")
        if higher is not None and "peak" not in m.words.lower():
            steps.append(f"x {units.trim(factor)} ({higher.words!r})")
            why = f"{' '.join(steps)} = {units.trim(base * factor)}/s at peak"
            source = f"{m.source}; {higher.source}"
            origin: dict[str, Any] = {"origin": "computed", "source": source, "why": why}
            load.findings.append(
                note("brief-load", f"{m.words!r} is read as the usual load, {higher.words!r} as "
                     "times that", higher, "warning",
                     hint="leave the factor out if the number is the highest already")
            )  # fmt: skip
            candidates.append((base * factor, origin, m))
        elif m.per_s >= 3600:
            steps.append(f"x peak factor {units.trim(factor)} (assumed, {low:g} to {high:g})")
            origin = {
                "origin": "assumed",
                "range": (base * low, base * high),
                "source": m.source,
                "why": f"mean {' '.join(steps)} = {units.trim(base * factor)}/s at peak",
            }
            candidates.append((base * factor, origin, m))
        elif share < 1:
            origin = {
                "origin": "computed",
                "source": m.source,
                "why": f"{' '.join(steps)} = {units.trim(base)}/s",
            }
            candidates.append((base, origin, m))
        else:
            candidates.append((base, origin_of(m), m))
    if not candidates:
        return None, {}
    best = max(candidates, key=lambda c: c[0])
    for value, _, m in candidates:
        if abs(value - best[0]) > 0.01 * best[0]:
            load.findings.append(
                note(
                    "brief-contradiction",
                    f"two rates: {best[2].words!r} is taken, {m.words!r} is not",
                    m,
                    "warning",
                    hint="leave one of them out",
                )
            )
    return best[0], best[1]


def _reconcile(
    users: Mention, rate: float, origin: dict[str, Any], pause: Mention | None, load: Load
) -> None:
    """Users and rate together fix the think time; a stated think time may contradict them."""
    think = users.value / rate - RESPONSE_S
    law = f"N = X (R + Z): {units.trim(users.value)} users / {units.trim(rate)}/s"
    if pause is not None:
        implied = users.value / (pause.value + RESPONSE_S)
        if abs(implied - rate) <= RATES_AGREE * rate:
            return
        larger = "users and think time" if implied > rate else "users and rate"
        load.findings.append(
            note(
                "brief-contradiction",
                f"users, rate and think time disagree: {law} leaves "
                f"{units.trim(max(think, 0))} s of thinking, {pause.words!r} says "
                f"{units.trim(pause.value)} s; {larger} are taken, the larger load",
                pause,
                "warning",
                allowed="rate = users / (think time + response time)",
                hint="leave one of the three out",
            )
        )
        if implied > rate:
            return
    if think > DAY_S:
        load.findings.append(
            note(
                "brief-contradiction",
                f"{law} leaves more than a day between two requests of a user; the users are "
                "taken, the rate is not",
                users,
                "warning",
                hint="leave one of them out",
            )
        )
        return
    if think <= 0:
        load.findings.append(
            note(
                "brief-contradiction",
                f"{law} leaves no time to think between requests; the rate "
                "is taken, the users are not",
                users,
                "warning",
                hint="leave one of them out",
            )
        )
        load.users, load.think = None, None
        load.rate, load.origin = rate, origin
        return
    why = f"{law} - {RESPONSE_S:g} s mean response = {units.trim(think)} s"
    load.think = {
        "value": units.DURATION.format(float(units.trim(think))),
        "origin": "computed",
        "source": str(origin.get("source", "")),
        "why": why,
    }


def _check_population(concurrent: Mention, load: Load) -> None:
    people = load.population
    if people is not None and people.value < concurrent.value:
        load.findings.append(
            note(
                "brief-contradiction",
                f"{people.words!r} are fewer than {concurrent.words!r}; the "
                "concurrent users are taken",
                people,
                "warning",
                allowed="at most as many at once as there are in total",
            )
        )
        load.population = None
