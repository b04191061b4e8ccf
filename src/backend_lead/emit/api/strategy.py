"""api/strategy.md: the API strategy, audience by audience, with the figures it follows from."""

from __future__ import annotations

from backend_lead.catalog.api_styles import BATCHED_SHARE
from backend_lead.catalog.network_profiles import OPENING, PROFILES, SIDE_BY_SIDE
from backend_lead.catalog.sockets import HANDSHAKE_CPU
from backend_lead.emit.api.reading import (
    STYLE,
    WHO,
    Reading,
    code,
    count,
    data,
    listed,
    many,
    ms,
    network,
    rate,
    reading,
    share,
)
from backend_lead.emit.api.strategy_access import access
from backend_lead.emit.api.strategy_assumed import assumed
from backend_lead.emit.api.strategy_caching import caching
from backend_lead.emit.api.strategy_clients import fuller, offline, streams
from backend_lead.emit.api.strategy_conventions import beside, conventions
from backend_lead.emit.api.strategy_failure import errors, failures
from backend_lead.emit.api.strategy_lifecycle import lifecycle
from backend_lead.emit.api.strategy_limits import limits, objectives
from backend_lead.emit.api.strategy_objects import objects_and_fields
from backend_lead.emit.api.strategy_partners import programme
from backend_lead.emit.api.strategy_phases import phases
from backend_lead.emit.api.strategy_running import migration, observability, review
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, sentence
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design
from backend_lead.model.screens import OnNetwork, Recommended, ScreenCost, Style

ID = "strategy"
GROUP = "api"
FILES = ()
MORE = r"api/strategy\.md"
RUNS = False


def emit(design: Design) -> dict[str, str]:
    """Nothing where the model promises no API."""
    read = reading(design)
    if read is None:
        return {}
    parts = [
        f"# API strategy: {cell(read.found.title)}",
        f"Written from the model {design.digest}; change the model, not this file. Times of "
        f"screens are simulated ({read.plan.draws:,} views each, seed {read.plan.seed}); rates and "
        "limits are computed from the model.",
        _short(read), _screens(read), _repeated(read),
        *(_audience(read, audience) for audience in read.found.audiences),
        objects_and_fields(read), conventions(read), caching(read), errors(read), failures(read),
        observability(read), migration(read), review(read), phases(read), assumed(read),
        beside(read),
    ]  # fmt: skip
    return {"api/strategy.md": "\n\n".join(part for part in parts if part) + "\n"}


def _short(read: Reading) -> str:
    rows = []
    for audience in read.found.audiences:
        advice = read.advice(audience)
        load = sum(read.load(c)[1] for c in read.callers(audience))
        rows.append([
            WHO[audience], code(c.name for c in read.callers(audience)), STYLE[advice.style],
            many(len(read.asked(audience)), "operation") + _told(read, audience), rate(load),
            cell(advice.why[0]),
        ])  # fmt: skip
    head = ["audience", "clients", "style", "may use", "load at peak", "because"]
    return "## The answer\n\n" + table(head, rows)


def _told(read: Reading, audience: Audience) -> str:
    events = read.events(audience)
    return f", {many(len(events), 'event')}" if events else ""


def _screens(read: Reading) -> str:
    if not read.plan.screens:
        return (
            "## Screens\n\nThe model names no screen, so no round trip was counted: add "
            "`api.screens` (which operations a screen needs, what waits for what) and ask again."
        )
    rows = [_screen_row(s) for s in sorted(read.plan.screens, key=lambda s: -s.views_per_s)]
    head = ["screen", "client, network", "views", "calls, rounds", "as it is, p50", "p95",
            "fuller lists", "composed", "graph", "fetches"]  # fmt: skip
    own = dict.fromkeys(s.own.network for s in read.plan.screens)
    opened = listed(
        f"{ms(PROFILES[id].rtt.value * OPENING.value + HANDSHAKE_CPU.value)} on {network(id)}"
        for id in own
    )
    text = (
        "## What each screen costs\n\nTime until the screen is complete, p95 from *as it is* "
        f"onwards, with a connection that must be opened first: {opened} of each, whatever the "
        "style. *Fuller lists*: nothing is asked once per item. "
        "*Composed*: one call, the same operations asked inside, each for all items at once. "
        "*Graph*: one query; *fetches* are those of a federated plan. Each column holds while "
        "every screen is built like that: what the screens ask then is in the times. A p95 is off "
        f"by {_off(read)} at most, in 95 of 100 simulations."
    )
    return "\n\n".join([text, table(head, rows, 7), *_filled(read), _networks(read),
                        *_beyond(read), *_needless(read)])  # fmt: skip


