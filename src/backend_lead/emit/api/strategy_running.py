"""Watching, moving to and changing the API: metrics, migration, reviews, phases."""

from __future__ import annotations

from backend_lead.catalog.api_policies import OPERATION_H, PARTNER_H, QUIET_S, SCREEN_H
from backend_lead.catalog.api_styles import (
    FEDERATION_SERVICES,
    FEDERATION_TEAM,
    GRAPH_SERVICES,
    GRAPH_TEAM,
)
from backend_lead.catalog.complexity import HOUR_USD
from backend_lead.emit.api.reading import (
    FIRST_PARTY,
    STYLE,
    Reading,
    code,
    count,
    days,
    listed,
    many,
    ms,
    network,
    rate,
)
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import availability, money


def observability(read: Reading) -> str:
    """Metrics per client, and how many series they make."""
    clients, ops = list(read.found.callers), [
        op for op in read.found.operations.values() if op.nature != "event"
    ]  # fmt: skip
    pairs = sum(len(op.clients) for op in ops)
    tiers = [f"{c.name}.{t}" for c in read.found.callers.values() for t in c.access.tiers]
    apps = [c.name for c in read.callers("mobile")]
    lines = [
        f"- `http_requests_total{{client, operation, status}}` and "
        f"`http_request_duration_seconds{{client, operation}}`: client is one of {code(clients)}, "
        f"operation one of {len(ops)} `operationId`s; {pairs} pairs are possible. No user, key or "
        "path in a label.",
    ]
    if tiers:
        lines.append(f"- `rate_limited_total{{client, tier}}` for {code(tiers)}: the first sign "
                     "that a tier is too small or a partner loops.")  # fmt: skip
    if apps:
        lines.append(f"- `app_version` on traces and in logs of {code(apps)}, not on metrics: it "
                     "tells when a release may be ended.")  # fmt: skip
    old = [op.id for op in ops if op.said.deprecated is not None]
    if old:
        lines.append(f"- `deprecated_requests_total{{client, operation}}` for {code(old)}: its "
                     "owner asks who is left.")  # fmt: skip
    if read.plan.screens:
        top = max(read.plan.screens, key=lambda s: s.views_per_s)
        lines.append(
            f"- `screen_complete_seconds{{client, screen, network}}` from the apps, 1% of views "
            f"({rate(sum(s.views_per_s for s in read.plan.screens) * 0.01)}): predicted p50 of "
            f"`{top.screen}` on {network(top.own.network)} is {ms(top.own.of('rest').p50_s)}."
        )
    return "## Watching it\n\n" + "\n".join(lines)


def migration(read: Reading) -> str:
    """Moving callers of what exists, service by service, with the end of each step."""
    rows: list[list[str]] = []
    for service in sorted(read.found.services, key=lambda name: _risk(read, name)):
        own = [op for op in read.found.of_service(service) if op.nature != "event"]
        if not own:
            continue
        writes = [op for op in own if op.nature == "command"]
        allowed = min(read.design.system.p99_of(op.said.endpoint or "") for op in own)
        worst = _objective(read)
        rows.append([
            str(len(rows) + 1), f"`{service}`",
            f"{len(own) - len(writes)} reads, {len(writes)} writes, "
            f"{rate(sum(read.rate(op) for op in own))}",
            "reads, then " + code(op.id for op in writes[:3]) if writes else "all at once",
            f"p99 below {ms(allowed)} and {availability(worst)} for 7 days at the whole load; old "
            f"way without a call for {days(QUIET_S.value)}",
        ])  # fmt: skip
    if not rows:
        return ""
    told = (
        "The contract was read off the endpoints that are there, so paths may already be in use: "
        "compare them first. " if read.found.derived else ""
    )  # fmt: skip
    text = (
        f"{told}The gateway of `{read.found.host}` takes the old paths too and sends each to the "
        "old or the new way by a share that is turned up: 1%, 10%, 50%, 100%. Services with the "
        "fewest writes first."
    )
    head = ["step", "service", "moves", "order", "ends when"]
    return "## Moving from what exists\n\n" + text + "\n\n" + table(head, rows)


def _risk(read: Reading, service: str) -> tuple[int, float, str]:
    own = [op for op in read.found.of_service(service) if op.nature != "event"]
    return (sum(op.nature == "command" for op in own), sum(read.rate(op) for op in own), service)


def _objective(read: Reading) -> float:
    return max(slo.availability.value for slo in read.design.system.slos)


