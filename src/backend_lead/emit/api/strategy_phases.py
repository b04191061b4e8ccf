"""What is built in which order, its price with its range, and when each phase is done."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.catalog.api_policies import (
    FIRST_CALL_S,
    GATEWAY_H,
    OFFLINE_H,
    OPERATION_H,
    PARTNER_H,
    SCREEN_H,
    STREAM_H,
    SUBGRAPH_H,
)
from backend_lead.catalog.api_styles import (
    COMPOSED_H,
    FEDERATION_SERVICES,
    FEDERATION_TEAM,
    GRAPH_H,
    GRAPH_SERVICES,
    GRAPH_TEAM,
    LAYER_H,
    QUERY_H,
    WEIGHED_MONTHS,
)
from backend_lead.catalog.complexity import HOUR_USD
from backend_lead.catalog.fact import Fact
from backend_lead.emit.api.reading import (
    FIRST_PARTY,
    STYLE,
    WHO,
    Reading,
    code,
    count,
    listed,
    many,
    ms,
    network,
    rate,
    seconds,
    share,
)
from backend_lead.emit.api.strategy_clients import queued
from backend_lead.emit.api.strategy_limits import complete_s
from backend_lead.emit.api.strategy_partners import first_call
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import money
from backend_lead.model.screens import Style

WEEK_H = 40.0  # working hours of one engineer in a week


@dataclass(frozen=True)
class Effort:
    """Hours, with their range."""

    hours: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.hours + other.hours, self.low + other.low, self.high + other.high)


def times(fact: Fact, number: float) -> Effort:
    """So many times what one takes."""
    return Effort(fact.value * number, fact.low * number, fact.high * number)


@dataclass(frozen=True)
class Phase:
    """A step of the way; without hours it is not begun."""

    title: str
    what: str
    effort: Effort
    done: str
    told: str = ""  # instead of a price

    @property
    def price(self) -> str:
        return self.told or price(self.effort)


def phases(read: Reading) -> str:
    """The phases as a table, and where their hours come from."""
    every = steps(read)
    rows = [[str(i + 1), one.title, one.what, one.price, one.done]
            for i, one in enumerate(every)]  # fmt: skip
    head = ["phase", "", "what", "once", "done when"]
    monthly = sum(r.hours_month for r in read.plan.recommended)
    titles = {one.title for one in every}
    known = [
        (OPERATION_H, "per operation or list", "contracts"),
        (GATEWAY_H, "for the gateway", "contracts"),
        (SCREEN_H, "per composed screen", "screens composed"),
        (STREAM_H, "for the stream", "events for users"),
        (OFFLINE_H, "per command that is queued", "without a network"),
        (PARTNER_H, "for the programme", "partners"), (SUBGRAPH_H, "per subgraph", "graph"),
        (QUERY_H, "per query of a screen", "graph"),
    ]  # fmt: skip
    facts = [(fact, what) for fact, what, of in known if of in titles]
    told = (
        f"Together {price(total(every))}: {weeks(total(every))}. Hours at "
        f"{money(HOUR_USD.value)}; all are assumed: "
        + listed((f"{f.value:.0f} {what} ({f.low:.0f} to {f.high:.0f})" for f, what in facts), 9)
        + ". Moving what exists is not priced: it depends on what that is."
    )
    if monthly:
        told += f" To run: {monthly:.0f} hours a month ({money(monthly * HOUR_USD.value)})."
    return "## Phases\n\n" + table(head, rows) + "\n\n" + told


def total(every: Iterable[Phase]) -> Effort:
    """The hours of all phases."""
    return sum((one.effort for one in every), Effort())


def weeks(effort: Effort) -> str:
    """Hours as one engineer's weeks."""
    return f"{effort.hours / WEEK_H:.0f} weeks of one engineer"


def price(effort: Effort) -> str:
    """Hours with their price and its range."""
    if not effort.hours:
        return "not begun"
    usd = HOUR_USD.value
    return (f"{effort.hours:,.0f} h, {money(effort.hours * usd)} "
            f"({money(effort.low * usd)} to {money(effort.high * usd)})")  # fmt: skip


def steps(read: Reading) -> list[Phase]:
    """Each phase, in order."""
    ops = [op for op in read.found.operations.values() if op.nature != "event"]
    out = [Phase(
        "contracts", f"{many(len(ops), 'operation')} of "
        f"{many(len(read.found.services), 'service')} in CI, gateway with limits and sign-in",
        times(OPERATION_H, len(ops)) + times(GATEWAY_H, 1),
        f"{code(read.found.callers)} call with clients generated from the contracts, and "
        "`http_requests_total` tells them apart",
    )]  # fmt: skip
    more = (
        _repeats(read),
        _sized(read),
        _graph(read),
        _composed(read),
        _streamed(read),
        _offline(read),
        _partners(read),
    )
    return [*out, *(step for step in (*more, _later(read)) if step)]


def _repeats(read: Reading) -> Phase | None:
    worth = [r for r in read.plan.repeated if r.busy_repeated - r.busy >= 0.01]
    if not worth:
        return None
    first = worth[0]
    return Phase(
        "N+1 taken out", listed(f"`{r.operation}` of `{r.screen}`" for r in worth),
        times(OPERATION_H, len(worth)),
        f"`{first.screen}` asks `{first.operation}` at most {rate(first.batched_per_s)} instead of "
        f"{rate(first.calls_per_s)}",
    )  # fmt: skip


