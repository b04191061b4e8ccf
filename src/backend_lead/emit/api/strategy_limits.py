"""Limits, objectives and caching, in numbers that follow from what the design carries."""

from __future__ import annotations

import math

from backend_lead.catalog.api_policies import ROOM, SLA_STEPS, SLACK, TOGETHER
from backend_lead.emit.api.reading import (
    Reading,
    code,
    count,
    listed,
    ms,
    network,
    rate,
    seconds,
    share,
)
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import availability
from backend_lead.model.contract import Audience
from backend_lead.model.screens import Limits, ScreenCost, TierShare
from backend_lead.views.api.parts import Operation


def limits(read: Reading, audience: Audience) -> str:
    """What each class may ask for, against what is carried."""
    found = read.plan.limits
    if found is None or audience == "internal":
        return ""
    if audience != "partner":
        return _ours(read, audience)
    told = ["### Limits"]
    left = rate(found.open_per_s) if found.open_per_s > 0 else "None"
    told.append(
        f"{_carried(read, found)} Our own clients ask {rate(found.ours_per_s)} at the stated peak"
        f"{_screens_too(found)} and are kept {rate(found.kept_per_s)}, {_room_kept(found)}. "
        f"{left} {'are' if found.open_per_s > 0 else 'is'} left for partners, whose usual load is "
        f"{rate(found.asked_per_s)}."
    )
    if found.tiers:
        rows = [
            [f"`{t.tier}`", count(t.callers), rate(t.each_per_s), count(t.burst),
             rate(t.promised_per_s), _times(t.share)]
            for t in found.tiers
        ]  # fmt: skip
        head = ["tier", "callers", "each", "burst", "together", "of what is left"]
        told += [table(head, rows, 5), _over(read)]
    else:
        told.append(
            "The model names no tier (`access.tiers`). One bucket for all partners of "
            f"{rate(found.open_per_s)} keeps them from what our own clients need."
        )
    return "\n\n".join(told)


def _screens_too(found: Limits) -> str:
    """What their screens ask on top, as recommended."""
    if found.screens_per_s < 0.01 * found.ours_per_s:
        return ""
    return f", and their screens the work of {rate(found.screens_per_s)} that no journey states,"


def _room_kept(found: Limits) -> str:
    every = found.ours_per_s + found.screens_per_s
    if found.kept_per_s < every:
        return f"all that there is, though they need {rate(every)}"
    wanted = every * ROOM.value
    if found.kept_per_s < wanted:
        return f"all that others do not ask; {rate(wanted)}, {ROOM.value:g} times that, is wanted"
    return f"{ROOM.value:g} times that"


def _carried(read: Reading, found: Limits) -> str:
    """How much is carried, and on what of it partners may count."""
    mixed = ", what screens ask included" if found.screens_per_s else ""
    every = f"The design carries {rate(found.carried_per_s)} (computed{mixed})"
    if found.lost_per_s >= found.carried_per_s:
        return every + "."
    zone = "one lost and " if read.design.system.topology.zones > 1 else ""
    return (f"{every} with every zone up and {rate(found.lost_per_s)} with {zone}the margins of "
            "planning; what is promised counts on the second.")  # fmt: skip


def _times(value: float) -> str:
    return "none is left" if math.isinf(value) else share(value)


def _over(read: Reading) -> str:
    found = read.plan.limits
    assert found is not None
    together = sum(t.promised_per_s for t in found.tiers)
    if found.open_per_s <= 0:
        return "Nothing is left: no tier can be promised before the design carries more."
    if found.over <= 1:
        most = max(found.tiers, key=lambda t: (t.each_per_s, t.tier))
        room = math.floor((found.open_per_s - together) / most.each_per_s)
        return (
            f"All tiers at full rate ask {rate(together)}, {share(found.over)} of what is left: "
            f"nothing is promised twice, and {count(room) if room > 0 else 'no'} more callers of "
            f"`{most.tier}` fit. Partners as a class are refused above {rate(together)} (429 with "
            "`Retry-After`): a mistake in one key's limit must not reach our own clients."
        )
    return (
        f"All tiers at full rate ask {rate(together)}, {share(found.over)} of what is left: "
        f"promised {found.over:.2g} times over. It holds while at most {share(1 / found.over)} of "
        f"it is asked at a time ({share(TOGETHER.value)} is assumed, {share(TOGETHER.low)} to "
        f"{share(TOGETHER.high)}); partners as a class are refused above "
        f"{rate(found.open_per_s)} (429 with `Retry-After`), "
        f"`{min(found.tiers, key=_size).tier}` first."
    )


