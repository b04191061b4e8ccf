"""Steps that no load asks for: what is tried because a trial failed or a rule is broken.

A search over load and cost does not see them. Whoever ran the trial asks here which steps answer
it, tries each, and tells which one to keep; here it is written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend_lead.model.design import Decision, Option
from backend_lead.model.system import System
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
    for move in _moves(state.found.system, answer):
        one = _applied(state.found.system, state.knobs, move, trail.reserve)
        if _enough(one.found):
            yield one


def _moves(system: System, answer: str) -> list[Move]:
    """Steps that answer a trial or a rule, where they apply."""
    return [
        (tid, site)
        for tid, tactic in tactics().items()
        if answer in tactic.answers
        for site in tactic.sites(system)
    ]


def _applied(system: System, knobs: list[Knob], move: Move, reserve: float) -> Candidate:
    applied = tactics()[move[0]].apply(system, move[1])
    fresh = {knob.id for knob in applied.knobs}
    open_ = [k for k in knobs if k.id not in fresh] + list(applied.knobs)
    found = assess(applied.system)
    if applied.knobs or not _enough(found):
        found = size_and_assess(applied.system, open_, reserve)
    return Candidate(move, found, open_)


@dataclass(frozen=True)
class Remedy:
    """Steps taken together, none or several, and sizes for `reserve` times the load.

    `steps` are the design after each of them, before it is sized for more than it was.
    """

    steps: tuple[Candidate, ...]
    found: Assessment
    reserve: float


def most_able(trail: Trail, answers: list[str], room: tuple[float, ...]) -> Remedy | None:
    """All steps that answer one of several trials, with the most room that can be had."""
    every = _together(trail, _all_moves(trail, answers))
    for more in sorted(room, reverse=True):
        if (remedy := _sized(trail, every, more)) is not None:
            return remedy
    return None


def remedies(trail: Trail, answers: list[str], room: tuple[float, ...]) -> Iterator[Remedy]:
    """Steps together, more of the same, and both: least room first, of the same room the cheapest.

    What `candidates` tries, one step with the sizes as they are, is not among them.
    """
    moves = _all_moves(trail, answers)
    sets = [(), *((move,) for move in moves), *([tuple(moves)] if len(moves) > 1 else [])]
    paths = [_together(trail, chosen) for chosen in sets]
    for more in (1.0, *room):
        sized = [_sized(trail, path, more) for path in paths if more > 1 or len(path) > 1]
        yield from sorted((one for one in sized if one is not None), key=lambda one: (
            one.found.total_usd, [step.move for step in one.steps],
        ))  # fmt: skip


def _all_moves(trail: Trail, answers: list[str]) -> tuple[Move, ...]:
    found = (move for answer in answers for move in _moves(trail.final.found.system, answer))
    return tuple(dict.fromkeys(found))


def _together(trail: Trail, moves: tuple[Move, ...]) -> tuple[Candidate, ...]:
    """The design after each of several steps; what no longer applies after another is left out."""
    steps: list[Candidate] = []
    system, knobs = trail.final.found.system, trail.final.knobs
    for tid, site in moves:
        if site not in tactics()[tid].sites(system):
            continue
        steps.append(_applied(system, knobs, (tid, site), trail.reserve))
        system, knobs = steps[-1].found.system, steps[-1].knobs
    return tuple(steps)


def _sized(trail: Trail, steps: tuple[Candidate, ...], more: float) -> Remedy | None:
    """Steps with room for `more` times what the design was sized for; None where it cannot be."""
    reserve = trail.reserve * more
    last = steps[-1] if steps else None
    found, knobs = (last.found, last.knobs) if last else (trail.final.found, trail.final.knobs)
    if more > 1:
        found = size_and_assess(found.system, knobs, reserve)
        if found.capacity < reserve:
            return None
    return Remedy(steps, found, reserve) if _enough(found) else None


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
