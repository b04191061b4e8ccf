"""Running a flow on the kernel, and reading what the run says in the words of the model."""

from __future__ import annotations

import math
from collections.abc import Callable

from backend_lead.analysis.ages import message_ages
from backend_lead.analysis.faults import AFTER_S, Fault
from backend_lead.analysis.lowering import Event, lower
from backend_lead.analysis.ran import Ran as Ran
from backend_lead.analysis.ran import lost_requests, seen_windows, slots_of
from backend_lead.analysis.trial_reading import CALM_S as CALM_S
from backend_lead.analysis.trial_reading import over_s
from backend_lead.analysis.trial_reading import trial as trial
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.run import COMPLETE, simulate
from backend_lead.model.design import (
    Hop,
    Interval,
    Latency,
    StationLoad,
)
from backend_lead.model.messages import MessageAge
from backend_lead.views.flow import Flow

SPEED = 1.2e6  # requests simulated a second; measured 1.2 to 2.6 million on one core
WARMUP_S = 5.0
STEADY_S = 30.0  # measured time of a steady run, longer where fewer requests would be seen
REQUESTS_MIN = 200_000  # enough for a p99 within about 1 % where waits are short
REQUESTS_MAX = 20_000_000  # more say no more; a run of a very large system is shorter
STEADY_MIN_S, STEADY_MAX_S = 5.0, 900.0
REQUESTS_FEW = 20_000  # a system of few users is followed for longer, until so many were seen
QUIET_MAX_S = 2 * 86_400.0
WINDOWS_MAX = 1000
FAULT_AT_S = 10.0
CHANCE_AT = 1 / 4  # of a run in which parts fail by chance, where that is sooner

Progress = Callable[[float], None]


def usual_s(flow: Flow, load: float = 1.0) -> float:
    """How long a steady run is, its warm-up included."""
    return WARMUP_S + steady_horizon(flow, load)


def steady_horizon(flow: Flow, load: float = 1.0) -> float:
    """How long a steady run measures: STEADY_S, or until enough requests were seen."""
    rate = max(flow.requests_per_s * load, 1e-9)
    enough = max(STEADY_S, math.ceil(REQUESTS_MIN / rate))
    longest = max(STEADY_MAX_S, min(QUIET_MAX_S, math.ceil(REQUESTS_FEW / rate)))
    return max(STEADY_MIN_S, min(longest, enough, math.ceil(REQUESTS_MAX / rate)))


def time_words(requests: float) -> str:
    """How long so many requests take to simulate, where that is worth telling."""
    seconds = requests / SPEED
    return f" (some {seconds / 60:.0f} min)" if seconds >= 60 else ""


def run_steady(
    flow: Flow, seed: int, *, measure_s: float | None = None, load: float = 1.0,
    progress: Progress | None = None, cancelled: Callable[[], bool] | None = None,
    sample_every: int = 0, shape: list[tuple[float, float]] | None = None,
    events: list[Event] | None = None,
) -> Ran:  # fmt: skip
    """Peak load, nothing broken; `sample_every` > 0 keeps spans of every so many-th request.

    `shape` are (start in s, multiple of that load), from 0 on; `events` what happens by the
    clock.
    """
    lowered = lower(flow, events, load, shape)
    measured = measure_s or steady_horizon(flow, load)
    window_s = float(max(1, math.ceil(measured / WINDOWS_MAX)))
    result = simulate(
        lowered.program, seed=seed, until_s=WARMUP_S + measured, warmup_s=WARMUP_S,
        window_s=window_s, progress=progress, cancelled=cancelled, sample_every=sample_every,
    )  # fmt: skip
    return Ran("steady", flow, lowered, result)


def strikes_at_s(fault: Fault, until_s: float | None = None) -> float:
    """When a fault strikes, in a run that ends at a time; what has times of its own: at 0."""
    if fault.on_timeline:
        return 0.0
    if fault.by_chance and until_s is not None:
        return min(FAULT_AT_S, until_s * CHANCE_AT)
    return FAULT_AT_S