def _size(tier: TierShare) -> float:
    return tier.each_per_s


def _ours(read: Reading, audience: Audience) -> str:
    found = read.plan.limits
    assert found is not None
    rows = []
    together = 0.0
    for caller in read.callers(audience):
        client = read.design.system.workload.clients[caller.name]
        if client.users is None or client.think_time is None:
            continue
        worst = max((_calls_as_built(read, s) for s in read.plan.screens
                     if s.client == caller.name), default=1)  # fmt: skip
        most = worst / client.think_time.value
        each = float(f"{max(3 * most, 1):.2g}")
        rows.append([f"`{caller.name}`", seconds(client.think_time.value), count(worst),
                     f"{each:g}/s", count(worst * 2)])  # fmt: skip
        together += client.users.value * each
    if not rows:
        return ""
    head = ["client", "a user thinks", "calls of the largest screen", "limit of a user", "burst"]
    return (
        "### Limits\n\n" + table(head, rows, 4) + "\n\nThree times the largest screen, built as "
        "recommended, in each pause, and two of it at once: nobody who looks at screens meets it, "
        f"a script does. It guards against one user, not against all: together they would be let "
        f"through up to {rate(together)}, so the gateway also refuses above what is carried. "
        + _room(read)
    )  # fmt: skip


def _calls_as_built(read: Reading, screen: ScreenCost) -> int:
    """The requests of a screen in the style it is to be built in."""
    return screen.own.of(read.advice(screen.audience).style_of(screen.screen)).calls


def _room(read: Reading) -> str:
    found = read.plan.limits
    assert found is not None
    if found.ours_per_s >= found.carried_per_s:
        return (f"All our clients together ask {rate(found.ours_per_s)}, and "
                f"{rate(found.carried_per_s)} are carried: size first.")  # fmt: skip
    if found.ours_per_s + found.screens_per_s >= found.carried_per_s:
        return (f"All our clients together ask {rate(found.ours_per_s)}{_screens_too(found)} and "
                f"{rate(found.carried_per_s)} are carried: size first.")  # fmt: skip
    return (
        f"All our clients together ask {rate(found.ours_per_s)}{_screens_too(found)} of "
        f"{rate(found.carried_per_s)} that are carried."
    )


# --- objectives -----------------------------------------------------------------------------------
def objectives(read: Reading, audience: Audience) -> str:
    """The objective of an audience, by class of operation, beside what is predicted."""
    rows = []
    system = read.design.system
    for title, own in _classes(read, audience):
        allowed = min(system.p99_of(op.said.endpoint or "") for op in own)
        times = [(read.p99(op), op.id) for op in own]
        slowest = max((t for t in times if t[0] is not None), default=(None, ""))
        late = slowest[0] is not None and slowest[0] > allowed
        rows.append([title, code(op.id for op in own[:5]) + (" …" if len(own) > 5 else ""),
                     ms(allowed), f"{ms(slowest[0])} (`{slowest[1]}`)" if slowest[0] is not None
                     else "not known", "**missed**" if late else "kept" if slowest[1]
                     else "not known"])  # fmt: skip
    if not rows:
        return ""
    head = ["class", "operations", "objective, p99", "predicted, slowest", ""]
    long = [op for op in read.asked(audience) if op.said.takes_long]
    parts = [table(head, rows), _misses(read, audience), _later(long), _available(read, audience),
             _complete(read, audience)]  # fmt: skip
    return "\n\n".join(["### Objectives", *(part for part in parts if part)])


def missed(read: Reading, audience: Audience) -> list[tuple[Operation, float, float]]:
    """Operations predicted to be later than their objective: (which, predicted, allowed)."""
    out = []
    for op in read.asked(audience):
        found, allowed = read.p99(op), read.design.system.p99_of(op.said.endpoint or "")
        if found is not None and found > allowed:
            out.append((op, found, allowed))
    return sorted(out, key=lambda one: (-one[1], one[0].name))


