"""compare, simulated: two models with the same seeds and the same arrivals, side by side."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from backend_lead.analysis import simulation
from backend_lead.analysis.lowering import lower
from backend_lead.analysis.pairs import Pair, pairs
from backend_lead.analysis.replications import pool
from backend_lead.app.design import SEED
from backend_lead.app.figures import time_text
from backend_lead.app.progress import Progress, cores
from backend_lead.app.replicate import LEAST, MOST, Runner, gather, local, tasks_of
from backend_lead.app.run_bounds import replicated_duration
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.kept import finite
from backend_lead.model.serving import Failing
from backend_lead.model.system import System
from backend_lead.model.units import counted
from backend_lead.views.resolve import resolve

NOTHING = 1e-9  # a nanosecond, the kernel's tick; of shares one in a thousand million


@dataclass(frozen=True)
class Paired:
    """The differences, from the seeds that both models finished, of so many asked for."""

    pairs: list[Pair]
    seeds: tuple[int, ...]
    asked: int
    horizon_s: float

    @property
    def partial(self) -> bool:
        return len(self.seeds) < self.asked


def paired(
    before: System, after: System, number: int, *, seed: int = SEED,
    duration_s: float | None = None, runner: Runner | None = None,
    progress: Progress | None = None, keep: bool = False,
) -> Paired:  # fmt: skip
    """Simulate both with `number` seeds, `seed` and those after it.

    With `keep` a Ctrl-C ends it; the seeds that both have finished are given. Raises InvalidInput,
    and KeyboardInterrupt where there are none.
    """
    if not LEAST <= number <= MOST:
        raise InvalidInput([Finding("replications-number", "error",
                                    "so many replications make no interval",
                                    Place("--replications"), str(number), f"{LEAST} to {MOST:,}",
                                    "--replications 10")])  # fmt: skip
    replicated_duration(duration_s)
    progress = progress or Progress()
    flows = [resolve(before), resolve(after)]
    lowered = [lower(flow) for flow in flows]
    until = duration_s or max(
        simulation.WARMUP_S + simulation.steady_horizon(flow, 1.0) for flow in flows
    )
    sides = [tasks_of(f, one, 1.0, number, seed, until) for f, one in zip(flows, lowered)]
    tasks = [task for both in zip(*sides) for task in both]  # a pair after the other
    progress.stage(f"simulating both with the same {number} seeds, {until:g} s each")
    parts, stopped = gather(tasks, runner or local(cores()), progress)
    whole = [k for k in range(number) if 2 * k in parts and 2 * k + 1 in parts]
    if stopped and not (keep and whole):
        raise KeyboardInterrupt
    one, other = (
        pool(flow, program, side[0], [parts[2 * k + which] for k in whole], number)
        for which, (flow, program, side) in enumerate(zip(flows, lowered, sides))
    )
    return Paired(pairs(one, other), one.seeds, number, until)


def not_played(before: System, after: System) -> list[Finding]:
    """That what the models say would break, and differ in, was not played."""
    faults, fails = before.faults != after.faults, _fails(before) != _fails(after)
    if not faults and not fails:
        return []
    fault = "stated" if faults else "random-failures"
    return [Finding("fault-not-played", "warning",
                    "the models differ in what they say will break; it was played in neither",
                    Place(path="faults" if faults else "components"), "runs with nothing broken",
                    f"--fault {fault}, of simulate",
                    f"simulate each of them with --fault {fault} and the same --seed")]  # fmt: skip


def _fails(system: System) -> dict[str, Failing]:
    """The parts whose instances fail at random."""
    return {name: part.fails for name, part in system.components.items() if part.fails}


def rows(found: Paired) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table."""
    head = ["", "Before", "After", "Difference", "95 % interval", "Narrower"]
    return head, [_cells(pair) for pair in found.pairs]


def title(found: Paired) -> str:
    """What was simulated."""
    many = f"{counted(str(len(found.seeds)), 'seed')}, {found.horizon_s:g} s each"
    part = f" (interrupted: {found.asked} were asked for)" if found.partial else ""
    return f"Simulated with the same {many}{part}"


NOTE = ("Narrower: how many times wider the interval would be with independent seeds. A difference "
        "whose interval holds 0 is marked: not told apart.")  # fmt: skip


def _cells(pair: Pair) -> list[str]:
    d = pair.difference
    seen = math.isfinite(d.value)
    sure = seen and math.isfinite(d.high)
    between = f"{_signed(d.low, pair)} to {_signed(d.high, pair)}" if sure else "not known"
    if sure and not pair.told:
        between += ", not told apart"
    narrower = f"{pair.narrower:.1f} x" if math.isfinite(pair.narrower) else "-"
    return [f"{pair.what}, {pair.name}", _text(pair.before.value, pair),
            _text(pair.after.value, pair), _signed(d.value, pair) if seen else "-", between,
            narrower]  # fmt: skip


def _text(value: float, pair: Pair) -> str:
    if abs(value) < NOTHING:
        return "0"
    return f"{value:.3%}" if pair.unit == "ratio" else time_text(value)


def _signed(value: float, pair: Pair) -> str:
    text = _text(abs(value), pair)
    return text if text == "0" else ("-" if value < 0 else "+") + text


def content(found: Paired) -> dict[str, Any]:
    """JSON-ready."""
    told: dict[str, Any] = finite({
        "seeds": list(found.seeds), "asked": found.asked, "horizon_s": found.horizon_s,
        "partial": found.partial,
        "pairs": [asdict(pair) | {"told_apart": pair.told} for pair in found.pairs],
    })  # fmt: skip
    return told
