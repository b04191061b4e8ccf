"""Mending a design: where a rule is broken or a trial failed, the cheapest step that answers it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.app.evidence import Judged, judge, trials, wait_for
from backend_lead.app.progress import Progress
from backend_lead.app.rules import judged_by
from backend_lead.checks import rules
from backend_lead.model.design import Trial
from backend_lead.search.assess import Assessment
from backend_lead.search.record import with_room
from backend_lead.search.repair import (
    Candidate,
    Remedy,
    Tried,
    candidates,
    cheapest,
    most_able,
    remedies,
    take,
)
from backend_lead.search.state import Trail
from backend_lead.tactics import tactics

Told = dict[str, Trial]
ROOM = (1.15, 1.3, 1.5)  # times the load that sizes are tried for where a trial failed
ROUNDS = 3  # times a design is mended and tried anew; what mends one trial may fail another


def rules_kept(trail: Trail, progress: Progress) -> Trail:
    """The trail with a step for each rule that its design breaks and a tactic answers."""
    for rule in sorted({word for t in tactics().values() for word in t.answers} & set(rules())):
        problem = _broken(trail.final.found, rule)
        if not problem or not trail.holds:
            continue
        tried = [_ruled(one, rule) for one in _each(trail, rule, progress)]
        chosen = cheapest(tried)
        if chosen is not None:
            trail = take(trail, problem, tried, chosen)
    return trail


def _each(trail: Trail, answer: str, progress: Progress) -> Iterator[Candidate]:
    """Every step that answers a trial or a rule; Interrupted between two of them."""
    progress.check()
    for one in candidates(trail, answer):
        progress.check()
        yield one


def _broken(found: Assessment, rule: str) -> str:
    """What a rule says against a model; empty where it says nothing."""
    told = rules()[rule].check(judged_by(found, None))
    return "; ".join(finding.message for finding in told if finding.level != "unknown")


def _ruled(one: Candidate, rule: str) -> Tried:
    left = _broken(one.found, rule)
    return Tried(one, not left, left or f"the rule `{rule}` then has nothing to say")


def trials_passed(
    trail: Trail, judged: Judged, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> tuple[Trail, Judged]:
    """The design with the cheapest remedy for each failed trial, tried anew; where another trial
    then fails, that is mended too, a few times over.

    Of all wholes that were tried the one that fails the fewest trials is given back, and of those
    the first, which may be what was there.
    """
    best, proof = trail, judged
    now, seen = trail, judged
    for _ in range(ROUNDS):
        failed = _failed(seen)
        mended = _mended(now, failed, seed, progress, pool)
        if mended is now:
            break
        progress.stage("trying the mended design anew")
        again = judge(mended.final.found, seed, progress, pool)
        if again.refused:
            break
        now, seen = mended, trials(mended.final.found, again, seed, progress, pool)
        if len(_failed(seen)) < len(_failed(proof)):
            best, proof = now, seen
    return best, proof


def _failed(judged: Judged) -> Told:
    """The trials that were failed, in the order in which they are tried."""
    told = _verdicts(judged)
    return {name: told[name] for name in FAULTS if name in told and told[name].verdict == "fail"}


def _mended(
    trail: Trail, failed: Told, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> Trail:
    """The trail with what makes failed trials pass, each tried by itself: one step where that is
    enough, else steps together and larger sizes. As it was where nothing does."""
    mended, unanswered = trail, dict[str, Trial]()
    for name, before in failed.items():
        now = before
        if mended is not trail:  # an earlier step may have answered it too
            now = _run(mended.final.found, name, seed, progress, pool)
        if now.verdict == "fail":
            after = _answered(mended, name, now, seed, progress, pool)
            if after is mended:
                unanswered[name] = now
            mended = after
    return _joined(mended, unanswered, seed, progress, pool) if unanswered else mended


def _verdicts(judged: Judged) -> Told:
    return {name: simulation.trial(ran, name) for name, ran in judged.faults.items()}


def _run(
    found: Assessment, name: str, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> Trial:
    job = pool.submit(simulation.run_fault, found.flow, FAULTS[name], seed,
                      cancelled=progress.stop.is_set)  # fmt: skip
    return simulation.trial(wait_for(job, progress), name)


def _answered(
    trail: Trail, name: str, before: Trial, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> Trail:
    """The trail with the cheapest step that makes a trial pass; as it was where none does."""
    options = list(_each(trail, name, progress))
    if not options:
        return trail
    progress.stage(
        f"{FAULTS[name].title.lower()}: not recovered from; trying "
        + ", ".join(one.heading.lower() for one in options)
    )
    jobs = [
        (one, pool.submit(simulation.run_fault, one.found.flow, FAULTS[name], seed,
                          cancelled=progress.stop.is_set))
        for one in options
    ]  # fmt: skip
    tried = [_tried(one, before, simulation.trial(wait_for(job, progress), name))
             for one, job in jobs]  # fmt: skip
    chosen = cheapest(tried)
    if chosen is None:
        return trail
    problem = f"The trial '{before.title}' fails: {before.why}; {before.degrades}."
    return take(trail, problem, tried, chosen)


def _joined(
    trail: Trail, failed: Told, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> Trail:
    """The trail with steps together, more of the same or both, where no single step makes trials
    pass: what waited meanwhile is worked off by what is to spare. As it was where none does."""
    most = most_able(trail, list(failed), ROOM)
    if most is None:
        return trail
    progress.stage(f"not recovered from in time; trying {_words(trail, most)}")
    able = {
        name: before
        for name, before in failed.items()
        if _run(most.found, name, seed, progress, pool).verdict == "pass"
    }
    for remedy in remedies(trail, list(able), ROOM) if able else ():
        progress.stage(f"not recovered from in time; trying {_words(trail, remedy)}")
        if all(_run(remedy.found, name, seed, progress, pool).verdict == "pass" for name in able):
            return _taken(trail, remedy, able)
    return trail


def _words(trail: Trail, remedy: Remedy) -> str:
    """What a remedy does, in a sentence's middle."""
    words = [one.heading[0].lower() + one.heading[1:] for one in remedy.steps]
    if remedy.reserve > trail.reserve:
        words.append(f"sizes for {remedy.reserve:.0%} of the load")
    return " and ".join(words)


def _taken(trail: Trail, remedy: Remedy, failed: Told) -> Trail:
    """The trail with each step of a remedy, and its sizes where they are for more load."""
    problem = " ".join(f"The trial '{t.title}' fails: {t.why}." for t in failed.values())
    out = trail
    for step in remedy.steps:
        why = f"no step was enough by itself; the trial passes with {_words(trail, remedy)}"
        out = take(out, problem, [Tried(step, True, why)], step)
    if remedy.reserve > trail.reserve:
        out = with_room(out, remedy.found, remedy.reserve, problem)
    return out


def _tried(one: Candidate, before: Trial, after: Trial) -> Tried:
    words = (
        f"the trial {'passes' if after.verdict == 'pass' else 'does not pass'}: {after.why}; "
        f"{after.failed_share:.1%} of the requests failed while it was not healthy, "
        f"{before.failed_share:.1%} without the step; {after.degrades}"
    )
    return Tried(one, after.verdict == "pass", words)
