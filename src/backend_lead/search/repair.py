"""Steps that no load asks for: what is tried because a trial failed or a rule is broken.

A search over load and cost does not see them. Whoever ran the trial asks here which steps answer
it, tries each, and tells which one to keep; here it is written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend_lead.model.design import Decision, Option
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.search.state import Move, State, Trail
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob


@dataclass(frozen=True)
class Candidate:
    """A step that answers a trial or a rule, taken on a design that holds: it still holds."""

    move: Move
    found: Assessment
    knobs: list[Knob]

    @property
    def heading(self) -> str:
        return tactics()[self.move[0]].heading(self.move[1])


@dataclass(frozen=True)
class Tried:
    """A candidate and what came of it, in words."""

    candidate: Candidate
    helps: bool
    why: str


def candidates(trail: Trail, answer: str) -> Iterator[Candidate]:
    """Every step that answers a trial or a rule, where it applies and the load is still carried.

    Sizes are kept where the step opens nothing to size and they suffice.
    """
    state = trail.final
    for tid, tactic in tactics().items():
        if answer not in tactic.answers:
            continue
        for site in tactic.sites(state.found.system):
            applied = tactic.apply(state.found.system, site)
            fresh = {knob.id for knob in applied.knobs}
            knobs = [k for k in state.knobs if k.id not in fresh] + list(applied.knobs)
            found = assess(applied.system)
            if applied.knobs or not _enough(found):
                found = size_and_assess(applied.system, knobs, trail.reserve)
            if _enough(found):
                yield Candidate((tid, site), found, knobs)


def _enough(found: Assessment) -> bool:
    return found.capacity >= 1 and found.available


def cheapest(tried: list[Tried]) -> Candidate | None:
    """Of those that help, the one with the least to pay, complexity included."""
    helps = [one.candidate for one in tried if one.helps]
    return min(helps, key=lambda c: (c.found.total_usd, c.move), default=None)


def take(trail: Trail, problem: str, tried: list[Tried], chosen: Candidate) -> Trail:
    """The trail with one step more, and the design that it ends in."""
    before, number = trail.final, len(trail.decisions) + 1
    after = State([*before.moves, chosen.move], chosen.knobs, chosen.found, before.reach)
    record = _decision(number, before, after, problem, tried, chosen)
    opened = dict(trail.opened)
    for knob in chosen.knobs:
        opened.setdefault(knob.id, record.id)
    return replace(
        trail, final=after, decisions=[*trail.decisions, record], opened=opened,
    )  # fmt: skip


def _decision(
    number: int, before: State, after: State, problem: str, tried: list[Tried], chosen: Candidate
) -> Decision:
    tactic = tactics()[chosen.move[0]]
    was = before.found.measure(before.reach)
    options = [
        Option(
            one.candidate.move[0], one.candidate.move[1], one.candidate.heading,
            one.candidate.found.measure(before.reach), one.candidate is chosen, one.why,
        )
        for one in sorted(tried, key=lambda one: (one.candidate is not chosen, not one.helps))
    ]  # fmt: skip
    options.append(
        Option("as-found", "system", "Leave the design as it is.", was, False, problem)
    )  # fmt: skip
    return Decision(
        number=number, id=f"{number:04d}", title=chosen.heading, tactic=chosen.move[0],
        site=chosen.move[1], problem=problem, options=tuple(options), before=was,
        after=after.found.measure(before.reach), summary=tactic.does, costs=tactic.costs,
        needed_above_users=0.0,
    )  # fmt: skip
