"""simulate with many seeds, and over a grid of loads: on this machine's cores, or on a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import asdict, dataclass, replace

from backend_lead.analysis import simulation
from backend_lead.analysis.lowering import Lowered, lower
from backend_lead.analysis.overload import above_capacity
from backend_lead.analysis.replications import Part, Pooled, Task, pool, replicate
from backend_lead.analysis.ways import way_loads
from backend_lead.app.design import SEED, wait_for_kernel, warm
from backend_lead.app.progress import Progress, cores, workers
from backend_lead.app.repeating import MODEL, run_command
from backend_lead.app.run_bounds import factor_of, replicated_duration, window_length
from backend_lead.app.run_record import run_results
from backend_lead.app.versions import versions
from backend_lead.kernel.run import CANCELLED, COMPLETE
from backend_lead.model.design import Latency, Run, StationLoad, Verdict
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.kept import finite
from backend_lead.model.system import System
from backend_lead.model.ways import WayLoad
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

WINDOWS_MIN = 100  # of a replication: fewer do not tell whether its warm-up has ended
LEAST, MOST = 2, 10_000
USUAL = 5  # replications of each load of a sweep; four degrees of freedom, t = 2.8
LOADS_MAX = 200
TICK_S = 0.2
Runner = Callable[[Sequence[Task], Progress], Iterator[tuple[int, Part]]]


@dataclass(frozen=True)
class Replicated:
    """Replications at one load and their reading."""

    load: float
    pooled: Pooled
    run: Run
    latencies: list[Latency]
    loads: list[StationLoad]
    links: list[WayLoad]
    verdict: Verdict
    above: str = ""  # what would be full, where the load is above capacity

    @property
    def partial(self) -> bool:
        return self.pooled.partial


def local(number: int) -> Runner:
    """Runs tasks in so many threads: the kernel lets go of Python's lock while it runs."""

    def run(tasks: Sequence[Task], progress: Progress) -> Iterator[tuple[int, Part]]:
        with workers(max(1, min(number, len(tasks))), progress) as threads:
            wait_for_kernel(threads.submit(warm), progress)
            jobs = {threads.submit(replicate, task, progress.stop.is_set): i
                    for i, task in enumerate(tasks)}  # fmt: skip
            pending = set(jobs)
            while pending:
                progress.check()
                done, pending = wait(pending, TICK_S, FIRST_COMPLETED)
                for job in done:
                    part = job.result()
                    if part.status != CANCELLED:
                        yield jobs[job], part

    return run


def replications(
    system: System, number: int, *, seed: int = SEED, users: float | None = None,
    load: float | None = None, duration_s: float | None = None, runner: Runner | None = None,
    progress: Progress | None = None, assumed: Sequence[str] = (), keep: bool = False,
    model: str = MODEL, window_s: float | None = None,
) -> Replicated:  # fmt: skip
    """Run a model with `number` seeds, `seed` and those after it, and read them together, over time
    in windows of `window_s`, or as long as fits.

    With `keep` a Ctrl-C ends it, and what was finished until then is given. Raises InvalidInput.
    """
    flow = resolve(system)
    factor = factor_of(flow.sources, users, load)
    done = _grid(system, flow, [factor], number, seed, duration_s, runner, progress, assumed, keep,
                 model, window_s)  # fmt: skip
    if not done:
        raise KeyboardInterrupt
    (one,) = done
    series = [asdict(row) for row in one.pooled.over_time.series()]
    return replace(one, run=replace(one.run, results=one.run.results | {"series": series}))


def sweep(
    system: System, loads: Sequence[float], number: int = USUAL, *, seed: int = SEED,
    duration_s: float | None = None, runner: Runner | None = None,
    progress: Progress | None = None, assumed: Sequence[str] = (), keep: bool = False,
    model: str = MODEL, window_s: float | None = None,
) -> list[Replicated]:  # fmt: skip
    """The same at each of the `loads`, multiples of the stated one. Raises InvalidInput."""
    flow = resolve(system)
    if not 1 <= len(loads) <= LOADS_MAX:
        raise InvalidInput([Finding("sweep-loads", "error", "this many loads make no sweep",
                                    Place("--sweep"), str(len(loads)), f"1 to {LOADS_MAX}",
                                    "--sweep load=0.5,1,1.5")])  # fmt: skip
    for load in loads:
        factor_of(flow.sources, None, load, "--sweep")
    return _grid(system, flow, loads, number, seed, duration_s, runner, progress, assumed, keep,
                 model, window_s)  # fmt: skip


