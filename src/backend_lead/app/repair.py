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
from backend_lead.search.repair import Candidate, Tried, candidates, cheapest, take
from backend_lead.search.sizing import size_and_assess
from backend_lead.search.state import Trail
from backend_lead.tactics import tactics

Told = dict[str, Trial]
ROOM = (1.15, 1.3, 1.5)  # times the load that sizes are tried for where a trial failed


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
    """The design with the cheapest step for each failed trial that makes it pass, tried anew.

    What was there is given back where no step helps, or where the whole is not better for it.
    """
    before = _verdicts(judged)
    failed = [name for name in FAULTS if name in before and before[name].verdict == "fail"]
    mended, unanswered = trail, dict[str, Trial]()
    for name in failed:
        now = before[name]
        if mended is not trail:  # an earlier step may have answered it too
            now = _run(mended.final.found, name, seed, progress, pool)
        if now.verdict == "fail":
            after = _answered(mended, name, now, seed, progress, pool)
            if after is mended:
                unanswered[name] = now
            mended = after
    if unanswered:
        mended = _roomier(mended, unanswered, seed, progress, pool)
    if mended is trail:
        return trail, judged
    progress.stage("trying the mended design anew")
    again = judge(mended.final.found, seed, progress, pool)
    if again.refused:
        return trail, judged
    again = trials(mended.final.found, again, seed, progress, pool)
    left = [name for name, trial in _verdicts(again).items() if trial.verdict == "fail"]
    return (mended, again) if len(left) < len(failed) else (trail, judged)


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


def _roomier(
    trail: Trail, failed: Told, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> Trail:
    """The trail with more of the same, where that makes trials pass that no step answers: what
    waited meanwhile is worked off by what is to spare. As it was where it does not."""
    state = trail.final
    for more in ROOM:
        reserve = trail.reserve * more
        larger = size_and_assess(state.found.system, state.knobs, reserve)
        if larger.capacity < reserve or not larger.available:
            return trail
        progress.stage(f"not recovered from in time; sizing for {reserve:.0%} of the load")
        after = [_run(larger, name, seed, progress, pool) for name in failed]
        if all(trial.verdict == "pass" for trial in after):
            told = " ".join(f"The trial '{t.title}' fails: {t.why}." for t in failed.values())
            return with_room(trail, larger, reserve, told)
    return trail


def _tried(one: Candidate, before: Trial, after: Trial) -> Tried:
    words = (
        f"the trial {'passes' if after.verdict == 'pass' else 'does not pass'}: {after.why}; "
        f"{after.failed_share:.1%} of the requests failed while it was not healthy, "
        f"{before.failed_share:.1%} without the step; {after.degrades}"
    )
    return Tried(one, after.verdict == "pass", words)