def _off(read: Reading) -> str:
    known = [x for s in read.plan.screens for x in s.own.styles if x.holds and x.p95_s > 0]
    return share(max((x.off_s / x.p95_s for x in known), default=0.0))


def _filled(read: Reading) -> list[str]:
    """What *does not hold* means, and what is in the way."""
    lost: dict[tuple[str, str], dict[str, None]] = {}
    for screen in read.plan.screens:
        for one in screen.own.styles:
            if not one.holds:
                lost.setdefault((_COLUMN[one.style], one.full), {})[screen.screen] = None
    if not lost:
        return []
    columns: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (column, full), names in lost.items():
        columns.setdefault((full, tuple(names)), []).append(column)
    lines = [f"- {cell(full)}: {code(names)}, {listed(how)}"
             for (full, names), how in columns.items()]  # fmt: skip
    return [
        "*Does not hold*: a part that the screen needs is asked for more than it can do, so its "
        "queue has no end and no time can be told.\n\n" + "\n".join(lines)
    ]


_COLUMN: dict[Style, str] = {
    "rest": "as it is", "fitted": "fuller lists", "bff": "composed", "graph": "graph",
    "federated": "federated graph",
}  # fmt: skip


def _needless(read: Reading) -> list[str]:
    """What a screen names for each item though its list gives it."""
    ops = read.found.operations
    return [
        f"`{screen}` names `{ops[ask].id}` for each item of `{ops[by].id}`, which already gives "
        "the whole of it: it is not asked, here and in the phases. Take it out of the model."
        for screen, ask, by in read.plan.needless
    ]


def _screen_row(screen: ScreenCost) -> list[str]:
    own = screen.own
    rest = own.of("rest")
    return [
        f"`{screen.screen}`", f"`{screen.client}`, {network(own.network)}",
        rate(screen.views_per_s), f"{rest.calls}, {rest.rounds}", ms(rest.p50_s), ms(rest.p95_s),
        *(ms(own.of(style).p95_s) for style in ("fitted", "bff", "graph")),
        str(own.of("federated").inside),
    ]  # fmt: skip


def _beyond(read: Reading) -> list[str]:
    """What screens ask beyond the journeys of the model, and what that does to the backend."""
    more = read.plan.beyond
    if more is None or more.per_s < 0.01 * sum((read.plan.rates or {}).values()):
        return []
    return [
        f"Built like this the screens ask {rate(more.per_s)} that no journey of the model states "
        f"(most: `{more.most}`): {more.resource} goes from {share(more.busy)} to "
        f"{share(more.busy_with)}. {_as_planned(read)}The capacity and the bill of the design know "
        "only the journeys: add these requests to them, or take them out of the screens."
    ]


def _as_planned(read: Reading) -> str:
    """The same once the screens are built as recommended."""
    more = read.plan.planned
    if more is None:
        return "Built as recommended below they ask nothing more. "
    full = listed(f"{name} at {share(busy)}" for name, busy in more.full)
    told = f"{full}: more than there is" if full else f"{more.resource} is at " \
           f"{share(more.busy_with)}"  # fmt: skip
    return f"Built as recommended below it is the work of {rate(more.per_s)}: {told}. "


def _networks(read: Reading) -> str:
    """The same screens on the networks that are compared, once for each screen."""
    rows = []
    for screen in {s.screen: s for s in read.plan.screens}.values():
        on = {n.network: n for n in screen.networks}
        rest = screen.own.of("rest")
        rows.append([
            f"`{screen.screen}`", data(rest.down_bytes), data(rest.up_bytes),
            data(screen.own.of("bff").up_bytes),
            *(_both(on[id]) if id in on else "" for id in SIDE_BY_SIDE),
        ])  # fmt: skip
    head = ["screen", "down", "up", "up, composed",
            *(f"{network(id)}: as it is, composed" for id in SIDE_BY_SIDE)]  # fmt: skip
    return table(head, rows, 6)


def _both(on: OnNetwork) -> str:
    """As it is and composed; said once where neither holds."""
    both = [ms(on.of("rest").p95_s), ms(on.of("bff").p95_s)]
    neither = not on.of("rest").holds and not on.of("bff").holds
    return both[0] if neither else ", ".join(both)


