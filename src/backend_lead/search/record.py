"""The steps of a search, written down as decisions."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.model.design import Decision, Option
from backend_lead.model.system import Component, System
from backend_lead.model.units import nines
from backend_lead.model.workload import Workload
from backend_lead.search.assess import Assessment
from backend_lead.search.state import GROWTH, Move, State, Trail
from backend_lead.search.team import hours_asked
from backend_lead.search.wording import after_words, people, problem_words, usd
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Tactic


def taken(
    number: int, before: State, tried: dict[Move, State], chosen: Move, preference: str
) -> Decision:  # fmt: skip
    options = []
    order = sorted(tried, key=lambda m: (m != chosen, -tried[m].found.capacity,
                                         tried[m].found.total_usd, m))  # fmt: skip
    for move in order:
        after = tried[move]
        tactic = tactics()[move[0]]
        options.append(
            Option(
                move[0],
                move[1],
                tactic.heading(move[1]),
                after.found.measure(after.reach),
                move == chosen,
                after_words(before, after, tried[chosen], move == chosen, preference),
            )
        )
    return _step(number, before, tried[chosen], chosen, tuple(options))


def _step(
    number: int, before: State, after: State, move: Move, options: tuple[Option, ...]
) -> Decision:
    tactic: Tactic = tactics()[move[0]]
    was = before.found.measure(before.reach)
    short = before.found.capacity < 1
    grows = not short and before.found.available and before.survives and not before.holds
    return Decision(
        number=number,
        id=f"{number:04d}",
        title=tactic.heading(move[1]),
        tactic=move[0],
        site=move[1],
        problem=problem_words(before.found, before.reach, before.holds),
        options=options,
        before=was,
        after=after.found.measure(after.reach),
        summary=tactic.does,
        costs=tactic.costs,
        needed_above_users=was.max_users if short else 0.0,
        needed_above_per_s=was.requests_per_s if short and not was.max_users else 0.0,
        growth=GROWTH.value if grows else 0.0,
    )


def left_out(number: int, before: State, after: State, move: Move) -> Decision:
    """The step that does without a part that later steps made superfluous."""
    tactic: Tactic = tactics()[move[0]]
    was, now = before.found.measure(before.reach), after.found.measure(after.reach)
    heading = tactic.heading(move[1])
    title = f"Do without: {heading[0].lower()}{heading[1:]}"
    saved = usd(before.found.total_usd - after.found.total_usd)
    return Decision(
        number=number, id=f"{number:04d}", title=title, tactic=move[0], site=move[1],
        problem="Every objective holds; is each part still needed?", before=was, after=now,
        options=(
            Option("do-without", move[1], "Leave it out and size the rest anew.", now, True,
                   f"everything still holds, for {saved} less, complexity included"),
            Option(move[0], move[1], f"Keep it. {tactic.does}", was, False,
                   "steps taken after it carry what it was taken for"),
        ),
        summary=f"What is saved with the part: {tactic.costs}",
        costs="If the load or the mix grows beyond what is stated, it is the first to come back.",
        needed_above_users=0.0,
    )  # fmt: skip


def settled(number: int, before: State, after: State) -> Decision:
    """The step that settles machine sizes once it is known what is needed."""
    was, now = before.found.system.components, after.found.system.components
    changed = [
        f"{name}: {kind_of(part.kind).size_words(was[name])} becomes "
        f"{kind_of(part.kind).size_words(part)}"
        for name, part in now.items()
        if kind_of(part.kind).size_words(was[name]) != kind_of(part.kind).size_words(part)
    ]
    return _sizing(
        number, before, after, "Settle the machine sizes",
        f"Every objective holds at {usd(before.found.cost.usd_month)}; are these the cheapest "
        "sizes and numbers of the same parts?",
        "; ".join(changed) or "Numbers of workers and connections were settled.",
        "tried one component at a time, each size of its machine family with the fewest copies "
        "that carry the load, it is the cheapest with its complexity included: "
        f"{usd(after.found.total_usd)} instead of {usd(before.found.total_usd)}; of that the bill "
        f"is {usd(after.found.cost.usd_month)} instead of {usd(before.found.cost.usd_month)}",
        "the step before left the sizes at which each part was opened",
    )  # fmt: skip


def steadier(number: int, before: State, after: State) -> Decision:
    """The step to other parts and sizes, where the search ended in a design down too often."""
    was, now = before.found.worst_availability, after.found.worst_availability
    return _sizing(
        number,
        before,
        after,
        "Take what answers more of its requests",
        problem_words(before.found, before.reach, before.holds),
        "; ".join(tactics()[tid].heading(site) for tid, site in after.moves),
        f"it is available to {nines(now.availability)} of requests instead of "
        f"{nines(was.availability)}, at "
        f"{usd(after.found.cost.usd_month)} instead of {usd(before.found.cost.usd_month)}",
        "it carries the load, but is down more often than is promised",
    )


def thrifty(number: int, before: State, after: State) -> Decision:
    """The step to the smallest bill, where the smallest total does not fit budget or team."""
    bill, was = after.found.cost.usd_month, before.found.cost.usd_month
    return _sizing(
        number,
        before,
        after,
        "Take the smallest bill",
        f"Every objective holds at {usd(was)}, but the budget or the team does not carry that.",
        "; ".join(tactics()[tid].heading(site) for tid, site in after.moves),
        f"of all that hold it has the smallest bill, {usd(bill)} instead of {usd(was)}; with the "
        f"work to run it {usd(after.found.total_usd)} instead of {usd(before.found.total_usd)}",
        "its bill is larger, though the bill and the work together are not",
    )


def leaner(number: int, before: State, after: State) -> Decision:
    """The step to the least work, where the team has not the hours for the smallest total."""
    hours, was = hours_asked(after.found.system), hours_asked(before.found.system)
    return _sizing(
        number,
        before,
        after,
        "Take what is least work",
        f"Every objective holds, but it asks {people(was)} hours a month of its team, more than it "
        "has for running it.",
        "; ".join(tactics()[tid].heading(site) for tid, site in after.moves),
        f"of all that hold it is the least work that was looked for, {people(hours)} hours instead "
        f"of {people(was)}, at {usd(after.found.cost.usd_month)} instead of "
        f"{usd(before.found.cost.usd_month)}",
        "its bill and its work together are not larger, but the work is more than the team can do",
    )


def set_by(trail: Trail) -> dict[tuple[str, str], str]:
    """Which decision last set a plain field, by component (empty: the workload) and field name, of
    those whose value is no longer the one the search began with."""
    out: dict[tuple[str, str], str] = {}
    start, end = trail.start.system, trail.final.found.system
    now = start
    for decision in trail.decisions:
        tactic = tactics().get(decision.tactic)
        if (
            tactic is None
            or decision.status != "accepted"
            or decision.site not in tactic.sites(now)
        ):
            continue
        after = tactic.apply(now, decision.site).system
        for name, part in _homes(after).items():
            before = _homes(now).get(name)
            for word in type(part).model_fields:
                value = getattr(part, word)
                if before is None or isinstance(value, dict) or value == getattr(before, word):
                    continue
                out[name, word] = decision.id
        now = after
    first, last = _homes(start), _homes(end)
    return {
        (name, word): decision
        for (name, word), decision in out.items()
        if name in last and getattr(last[name], word) != getattr(first.get(name), word, None)
    }


def _homes(system: System) -> dict[str, Component | Workload]:
    """Everything whose fields have origins; the workload under an empty name."""
    return {"": system.workload, **system.components}


def with_reserve(trail: Trail, larger: Assessment, reserve: float) -> None:
    """Take the sizes that carry `reserve` times the load, and write the step down."""
    before, after = trail.final, replace(trail.final, found=larger)
    trail.decisions.append(_sizing(
        len(trail.decisions) + 1, before, after, f"Size for {reserve:.0%} of the load",
        "The solver holds the design for sufficient; the simulation at full scale does not.",
        f"The same parts, sized for {reserve:.0%} of the stated peak.",
        "the solver approximates; where it is too hopeful, the sizes must not rest on it alone",
        "the simulation refused these sizes",
    ))  # fmt: skip
    trail.final, trail.reserve = after, reserve


def with_room(trail: Trail, larger: Assessment, reserve: float, problem: str) -> Trail:
    """The trail with sizes for `reserve` times the load, taken because a trial failed."""
    before, after = trail.final, replace(trail.final, found=larger)
    step = _sizing(
        len(trail.decisions) + 1,
        before,
        after,
        f"Size for {reserve:.0%} of the load",
        problem,
        f"The same parts, sized for {reserve:.0%} of the stated peak.",
        "what waited is worked off by what is to spare; the trial passes with these sizes",
        "the trial fails with these sizes, and no step that was tried makes it pass alone",
    )
    return replace(trail, final=after, decisions=[*trail.decisions, step], reserve=reserve)


def _sizing(
    number: int, before: State, after: State, title: str, problem: str, summary: str, why: str,
    why_not: str,
) -> Decision:  # fmt: skip
    """A step that changes sizes and numbers only, against leaving them."""
    was, now = before.found.measure(before.reach), after.found.measure(after.reach)
    return Decision(
        number=number, id=f"{number:04d}", title=title, tactic="sizing", site="system",
        problem=problem, before=was, after=now, summary=summary, needed_above_users=0.0,
        options=(
            Option("sizing", "system", summary, now, True, why),
            Option("as-found", "system", "The sizes and numbers found so far.", was, False,
                   why_not),
        ),
        costs="The sizes fit this load and these service times. Measured times may ask for others.",
    )  # fmt: skip
