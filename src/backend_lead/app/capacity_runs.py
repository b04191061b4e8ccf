"""Loads of a model: the p99 the solver predicts, beside what kept runs of exactly it have seen."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.solver import solve
from backend_lead.app.runs import read_runs
from backend_lead.model.design import Run
from backend_lead.model.digest import digest
from backend_lead.views.flow import Flow

LOADS = (0.5, 1.0)  # multiples of the stated load that are always shown, and the highest


@dataclass(frozen=True)
class AtLoad:
    """The slowest p99 at a load. None where there is no answer, or no run.

    `requests_per_s` and `computed_s` are the solver's; `simulated_s` (with its 95 % interval where
    there were enough requests) and `simulated_per_s` are those of the kept run.
    """

    load: float
    requests_per_s: float
    computed_s: float | None
    run: str = ""
    request: str = ""
    simulated_per_s: float | None = None
    simulated_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    complete: bool = True


def at_loads(flow: Flow, highest: float, folder: Path | None) -> list[AtLoad]:
    """Some loads and those of every kept run without a fault, from the least."""
    kept = read_runs(folder, digest(flow.system))[0] if folder else None
    runs = [run for run in kept or () if run.kind not in FAULTS]
    out = [_simulated(flow, load_of(run), run) for run in runs]
    known = {row.load for row in out}
    out += [_computed(flow, load) for load in {*LOADS, highest} - known if load > 0]
    return sorted(out, key=lambda row: (row.load, row.run))


def load_of(run: Run) -> float:
    """The multiple of the stated load a run was made at, from the command that repeats it."""
    try:
        words = shlex.split(run.repeat)
        return float(words[words.index("--load") + 1])
    except (ValueError, IndexError):
        return 1.0


def _computed(flow: Flow, load: float) -> AtLoad:
    solution = solve(flow, load)
    p99_s = max(solution.asked_p99_s.values(), default=None) if solution.stable else None
    return AtLoad(load, solution.requests_per_s, p99_s)


def _simulated(flow: Flow, load: float, run: Run) -> AtLoad:
    predicted = _computed(flow, load)
    seen = {name: found["p99"] for name, found in run.results["latency_s"].items()}
    name = _slowest(sorted(seen), [_value(seen[name]["value"]) for name in sorted(seen)])
    times = seen.get(name, {})
    return AtLoad(
        load, predicted.requests_per_s, predicted.computed_s, run.id, name,
        run.results["requests_per_s"]["value"], times.get("value"), times.get("low"),
        times.get("high"), run.results["status"] == "complete",
    )  # fmt: skip


def _slowest(names: Sequence[str], times: Sequence[float]) -> str:
    return max(zip(times, names), default=(0.0, ""))[1]


def _value(time_s: float | None) -> float:
    """A time of a run's file, where infinity is null."""
    return math.inf if time_s is None else time_s
