"""Judging a sized design on the kernel, and putting everything found into one `Design`."""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from backend_lead.analysis import simulation
from backend_lead.analysis.ages import put_aside
from backend_lead.analysis.api.plan import api_plan
from backend_lead.analysis.arithmetic import arithmetic
from backend_lead.analysis.assumptions import assumptions
from backend_lead.analysis.budget import budgets
from backend_lead.analysis.capacity import capacity
from backend_lead.analysis.copies_seen import copy_reads, lost_writes
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.sessions import session_steps
from backend_lead.analysis.simulation import Ran
from backend_lead.analysis.solver import solve
from backend_lead.analysis.ways import way_loads
from backend_lead.app.facts import fact_assumptions
from backend_lead.app.figures import headline_figures
from backend_lead.app.headline import headline
from backend_lead.app.progress import Progress
from backend_lead.app.rules import judged_by
from backend_lead.app.run_record import run_record
from backend_lead.app.versions import versions
from backend_lead.checks import findings as judge_rules
from backend_lead.kernel.run import COMPLETE
from backend_lead.model.copies import CopyReads
from backend_lead.model.design import (
    Capacity,
    CapacityPoint,
    Design,
    Latency,
    Trial,
    Verdict,
)
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.search.assess import Assessment
from backend_lead.search.later import in_a_year
from backend_lead.search.sensitivity import costs_over_ranges
from backend_lead.search.workload import carried, users_of

if TYPE_CHECKING:
    from backend_lead.search.state import Trail

T = TypeVar("T")
CURVE_LOADS = (0.5, 1.25)  # kernel points on the capacity curve beside the steady run
CURVE_S, CURVE_REQUESTS = 15.0, 5_000
FIRST = ("zone-loss",)


@dataclass
class Judged:
    """Runs of one design: the steady one, the curve's, the faults'."""

    steady: Ran
    curve: dict[float, Ran] = field(default_factory=dict)
    faults: dict[str, Ran] = field(default_factory=dict)

    @property
    def latencies(self) -> list[Latency]:
        return simulation.latencies(self.steady, "steady")

    @property
    def named(self) -> list[tuple[str, Ran]]:
        """The steady run and those with faults, each with the id of its record."""
        return [("steady", self.steady), *self.faults.items()]

    @property
    def refused(self) -> bool:
        """An objective is missed, or a fault tried so far was not recovered from in time."""
        return (
            self.steady.result.status != COMPLETE
            or any(x.verdict == "fail" for x in self.latencies)
            or any(x.verdict == "fail" for x in simulation.ages(self.steady, "steady"))
            or any(
                simulation.trial(ran, name).verdict == "fail" for name, ran in self.faults.items()
            )
        )


def judge(found: Assessment, seed: int, progress: Progress, pool: ThreadPoolExecutor) -> Judged:
    """Steady state and zone loss at full scale, side by side."""
    flow = found.flow
    longest = max([simulation.steady_horizon(flow), *(
        simulation.fault_horizon(flow, FAULTS[name]) for name in FIRST if FAULTS[name].applies(flow)
    )])  # fmt: skip
    progress.stage("simulating the peak at full scale, and the loss of a zone"
                   + simulation.time_words(flow.requests_per_s * longest))  # fmt: skip
    jobs: dict[str, Future[Ran]] = {
        name: pool.submit(
            simulation.run_fault, flow, FAULTS[name], seed, cancelled=progress.stop.is_set,
            progress=_share(progress, name, simulation.fault_horizon(flow, FAULTS[name])),
        )
        for name in FIRST
        if FAULTS[name].applies(flow)
    }  # fmt: skip
    steady = pool.submit(
        simulation.run_steady, flow, seed, cancelled=progress.stop.is_set,
        progress=_share(progress, "peak", simulation.usual_s(flow)),
    )  # fmt: skip
    done = Judged(wait_for(steady, progress))
    for load in CURVE_LOADS:
        enough = max(CURVE_S, math.ceil(CURVE_REQUESTS / max(flow.requests_per_s, 1e-9)))
        measured = min(enough, simulation.steady_horizon(flow, load))
        job = pool.submit(simulation.run_steady, flow, seed, measure_s=measured, load=load,
                          cancelled=progress.stop.is_set)  # fmt: skip
        done.curve[load] = wait_for(job, progress)
    done.faults = {name: wait_for(job, progress) for name, job in jobs.items()}
    return done


