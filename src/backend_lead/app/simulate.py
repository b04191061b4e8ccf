"""simulate: one run of a model on the kernel, as it stands or with a fault."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend_lead.analysis import simulation
from backend_lead.analysis.copies_seen import lost_writes
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.load_shapes import day_segments, scheduled, with_recorded
from backend_lead.analysis.overload import Overload, overload
from backend_lead.analysis.precision import Reached, run_precise
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.series import series
from backend_lead.analysis.simulation import REQUESTS_MAX
from backend_lead.analysis.uses import solve_all
from backend_lead.analysis.ways import way_loads
from backend_lead.app.design import SEED, wait_for_kernel, warm
from backend_lead.app.evidence import wait_for
from backend_lead.app.progress import Progress, workers
from backend_lead.app.recordings import Recording
from backend_lead.app.repeating import MODEL, model_of, run_command
from backend_lead.app.rules import by_path
from backend_lead.app.run_bounds import MEASURED_MIN_S, factor_of, possible
from backend_lead.app.run_record import run_record
from backend_lead.app.runs import read_run
from backend_lead.catalog.day import usual_day
from backend_lead.checks import optional_fails, put_aside, writes_lost
from backend_lead.checks.evidence import Evidence
from backend_lead.kernel.run import CANCELLED, COMPLETE
from backend_lead.model.design import Latency, Run, StationLoad, Trial, Verdict
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, Place
from backend_lead.model.kept import finite
from backend_lead.model.system import System
from backend_lead.model.units import rate_text
from backend_lead.model.ways import WayLoad
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

if TYPE_CHECKING:
    from backend_lead.app.replicate import Replicated


@dataclass
class Simulated:
    """A run and its reading. `trial` is there for a fault, `reached` where a precision was asked
    for, `over` where the load of a run with nothing broken is above what the model carries.
    `partial`: it was interrupted; the numbers end where it was then."""

    run: Run
    latencies: list[Latency]
    loads: list[StationLoad]
    links: list[WayLoad]
    trial: Trial | None
    verdict: Verdict
    ran: Ran
    reached: Reached | None = None
    over: Overload | None = None

    @property
    def partial(self) -> bool:
        return self.ran.result.status == CANCELLED


@dataclass(frozen=True)
class RunOptions:
    """Which run: a multiple of the stated load, a fault, a time, or a precision with its bound; and
    how long its windows are, where that was said."""

    factor: float = 1.0
    fault: str | None = None
    duration_s: float | None = None
    precision: float | None = None
    most: float = REQUESTS_MAX
    sample_every: int = 0
    day_s: float | None = None
    replay: tuple[Recording, ...] = ()
    window_s: float | None = None

    def usual_s(self, flow: Flow) -> float:
        """How long such a run lasts where nobody said so."""
        if self.fault:
            return simulation.fault_horizon(flow, FAULTS[self.fault])
        if self.day_s or self.replay:
            return self.day_s or max(one.times_s[-1] for one in self.replay)
        return simulation.usual_s(flow, self.factor)

    def run(self, flow: Flow, seed: int, progress: Progress) -> tuple[Ran, Reached | None]:
        """Run it; it is cancelled when `progress` says so."""
        until = self.duration_s or self.usual_s(flow)
        share = lambda t: progress.share(self.fault or "peak", t / until)  # noqa: E731
        stop = progress.stop.is_set
        if self.precision is not None:
            return run_precise(flow, seed, self.precision, load=self.factor, most=self.most,
                               longest_s=self.duration_s, cancelled=stop)  # fmt: skip
        if self.fault:
            broken = FAULTS[self.fault]
            ran = simulation.run_fault(
                flow, broken, seed, until_s=until if broken.by_chance else self.duration_s,
                load=self.factor, progress=share, cancelled=stop,
            )  # fmt: skip
            return ran, None
        measured = max(MEASURED_MIN_S, until - simulation.WARMUP_S)
        ran = simulation.run_steady(flow, seed, measure_s=measured, load=self.factor,
                                    progress=share, cancelled=stop,
                                    sample_every=self.sample_every,
                                    shape=self._shape(flow),
                                    events=scheduled(flow, self.day_s) if self.day_s else None,
                                    )  # fmt: skip
        return ran, None

    def _shape(self, flow: Flow) -> list[tuple[float, float]] | None:
        """How the load changes, where a day was asked for."""
        if not self.day_s:
            return None
        peak = flow.system.workload.peak
        return day_segments(usual_day(peak.factor.value, peak.hour), self.day_s)

    def command(self, model: str, seed: int, until_s: float, assumed: Sequence[str]) -> str:
        """What repeats it, of a run until `until_s`; how long one to a precision lasts is found."""
        precise = self.precision is not None
        return run_command(
            model, seed, duration_s=self.duration_s if precise else until_s, fault=self.fault,
            load=self.factor, precision=self.precision,
            most=self.most if precise and self.most != REQUESTS_MAX else None, day_s=self.day_s,
            window_s=self.window_s, replay=[f"{one.client}={one.file}" for one in self.replay],
            assumed=assumed,
        )  # fmt: skip


def simulate(
    system: System, *, seed: int = SEED, users: float | None = None, load: float | None = None,
    fault: str | None = None, duration_s: float | None = None, progress: Progress | None = None,
    assumed: Sequence[str] = (), precision: float | None = None, most: float | None = None,
    keep: bool = False, sample_every: int = 0, day_s: float | None = None,
    replay: Sequence[Recording] = (), model: str = MODEL, window_s: float | None = None,
) -> Simulated:  # fmt: skip
    """Run a model. `users` replaces the stated concurrent users (shares kept), `load` multiplies.

    `assumed` is what was set in the model (NAME=VALUE): such a run has an id of its own. `model` is
    the name of its file, for the command that repeats the run. With
    `precision` the run goes on until p99 and mean are known so well, or `most` requests were sent.
    `sample_every` keeps every so many-th request's spans, of a run without fault or precision.
    With `keep` a Ctrl-C ends the run, and what it found until then is given. `day_s` is the length
    of a day from its quietest hour to its peak; `replay` are clients whose
    requests come as they were recorded. `window_s` is how long the windows are that it is told in.

    Raises InvalidInput for a fault that isn't known or does not apply, or a load without sense.
    """
    progress = progress or Progress()
    flow = resolve(system)
    options = RunOptions(factor_of(flow.sources, users, load), fault, duration_s, precision,
                  REQUESTS_MAX if most is None else most, sample_every, day_s,
                  tuple(replay), window_s)  # fmt: skip
    for one in replay:
        flow = with_recorded(flow, one.client, one.times_s)
    possible(options, flow)
    with workers(1, progress) as pool:
        wait_for_kernel(pool.submit(warm), progress)
        usual = options.usual_s(flow)
        until = duration_s or usual
        rate = flow.requests_per_s * options.factor
        at = f"at {rate_text(rate, 'requests')}"
        told = f"{until:g} s {at}" + simulation.time_words(rate * until)
        if precision is not None:
            told = f"{at} until p99 and mean are known to {precision * 100:g} %"
            told += f" of their values, {options.most:,.0f} requests at most"
        progress.stage(f"simulating {told}")
        job = pool.submit(options.run, flow, seed, progress)
        try:
            ran, reached = wait_for(job, progress)
        except KeyboardInterrupt:
            progress.stop.set()
            ran, reached = job.result()
            if not keep or ran.result.reached_s <= ran.warmup_s + ran.result.window_s:
                raise
    short_s = until if precision is None and duration_s and until < usual else None
    name = _name(options, seed, short_s, ran.result.status == CANCELLED)
    if assumed:  # of another model than the file: never in the place of a run of the file itself
        name += f"-assumed-{digest(system)[:8]}"
    found = simulation.latencies(ran, name)
    trial = simulation.trial(ran, name) if fault else None
    over = None if fault or replay else overload(ran, options.factor)
    run = _record(ran, name, digest(system), seed, options, reached)
    again = options.command(model, seed, run.horizon_s, assumed)
    return Simulated(
        replace(run, repeat=again), found,
        simulation.station_loads(ran, name), way_loads(ran, name), trial,
        "fail" if over is not None else _verdict(ran, found, trial), ran, reached, over,
    )  # fmt: skip


def _record(
    ran: Ran, name: str, identity: str, seed: int, options: RunOptions, reached: Reached | None
) -> Run:
    """The run to be kept with its series, and with how well it knows its numbers where that was
    asked for."""
    run = run_record(ran, name, identity, seed, options.factor, options.window_s)
    run = replace(run, results=run.results | {"series": [asdict(one) for one in series(ran)]})
    if ran.result.status == CANCELLED:
        run = replace(run, horizon_s=ran.result.reached_s)
    title = [f"{one.client} as recorded" for one in options.replay]
    if options.day_s:
        title.insert(0, f"A day in {options.day_s:g} s, its peak load x {options.factor:g}")
    if title:
        run = replace(run, title="; ".join(title))
    if reached is None:
        return run
    well = reached.known
    told = {
        "asked": reached.asked, "reached": well.share, "ended_by": reached.ended,
        "most_requests": reached.most_requests, "batches_independent": well.apart,
        "warm_up": {"rule": "MSER-5", "removed_s": well.removed_s, "settled": well.settled},
        "p99_s": asdict(well.p99_s), "mean_s": asdict(well.mean_s),
    }  # fmt: skip
    return replace(run, results=run.results | {"precision": told})


def unseen(system: System, fault: str | None = None, run: Run | None = None) -> list[Finding]:
    """What a run does not count as a failure: optional calls that mostly fail, messages that were
    put aside, writes that were lost. And what a model says would break, but was not played."""
    flow = resolve(system)
    evidence = Evidence(system, flow, solve_all(flow, 1.0), runs=[run] if run else [],
                        place=by_path)  # fmt: skip
    rules = (optional_fails.RULE, put_aside.RULE, writes_lost.RULE)
    found = [finding for rule in rules for finding in rule.check(evidence)]
    return [*found, *_not_played(system, fault)]


def _not_played(system: System, fault: str | None) -> Iterator[Finding]:
    if system.faults and fault != "stated":
        yield Finding("fault-not-played", "warning",
                      "what the model says will happen is not played", Place(path="faults"),
                      "a run without it", "--fault stated", "add --fault stated")  # fmt: skip
    failing = [name for name, part in system.components.items() if part.fails is not None]
    if failing and fault != "random-failures":
        yield Finding("fault-not-played", "warning",
                      "instances that the model says fail at random do not, in this run",
                      Place(path=f"components.{failing[0]}.fails"), "a run without it",
                      "--fault random-failures", "add --fault random-failures")  # fmt: skip


def _name(options: RunOptions, seed: int, short_s: float | None, partial: bool) -> str:
    """The id of a run; what differs from the run of a design is in it, so that none is lost."""
    fault, factor = options.fault, options.factor
    parts = [
        fault or "", f"load-{factor * 100:g}" if factor != 1 else "",
        f"precision-{options.precision * 100:g}" if options.precision else "",
        f"day-{options.day_s:g}s" if options.day_s else "",
        "-".join(["replay", *(one.name for one in options.replay)]) if options.replay else "",
        f"seed-{seed}" if seed != SEED else "", f"{short_s:g}s" if short_s else "",
        "partial" if partial else "",
    ]  # fmt: skip
    told = "-".join(part for part in parts if part)
    return told if fault or factor != 1 else f"steady-{told}" if told else "steady"


def _verdict(ran: Ran, found: list[Latency], trial: Trial | None) -> Verdict:
    if trial is not None:
        return "fail" if _loses_more(ran) else trial.verdict
    if ran.result.status != COMPLETE:
        return "fail" if any(x.verdict == "fail" for x in found) else "unknown"
    parts = {x.verdict for x in found}
    return "fail" if "fail" in parts else "unknown" if "unknown" in parts or not parts else "pass"


def _loses_more(ran: Ran) -> bool:
    """Whether a failover lost more than the model says may be lost."""
    data = ran.flow.system.data
    most = data.lose_most if data else None
    return most is not None and not all(one.kept_to(most.value) for one in lost_writes(ran))


def save(done: Simulated | Replicated, folder: Path) -> tuple[Path, list[Finding]]:
    """Keep the run as evidence beside its model: where, and whether that of another model was there
    and is no more."""
    from backend_lead.emit.report.evidence import run_text

    path = folder / "evidence" / f"{done.run.id}.json"
    gone = _replaced(path, done.run)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(run_text(done.run), encoding="utf-8")
    beside.replace(path)
    return path, gone


def _replaced(path: Path, run: Run) -> list[Finding]:
    """That a run of another model file is kept under this name; one of the same file is its own."""
    try:
        old = read_run(path)
    except ValueError:
        return []
    was, now = model_of(old.repeat), model_of(run.repeat)
    if was == now or old.model_digest == run.model_digest:
        return []
    return [Finding("run-replaced", "warning", f"this run takes the place of one of {was}",
                    Place(str(path)), f"{was}, model {old.model_digest}",
                    "runs of one model beside it", f"put {now} into a folder of its own, and "
                    f"have the other again: {old.repeat}")]  # fmt: skip


def as_json(done: Simulated) -> str:
    """The run, its latencies and its verdict."""
    content = {"schema_version": 1, "verdict": done.verdict, "run": asdict(done.run),
               "trial": asdict(done.trial) if done.trial else None,
               "above_capacity": asdict(done.over) if done.over else None}  # fmt: skip
    return json.dumps(finite(content), indent=2, sort_keys=True, ensure_ascii=False)
