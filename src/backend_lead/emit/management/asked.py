"""What a design needs from who decides: a decision, money, people, answers."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.management.unsaid import weighed
from backend_lead.emit.report.meant import clipped
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import money
from backend_lead.model.design import Design, Question

QUESTIONS, QUESTION_WORDS = 3, 20
SHORT = 3  # the level from which on less is said of people
TAKEN_WORDS = 8  # an interim answer longer than this is left to the README


def needed(design: Design, level: int) -> Iterator[str]:
    """What to decide and to answer, the most pressing first; fewer questions at each level."""
    yield _decide(design)
    team = design.system.team
    people = f"the stated team of {team.size} must build and run it" if team else (
        "no team is stated; name who builds and runs it"
    )  # fmt: skip
    if level < SHORT:
        yield f"People: {people}. The effort to build it is not estimated here."
    else:
        yield f"People: {people}; effort is not estimated."
    answers = [_question(q) for q in _whole(design.questions)[: max(1, QUESTIONS - level)]]
    if answers:
        more = len(design.questions) - len(answers)
        rest = f" ({more} more in README.md)" if more else ""
        yield f"Answers{rest}: {' '.join(answers)}"


def _decide(design: Design) -> str:
    if design.refusal:
        return "A decision which promise to give up, then a design for what is left."
    if design.verdict == "fail":
        return "A decision: promise less, pay for more, or change what is asked; then design again."
    if design.verdict == "unknown":
        return "A decision: wait until the rest is judged, or leave it out."
    if design.cost is None:
        return "A decision to go on; a price is not known yet."
    bill = Readings(design).total(design.cost).text.replace("/month", " a month")
    ends = [cost for _, _, cost, adds in weighed(design) if cost and adds > 0]
    kept = f", and of up to {money(max(ends))} until the assumptions are measured" if ends else ""
    return f"Approval of {bill}{kept}."


def _whole(questions: list[Question]) -> list[Question]:
    """Those first that need not be cut: a question cut off cannot be answered."""
    return sorted(questions, key=lambda q: len(_text(q).split()) > QUESTION_WORDS)


def _text(asked: Question) -> str:
    return asked.text.split("? ")[0].rstrip("?") + "?"


def _question(asked: Question) -> str:
    brief = len(asked.taken.split()) <= TAKEN_WORDS
    text = clipped(_text(asked), QUESTION_WORDS)
    return f"{text} (until then: {asked.taken.rstrip('.')})" if brief else text