def _grid(
    system: System, flow: Flow, loads: Sequence[float], number: int, seed: int,
    duration_s: float | None, runner: Runner | None, progress: Progress | None,
    assumed: Sequence[str], keep: bool, model: str, window_s: float | None,
) -> list[Replicated]:  # fmt: skip
    if not LEAST <= number <= MOST:
        raise InvalidInput([Finding("replications-number", "error",
                                    "so many replications make no interval",
                                    Place("--replications"), str(number), f"{LEAST} to {MOST:,}",
                                    "--replications 10")])  # fmt: skip
    replicated_duration(duration_s)
    window_length(window_s)
    progress = progress or Progress()
    runner = runner or local(cores())
    lowered = [lower(flow, load=load) for load in loads]
    tasks = [task for one, load in zip(lowered, loads)
             for task in tasks_of(flow, one, load, number, seed, duration_s)]  # fmt: skip
    rate = flow.requests_per_s * sum(task.until_s for task in tasks) / len(tasks)
    at = f" at {len(loads)} loads" if len(loads) > 1 else ""
    progress.stage(f"simulating {number} replications{at} of some {rate:,.0f} requests each")
    parts, stopped = gather(tasks, runner, progress)
    if stopped and not keep:
        raise KeyboardInterrupt
    out = []
    for k, (load, one) in enumerate(zip(loads, lowered)):
        found = [parts[i] for i in range(k * number, (k + 1) * number) if i in parts]
        if found:
            pooled = pool(flow, one, tasks[k * number], found, number)
            out.append(_read(system, pooled, load, tasks[k * number], assumed, model, window_s))
    return out


def tasks_of(
    flow: Flow, lowered: Lowered, load: float, number: int, seed: int, duration_s: float | None
) -> list[Task]:
    """One task for each seed, `seed` and those after it."""
    usual = simulation.usual_s(flow, load)
    until = duration_s or usual
    window_s = float(max(1, -(-until // simulation.WINDOWS_MAX)))
    window_s = min(window_s, until / WINDOWS_MIN)
    warmup_s = min(simulation.WARMUP_S, until / 2)
    return [Task(lowered.program, seed + k, until, warmup_s, window_s) for k in range(number)]


def gather(
    tasks: Sequence[Task], runner: Runner, progress: Progress
) -> tuple[dict[int, Part], bool]:
    """What the tasks gave, by their place; and whether a Ctrl-C came before all were finished."""
    parts: dict[int, Part] = {}
    try:
        for i, part in runner(tasks, progress):
            parts[i] = part
            progress.share("replications", len(parts) / len(tasks))
    except KeyboardInterrupt:
        progress.stop.set()
        return parts, True
    return parts, False


def _read(
    system: System, pooled: Pooled, load: float, task: Task, assumed: Sequence[str], model: str,
    window_s: float | None,
) -> Replicated:  # fmt: skip
    number, first = pooled.asked, task.seed
    name = f"replications-{number}"
    name = f"load-{load * 100:g}-{name}" if load != 1 else name
    name += f"-seed-{first}" if first != SEED else ""
    name += f"-{task.until_s:g}s" if task.until_s != _usual(pooled, load) else ""
    name += "-partial" if pooled.partial else ""
    name += f"-assumed-{digest(system)[:8]}" if assumed else ""
    found = simulation.latencies(pooled.ran, name)
    results = run_results(pooled.ran) | {
        "replications": {
            "asked": number, "finished": len(pooled.seeds), "seeds": list(pooled.seeds),
            "p99_s": pooled.each(0.99),
            "warm_up": {"rule": "MSER-5", "removed_s": pooled.removed_s,
                        "settled": pooled.settled},
        },
        "all_requests": {
            key: {"value": x.value, "low": x.low, "high": x.high}
            for key, x in (("p50_s", pooled.quantile(0.5)), ("p99_s", pooled.quantile(0.99)),
                           ("mean_s", pooled.mean()), ("failed_share", pooled.failed()))
        },
        "windows": [asdict(one) for one in pooled.over_time.windows(window_s)],
    }  # fmt: skip
    title = f"Peak load x {load:g}, {len(pooled.seeds)} replications"
    run = Run(
        id=name, kind=pooled.ran.kind, title=title,
        model_digest=digest(system), seed=first, horizon_s=task.until_s,
        warmup_s=pooled.removed_s, scale=1, requests=pooled.ran.result.started,
        versions=versions(), results=results, repeat=run_command(
            model, first, replications=number, duration_s=task.until_s, load=load,
            window_s=window_s, assumed=assumed),
    )  # fmt: skip
    loads = simulation.station_loads(pooled.ran, name)
    links = way_loads(pooled.ran, name)
    above = above_capacity(pooled.ran.flow, load)
    verdict: Verdict = "fail" if above else _verdict(pooled, found)
    return Replicated(load, pooled, run, found, loads, links, verdict, above)


def _usual(pooled: Pooled, load: float) -> float:
    flow = pooled.ran.flow
    return simulation.usual_s(flow, load)


def _verdict(pooled: Pooled, found: list[Latency]) -> Verdict:
    parts = {x.verdict for x in found}
    if "fail" in parts:
        return "fail"
    whole = pooled.ran.result.status == COMPLETE and not pooled.partial and pooled.settled
    return "pass" if parts == {"pass"} and whole else "unknown"


def as_json(found: Sequence[Replicated]) -> str:
    """Each load with all that was found at it."""
    content = {
        "schema_version": 1,
        "loads": [{"load": one.load, "verdict": one.verdict, "partial": one.partial,
                   "above_capacity": one.above or None, "run": asdict(one.run)} for one in found],
    }  # fmt: skip
    return json.dumps(finite(content), indent=2, sort_keys=True, ensure_ascii=False)
