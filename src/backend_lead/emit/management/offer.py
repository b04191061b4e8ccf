"""What is proposed, what it promises and what it costs, in words for who decides."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.management import choice, plain
from backend_lead.emit.management.unsaid import worse_end
from backend_lead.emit.report import data_layer, meant, objectives, side_by_side
from backend_lead.emit.report.growing import growing
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import availability, ended, seconds, share
from backend_lead.emit.report.wording import money as usd
from backend_lead.model.copies import LostWrites
from backend_lead.model.design import Assumption, Design, Trial

LINKS = (("report.html", "the whole answer with its evidence"), ("risks.md", "all risks"),
         ("work-plan.md", "the order of work"))  # fmt: skip
DATA_LINK = ("data/executive.md", "the data layer")
_TITLES = {"pass": "We propose to build this", "fail": "Not ready to be built",
           "unknown": "Not yet judged"}  # fmt: skip
LEVEL_LAST = 4
EXPLAINED, NAMED = 2, 6  # levels at which parts are explained; how many parts are named
_ASKED = ("brief-not-honoured", "request-not-covered")
ASKED_NAMED, ASKED_WORDS = 3, 8
_GROWS = "growth to "  # how an objective begins that no journey states
_BILL = "the bill: "  # how an open point begins that is about money


def links(design: Design) -> tuple[tuple[str, str], ...]:
    """Where to read on: the data layer first where it was asked for."""
    if not data_layer.short(design):
        return LINKS
    return (DATA_LINK, *LINKS) if design.asks_data else (*LINKS, DATA_LINK)


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
    short = level >= LEVEL_LAST
    region = "" if short else " of one region"
    where = f"{used} data centres{region}" if used > 1 else "one data centre"
    rented = "" if short else "rented "
    machines = f"{total:,} {rented}machine{'s' if total != 1 else ''}"
    listed = _parts(design, dict(parts), level)
    yield f"{machines} in {where} ({system.topology.region}): {listed}."
    if design.verdict == "pass":
        how = "Simulated request by request at the busiest time" if not short else "Simulated"
        yield f"{how}, it kept every promise below {_broken(design)}."
    elif design.verdict == "fail":
        yield f"{_missed(design)} Do not approve it as it stands."
    else:
        why = "; ".join(objectives.reasons(design)[:2])
        yield f"Whether it keeps its promises is not known: {ended(why)}"
    if design.asks_data and (words := data_layer.short(design)):
        yield words
    yield from _not_covered(design)
    yield from choice.compared(design)


def _not_covered(design: Design) -> Iterator[str]:
    """What the brief asked for and the design does not have, in the words of the brief."""
    told = [f for f in design.findings if f.rule in _ASKED]
    named = list(dict.fromkeys(f.seen or meant.clipped(f.message, ASKED_WORDS) for f in told))
    if named:
        more = len(named) - ASKED_NAMED
        yield (f"Asked for, but not covered: {', '.join(named[:ASKED_NAMED])}"
               + (f" and {more} more." if more > 0 else "."))  # fmt: skip


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
        holds = (
            (f"up to {most.text}" if most.value else "none answered in time")
            if most
            else "not known"
        )
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
    yield from _growth(design)
    trial = max(design.trials, key=_gravity, default=None)
    if trial:
        back = read.trial(trial, "hurt_s") if trial.recover_s is not None else None
        ends = objectives.no_recovery(trial)
        if back:
            ends = f"{back.text}, {share(trial.failed_share)} of requests fail until then"
        ends += " (missed)" if trial.verdict == "fail" else ""
        yield f"Back if {plain.fault(trial)}", seconds(trial.recover_limit_s), ends
    yield from _lost(design, read)


def _lost(design: Design, read: Readings) -> Iterator[tuple[str, str, str]]:
    """The failover that loses most of what callers were told is kept, where one loses any; of those
    that break what may be lost, where any does."""

    def gravity(one: LostWrites) -> tuple[bool, float]:
        return read.may_lose(one)[1] == "fail", one.writes

    row = max(design.lost_writes, key=gravity, default=None)
    if row is None or not row.writes:
        return
    data, (_, held) = design.system.data, read.may_lose(row)
    most = f"of the last {data.lose_most.text}" if data and data.lose_most else "not stated"
    missed = " (missed)" if held == "fail" else ""
    yield (f"Confirmed writes lost if {meant.part(design.system, row.store)} fails", most,
           f"some {read.lost(row).text}, of the last {seconds(row.lag_s)}{missed}")  # fmt: skip


def _growth(design: Design) -> Iterator[tuple[str, str, str]]:
    """The growth that the search asks of every design, where it was judged."""
    row = side_by_side.chosen(design)
    for words in (*row.kept, *row.missed) if row else ():
        if words.startswith(_GROWS):
            times = words.removeprefix(_GROWS).partition(" the load")[0]
            kept = "yes" if row and words in row.kept else "no (missed)"
            yield "Grow without new parts", f"{times} (assumed)", kept


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
           f"without discounts.{_largest(design) if level < LEVEL_LAST else ''}")  # fmt: skip
    moved = [row for row in design.assumptions if row.cost_low and row.cost_high]
    if moved and (level <= LEVEL_LAST or design.verdict != "pass"):
        yield _range(design, moved, level)  # else its upper end stands with what is asked for
    elif not moved:
        yield "How far assumptions move it was not computed."
    yield from _work(design)
    yield from _data(design)
    if level == 0:
        yield from choice.start(design)
    budget = design.system.budget
    if budget:
        kept = "within" if cost.usd_month <= budget.value else "over"
        yield f"That is {kept} the budget of {budget.text}."
    for text in design.not_covered:
        if text.startswith(_BILL):
            yield f"Not counted: {ended(text.removeprefix(_BILL))}"


def _work(design: Design) -> Iterator[str]:
    """The price of running it, which the choice was weighed with."""
    row = side_by_side.chosen(design)
    if row is not None:
        yield f"Work to run it: {usd(row.complexity_usd)} a month more (assumed)."


def _data(design: Design) -> Iterator[str]:
    """What a year's data costs, where these machines do not hold it."""
    found = growing(design)
    if found is not None and found.ends and found.until is not None:
        yield (f"Data grows: margins last {found.until.text}; in a year it costs "
               f"{usd(found.bill_then.value)}.")  # fmt: skip


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
