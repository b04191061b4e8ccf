"""api/executive.md: the API strategy on one page, for who decides about money and people."""

from __future__ import annotations

import math

from backend_lead.catalog.complexity import HOUR_USD
from backend_lead.catalog.domains import UNNAMED
from backend_lead.emit.api.reading import (
    FIRST_PARTY,
    STYLE,
    WHO,
    Reading,
    count,
    listed,
    ms,
    network,
    rate,
    reading,
    share,
)
from backend_lead.emit.api.strategy_lifecycle import window_of
from backend_lead.emit.api.strategy_limits import missed, more_promised, promise
from backend_lead.emit.api.strategy_objects import undecided
from backend_lead.emit.api.strategy_phases import price, steps, total, weeks
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import availability, cell, money
from backend_lead.model.design import Design
from backend_lead.model.screens import Limits

ID = "api-executive"
GROUP = "api"
FILES = ()
MORE = r"api/executive\.md"
RUNS = False
MISSED = 3  # operations that are told
LEAST = 0.05  # use that screens add before it is a risk worth a line


def emit(design: Design) -> dict[str, str]:
    """Nothing where the model promises no API."""
    read = reading(design)
    if read is None:
        return {}
    parts = [f"# {cell(read.found.title)}: the API, for deciding", _decision(read), _gain(read),
             _partners(read), _risks(read), _money(read), _asked(read)]  # fmt: skip
    return {"api/executive.md": "\n\n".join(part for part in parts if part) + "\n"}


def _decision(read: Reading) -> str:
    rows = []
    for audience in read.found.audiences:
        own = read.callers(audience)
        load = sum(read.load(c)[1] for c in own)
        rows.append([WHO[audience], STYLE[read.advice(audience).style], rate(load)])
    team = read.design.system.team
    why = next((r.why for a in read.found.audiences for r in read.advice(a).rejected
                if r.style == "federated"), "")  # fmt: skip
    taken = any(read.advice(a).style == "federated" for a in read.found.audiences)
    told = "" if taken or not why else f"\n\nNo federated graph: {cell(why)}."
    people = f" {count(team.size)} engineers build it." if team else ""
    return (f"One model, {len(read.found.services)} service"
            f"{'s' if len(read.found.services) > 1 else ''}, "
            f"{len(read.found.operations)} operations and events.{people}\n\n"
            + table(["for", "gets", "at peak"], rows, 1) + told)  # fmt: skip


def _gain(read: Reading) -> str:
    lines = []
    for audience in FIRST_PARTY:
        if audience not in read.found.audiences:
            continue
        advice = read.advice(audience)
        own = [(s, s.planned) for s in read.screens(audience)
               if s.screen in advice.screens and s.planned and s.planned.holds
               and s.own.of("rest").holds]  # fmt: skip
        if own:
            best, planned = max(own, key=lambda s: s[0].own.of("rest").p95_s - s[1].p95_s)
            lines.append(
                f"- {cell(best.title)} on {network(best.own.network)}: 95 of 100 views are "
                f"complete after {ms(planned.p95_s)} instead of "
                f"{ms(best.own.of('rest').p95_s)} (simulated, ±{planned.off_s * 1e3:,.0f} ms)."
            )
    return "## What users notice\n\n" + "\n".join(lines) if lines else ""


def _partners(read: Reading) -> str:
    if "partner" not in read.found.audiences:
        return ""
    found, (step, told) = read.plan.limits, promise(read)
    more = more_promised(read)
    lines = [f"- Promise {availability(step)} a month: {cell(told)}{f'; {more}' if more else ''}."
             if step else f"- Promise no availability: {cell(told)}."]  # fmt: skip
    if found is not None:
        sold = sum(t.promised_per_s for t in found.tiers)
        lines.append(
            f"- Nothing can be sold: our own clients{_and_screens(found)} need all that is carried "
            "while a zone is lost."
            if found.open_per_s <= 0 else
            f"- {rate(found.open_per_s)} can be sold, also while a zone is lost and with what "
            f"our own screens ask; the tiers as they are would promise {rate(sold)}"
            + (f": that holds while at most {share(found.open_per_s / sold)} of it is asked at a "
               "time." if sold > found.open_per_s else ".")
            if found.tiers else f"- {rate(found.open_per_s)} can be sold; no tier is named yet."
        )  # fmt: skip
    return "## What can be sold to partners\n\n" + "\n".join(lines)


