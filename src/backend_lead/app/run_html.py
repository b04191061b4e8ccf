"""simulate --html: one run, or its replications, as a page."""

from __future__ import annotations

import itertools
from pathlib import Path

from backend_lead.analysis.ran import Ran
from backend_lead.app.render_run import partial_line, removed_text, requests_line
from backend_lead.app.replicate import Replicated
from backend_lead.app.simulate import Simulated
from backend_lead.app.write import write_copy
from backend_lead.emit.report.objectives import DESIGN_WORDS, trial_words
from backend_lead.emit.report.run_chart import Mark
from backend_lead.emit.report.run_page import page


def write_run(done: Simulated, path: Path) -> None:
    """Write the page of a run. Raises CannotWrite where the file is there."""
    run, trial = done.run, done.trial
    lines = [requests_line(run.results["requests"], "under way at the end",
                           warm_up=run.warmup_s > 0)]  # fmt: skip
    ended = DESIGN_WORDS[done.verdict]
    if trial is not None:
        ended = trial_words(trial)[done.verdict]
        lines += [f"Fault: {trial.fault}", _capital(trial.why), _capital(trial.degrades)]
    if done.over is not None:
        lines.append(done.over.words)
    if done.partial:
        lines.append(partial_line(f"{run.results['reached_s']:g} s were simulated"))
    write_copy(path, page(run, done.verdict, ended, _told(lines), marks(done.ran)))


def write_replications(done: Replicated, path: Path) -> None:
    """The same of replications, drawn as one run."""
    run, pooled = done.run, done.pooled
    lines = [requests_line(run.results["requests"], "under way at the ends", warm_up=True),
             _capital(removed_text(pooled.removed_s, pooled.settled))]  # fmt: skip
    if done.partial:
        lines.append(partial_line(f"{len(pooled.seeds)} replications were finished"))
    write_copy(path, page(run, done.verdict, DESIGN_WORDS[done.verdict], _told(lines)))


def _told(lines: list[str]) -> list[str]:
    """Each with its end."""
    return [f"{text.rstrip('.')}." for line in lines if (text := line.strip())]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def marks(ran: Ran) -> list[Mark]:
    """When something breaks in a run with a fault, and when all of that is over by itself."""
    if ran.fault is None:
        return []
    at_s, fault, until_s = ran.fault_at_s, ran.fault, ran.result.reached_s
    breaks = [Mark(at_s + begin_s, "breaks") for begin_s in fault.begins_s(ran.flow)]
    over_s = at_s + fault.over_s(ran.flow)
    over = [Mark(over_s, "over")] if over_s > breaks[-1].t_s else []
    return [mark for mark in itertools.chain(breaks, over) if mark.t_s <= until_s]
