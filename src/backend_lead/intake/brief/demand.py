"""From what a brief says about users and rates to the load at peak, by Little's law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend_lead.catalog.domains import Domain
from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.note import note
from backend_lead.model import units
from backend_lead.model.design import Question
from backend_lead.model.finding import Finding

DAY_S = 86400.0
# Registered users of whom a month sees one; no source, engineering judgement, 10 % to 60 %.
MONTHLY_OF_REGISTERED = (0.3, 0.1, 0.6)
RESPONSE_S = 0.1  # mean response time in N = X (R + Z); half the default objective
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


@dataclass
class Load:
    """The load at peak: concurrent users, or a rate in 1/s, with its origin as a model writes it.

    `population` is the number of people with an account, where the brief tells one.
    """

    users: float | None = None
    rate: float | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    think: dict[str, Any] | None = None
    population: Mention | None = None
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def derive(
    mentions: Sequence[Mention], domain: Domain, peak: dict[str, Any], shares: dict[str, float]
) -> Load:
    """Decide the load at peak. `shares`: share of requests that create an entity of a name,
    or that are `reads` or `writes`."""
    by = {kind: [m for m in mentions if m.kind == kind] for kind in _KINDS}
    load = Load()
    people = [m for kind in ("registered", "users", "monthly", "daily") for m in by[kind]]
    load.population = max(people, key=lambda m: m.value, default=None)
    concurrent = _highest(by["concurrent"], load, "numbers of concurrent users")
    rate, rate_origin = _rate(by["rate"], peak, shares, load)
    pause = _highest(by["pause"], load, "think times", lowest=True)
    if pause is not None:
        load.think = _stated(units.DURATION.format(pause.value), pause)
    if concurrent is not None:
        load.users, load.origin = concurrent.value, _stated("", concurrent)
        if concurrent.vague:
            _vague(concurrent, load)
        if rate is not None:
            _reconcile(concurrent, rate, rate_origin, pause, load)
        _check_population(concurrent, load)
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
        _from_population(by, domain, peak, load)
    return load


_KINDS = ("concurrent", "registered", "users", "monthly", "daily", "rate", "pause")


def _stated(value: str, mention: Mention) -> dict[str, Any]:
    out = {"value": value, "origin": "stated", "source": mention.source}
    if mention.low is not None and mention.low < mention.value:
        low, high = units.trim(mention.low), units.trim(mention.value)
        out["why"] = f"the high end of the range {low} to {high} is taken"
    return out


def _vague(mention: Mention, load: Load) -> None:
    load.findings.append(
        note(
            "brief-vague",
            f"{mention.words!r} is no number; {units.trim(mention.value)} is taken",
            mention,
            "warning",
            hint="write the number, for example 3 million concurrent users",
        )
    )


def _highest(found: list[Mention], load: Load, label: str, lowest: bool = False) -> Mention | None:
    """The most demanding of several; more than one value is a contradiction that is told."""
    if not found:
        return None
    best = (min if lowest else max)(found, key=lambda m: m.value)
    for other in found:
        if other.value != best.value:
            load.findings.append(
                note(
                    "brief-contradiction",
                    f"two {label}: {best.words!r} is taken, {other.words!r} is not",
                    other,
                    "warning",
                    hint="leave one of them out",
                )
            )
    return best


def _rate(
    found: list[Mention], peak: dict[str, Any], shares: dict[str, float], load: Load
) -> tuple[float | None, dict[str, Any]]:
    """The request rate at peak: a mean over minutes or days is raised by the peak factor."""
    candidates: list[tuple[float, dict[str, Any], Mention]] = []
    factor = float(peak["value"])
    low, high = (float(x) for x in peak["range"])
    for m in found:
        share = shares.get(ONE_REQUEST.get(m.what, ""), 1.0)
        base = m.value / share
        steps = [units.trim(m.value) + f" {m.what}/s"]
        if share < 1:
            steps.append(f"/ {share:.2%} of the requests are such")
        if m.per_s >= 3600:
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
            candidates.append((base, _stated("", m), m))
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


def _from_population(
    by: dict[str, list[Mention]], domain: Domain, peak: dict[str, Any], load: Load
) -> None:
    """Concurrent users at peak from daily, monthly or registered ones."""
    kind = next(k for k in ("daily", "monthly", "users", "registered") if by[k])
    people = max(by[kind], key=lambda m: m.value)
    if people.vague:
        _vague(people, load)
    activity = domain.activity
    factors: list[tuple[str, float, float, float]] = []
    if kind == "registered":
        factors.append(("seen in a month", *MONTHLY_OF_REGISTERED))
    if kind != "daily":
        factors.append(("seen on a day", *_range(activity["daily_of_monthly"], units.RATIO)))
    factors.append(("sessions a day", *_range(activity["sessions_per_day"], units.FACTOR)))
    factors.append(("s a session", *_range(activity["session_length"], units.DURATION)))
    factors.append(("peak factor", *_range(peak, units.FACTOR)))
    value = low = high = people.value / DAY_S
    for _, mid, least, most in factors:
        value, low, high = value * mid, low * least, high * most
    formula = " x ".join(f"{units.trim(mid)} {name}" for name, mid, _, _ in factors)
    ranges = ", ".join(f"{name} {units.trim(a)} to {units.trim(b)}" for name, _, a, b in factors)
    load.users = max(1.0, value)
    load.origin = {
        "origin": "assumed",
        "range": (max(1.0, low), max(1.0, high)),
        "source": f"{people.source}; {_sources(activity)}",
        "why": f"{units.trim(people.value)} x {formula} / 86400 s = {units.trim(value)} at once; "
        f"assumed {ranges}",
    }
    if kind == "users":
        load.findings.append(
            note(
                "brief-users",
                f"{people.words!r} doesn't say whether they are there at once; read "
                "as users of a month",
                people,
                "warning",
                hint="write concurrent users, daily users or registered users",
            )
        )
    load.questions.append(
        Question(
            f"How many users are there at once at the busiest moment? The brief says "
            f"{people.words!r}.",
            f"{units.trim(load.users)} concurrent users, computed from sessions a day and "
            f"their length",
            "the load is proportional to it; it may be off by a factor of ten",
        )
    )


def _range(quantity: dict[str, Any], dimension: units.Dimension) -> tuple[float, float, float]:
    low, high = quantity["range"]
    return dimension.parse(quantity["value"]), dimension.parse(low), dimension.parse(high)


def _sources(activity: dict[str, Any]) -> str:
    return "; ".join(sorted({str(quantity["source"]) for quantity in activity.values()}))
