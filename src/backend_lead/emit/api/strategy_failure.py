"""Errors, and what clients see when a part of the backend does not answer."""

from __future__ import annotations

from backend_lead.emit.api.problems import PROBLEMS, statuses
from backend_lead.emit.api.reading import Reading, code, listed, many, seconds
from backend_lead.emit.api.strategy_clients import queued
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell
from backend_lead.model.screens import ScreenCost
from backend_lead.views.api.parts import Operation


def errors(read: Reading) -> str:
    """The codes this API uses, and what a client does with each."""
    used: dict[int, list[str]] = {}
    for op in read.found.operations.values():
        if op.nature != "event":
            for status in statuses(op):
                used.setdefault(status, []).append(op.id)
    total = sum(op.nature != "event" for op in read.found.operations.values())
    rows = []
    for status, names in sorted(used.items()):
        problem = PROBLEMS[status]
        where = "all" if len(names) == total else (
            code(names) if len(names) <= 4 else f"{len(names)} of {total}"
        )  # fmt: skip
        rows.append([str(status), f"`{problem.code}`", where, cell(problem.again)])
    head = ["status", "code", "operations", "again"]
    return "## Errors\n\n" + table(head, rows) + "\n\n" + (
        "`application/problem+json` (RFC 9457). Clients branch on `code`; a new code may come "
        f"within v{read.found.major}, a code never changes its meaning."
    )  # fmt: skip


def failures(read: Reading) -> str:
    """What each screen shows while a service it mixes does not answer."""
    rows = [row for screen in _once(read) for row in _screen(read, screen)]
    told = ["## When a part fails"]
    if rows:
        told.append(table(["screen", "does not answer", "shown", "left out"], rows))
        told.append(
            "A composed answer is 200 as long as what the screen asks first is there; what is "
            "missing is `null`, with its problem under `problems` by operation. Two parts that are "
            "missing count as two errors in the objectives of their services, not as one of the "
            "screen."
        )
    elif read.plan.screens:
        told.append("No screen mixes services, so no answer is partial: it is whole, or it is an "
                    "error with its code.")  # fmt: skip
    told += _gateway(read)
    told += _patience(read)
    return "\n\n".join(told) if len(told) > 1 else ""


def _once(read: Reading) -> list[ScreenCost]:
    seen: dict[str, ScreenCost] = {}
    for screen in read.plan.screens:
        seen.setdefault(screen.screen, screen)
    return list(seen.values())


def _screen(read: Reading, screen: ScreenCost) -> list[list[str]]:
    if len(screen.services) < 2:
        return []
    first = screen.asks[0]
    out = []
    for service in screen.services:
        lost = {a.operation for a in screen.asks if a.service == service}
        while True:  # what waits for something lost is lost too
            more = {a.operation for a in screen.asks if a.after in lost} - lost
            if not more:
                break
            lost |= more
        left = [a.operation for a in screen.asks if a.operation not in lost]
        if first.operation in lost:
            asked = read.found.operations[first.operation].id
            shown = f"an error with “try again”: `{asked}` is what the screen is about"
            out.append([f"`{screen.screen}`", f"`{service}`", shown, "everything"])
        else:
            ids = [read.found.operations[name].id for name in left]
            gone = [read.found.operations[name].id for name in lost]
            out.append([f"`{screen.screen}`", f"`{service}`", code(ids), code(sorted(gone))])
    return out


def _gateway(read: Reading) -> list[str]:
    """What is left for each client while the gateway itself does not answer."""
    lines = []
    for caller in read.found.callers.values():
        own = [op for op in read.found.operations.values() if caller.name in op.clients]
        kept = [op.id for op in own if op.does == "get"]
        writes = [op.id for op in own if op.nature == "command"]
        if caller.audience == "mobile" and kept:
            later = [f"`{op.id}`" for op in own if queued(op)]
            queue = f" and queues {listed(later)}" if later else ""
            lines.append(f"- `{caller.name}` shows what it kept of {code(kept[:4])}{queue}.")
        elif caller.audience == "web":
            edge = [op.id for op in own if op.nature == "query" and op.said.public]
            lines.append(
                f"- `{caller.name}` shows "
                + (f"{code(edge[:4])} from caches and " if edge else "")
                + "an error for the rest."
            )
        elif writes:
            lines.append(f"- `{caller.name}` {_repeats(own)}.")
    return ["The gateway itself does not answer:\n\n" + "\n".join(lines)] if lines else []


def _repeats(own: list[Operation]) -> str:
    """How a caller without a person repeats what it wrote, by what makes that safe."""
    ways = [
        ("with the same `Idempotency-Key`", [op.id for op in own if op.needs_key]),
        ("with the same `If-Match`", [op.id for op in own if op.changes_one and not op.needs_key]),
        ("as they are", [op.id for op in own if op.nature == "command" and not op.needs_key
                         and not op.changes_one]),
    ]  # fmt: skip
    told = [f"{listed(f'`{name}`' for name in names)} {how}" for how, names in ways if names]
    return "repeats " + "; ".join(told)


def _patience(read: Reading) -> list[str]:
    """How long clients wait and how often they ask again, as the model says it."""
    lines = []
    for name, client in read.design.system.workload.clients.items():
        parts = []
        if client.timeout is not None:
            parts.append(f"gives up after {seconds(client.timeout.value)}")
        if client.retries:
            parts.append(f"tries {many(client.retries, 'time')} more")
        if client.retry_budget is not None:
            parts.append(f"at most {client.retry_budget.text} of its requests are repetitions")
        if parts:
            lines.append(f"- `{name}` {', '.join(parts)}.")
    silent = [n for n, c in read.design.system.workload.clients.items() if c.timeout is None]
    if silent:
        lines.append(f"- {code(silent)}: the model names no `timeout`; without one a dead gateway "
                     "holds every screen until the network gives up.")  # fmt: skip
    if read.design.system.workload.deadlines:
        lines.append("- A caller's timeout travels with its request: work that nobody waits for "
                     "any more is not begun.")  # fmt: skip
    return ["\n".join(lines)] if lines else []