def trials(
    found: Assessment, judged: Judged, seed: int, progress: Progress, pool: ThreadPoolExecutor
) -> Judged:
    """The remaining faults, at full scale."""
    flow = found.flow
    asked = (f for f in FAULTS.values() if f.in_design and f.applies(flow))
    left = [f for f in asked if f.id not in judged.faults]
    if left:
        progress.stage("breaking it on purpose: " + ", ".join(f.title.lower() for f in left))
    jobs = {
        f.id: pool.submit(
            simulation.run_fault, flow, f, seed, cancelled=progress.stop.is_set,
            progress=_share(progress, f.id, simulation.fault_horizon(flow, f)),
        )
        for f in left
    }  # fmt: skip
    more = {name: wait_for(job, progress) for name, job in jobs.items()}
    return replace(judged, faults={**judged.faults, **more})


def _share(progress: Progress, name: str, until_s: float):  # type: ignore[no-untyped-def]
    return lambda reached: progress.share(name, reached / until_s)


def wait_for(job: Future[T], progress: Progress) -> T:
    """The result of a job; Interrupted is raised as soon as the user asks to stop."""
    while True:
        progress.check()
        try:
            return job.result(timeout=0.2)
        except TimeoutError:
            continue


# --- one Design -----------------------------------------------------------------------------------
def assemble(found: Assessment, judged: Judged, *, seed: int, trail: Trail | None = None) -> Design:
    """Everything found about a model, in one value."""
    flow, system = found.flow, found.system
    identity = digest(system)
    latencies = judged.latencies
    hops = simulation.hops(judged.steady, "steady")
    solution = solve(flow, 1.0)
    tried = [simulation.trial(ran, name) for name, ran in judged.faults.items()]
    runs = [run_record(judged.steady, "steady", identity, seed)]
    runs += [run_record(ran, f"load-{round(load * 100)}", identity, seed, load)
             for load, ran in sorted(judged.curve.items())]  # fmt: skip
    runs += [run_record(ran, name, identity, seed) for name, ran in judged.faults.items()]
    ruled = [*judge_rules(judged_by(_without_results(found), runs))]
    out = Design(
        system=system, digest=identity, seed=seed, title=_title(system), headline="",
        verdict=_verdict(judged, latencies, tried, ruled), findings=ruled,
        figures={},
        arithmetic=[
            *arithmetic(flow, simulation.response(judged.steady)),
            *in_a_year(found, *((trail.final.knobs, trail.reserve) if trail else ())),
        ],
        latencies=latencies, hops=hops, budgets=budgets(flow, latencies, hops),
        loads=simulation.station_loads(judged.steady, "steady"),
        ages=simulation.ages(judged.steady, "steady"), links=way_loads(judged.steady, "steady"),
        sessions=session_steps(judged.steady, "steady"), copies=_copies_read(judged),
        put_aside=[one for name, ran in judged.named for one in put_aside(ran, name)],
        lost_writes=[one for name, ran in judged.named for one in lost_writes(ran, name)],
        capacity=_capacity(found, judged), trials=tried, availability=found.availability,
        cost=found.cost, decisions=trail.decisions if trail else [],
        assumptions=costs_over_ranges(
            system, trail.final.knobs if trail else None,
            [*assumptions(system, flow), *fact_assumptions(system)],
            trail.reserve if trail else 1.0,
        ), runs=runs,
        solver_error=simulation.solver_error(judged.steady, solution.p99_s, latencies),
        not_covered=list(NOT_COVERED), versions=versions(),
    )  # fmt: skip
    out.screens = api_plan(flow, seed, out.capacity)
    out.figures = headline_figures(out, judged.steady)
    out.headline = headline(out)
    return out


def _copies_read(judged: Judged) -> list[CopyReads]:
    """Reads of replicas in the steady run, and where they fell further behind than is stated."""
    broken = [row for name, ran in judged.faults.items() for row in copy_reads(ran, name)]
    return [*copy_reads(judged.steady, "steady"), *(x for x in broken if x.most_s > x.lag_s)]


