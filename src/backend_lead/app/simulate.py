"""simulate: one run of a model on the kernel, as it stands or with a fault."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.overload import Overload, overload
from backend_lead.analysis.simulation import Ran
from backend_lead.analysis.uses import solve_all
from backend_lead.app.assume import assume_words
from backend_lead.app.design import SEED, wait_for_kernel, warm
from backend_lead.app.evidence import run_record, wait_for
from backend_lead.app.progress import Progress, workers
from backend_lead.app.rules import by_path
from backend_lead.checks import optional_fails
from backend_lead.checks.evidence import Evidence
from backend_lead.kernel.bounds import RATE_PER_NS_MIN
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.kernel.run import COMPLETE
from backend_lead.model.design import Latency, Run, StationLoad, Trial, Verdict
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.system import System
from backend_lead.views.flow import Source
from backend_lead.views.resolve import resolve

LOAD_MIN, LOAD_MAX = 1e-6, 1000.0  # multiples of the stated load
RATE_MIN_PER_S = RATE_PER_NS_MIN * NS_PER_S  # the lowest that the kernel takes of one client


@dataclass
class Simulated:
    """A run and its reading. `trial` is there for a fault, `over` where the load of a run with
    nothing broken is above what the model carries."""

    run: Run
    latencies: list[Latency]
    loads: list[StationLoad]
    trial: Trial | None
    verdict: Verdict
    ran: Ran
    over: Overload | None = None


def simulate(
    system: System, *, seed: int = SEED, users: float | None = None, load: float | None = None,
    fault: str | None = None, duration_s: float | None = None, progress: Progress | None = None,
    assumed: Sequence[str] = (),
) -> Simulated:  # fmt: skip
    """Run a model. `users` replaces the stated concurrent users (shares kept), `load` multiplies.

    `assumed` is what was set in the model (NAME=VALUE): such a run has an id of its own.

    Raises InvalidInput for a fault that isn't known or does not apply, or a load without sense.
    """
    progress = progress or Progress()
    flow = resolve(system)
    factor = _factor(flow.sources, users, load)
    if fault is not None:
        _known(fault, flow)
    with workers(1, progress) as pool:
        wait_for_kernel(pool.submit(warm), progress)
        usual = (
            simulation.fault_horizon(flow, FAULTS[fault]) if fault
            else simulation.WARMUP_S + simulation.steady_horizon(flow, factor)
        )  # fmt: skip
        until = duration_s or usual
        rate = flow.requests_per_s * factor
        progress.stage(f"simulating {until:g} s at {rate:,.0f} requests/s"
                       + simulation.time_words(rate * until))  # fmt: skip
        stop = progress.stop.is_set
        share = lambda t: progress.share(fault or "peak", t / until)  # noqa: E731
        if fault:
            job = pool.submit(simulation.run_fault, flow, FAULTS[fault], seed, until_s=until,
                              load=factor, progress=share, cancelled=stop)  # fmt: skip
        else:
            measured = max(1.0, until - simulation.WARMUP_S)
            job = pool.submit(
                simulation.run_steady,
                flow,
                seed,
                measure_s=measured,
                load=factor,
                progress=share,
                cancelled=stop,
            )
        ran = wait_for(job, progress)
    name = _name(fault, factor, seed, until if duration_s and until < usual else None)
    if assumed:  # of another model than the file: never in the place of a run of the file itself
        name += f"-assumed-{digest(system)[:8]}"
    found = simulation.latencies(ran, name)
    trial = simulation.trial(ran, name) if fault else None
    over = None if fault else overload(ran, factor)
    run = run_record(ran, name, digest(system), seed, factor)
    return Simulated(
        replace(run, repeat=run.repeat + assume_words(assumed)), found,
        simulation.station_loads(ran, name), trial,
        "fail" if over is not None else _verdict(ran, found, trial), ran, over,
    )  # fmt: skip


def unseen(system: System) -> list[Finding]:
    """What a run does not count as a failure: optional calls that mostly fail."""
    flow = resolve(system)
    evidence = Evidence(system, flow, solve_all(flow, 1.0), place=by_path)
    return list(optional_fails.RULE.check(evidence))


def _name(fault: str | None, factor: float, seed: int, short_s: float | None) -> str:
    """The id of a run; what differs from the run of a design is in it, so that none is lost."""
    parts = [
        fault or "", f"load-{factor * 100:g}" if factor != 1 else "",
        f"seed-{seed}" if seed != SEED else "", f"{short_s:g}s" if short_s else "",
    ]  # fmt: skip
    told = "-".join(part for part in parts if part)
    return told if fault or factor != 1 else f"steady-{told}" if told else "steady"


def _factor(sources: list[Source], users: float | None, load: float | None) -> float:
    """The multiple of the stated load to run at. Raises InvalidInput."""
    factor, stated = 1.0 if load is None else load, sum(s.users for s in sources)
    if users is not None:
        if not stated:
            raise InvalidInput([Finding("no-users", "error", "the model states no concurrent users",
                                        Place("--users"), "rates only", "--load 2",
                                        "multiply the stated load instead")])  # fmt: skip
        factor *= users / stated
    low = _lowest(sources)
    if not low <= factor <= LOAD_MAX:
        raise InvalidInput(
            [
                Finding(
                    "load-range",
                    "error",
                    "this load makes no sense",
                    Place("--load" if users is None else "--users"),
                    f"{factor:g} times the stated load",
                    f"{low:g} to {LOAD_MAX:g} times",
                    "--load 1.5" if users is None else f"--users {stated:g}",
                )
            ]
        )
    return factor


def _lowest(sources: list[Source]) -> float:
    """The lowest multiple at which the rarest client still asks often enough for the kernel."""
    rates = [s.users / s.think_s if s.closed else s.rate_per_s for s in sources]
    return max(LOAD_MIN, RATE_MIN_PER_S / min((rate for rate in rates if rate > 0), default=1.0))


def _known(fault: str, flow) -> None:  # type: ignore[no-untyped-def]
    if fault not in FAULTS:
        raise InvalidInput([Finding("fault-unknown", "error", f"there is no fault {fault!r}",
                                    Place("--fault"), fault, ", ".join(FAULTS))])  # fmt: skip
    if not FAULTS[fault].applies(flow):
        able = [name for name, f in FAULTS.items() if f.applies(flow)]
        raise InvalidInput([Finding("fault-no-site", "error",
                                    f"{fault} has nothing to break in this model", Place("--fault"),
                                    fault, ", ".join(able) or "no fault applies",
                                    "spread over zones, or add the part first")])  # fmt: skip


def _verdict(ran: Ran, found: list[Latency], trial: Trial | None) -> Verdict:
    if trial is not None:
        return trial.verdict
    if ran.result.status != COMPLETE:
        return "fail" if any(x.verdict == "fail" for x in found) else "unknown"
    parts = {x.verdict for x in found}
    return "fail" if "fail" in parts else "unknown" if "unknown" in parts or not parts else "pass"


def save(done: Simulated, folder: Path) -> Path:
    """Keep the run as evidence beside its model."""
    from backend_lead.emit.report.evidence import run_text

    path = folder / "evidence" / f"{done.run.id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(run_text(done.run), encoding="utf-8")
    beside.replace(path)
    return path


def as_json(done: Simulated) -> str:
    """The run, its latencies and its verdict."""
    content = {"schema_version": 1, "verdict": done.verdict, "run": asdict(done.run),
               "trial": asdict(done.trial) if done.trial else None,
               "above_capacity": asdict(done.over) if done.over else None}  # fmt: skip
    return json.dumps(_finite(content), indent=2, sort_keys=True, ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value
