"""A tactic where it helps and where it hurts: its two examples, solved before and after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.simulation import run_fault, trial
from backend_lead.analysis.solver import solve
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.system import System
from backend_lead.model.units import trim
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics.tactic import Applied, Tactic
from backend_lead.views.resolve import resolve

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "tactics" / "examples"
FAR = 8.0  # multiples of an example's load that are looked at
SEED = 1

Changed = Callable[[System, System], str]


def has_examples(tactic: Tactic) -> bool:
    """Whether a tactic has models in which it helps and hurts."""
    return (EXAMPLES / f"{tactic.id}.yaml").is_file()


def helps_and_hurts(tactic: Tactic, changed: Changed) -> str:
    """The part of its page: both examples; `changed` tells what differs between two models."""
    helps = _effect(tactic, EXAMPLES / f"{tactic.id}.yaml", "helps", changed, diff=True)
    hurts = _effect(tactic, EXAMPLES / f"{tactic.id}-hurts.yaml", "hurts", changed, diff=False)
    return helps + hurts


def _changes(system: System, applied: Applied, changed: Changed) -> list[str]:
    """What a tactic changes in a model, and the knobs it opens."""
    change = changed(system, applied.system)
    lines = ["```diff\n" + change + "\n```\n"] if change else []
    for knob in applied.knobs:
        low, high = knob.values[0], knob.values[-1]
        lines.append(f"Opens the knob `{knob.id}`: `{low}` to `{high}`.\n")
    return lines


def _effect(tactic: Tactic, path: Path, word: str, changed: Changed, *, diff: bool) -> str:
    """An example of a tactic, solved before and after, with the trial it names simulated."""
    text = path.read_text(encoding="utf-8")
    says = text.splitlines()[0].removeprefix("# ")
    system = read_checked_text(text, path.name).system
    site = tactic.sites(system)[0]
    applied = tactic.apply(system, site)
    before, after = assess(system, FAR), size_and_assess(applied.system, applied.knobs)
    after = assess(after.system, FAR)
    lines = [
        f"## An example where it {word}\n",
        f"{says} The model is [{path.name}](examples/{path.name}), the site `{site}`.\n",
    ]
    lines += _changes(system, applied, changed) if diff else []
    rows = [
        ("of the load is carried", _carried(before), _carried(after)),
        ("slowest p99 at the load carried", *(_p99(x) for x in (before, after))),
        ("availability", *(f"{x.worst_availability.availability:.4%}" for x in (before, after))),
        ("USD/month", *(trim(x.cost.usd_month, 3) for x in (before, after))),
        ("complexity, USD/month", *(trim(x.complexity_usd, 3) for x in (before, after))),
    ]
    fault = next(
        (
            line.removeprefix("# trial: ")
            for line in text.splitlines()
            if line.startswith("# trial: ")
        ),
        None,
    )
    if fault is not None:
        rows.append(
            (f"trial `{fault}`, simulated", *(_tried(x.system, fault) for x in (before, after)))
        )
    lines.append(
        "| solved, with one zone lost | before | after |\n|---|---|---|\n"
        + "".join(f"| {what} | {was} | {now} |\n" for what, was, now in rows)
    )
    return "\n".join(lines) + "\n"


def _carried(found: Assessment) -> str:
    """The share of the stated load that is carried, and what is the limit above it."""
    if found.capacity >= FAR:
        return f"{FAR:g} times or more"
    return f"{trim(found.capacity, 2)} times; then {found.limit.component}: {found.limit.resource}"


def _p99(found: Assessment) -> str:
    """The worst p99 of a request, where anything is carried."""
    solution = solve(found.flow, min(1.0, found.capacity)) if found.capacity else None
    if solution is None or not solution.stable:
        return "none"
    return f"{trim(max(solution.p99_s.values()) * 1e3, 2)} ms"


def _tried(system: System, fault: str) -> str:
    """What a fault does, as one run of the simulator says."""
    one = trial(run_fault(resolve(system), FAULTS[fault], SEED), fault)
    healthy = (
        "not healthy again" if one.recover_s is None else f"healthy after {one.recover_s:.0f} s"
    )
    return f"{healthy}; {one.degrades}"
