"""design: from a sentence or a model to a design with its evidence."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from backend_lead.app.evidence import (
    Judged,
    assemble,
    judge,
    trials,
    wait_for,
)
from backend_lead.app.headline import NOT_MADE, headline
from backend_lead.app.paths import Paths
from backend_lead.app.progress import Progress, cores, workers
from backend_lead.app.repair import rules_kept, trials_passed
from backend_lead.app.smaller import smaller
from backend_lead.model.design import Design, Question, Stated
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.search.beside import beside
from backend_lead.search.distance import far_users
from backend_lead.search.record import set_by, with_reserve
from backend_lead.search.searches import Searches, search
from backend_lead.search.state import Trail

SEED = 1
RETRIES = 3  # times a design that the kernel refuses is sized for more
RESERVE = 1.15  # and how much more each time


@dataclass
class Request:
    """What was asked, read: a first model, and what the reader has to tell.

    `parts`: it asks for a data layer, which is proved on real parts where they are installed.
    """

    system: System
    stated: list[Stated] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    source_text: str = ""
    parts: bool = False


def read_request(text: str) -> Request:
    """Read a brief. Raises InvalidInput."""
    from backend_lead.intake.brief import read_brief

    reading = read_brief(text)
    return Request(
        reading.system, reading.stated, reading.questions, reading.findings, reading.missing,
        parts=reading.intent == "data",
    )  # fmt: skip


def read_model(path: str) -> Request:
    """Read a model file with its catalogue checks, and what its brief asked for in vain.

    Raises InvalidInput.
    """
    from backend_lead.app.model_file import read_checked
    from backend_lead.app.quoted import caveats

    reading = read_checked(path)
    told, missing = caveats(reading)
    return Request(
        reading.system, findings=[*reading.findings, *told], missing=missing,
        source_text=reading.document.to_text(),
    )  # fmt: skip


def design(
    request: Request, *, seed: int = SEED, quick: bool = False, progress: Progress | None = None,
    on_answer: Callable[[Design], None] | None = None,
) -> Design:  # fmt: skip
    """Search, judge on the kernel, try with faults, mend what fails. `on_answer` gets the design as
    soon as its verdict on steady load and zone loss is known; the other trials follow. `quick`
    leaves out alternatives, stages and what would change the decision."""
    progress = progress or Progress()
    with workers(2, progress) as pool, beside() as other:
        kernel = pool.submit(warm)
        progress.stage("searching for the simplest design that keeps the promise")
        trail = search(request.system, lambda text: _step(progress, text))
        trail = rules_kept(trail, progress)
        searches = Searches(lambda _: progress.check(), other if cores() > 1 else None)
        paths = Paths(request.system, searches, quick)
        trail = paths.promise(trail, lambda text: _step(progress, text))
        wait_for_kernel(kernel, progress)
        trail, judged = _proved(trail, seed, progress, pool)
        _origins(trail)
        if on_answer is not None:
            on_answer(_answer(trail, judged, seed, request, paths))
        with workers(1, progress) as aside:
            looked = aside.submit(paths.look, trail, lambda text: _step(progress, text))
            if paths.refusal is None:  # to break what is refused would prove nothing
                judged = trials(trail.final.found, judged, seed, progress, pool)
            wait_for(looked, progress)
        mended = trail
        if paths.refusal is None:
            mended, judged = trials_passed(trail, judged, seed, progress, pool)
        if mended is not trail:
            trail = mended
            _origins(trail)
            paths.look(trail, lambda text: _step(progress, text))
    return _answer(trail, judged, seed, request, paths)


def _answer(trail: Trail, judged: Judged, seed: int, request: Request, paths: Paths) -> Design:
    """One design of everything found so far."""
    answer = assemble(trail.final.found, judged, seed=seed, trail=trail)
    paths.put(answer)
    told(answer, request)
    answer.questions = [*smaller(trail), *answer.questions]
    answer.findings += far_users(request.system)
    return refused(answer)


def refused(answer: Design) -> Design:
    """The same design, its verdict and headline those of a refusal where there is one."""
    if answer.refusal is not None:
        answer.verdict = "fail"
        answer.headline = headline(answer)
    return answer


def wait_for_kernel(started: Future[None], progress: Progress) -> None:
    """Wait until `warm` is done, and say why it takes long where it does."""
    from backend_lead.kernel.load import readiness

    if not started.done() and readiness() == "not kept":
        progress.stage("compiling the simulator (first run on this machine only)")
    wait_for(started, progress)


def warm() -> None:
    """Get the kernel; some ten seconds where it must be compiled first."""
    from backend_lead.kernel.load import compiled

    compiled()


def _step(progress: Progress, text: str) -> None:
    progress.check()
    progress.stage(text)


def _proved(
    trail: Trail, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> tuple[Trail, Judged]:
    """The kernel's verdict at full scale; a design it refuses is sized for more and tried again."""
    from backend_lead.search.sizing import size_and_assess

    reserve = 1.0
    for attempt in range(RETRIES + 1):
        judged = judge(trail.final.found, seed, progress, pool)
        if not judged.refused or not trail.holds or attempt == RETRIES:
            return trail, judged
        reserve *= RESERVE
        progress.stage(f"the simulation refuses it; sizing for {reserve:.0%} of the load")
        larger = size_and_assess(trail.final.found.system, trail.final.knobs, reserve)
        if larger.capacity < reserve:
            return trail, judged
        with_reserve(trail, larger, reserve)
    return trail, judged


# How a sized field was found. What costs nothing is set last, for the least of what is paid for.
SIZED = {
    "instance": "cheapest machine of its family, with the numbers it asks for, that was found to "
    "carry",
    "concurrency": "costs nothing; as many as the step allows, halved while it still carries",
    "pool": "costs nothing; after what is paid for, fewest that carry",
    "pooler": "costs nothing; after what is paid for, smallest that carries",
    "partitions": "costs nothing; after what is paid for, fewest that carry",
    "batch": "costs nothing; after what is paid for, smallest that carries",
}


def _origins(trail: Trail) -> None:
    """Name, for each field that a decision set, that decision; for a sized one how it was found."""
    system = trail.final.found.system
    for (name, field_name), decision in set_by(trail).items():
        home = system.components[name] if name else system.workload
        home.origins[field_name] = f"computed: decision {decision}"
    load = "the stated peak" if trail.reserve == 1 else f"{trail.reserve:.0%} of the stated peak"
    for knob in trail.final.knobs:
        opened = trail.opened.get(knob.id)
        where = f"decision {opened}, " if opened else ""
        name = "pooler" if knob.field == "pooler.size" else knob.field
        how = SIZED.get(name.rsplit(".", 1)[-1], "fewest, on these machines, that carry")
        system.components[knob.component].origins[name] = (
            f"computed: {where}{how} {load} with one zone lost"
        )


def told(answer: Design, request: Request) -> None:
    """What the reader of the request has to say goes with the answer."""
    answer.stated = request.stated
    answer.questions = request.questions
    answer.source_text = request.source_text
    answer.asks_data = request.parts
    answer.findings = [*request.findings, *answer.findings]
    answer.not_covered = list(request.missing) + answer.not_covered
    answer.findings += [
        Finding(NOT_MADE, "unknown", text, hint="asked for, but not made yet")
        for text in request.missing
    ]
    if request.missing and answer.verdict == "pass":
        answer.verdict = "unknown"
        answer.headline = headline(answer)