def review(read: Reading) -> str:
    """Who is asked before a contract changes."""
    rows = []
    for service in read.found.services:
        entities = [s.name for s in read.found.shapes.values() if s.entity and s.owner == service]
        own = read.found.of_service(service)
        users = sorted({name for op in own for name in op.clients})
        if entities or own:
            rows.append([f"`{service}`", code(entities) or "none", str(len(own)), code(users)])
    head = ["service (reviews)", "entities", "operations", "clients asked when something breaks"]
    return (
        "## Review and registry\n\n" + table(head, rows) + "\n\nEvery change is a change of "
        "`backend.yaml`. `backend-lead compare` in CI fails with exit code 1 on what breaks a "
        "client or one of its supported releases; then the clients above are asked, and "
        f"v{read.found.major + 1} or a second operation is written instead. "
        f"`api/catalog-info.yaml` registers {many(len(read.found.audiences), 'API')} in Backstage, "
        "one for each audience."
    )


# --- phases ---------------------------------------------------------------------------------------
def phases(read: Reading) -> str:
    """What is built in which order, its price and when it is done."""
    rows = [[str(i + 1), title, what, price(hours), done]
            for i, (title, what, hours, done) in enumerate(steps(read))]  # fmt: skip
    head = ["phase", "", "what", "once", "done when"]
    monthly = sum(r.hours_month for r in read.plan.recommended)
    told = (
        f"Hours at {money(HOUR_USD.value)}; {OPERATION_H.value:.0f} per operation, "
        f"{SCREEN_H.value:.0f} per screen and {PARTNER_H.value:.0f} for the programme are assumed."
    )
    if monthly:
        told += f" To run: {monthly:.0f} hours a month ({money(monthly * HOUR_USD.value)})."
    return "## Phases\n\n" + table(head, rows) + "\n\n" + told


def steps(read: Reading) -> list[tuple[str, str, float, str]]:
    """(title, what, hours, done when) of each phase; no hours of one that is not begun."""
    ops = [op for op in read.found.operations.values() if op.nature != "event"]
    out = [(
        "contracts", f"{len(ops)} operations of {many(len(read.found.services), 'service')} in CI, "
        f"gateway with limits and sign-in", len(ops) * OPERATION_H.value,
        f"{code(read.found.callers)} generate their clients from the contracts",
    )]  # fmt: skip
    out += [step for step in (_repeats(read), _composed(read), _partners(read)) if step]
    out.append(_later(read))
    return out


def price(hours: float) -> str:
    """Hours with their price."""
    return f"{hours:,.0f} h, {money(hours * HOUR_USD.value)}" if hours else "not begun"


def _repeats(read: Reading) -> tuple[str, str, float, str] | None:
    worth = [r for r in read.plan.repeated if r.busy_repeated - r.busy >= 0.01]
    if not worth:
        return None
    first = worth[0]
    return (
        "N+1 taken out", listed(f"`{r.operation}` of `{r.screen}`" for r in worth),
        len(worth) * OPERATION_H.value,
        f"`{first.operation}` is asked {rate(first.batched_per_s)} instead of "
        f"{rate(first.calls_per_s)}",
    )  # fmt: skip


def _composed(read: Reading) -> tuple[str, str, float, str] | None:
    names = dict.fromkeys(
        name for audience in FIRST_PARTY if audience in read.found.audiences
        for name in read.advice(audience).screens
    )  # fmt: skip
    if not names:
        return None
    best = max((s for s in read.plan.screens if s.screen in names), key=lambda s: s.views_per_s)
    return (
        "screens composed", code(names), len(names) * SCREEN_H.value,
        f"p95 of `{best.screen}` on {network(best.own.network)} is "
        f"{ms(best.own.of('bff').p95_s)} or less ({ms(best.own.of('rest').p95_s)} as it is)",
    )  # fmt: skip


def _partners(read: Reading) -> tuple[str, str, float, str] | None:
    own = read.asked("partner")
    if not own:
        return None
    callers = sum(t.callers.value for c in read.callers("partner")
                  for t in c.access.tiers.values())  # fmt: skip
    who = f"{count(callers)} callers" if callers else "the first three partners"
    return (
        "partners", f"{len(own)} operations, {many(len(read.events('partner')), 'webhook')}, "
        "sandbox, portal", PARTNER_H.value,
        f"{who} have keys of their own and none shares a secret",
    )  # fmt: skip


def _later(read: Reading) -> tuple[str, str, float, str]:
    styles = {r.style for r in read.plan.recommended}
    team = read.design.system.team
    people = f"today {team.size}" if team else "the model names none"
    if "federated" in styles:
        return ("federation", f"router and registry over {len(read.found.services)} subgraphs", 0.0,
                "two teams released in the same week without asking each other")  # fmt: skip
    if "graph" in styles:
        return ("federation, not before", f"{FEDERATION_SERVICES.value:.0f} services and "
                f"{FEDERATION_TEAM.value:.0f} engineers ({people})", 0.0,
                "changes of the schema wait for each other")  # fmt: skip
    return (
        "a graph, not before",
        f"screens mix {GRAPH_SERVICES.value:.0f} services and {GRAPH_TEAM.value:.0f} engineers are "
        f"there ({people})", 0.0,
        f"composed screens take more than a day each to change ({STYLE['graph']} is then cheaper)",
    )  # fmt: skip