def _misses(read: Reading, audience: Audience) -> str:
    late = missed(read, audience)
    if not late:
        return ""
    told = listed(
        f"`{op.id}` " + ("cannot be served with what screens ask" if math.isinf(found)
                         else ms(found))
        for op, found, _ in late
    )  # fmt: skip
    return (f"Missed as predicted: {told}. Make them faster, state a longer objective for their "
            "journey, or promise none: what stands here as an objective is what the model asks, "
            "not what is reached.")  # fmt: skip


def _classes(read: Reading, audience: Audience) -> list[tuple[str, list[Operation]]]:
    own = read.asked(audience)
    every = [
        ("reads", [op for op in own if op.nature == "query"]),
        ("writes", [op for op in own if op.nature == "command" and not op.said.takes_long]),
        ("jobs, until accepted", [op for op in own if op.said.takes_long]),
    ]
    return [(title, ops) for title, ops in every if ops]


def _later(long: list[Operation]) -> str:
    if not long:
        return ""
    return (f"How long after it is accepted {code(op.id for op in long)} is done is not in the "
            "model: no objective is given for it.")  # fmt: skip


def _available(read: Reading, audience: Audience) -> str:
    worst = read.availability(audience)
    if worst is None:
        return ""
    budget = (1 - worst.objective) * 30 * 24 * 60
    return (
        f"Availability: {availability(worst.objective)} of requests answered without 5xx, a budget "
        f"of {budget:,.0f} min in 30 days; journey `{worst.journey}`, the least available, "
        f"computes to {availability(worst.availability)}"
        + (", which misses it." if worst.availability < worst.objective else ".")
    )


def _complete(read: Reading, audience: Audience) -> str:
    """An objective for each complete screen, with what is predicted; none where a part is full."""
    lines, none = [], []
    for screen in read.screens(audience):
        name = f"`{screen.screen}` on {network(screen.own.network)}"
        allowed = complete_s(screen)
        if allowed is None:
            none.append(name)
        else:
            lines.append(f"{name} {ms(allowed)}")
    told = []
    if lines:
        told.append(f"Screens complete for 95% of views within, {share(SLACK.value)} above what is "
                    f"predicted: {listed(lines, len(lines))}.")  # fmt: skip
    if none:
        told.append(f"No objective can be given for {listed(none, len(none))}: "
                    f"{_in_the_way(read)}.")  # fmt: skip
    return " ".join(told)


def complete_s(screen: ScreenCost) -> float | None:
    """How long a screen may take, built as recommended: what is predicted and some slack, in two
    digits; None where nothing can be promised of it."""
    found = screen.planned
    if found is None or not found.holds:
        return None
    allowed = found.p95_s * (1 + SLACK.value)
    step = 10.0 ** (math.floor(math.log10(allowed)) - 1)
    return math.ceil(allowed / step) * step


def _in_the_way(read: Reading) -> str:
    full = dict.fromkeys(s.planned.full for s in read.plan.screens if s.planned and s.planned.full)
    return f"built as recommended, {listed(full)}; size it for the screens first"


def promise(read: Reading) -> tuple[float | None, str]:
    """The highest usual SLA below our own objective that the computed availability of partners'
    journeys supports. Source: B. Beyer and others 2016, Site Reliability Engineering, chapter 4:
    an objective tighter than the promise leaves room to act."""
    worst = read.availability("partner")
    if worst is None:
        return None, "no availability was computed for a journey of partners"
    below = [step for step in SLA_STEPS if step < min(worst.availability, worst.objective)]
    told = (
        f"our own objective is {availability(worst.objective)}, and journey `{worst.journey}` "
        f"computes to {availability(worst.availability)}"
    )
    return (max(below), told) if below else (None, told)


def more_promised(read: Reading) -> str:
    """What it takes to promise partners the next usual step; empty where the design bars it."""
    worst, (step, _) = read.availability("partner"), promise(read)
    higher = [s for s in SLA_STEPS if step is not None and s > step]
    if worst is None or len(higher) < 2 or higher[1] >= worst.availability:
        return ""
    return (f"{availability(higher[0])} can be promised once our own objective is "
            f"{availability(higher[1])}, which the design would keep")  # fmt: skip
