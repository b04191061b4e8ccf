"""generate: the artefacts of a model as it stands, judged but not searched."""

from __future__ import annotations

from pathlib import Path

from backend_lead.app.design import SEED, Request, refused, told, wait_for_kernel, warm
from backend_lead.app.evidence import assemble, computed, judge, trials
from backend_lead.app.paths_file import read_paths
from backend_lead.app.progress import Progress, workers
from backend_lead.app.trail import read_trail
from backend_lead.model.design import Design
from backend_lead.search.assess import assess


def generate(
    request: Request, *, only: str | None = None, beside: Path | None = None, seed: int = SEED,
    progress: Progress | None = None,
) -> Design:  # fmt: skip
    """Judge a model on the kernel. Decisions found beside it are kept if they are its own.

    Where no artefact that is asked for quotes a run, nothing is run.
    """
    progress = progress or Progress()
    found = assess(request.system)
    if only is not None and not needs_runs(only):
        answer = computed(found, seed)
        told(answer, request)
        return answer
    with workers(2, progress) as pool:
        wait_for_kernel(pool.submit(warm), progress)
        judged = judge(found, seed, progress, pool)
        judged = trials(found, judged, seed, progress, pool)
    answer = assemble(found, judged, seed=seed)
    told(answer, request)
    if beside is not None:
        answer.decisions, note = read_trail(beside, answer.digest)
        unread = read_paths(beside, answer)
        answer.findings += [row for row in (note, unread) if row is not None]
    return refused(answer)


def needs_runs(only: str | None) -> bool:
    """Whether any artefact of a group or id quotes what only a run can tell."""
    from backend_lead.emit import asked

    return any(emitter.runs for emitter in asked(only))


def groups() -> list[str]:
    """What `--only` takes."""
    from backend_lead.emit import emitters

    return sorted({e.group for e in emitters()} | {e.id for e in emitters()})