def _and_screens(found: Limits) -> str:
    """What screens ask beyond the journeys, where it counts."""
    more = found.screens_per_s >= 0.01 * found.ours_per_s
    return (
        f" with their screens ({rate(found.screens_per_s)} that no journey states)" if more else ""
    )


def _filled(read: Reading) -> list[str]:
    """Screens that cannot be served even as recommended."""
    more = read.plan.planned
    if more is None or not more.full:
        return []
    names = dict.fromkeys(
        f"`{s.screen}`" for s in read.plan.screens if s.planned and not s.planned.holds
    )
    over = listed(f"{cell(name)} at {share(busy)}" for name, busy in more.full)
    shown = f"{listed(names)} cannot be served" if names else "it does not hold"
    return [f"- With every screen as recommended {shown} at the stated peak: {over}. No time and "
            "no objective is given for that; size it first."]  # fmt: skip


def _risks(read: Reading) -> str:
    lines = _filled(read)
    for r in read.plan.repeated:
        if r.busy_repeated - r.busy > LEAST:
            left = " That is still too much." if r.busy_batched > 1 else ""
            lines.append(
                f"- `{r.screen}` asks {r.items} times per list: {cell(r.resource)} at "
                f"{share(r.busy_repeated)}; asked in batches {share(r.busy_batched)}.{left}"
            )
    late = {op.name: (op, found, allowed) for a in read.found.audiences
            for op, found, allowed in missed(read, a) if math.isfinite(found)}  # fmt: skip
    for op, found, allowed in [*late.values()][:MISSED]:
        lines.append(f"- `{op.id}` is predicted at {ms(found)} (p99); {ms(allowed)} is the "
                     "objective.")  # fmt: skip
    for op in read.found.operations.values():
        if op.said.deprecated is not None and op.nature != "event":
            lines.append(f"- `{op.id}` ends on {op.said.deprecated.sunset}; the rule asks for "
                         f"{window_of(read, op) / 86_400:,.0f} days of notice.")  # fmt: skip
    for audience in read.found.audiences:
        worst = read.availability(audience)
        if worst is not None and worst.availability < worst.objective:
            lines.append(f"- {WHO[audience]}: {availability(worst.availability)} computed, "
                         f"{availability(worst.objective)} is the objective.")  # fmt: skip
    return "## Risks\n\n" + "\n".join(lines) if lines else ""


def _money(read: Reading) -> str:
    every = steps(read)
    rows = [[one.title, one.what, one.price] for one in every]
    rows.append(["together", weeks(total(every)), price(total(every))])
    monthly = sum(r.hours_month for r in read.plan.recommended)
    told = (
        "\n\nHours are assumed, at a price of "
        + f"{money(HOUR_USD.value)} each; the range is that of the "
        "assumptions. Moving what exists today is not in it."
    )
    if monthly:
        told += f" To run: {monthly:,.0f} h ({money(monthly * HOUR_USD.value)}) a month."
    return "## Cost\n\n" + table(["phase", "what", "once"], rows, 1) + told


def _asked(read: Reading) -> str:
    effort = total(steps(read))
    lines = [f"- Approve {price(effort)}, {weeks(effort)}."]
    if undecided(read):
        lines.append("- Decide whether partners act for users who agreed, or see only what they "
                     "made themselves: their tokens name no person.")  # fmt: skip
    if read.plan.planned is not None and read.plan.planned.full:
        lines.append("- Decide whether the screens show that much: what they ask has to be put "
                     "into the journeys and sized, at the bill of that design.")  # fmt: skip
    if more_promised(read):
        lines.append(f"- Decide what partners are promised: {more_promised(read)}.")
    return "## Asked of you\n\n" + "\n".join([*lines, *_unsaid(read)])


def _unsaid(read: Reading) -> list[str]:
    wanted = []
    if read.design.system.domain == UNNAMED:
        wanted.append("what product this is: the sentence names none, a worked example was taken")
    if read.design.system.team is None:
        wanted.append("how many engineers there are (`team.size`)")
    if any(not c.access.tiers for c in read.callers("partner")):
        wanted.append("tiers of partners (`access.tiers`)")
    if any(not read.release(c)[2] for c in read.callers("mobile")):
        wanted.append("how often apps are released and how long each must work (`access.release`)")
    if not read.plan.screens:
        wanted.append("the screens (`api.screens`)")
    return [f"- Say {one}." for one in wanted]