def _sized(read: Reading) -> Phase | None:
    """What must be sized before the screens can be served at all."""
    more = read.plan.planned
    if more is None or not more.full:
        return None
    screens = code(dict.fromkeys(
        s.screen for s in read.plan.screens if s.planned and not s.planned.holds
    ))  # fmt: skip
    over = listed(f"{name} {share(busy)}" for name, busy in more.full)
    return Phase(
        "sized for the screens",
        f"{over} asked of it with every screen as recommended; "
        + (f"until then {screens} cannot be served" if screens else "no screen needs it"),
        Effort(), "the requests of the screens stand in the journeys of the model, and "
        "`backend-lead design` finds sizes that carry them", "not priced: the bill of that design",
    )  # fmt: skip


def _composed(read: Reading) -> Phase | None:
    names = dict.fromkeys(
        name for audience in FIRST_PARTY if audience in read.found.audiences
        and read.advice(audience).style == "bff" for name in read.advice(audience).screens
    )  # fmt: skip
    if not names:
        return None
    done = _completes(read, names, "bff")
    return Phase("screens composed", code(names), times(SCREEN_H, len(names)),
                 done or "each is one call")  # fmt: skip


def _completes(read: Reading, names: Iterable[str], style: Style) -> str:
    """The time that a screen built in a style has to reach: the objective that was set for it."""
    own = [s for s in read.plan.screens if s.screen in set(names)
           and s.planned and s.planned.style == style and s.planned.holds]  # fmt: skip
    if not own:
        return ""
    best = max(own, key=lambda s: (s.views_per_s, s.screen))
    before = best.own.of("rest")
    now = ms(before.p95_s) + " as it is" if before.holds else "as it is, none can be told"
    return (f"p95 of `{best.screen}` on {network(best.own.network)}, measured, is within its "
            f"objective of {ms(complete_s(best))} ({now})")  # fmt: skip


def _graph(read: Reading) -> Phase | None:
    """The graph itself, where an audience is given one."""
    styles = {read.advice(a).style: a for a in read.found.audiences}
    audience = styles.get("federated") or styles.get("graph")
    if audience is None:
        return None
    number = len(read.found.services) if "federated" in styles else 1
    shown = read.screens(audience)
    exits = "composition is checked in CI before a service is released"
    if shown and number > 1:
        best = max(shown, key=lambda s: (s.own.of("federated").inside, s.screen))
        exits = f"`{best.screen}` is answered in {best.own.of('federated').inside} fetches, {exits}"
    what = f"router, registry and {number} subgraphs" if number > 1 else "one schema"
    names = read.advice(audience).screens
    done = _completes(read, names, "federated" if number > 1 else "graph")
    return Phase("graph", f"{what} for {WHO[audience].lower()}; queries of {code(names)}",
                 times(SUBGRAPH_H, number) + times(QUERY_H, len(names)),
                 f"{exits}; {done}" if done else exits)  # fmt: skip


def _streamed(read: Reading) -> Phase | None:
    held = read.plan.streaming
    if not held:
        return None
    machines = sum(s.machines for s in held)
    return Phase(
        "events for users", f"{' and '.join(sorted({s.way for s in held}))} for "
        f"{code(s.client for s in held)}", times(STREAM_H, 1),
        f"{count(sum(s.held for s in held))} connections are held on {machines} instances, and all "
        "come back after one is stopped",
    )  # fmt: skip


def _offline(read: Reading) -> Phase | None:
    if "mobile" not in read.found.audiences:
        return None
    later = [op for op in read.asked("mobile") if queued(op)]
    if not later:
        return None
    return Phase(
        "without a network", f"{many(len(later), 'command')} queued by "
        f"{code(c.name for c in read.callers('mobile'))}", times(OFFLINE_H, len(later)),
        "in flight mode each is shown as waiting; after it each arrives once, also when it was "
        "sent twice",
    )  # fmt: skip


def _partners(read: Reading) -> Phase | None:
    own = read.asked("partner")
    if not own:
        return None
    return Phase(
        "partners", f"{many(len(own), 'operation')}, "
        f"{many(len(read.events('partner')), 'webhook')}, sandbox, portal", times(PARTNER_H, 1),
        "three partners call with keys of their own, "
        + (f"and each had its first answer within {seconds(FIRST_CALL_S.value)}"
           if first_call(read) is not None else "and each has changed something in the sandbox"),
    )  # fmt: skip


def _later(read: Reading) -> Phase | None:
    styles = {r.style for r in read.plan.recommended}
    team = read.design.system.team
    people = f"today {count(team.size)}" if team else "the model names none"
    if "federated" in styles:
        return None
    if "graph" in styles:
        return Phase("federation, not before", f"{FEDERATION_SERVICES.value:.0f} services and "
                     f"{FEDERATION_TEAM.value:.0f} engineers ({people})", Effort(),
                     "changes of the schema wait for each other")  # fmt: skip
    return Phase(
        "a graph, not before",
        f"screens mix {GRAPH_SERVICES.value:.0f} services, {GRAPH_TEAM.value:.0f} engineers are "
        f"there ({people}) and {graph_pays_from()} screens of an audience gain by composing",
        Effort(), f"{STYLE['graph']} then takes fewer hours than composing each, within "
        f"{WEIGHED_MONTHS.value:.0f} months",
    )  # fmt: skip


def graph_pays_from() -> int:
    """Screens from which one schema takes fewer hours than a layer that composes each of them."""
    months = WEIGHED_MONTHS.value
    fixed = SUBGRAPH_H.value + months * (GRAPH_H.value - LAYER_H.value)
    each = SCREEN_H.value + months * COMPOSED_H.value - QUERY_H.value
    return math.floor(fixed / each) + 1