def computed(found: Assessment, seed: int) -> Design:
    """What can be said of a model without running it: its verdict is unknown."""
    flow, system = found.flow, found.system
    ruled = [*judge_rules(judged_by(_without_results(found), []))]
    solution = solve(flow, 1.0)
    sums = arithmetic(flow, solution.response_s) if solution.stable else []
    reached = _planned(found, capacity(flow))
    return Design(
        system=system, digest=digest(system), seed=seed, title=_title(system),
        headline="Nothing was run: what is written follows from the model alone.",
        verdict="fail" if any(f.level == "error" for f in ruled) else "unknown", findings=ruled,
        figures={}, arithmetic=[*sums], capacity=reached, screens=api_plan(flow, seed, reached),
        availability=found.availability, cost=found.cost, not_covered=list(NOT_COVERED),
        versions=versions(),
    )  # fmt: skip


NOT_COVERED = (
    "popular rows: shards, partitions and balancers are loaded by popularity only where the model "
    "names the entity that decides (shard_key, key), else evenly",
    "a second region's turn is not simulated; what machines take in, and what a database may "
    "commit, limit the sizes, not the simulation; what they send does too, where no bandwidth is "
    "stated",
    "the bill: traces and metrics, support, other environments; traffic between regions counts at "
    "the price between zones, as the price book has no other",
    "disk operations of writes (log, checkpoints, vacuum): only pages read count against what a "
    "disk sustains and is billed for",
    "scaling follows the use of cores at each look; where the model says no more, there is no band "
    "in which it does nothing, no limit on how many it orders at once, and one instance is taken "
    "away a look",
    "service times are exponential around the stated means; long pauses (garbage collection) are "
    "not modelled",
)


def _title(system: System) -> str:
    return system.title or system.backend.replace("-", " ").capitalize()


def _capacity(found: Assessment, judged: Judged) -> Capacity:
    """How far the design goes with all zones up, and under what its sizes are planned for."""
    return _planned(found, capacity(found.flow, _curve(judged)))


def _planned(found: Assessment, reached: Capacity) -> Capacity:
    """The same with the load carried with a zone lost and the margins of planning."""
    most = carried(found.system)
    lost = "one zone lost and " if found.system.topology.zones > 1 else ""
    return replace(
        reached,
        planned_users=users_of(found.system) * most,
        planned_per_s=found.flow.requests_per_s * most,
        planned_when=f"with {lost}the margins of planning",
    )


def _curve(judged: Judged) -> list[CapacityPoint]:
    points = []
    runs = {**judged.curve, 1.0: judged.steady}
    for load, ran in sorted(runs.items()):
        found = simulation.latencies(ran, "")
        worst = max((x.p99_s.value for x in found), default=float("inf"))
        users = sum(s.users for s in ran.flow.sources) or ran.flow.requests_per_s
        name = "steady" if load == 1.0 else f"load-{round(load * 100)}"
        finite = worst < float("inf")
        points.append(
            CapacityPoint(users * load, simulation.measured_rate(ran)[0], worst if finite else None,
                          all(x.p99_s.value <= x.objective_p99_s for x in found), name)
        )  # fmt: skip
    return points


def _without_results(found: Assessment) -> Assessment:
    """Results kept in a model are of an earlier run; this run makes new ones."""
    return replace(found, system=found.system.model_copy(update={"results": None}))


def _verdict(
    judged: Judged, latencies: list[Latency], tried: list[Trial], ruled: list[Finding]
) -> Verdict:
    """What the runs and the rules say together; one truth for design, generate and check."""
    parts = {x.verdict for x in latencies} | {t.verdict for t in tried}
    parts |= {x.verdict for x in simulation.ages(judged.steady, "steady") if x.verdict}
    levels = {f.level for f in ruled}
    if "fail" in parts or "error" in levels:
        return "fail"
    if not latencies or judged.steady.result.status != COMPLETE:
        return "unknown"
    return "unknown" if "unknown" in parts or "unknown" in levels else "pass"
