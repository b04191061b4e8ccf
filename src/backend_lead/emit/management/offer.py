"""What is proposed, what it promises and what it costs, in words for who decides."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.management import choice, plain
from backend_lead.emit.management.unsaid import worse_end
from backend_lead.emit.report import meant, objectives
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import availability, ended, seconds, share
from backend_lead.emit.report.wording import money as usd
from backend_lead.model.design import Assumption, Design, Trial

LINKS = (("report.html", "the whole answer with its evidence"), ("risks.md", "all risks"),
         ("work-plan.md", "the order of work"))  # fmt: skip
SOURCES = "More: " + "; ".join(f"[{words}]({path})" for path, words in LINKS) + "."
_TITLES = {"pass": "We propose to build this", "fail": "Not ready to be built",
           "unknown": "Not yet judged"}  # fmt: skip
LEVEL_LAST = 4
EXPLAINED, NAMED = 2, 6  # levels at which parts are explained; how many parts are named
_BILL = "the bill: "  # how an open point begins that is about money


def title(design: Design) -> str:
    """The answer in a few words."""
    if design.refusal:
        return choice.REFUSED
    return _TITLES[design.verdict]


def decision(design: Design, level: int) -> Iterator[str]:
    """What is proposed, whether it may be, and what it was chosen from."""
    if design.refusal:
        yield from choice.refused(design)
        return
    system = design.system
    parts = plain.machines(system)
    known = design.figures.get("instances")
    total = int(known.value) if known else sum(n for _, n in parts)
    used = max((c.zones for c in system.components.values()), default=1)
    where = f"{used} data centres of one region" if used > 1 else "one data centre"
    machines = f"{total:,} rented machine{'s' if total != 1 else ''}"
    listed = _parts(design, dict(parts), level)
    yield f"{machines} in {where} ({system.topology.region}): {listed}."
    if design.verdict == "pass":
        yield ("Simulated request by request at the busiest time, it kept every promise below "
               f"{_broken(design)}.")  # fmt: skip
    elif design.verdict == "fail":
        yield f"{_missed(design)} Do not approve it as it stands."
    else:
        why = "; ".join(objectives.reasons(design)[:2])
        yield f"Whether it keeps its promises is not known: {ended(why)}"
    yield from choice.compared(design)


def _missed(design: Design) -> str:
    rows = [row.verdict for row in objectives.rows(design)] + [t.verdict for t in design.trials]
    if "fail" in rows:
        return "It breaks a promise, marked below as missed."
    return f"It breaks a rule: {ended(meant.clipped(objectives.reasons(design)[0], 20))}"


def _parts(design: Design, counts: dict[str, int], level: int) -> str:
    """The parts with what they are for; the shorter the page must be, the less is said."""
    words = []
    for name in design.system.components:
        text, n = meant.part(design.system, name), counts.get(name)
        what = plain.does(design.system, name) if level < EXPLAINED else ""
        words.append((f"{n:,} × {text}" if n else text) + (f" ({what})" if what else ""))
    most = NAMED if level < EXPLAINED else NAMED // 2
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more parts" if more > 0 else "")


def _broken(design: Design) -> str:
    n = sum(trial.verdict == "pass" for trial in design.trials)
    if not n:
        return "with nothing broken"
    return f"and came back in time from {n} fault{'s' if n != 1 else ''} made on purpose"


def promises(design: Design) -> Iterator[tuple[str, str, str]]:
    """What is promised and what was found, row by row."""
    read, figures = Readings(design), design.figures
    users, most = figures.get("concurrent_users"), read.capacity("max_users")
    rate = figures.get("requests_per_s")
    if users:
        told = "stated" if users.origin != "assumed" else "assumed"
        holds = (f"up to {most.text}" if most.value else "none") if most else "not known"
        planned = figures.get("max_planned")
        if planned and "one zone lost" in planned.label and most and most.value:
            holds += f"; {planned.text.removesuffix(' users')} with one zone lost"
        yield "Users at the same time", f"{users.text} ({told})", holds
    else:
        yield "Requests at the busiest time", rate.text if rate else "not known", (
            "carried" if design.verdict == "pass" else "not known"
        )  # fmt: skip
    rows = {row.id: row for row in objectives.rows(design)}
    p99 = rows["p99"]
    yield ("99 of 100 answers within", p99.objective.removeprefix("objective "),
           f"{p99.text}{_met(p99)}")  # fmt: skip
    up = rows["availability"]
    worst = max(design.availability, key=lambda r: r.downtime_min_month, default=None)
    found = f"{availability(worst.availability)}, {read.downtime(worst).text} down a month" if (
        worst) else "not known"  # fmt: skip
    yield "Requests answered", up.objective.removeprefix("objective "), f"{found}{_met(up)}"
    trial = max(design.trials, key=_gravity, default=None)
    if trial:
        back = read.trial(trial, "hurt_s") if trial.recover_s is not None else None
        ends = objectives.no_recovery(trial)
        if back:
            ends = f"{back.text}, {share(trial.failed_share)} of requests fail until then"
        ends += " (missed)" if trial.verdict == "fail" else ""
        yield f"Back if {plain.fault(trial)}", seconds(trial.recover_limit_s), ends


def _met(row: objectives.Row) -> str:
    if row.figure is None or row.verdict in (None, "pass"):
        return ""
    return f" ({objectives.VERDICT_WORDS[row.verdict]})"


def _gravity(trial: Trial) -> tuple[int, float]:
    """Failed before unknown before passed; then by the share of requests that failed."""
    return {"fail": 2, "unknown": 1, "pass": 0}[trial.verdict], trial.failed_share


def money(design: Design, level: int) -> Iterator[str]:
    """The bill, how far it may move and why, and what is not in it."""
    cost = design.cost
    if cost is None:
        yield "Not priced: nothing can be said about money yet."
        return
    read = Readings(design)
    yield (f"{read.total(cost).text.replace('/month', ' a month')} at list prices of {cost.as_of}, "
           f"without discounts.{_largest(design)}")  # fmt: skip
    moved = [row for row in design.assumptions if row.cost_low and row.cost_high]
    if moved:
        yield _range(design, moved, level)
    else:
        yield "How far assumptions move it was not computed."
    if level == 0:
        yield from choice.start(design)
    budget = design.system.budget
    if budget:
        kept = "within" if cost.usd_month <= budget.value else "over"
        yield f"That is {kept} the budget of {budget.text}."
    for text in design.not_covered:
        if text.startswith(_BILL) and level < LEVEL_LAST:
            yield f"Not counted: {ended(text.removeprefix(_BILL))}"


def _largest(design: Design) -> str:
    cost = design.cost
    if not cost or not cost.lines:
        return ""
    line = max(cost.lines, key=lambda x: x.usd_month)
    whose = meant.part(design.system, line.component)
    return f" Largest item: {whose}, {Readings(design).line(line).text}."


def _range(design: Design, moved: list[Assumption], level: int) -> str:
    ends = [cost for row in moved for cost in (row.cost_low, row.cost_high) if cost]
    between = f"One wrong assumption alone moves it between {usd(min(ends))} and {usd(max(ends))}."
    if level >= EXPLAINED:
        return between
    assert design.cost is not None
    bill = design.cost.usd_month
    top = max(moved, key=lambda row: (worse_end(row, bill)[2], row.path))
    text, cost, _ = worse_end(top, bill)
    about = meant.assumed(design.system, top)
    return f"{between} The largest: {about}, {usd(cost or bill)} at {text} instead of {top.text}."
