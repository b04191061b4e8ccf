"""api/strategy.md: the API strategy, audience by audience, with the figures it follows from."""

from __future__ import annotations

from backend_lead.emit.api.reading import STYLE, WHO, Reading, code, many, ms, rate, reading, share
from backend_lead.emit.api.strategy_access import access, objects_and_fields
from backend_lead.emit.api.strategy_clients import offline, streams
from backend_lead.emit.api.strategy_failure import errors, failures
from backend_lead.emit.api.strategy_lifecycle import lifecycle
from backend_lead.emit.api.strategy_limits import caching, limits, objectives
from backend_lead.emit.api.strategy_partners import programme
from backend_lead.emit.api.strategy_running import migration, observability, phases, review
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design
from backend_lead.model.screens import ScreenCost

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
        f"Written from the model {design.digest}; change the model, not this file. Times of screens "
        f"are simulated ({read.plan.draws:,} views each, seed {read.plan.seed}); rates and limits "
        "are computed from the model.",
        _short(read), _screens(read), _repeated(read),
        *(_audience(read, audience) for audience in read.found.audiences),
        objects_and_fields(read), caching(read), errors(read), failures(read), observability(read),
        migration(read), review(read), phases(read), _assumed(read),
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
            "## Screens\n\nThe model names no screen, so no round trip was counted: add `api.screens` "
            "(which operations a screen needs, what waits for what) and ask again."
        )
    rows = [_screen_row(s) for s in sorted(read.plan.screens, key=lambda s: -s.views_per_s)]
    head = ["screen", "client, network", "views/s", "calls, rounds", "REST p50 / p95",
            "composed p95", "graph p95 (fetches)", "4G: REST to composed", "3G", "Wi-Fi"]  # fmt: skip
    text = (
        "## What each screen costs\n\nUntil the screen is complete, from a cold connection. "
        "*Composed* is one call that is answered by asking the same operations inside; *graph* is "
        "one query, with the fetches of a federated plan in brackets."
    )
    return text + "\n\n" + table(head, rows)


def _screen_row(screen: ScreenCost) -> list[str]:
    own = screen.own
    rest, layer, graph = own.of("rest"), own.of("bff"), own.of("graph")
    beside = []
    for id in ("4g", "3g", "wifi"):
        one = next((n for n in screen.networks if n.network == id), None)
        beside.append("" if one is None else
                      f"{ms(one.of('rest').p95_s)} to {ms(one.of('bff').p95_s)}")  # fmt: skip
    return [
        f"`{screen.screen}`", f"`{screen.client}`, {own.network}", rate(screen.views_per_s),
        f"{rest.calls}, {rest.rounds}", f"{ms(rest.p50_s)} / {ms(rest.p95_s)}", ms(layer.p95_s),
        f"{ms(graph.p95_s)} ({own.of('federated').inside})", *beside,
    ]  # fmt: skip


def _repeated(read: Reading) -> str:
    if not read.plan.repeated:
        return ""
    rows = [
        [f"`{r.screen}`", f"`{r.operation}` for each of {r.items} of `{r.of}`", rate(r.calls_per_s),
         rate(r.batched_per_s), r.resource, share(r.busy), share(r.busy_repeated),
         share(r.busy_batched)]
        for r in read.plan.repeated
    ]  # fmt: skip
    head = ["screen", "repeats", "calls", "in batches", "busiest resource", "as stated",
            "with these calls", "with batches"]  # fmt: skip
    return "## Operations asked once per item (N+1)\n\n" + table(head, rows) + "\n\n" + _worst(read)


def _worst(read: Reading) -> str:
    worst = max(read.plan.repeated, key=lambda r: (r.busy_repeated - r.busy_batched, r.screen))
    told = (
        f"`{worst.operation}` for each of `{worst.of}` takes {worst.resource} from "
        f"{share(worst.busy)} to {share(worst.busy_repeated)}"
    )
    if worst.busy_repeated - worst.busy < 0.01:
        return told + ": leave it."
    mend = f"give `{worst.of}` what `{worst.screen}` shows of it, or take many ids in one request"
    return f"{told}; in batches {share(worst.busy_batched)}. Before the first release: {mend}."


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
            f"{len(own) - commands} queries, {commands} commands",
            code(screens) or "none named",
        ])  # fmt: skip
    head = ["client", "who", "how many", "requests", "network", "may use", "screens"]
    return table(head, rows)


def _style(read: Reading, audience: Audience) -> str:
    advice = read.advice(audience)
    where = ""
    if advice.style == "bff":
        where = " in a service of its own" if advice.alone else _inside(read, advice.screens)
    told = [f"### Style: {STYLE[advice.style]}", _because(advice.why, where, advice.style)]
    if advice.screens and advice.style != "rest":
        told.append(
            f"Composed: {code(advice.screens)}; {share(advice.gain_views)} of the views of this "
            "audience gain. Everything else stays one operation per request."
        )
    if advice.edge_lost_per_s:
        told.append(f"What was answered at the edge until now and is composed behind it: "
                    f"{rate(advice.edge_lost_per_s)} more reach the services.")  # fmt: skip
    rows = [[STYLE[r.style], cell(r.why)] for r in advice.rejected if r.why]
    return "\n\n".join([*told, table(["not taken", "why"], rows)])


def _because(why: tuple[str, ...], where: str, style: str) -> str:
    words = "; ".join(why)
    return (f"Composed{where}. " if style == "bff" else "") + words[0].upper() + words[1:] + "."


def _inside(read: Reading, screens: tuple[str, ...]) -> str:
    """Where composed operations live without a layer of their own: with who is asked first."""
    homes = dict.fromkeys(s.asks[0].service for s in read.plan.screens if s.screen in screens)
    return f" as operations of {code(homes)}, not in a service of its own"


def _assumed(read: Reading) -> str:
    if not read.plan.taken:
        return ""
    return "## Taken for granted\n\n" + "\n".join(f"- {cell(text)}" for text in read.plan.taken)