def _repeated(read: Reading) -> str:
    if not read.plan.repeated:
        return ""
    rows = [
        [f"`{r.screen}`", f"`{r.operation}` for each of {r.items} of `{r.of}`", rate(r.calls_per_s),
         rate(r.batched_per_s), r.resource, share(r.busy), share(r.busy_repeated),
         share(r.busy_batched)]
        for r in read.plan.repeated
    ]  # fmt: skip
    head = ["screen", "repeats", "calls", "in batches", "fills most", "without them",
            "one by one", "in batches"]  # fmt: skip
    text = (
        "Use of the resource that is closest to its limit, with everything else that screens ask "
        "on top of the journeys, in batches: one more item of a batch is taken to be "
        f"{share(BATCHED_SHARE.value)} of a request ({share(BATCHED_SHARE.low)} to "
        f"{share(BATCHED_SHARE.high)})."
    )
    return "\n\n".join(["## Operations asked once per item (N+1)", text, table(head, rows),
                        _worst(read)])  # fmt: skip


def _worst(read: Reading) -> str:
    worst = max(read.plan.repeated, key=lambda r: (r.busy_repeated - r.busy_batched, r.screen))
    told = (
        f"`{worst.operation}` for each of `{worst.of}` takes {worst.resource} from "
        f"{share(worst.busy)} to {share(worst.busy_repeated)}"
    )
    if worst.busy_repeated - worst.busy < 0.01:
        return told + ": leave it."
    left = ""
    if worst.busy_batched > 1:
        left = (f" That is still more than {worst.resource} can do: size it for the screens, or "
                "show less of other services.")  # fmt: skip
    mend = f"give `{worst.of}` what `{worst.screen}` shows of it, or take many ids in one request"
    return (f"{told}; in batches {share(worst.busy_batched)}. Before the first release: "
            f"{mend}.{left}")  # fmt: skip


def _audience(read: Reading, audience: Audience) -> str:
    parts = [f"## {WHO[audience]}", _consumers(read, audience), _style(read, audience),
             lifecycle(read, audience), access(read, audience), limits(read, audience),
             objectives(read, audience)]  # fmt: skip
    if audience in ("mobile", "web"):
        parts += [offline(read, audience), streams(read, audience)]
    if audience == "partner":
        parts.append(programme(read))
    return "\n\n".join(part for part in parts if part)


def _consumers(read: Reading, audience: Audience) -> str:
    rows = []
    for caller in read.callers(audience):
        told, load = read.load(caller)
        own = [op for op in read.asked(audience) if caller.name in op.clients]
        commands = sum(op.nature == "command" for op in own)
        screens = [s.screen for s in read.plan.screens if s.client == caller.name]
        rows.append([
            f"`{caller.name}`", cell(caller.title), told, rate(load), read.network(caller),
            ", ".join(many(n, *words) for n, words in (
                (len(own) - commands, ("query", "queries")), (commands, ("command",))) if n),
            code(screens) or "none named",
        ])  # fmt: skip
    head = ["client", "who", "how many", "requests", "network", "may use", "screens"]
    return table(head, rows)


def _style(read: Reading, audience: Audience) -> str:
    advice = read.advice(audience)
    told = [f"### Style: {STYLE[advice.style]}", " ".join(sentence(one) for one in advice.why)]
    if advice.screens:
        told.append(_composing(read, advice))
    if advice.fitted:
        told.append(fuller(read, advice.fitted))
    if (advice.screens and advice.style == "bff") or advice.fitted:
        told.append("These operations are in no contract yet: write each under `api.operations` of "
                    "`backend.yaml`, and generate again.")  # fmt: skip
    if advice.edge_lost_per_s:
        told.append(f"What was answered at the edge until now and is composed behind it: "
                    f"{rate(advice.edge_lost_per_s)} more reach the services.")  # fmt: skip
    rows = [[STYLE[r.style], cell(r.why)] for r in advice.rejected if r.why]
    return "\n\n".join([*told, table(["not taken", "why"], rows)])


def _composing(read: Reading, advice: Recommended) -> str:
    """Which screens are one call, and where that call is answered."""
    if advice.style in ("graph", "federated"):
        more = {s.screen: s.planned.calls for s in read.screens(advice.audience)
                if s.screen in advice.screens and s.planned and s.planned.calls > 1}  # fmt: skip
        how = "one persisted query each (`api/graphql/operations`)"
        if more:
            how += ", but " + listed(f"`{name}` {count(calls)}" for name, calls in more.items())
            how += ", where no type links what is shown"
    elif advice.alone:
        how = f"one operation each, in a service of its own for {WHO[advice.audience].lower()}"
    else:
        homes = dict.fromkeys(
            s.asks[0].service for s in read.plan.screens if s.screen in advice.screens
        )
        how = f"one operation each, answered by {code(homes)}; no service of its own"
    return f"{code(advice.screens)}: {how}; {advice.gain_views:.0%} of its views gain."