def fault_horizon(flow: Flow, fault: Fault) -> float:
    """How long such a run lasts where all is well soon after the fault is over."""
    return strikes_at_s(fault) + over_s(flow, fault) + AFTER_S


def _limit_horizon(flow: Flow, fault: Fault, load: float) -> float:
    """How long it lasts where all is not well by then: past what the objectives allow, as far as
    REQUESTS_MAX go."""
    last = max(fault.begins_s(flow)) + fault.ends_s(flow) + flow.system.recover_limit_s
    most = math.ceil(REQUESTS_MAX / max(flow.requests_per_s * load, 1e-9))
    return min(strikes_at_s(fault) + last + AFTER_S, most)


def run_fault(
    flow: Flow, fault: Fault, seed: int, *, until_s: float | None = None, load: float = 1.0,
    progress: Callable[[float], None] | None = None, cancelled: Callable[[], bool] | None = None,
) -> Ran:  # fmt: skip
    """Peak load with one fault on the timeline, at full scale; until `until_s`, or else until it is
    known whether all is well in the time that the objectives allow."""
    fault = fault.seeded(seed)
    if until_s is not None or fault.by_chance:
        return _run_fault(flow, fault, seed, until_s, load, progress, cancelled)
    ran = _run_fault(flow, fault, seed, None, load, progress, cancelled)
    longer = _limit_horizon(flow, fault, load)
    if ran.result.status != COMPLETE or longer <= ran.result.reached_s:
        return ran
    if trial(ran, fault.id).recover_s is not None:
        return ran
    return _run_fault(flow, fault, seed, longer, load, progress, cancelled)


def _run_fault(
    flow: Flow, fault: Fault, seed: int, until_s: float | None, load: float,
    progress: Callable[[float], None] | None, cancelled: Callable[[], bool] | None,
) -> Ran:  # fmt: skip
    at_s = strikes_at_s(fault, until_s)
    if until_s is not None:
        fault = fault.lasting(max(1.0, until_s - at_s))
    events: list[Event] = fault.events(flow, at_s)
    lowered = lower(fault.altered(flow), events, load, fault.crowd(flow, at_s))
    result = simulate(
        lowered.program, seed=seed, until_s=until_s or fault_horizon(flow, fault), warmup_s=0.0,
        progress=progress, cancelled=cancelled,
        windows_max=WINDOWS_MAX if fault.by_chance else None,
    )  # fmt: skip
    return Ran(fault.id, flow, lowered, result, at_s, fault=fault)


# --- reading a run --------------------------------------------------------------------------------
def measured_rate(ran: Ran) -> tuple[float, float, float]:
    """Requests started per second after the warm-up, with its interval: none below zero, and from
    minus to plus infinity where nothing started, which does not say how little may."""
    seen = seen_windows(ran)
    per = ran.result.windows["started"][seen].sum(axis=1) / ran.result.window_s
    value, low, high = stats.mean_interval(per)
    if not value:
        return value, -math.inf, math.inf
    return value, max(0.0, low) if math.isfinite(low) else low, high


def response(ran: Ran) -> float:
    """Mean latency of requests that ended well, all kinds together (s)."""
    w = ran.result.windows[seen_windows(ran)]
    return float(w["latency"].sum()) / max(1, int(w["ok"].sum())) / L.NS_PER_S


def overall(ran: Ran, q: float) -> Interval:
    """A quantile over all user-facing requests; failed ones count as never answered."""
    seen = seen_windows(ran)
    lost = lost_requests(ran.result.windows, list(range(len(ran.result.roots))))[seen]
    return Interval(*stats.interval(ran.result.hist_windows[seen].sum(axis=1), q, lost))


