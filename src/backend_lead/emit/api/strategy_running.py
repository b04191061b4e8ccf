"""Watching, moving to and changing the API: metrics, migration, reviews, phases."""

from __future__ import annotations

from backend_lead.catalog.api_policies import QUIET_S, SHOWN_SHARE
from backend_lead.emit.api.reading import (
    Reading,
    code,
    days,
    ms,
    network,
    rate,
    share,
)
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import availability

USED_UP = 0.02  # of a month's budget in an hour: B. Beyer and others 2018, The Site Reliability
# Workbook, chapter 5: burn rate 14.4 is worth a page


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
        top = max(read.plan.screens, key=lambda s: (
            s.planned is not None and s.planned.holds, s.views_per_s))  # fmt: skip
        lines.append(
            "- `screen_complete_seconds{client, screen, network}` from the apps, "
            f"{share(SHOWN_SHARE.value)} of views "
            f"({rate(sum(s.views_per_s for s in read.plan.screens) * SHOWN_SHARE.value)}): "
            f"predicted p50 of `{top.screen}` as it is to be built, on "
            f"{network(top.own.network)}: {ms(top.planned.p50_s if top.planned else None)}."
        )
    lines.append(
        f"- Somebody is called when a client alone uses up {share(USED_UP)} of its error budget of "
        "30 days within an hour: 5xx by client, so that one partner's mistake is not read as an "
        "outage, nor an outage of one app lost in the traffic of the others."
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
        "The model names nothing that is replaced: if there is nothing, leave this part out. Else "
        "begin with a week of access logs: which paths are called, by which client (key, user "
        "agent, address); what has no known caller moves last. "
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
        "`api/catalog-info.yaml` registers every contract and service in Backstage."
    )