def latencies(ran: Ran, run_id: str) -> list[Latency]:
    """Percentiles per user-facing request against its objective."""
    system, seen, out = ran.flow.system, seen_windows(ran), []
    for ref, slots in slots_of(ran).items():
        hist = ran.result.hist_windows[seen][:, slots].sum(axis=1)
        lost = lost_requests(ran.result.windows, slots)[seen]
        ok = int(hist.sum())
        if ok + int(lost.sum()) == 0:
            continue
        journeys = tuple(j for j, part in system.journeys.items() if ref in part.steps)
        allowed = system.p99_of(ref)
        p50, p95, p99 = (Interval(*stats.interval(hist, q, lost)) for q in (0.5, 0.95, 0.99))
        verdict = "pass" if p99.high <= allowed else "fail" if p99.value > allowed else "unknown"
        out.append(
            Latency(ref, journeys, ok + int(lost.sum()), int(lost.sum()), p50, p95, p99, allowed,
                    verdict, run_id)  # type: ignore[arg-type]
        )  # fmt: skip
    return sorted(out, key=lambda x: -x.p99_s.value)


def ages(ran: Ran, run_id: str) -> list[MessageAge]:
    """How old messages were when handled, against what their topics promise."""
    return message_ages(ran, run_id, seen_windows(ran))


def hops(ran: Ran, run_id: str) -> list[Hop]:
    """Where time goes: every endpoint and operation that was visited."""
    out, r = [], ran.result
    span = ran.attempts_s
    for key, row in ran.lowered.endpoints.items():
        s = r.stats[row]
        n = int(s["n"])
        if n == 0:
            continue
        node = ran.flow.nodes[key]
        hist = r.hist[row]
        per = 1 / n / L.NS_PER_S
        out.append(
            Hop(node.component, node.name, n / span, stats.quantile(hist, 0.5),
                stats.quantile(hist, 0.99), float(s["wait_worker"]) * per,
                float(s["wait_pool"]) * per, float(s["wait_core"]) * per, run_id)
        )  # fmt: skip
    return out


def station_loads(ran: Ran, run_id: str) -> list[StationLoad]:
    """How busy each station was."""
    out, r, span = [], ran.result, ran.attempts_s
    by_station: dict[str, list[int]] = {}
    for key, node in ran.flow.nodes.items():
        by_station.setdefault(node.station, []).append(ran.lowered.endpoints[key])
    for station in ran.flow.stations.values():
        if (rows := by_station.get(station.id)) is None:
            continue
        s = r.stats[rows]
        mean, most = live_replicas(ran, station)
        n = mean or station.replicas
        out.append(
            StationLoad(
                station.component, station.id, station.replicas, station.cores,
                float(s["n"].sum()) / span,
                # a core's time is counted when it begins, a worker's when it ends, however much of
                # it was measured: a full part may show a little more
                min(1.0, float(s["busy"].sum()) / L.NS_PER_S / span / (n * station.cores)),
                min(1.0, float(s["held"].sum()) / L.NS_PER_S / span / (n * station.workers)),
                run_id, mean, most,
            )
        )  # fmt: skip
    return out


def live_replicas(ran: Ran, station: Station) -> tuple[float | None, int | None]:
    """Mean and most of the replicas that a balancer saw, where scaling changes their number."""
    live = ran.result.live
    if station.scaling is None or live is None:
        return None, None
    program = ran.lowered.program
    first = program.replica[program.service[ran.lowered.services[station.id]]["replica"]]["group"]
    groups = live[first : first + station.groups]
    return float(groups[:, 0].sum()), int(groups[:, 1].sum())


def solver_error(ran: Ran, predicted: dict[str, float], found: list[Latency]) -> dict[str, float]:
    """Relative error of the solver's p99 against the kernel's, per user-facing request."""
    return {
        x.endpoint: predicted[x.endpoint] / x.p99_s.value - 1
        for x in found
        if x.endpoint in predicted and 0 < x.p99_s.value < math.inf
    }
