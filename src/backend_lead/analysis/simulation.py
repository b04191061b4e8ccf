"""Running a flow on the kernel, and reading what the run says in the words of the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.ages import clients_away, message_ages, oldest_words, stale_seconds
from backend_lead.analysis.faults import AFTER_S, FAULTS, Fault
from backend_lead.analysis.health import Kept, healthy_from
from backend_lead.analysis.lowering import Event, Lowered, lower
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.run import COMPLETE, RunResult, simulate
from backend_lead.model.design import (
    Hop,
    Interval,
    Latency,
    StationLoad,
    Trial,
    TrialSecond,
    Verdict,
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
CALM_S = 3.0  # healthy for so long before it is called recovered, and before "after" is measured
TAIL_S = 3.0  # requests that started in the last seconds may still be under way
FAIL_SHARE_OK = 0.001  # a second is healthy when at most this share of its requests failed,
LATE_SHARE = 0.01  # and at most this share of its answers came later than the p99 objective
DOWN_SHARE = 0.5  # of a second's requests: where more failed, the system was as good as down
SETTLED_S = 2  # of the seconds before a fault, these are not looked at
OWN_MORE = 1.25  # times its own p99 before the fault that is allowed where the objective was missed

Progress = Callable[[float], None]


@dataclass
class Ran:
    """A finished run with the way back from rows to names."""

    kind: str
    flow: Flow
    lowered: Lowered
    result: RunResult
    fault_at_s: float = 0.0


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
) -> Ran:  # fmt: skip
    """Peak load, nothing broken."""
    lowered = lower(flow, load=load)
    measured = measure_s or steady_horizon(flow, load)
    window_s = float(max(1, math.ceil(measured / WINDOWS_MAX)))
    result = simulate(
        lowered.program, seed=seed, until_s=WARMUP_S + measured, warmup_s=WARMUP_S,
        window_s=window_s,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    return Ran("steady", flow, lowered, result)


def fault_horizon(flow: Flow, fault: Fault) -> float:
    return FAULT_AT_S + _over_s(flow, fault) + AFTER_S


def _over_s(flow: Flow, fault: Fault) -> float:
    """Time until a fault is over and clients that lost their connections may all be back."""
    back_s = max((link.back_s for link in flow.links), default=0.0)
    return fault.lasts_s(flow) + back_s


def run_fault(
    flow: Flow, fault: Fault, seed: int, *, until_s: float | None = None, load: float = 1.0,
    progress: Progress | None = None, cancelled: Callable[[], bool] | None = None,
) -> Ran:  # fmt: skip
    """Peak load with one fault on the timeline, at full scale."""
    events: list[Event] = fault.events(flow, FAULT_AT_S)
    lowered = lower(fault.altered(flow), events, load, fault.crowd(flow, FAULT_AT_S))
    result = simulate(
        lowered.program, seed=seed, until_s=until_s or fault_horizon(flow, fault), warmup_s=0.0,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    return Ran(fault.id, flow, lowered, result, FAULT_AT_S)


# --- reading a run --------------------------------------------------------------------------------
def _slots(ran: Ran) -> dict[str, list[int]]:
    """Root slots of a run by the endpoint that is asked for; what nobody asks for has none."""
    out: dict[str, list[int]] = {}
    for key, slot in _asked(ran):
        out.setdefault(ran.flow.roots[key].target, []).append(slot)
    return out


def _asked(ran: Ran) -> Iterator[tuple[str, int]]:
    """Each root that has a share in the load, with its slot."""
    slots = {row: slot for slot, row in enumerate(ran.result.roots)}
    for key, row in ran.lowered.roots.items():
        if row in slots:
            yield key, slots[row]


def _lost(windows: NDArray[Any], slots: list[int]) -> NDArray[np.int64]:
    """Requests that ended badly, per window; whom a limit at the door refused is not among them."""
    w = windows[:, slots]
    lost: NDArray[np.int64] = (w["failed"] + w["timed_out"] - w["refused"]).sum(axis=1)
    return lost


def _seen(ran: Ran) -> slice:
    """Windows after the warm-up that were simulated to their end."""
    r = ran.result
    return slice(math.ceil(r.warmup_s / r.window_s), max(1, int(r.reached_s / r.window_s)))


def measured_rate(ran: Ran) -> tuple[float, float, float]:
    """Requests started per second after the warm-up, with its interval."""
    seen = _seen(ran)
    per = ran.result.windows["started"][seen].sum(axis=1) / ran.result.window_s
    return stats.mean_interval(per)


def response(ran: Ran) -> float:
    """Mean latency of requests that ended well, all kinds together (s)."""
    w = ran.result.windows[_seen(ran)]
    return float(w["latency"].sum()) / max(1, int(w["ok"].sum())) / L.NS_PER_S


def overall(ran: Ran, q: float) -> Interval:
    """A quantile over all user-facing requests; failed ones count as never answered."""
    seen = _seen(ran)
    lost = _lost(ran.result.windows, list(range(len(ran.result.roots))))[seen]
    return Interval(*stats.interval(ran.result.hist_windows[seen].sum(axis=1), q, lost))


def latencies(ran: Ran, run_id: str) -> list[Latency]:
    """Percentiles per user-facing request against its objective."""
    system, seen, out = ran.flow.system, _seen(ran), []
    for ref, slots in _slots(ran).items():
        hist = ran.result.hist_windows[seen][:, slots].sum(axis=1)
        lost = _lost(ran.result.windows, slots)[seen]
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
    return message_ages(ran, run_id, _seen(ran))


def hops(ran: Ran, run_id: str) -> list[Hop]:
    """Where time goes: every endpoint and operation that was visited."""
    out, r = [], ran.result
    span = max(1e-9, r.reached_s - r.warmup_s)
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
    out, r, span = [], ran.result, max(1e-9, ran.result.reached_s - ran.result.warmup_s)
    by_station: dict[str, list[int]] = {}
    for key, node in ran.flow.nodes.items():
        by_station.setdefault(node.station, []).append(ran.lowered.endpoints[key])
    for station in ran.flow.stations.values():
        if (rows := by_station.get(station.id)) is None:
            continue
        s = r.stats[rows]
        n = station.replicas
        out.append(
            StationLoad(
                station.component, station.id, n, station.cores, float(s["n"].sum()) / span,
                float(s["busy"].sum()) / L.NS_PER_S / span / (n * station.cores),
                float(s["held"].sum()) / L.NS_PER_S / span / (n * station.workers), run_id,
            )
        )  # fmt: skip
    return out


def trial(ran: Ran, run_id: str) -> Trial:
    """The verdict on a fault run: how long until healthy again, who was hurt, what degraded.

    A second is healthy when hardly any request failed, every kind of request that was answered in
    it kept the p99 objective of its journeys, as far as its number tells, its messages were handled
    in time, and hardly any client was without its connection. What misses its objective with
    nothing broken is judged by its own p99 of then, as nothing could be healthy otherwise.
    """
    fault, flow, r = FAULTS[ran.kind], ran.flow, ran.result
    limit = flow.system.recover_limit_s
    ok = r.windows["ok"].sum(axis=1)
    lost = _lost(r.windows, list(range(len(r.roots))))
    upto = int(r.reached_s / r.window_s) - int(TAIL_S)
    at = int(ran.fault_at_s)
    share = [lost[w] / max(1, ok[w] + lost[w]) for w in range(upto)]
    stale = stale_seconds(ran, upto)
    away = clients_away(ran, at, upto)
    connected = sum(link.users for link in flow.links)
    answered = Kept(lost[:upto], (ok + lost)[:upto], FAIL_SHARE_OK)
    in_time, own = _in_time(ran, upto)
    other = [stale[w] or away[w] > FAIL_SHARE_OK * connected for w in range(upto)]
    again = healthy_from([answered, *in_time], other, at)
    seen = upto >= at + _over_s(flow, fault) + CALM_S
    recovered = r.status == COMPLETE and seen and (again == at or again - 1 < upto - CALM_S)
    ends = at + int(fault.ends_s(flow))
    recover_s = (float(max(0, again - ends)) if again > at else 0.0) if recovered else None
    hurt = range(at, again)
    calm = min(again + int(CALM_S) if again > at else at, upto)
    failed = int(sum(lost[w] for w in hurt))
    asked = int(sum(lost[w] + ok[w] for w in hurt))
    p99 = [stats.quantile(r.hist_windows[w].sum(axis=0), 0.99) for w in range(upto)]
    down = sum(share[w] > DOWN_SHARE for w in hurt)
    down = down if down >= CALM_S else 0
    crowd = _crowd(ran, upto)
    verdict: Verdict = "pass" if recover_s is not None and recover_s <= limit else "fail"
    why = f"not healthy again within the {upto - at} s that were simulated"
    if r.status != COMPLETE or not seen:
        verdict = "unknown"
        why = f"the run ends {max(0, upto - at)} s after the fault, too early to tell"
    elif recover_s is not None:
        how = f"after {len(hurt)} s"
        if fault.trigger:
            how += f", {recover_s:.0f} s of them after the end of {fault.trigger}"
        back = f"healthy again {how}" if hurt else "healthy throughout"
        why = f"{back}; the objective allows {limit:.0f} s"
    if down:
        why += f"; down meanwhile: more than half of all requests failed for {down} s"
    if own and verdict != "unknown":
        why += f"; judged by its own p99 with nothing broken, {own}"
    return Trial(
        id=fault.id, title=fault.title, fault=fault.words(flow), verdict=verdict, why=why,
        recover_s=recover_s, recover_limit_s=limit, failed_share=failed / asked if asked else 0.0,
        users_affected=max(
            sum(s.users for s in flow.sources)
            * max((float(share[w]) * crowd[w] for w in hurt), default=0.0),
            max(away, default=0.0),
        ),
        p99_before_s=_p99(r, range(SETTLED_S, at)), p99_worst_s=max(
            (p for p in (p99[w] for w in range(at, upto)) if not math.isnan(p)), default=math.nan),
        p99_after_s=_p99(r, range(calm, upto)), degrades=_degrades(ran, hurt),
        fault_at_s=ran.fault_at_s,
        series=tuple(
            TrialSecond(w * r.window_s, int(ok[w]), int(lost[w]),
                        0.0 if math.isnan(p99[w]) else p99[w]) for w in range(upto)
        ),
        run=run_id, refused=sum(told for told, _ in refused(ran).values()),
        hurt_s=float(len(hurt)), down_s=float(down), trigger=fault.trigger,
    )  # fmt: skip


def _crowd(ran: Ran, upto: int) -> list[float]:
    """Per second, how many times the stated users are there."""
    steps = FAULTS[ran.kind].crowd(ran.flow, ran.fault_at_s) or [(0.0, 1.0)]
    return [next(f for at, f in reversed(steps) if at <= w) for w in range(upto)]


def _in_time(ran: Ran, upto: int) -> tuple[list[Kept], str]:
    """Per kind of request its p99 as a promise: of those answered, one in a hundred may be late;
    and all kinds together against the loosest objective, as some are rarely asked for. What misses
    it with nothing broken is held to its own p99; then the slowest of these is told in words."""
    hist, system = ran.result.hist_windows[:upto], ran.flow.system
    slots = _slots(ran)
    judged = [(system.p99_of(ref), own) for ref, own in slots.items()]
    judged.append((max(p99 for p99, _ in judged), [slot for own in slots.values() for slot in own]))
    out, missed = [], [(0.0, 0.0)]
    for allowed, own in judged:
        answers = hist[:, own].sum(axis=1)
        calm = answers[SETTLED_S : int(ran.fault_at_s)].sum(axis=0)
        late = np.array(float(calm.sum()) * LATE_SHARE)
        if stats.beyond(calm, allowed) > stats.by_chance(late):
            usual = stats.quantile(calm, 1 - LATE_SHARE)
            missed.append((usual, allowed))
            allowed = usual * OWN_MORE
        out.append(Kept(stats.beyond(answers, allowed), answers.sum(axis=1), LATE_SHARE))
    usual, allowed = max(missed)
    told = f"{usual * 1e3:.3g} ms, not by the {allowed * 1e3:.3g} ms asked for"
    return out, told if usual else ""


def _p99(r: RunResult, windows: range) -> float:
    if len(windows) == 0:
        return math.nan
    return stats.quantile(r.hist_windows[windows.start : windows.stop].sum(axis=(0, 1)), 0.99)


def refused(ran: Ran) -> dict[str, tuple[int, int]]:
    """By class of callers with a limit: requests refused at the door, and those that came in the
    seconds in which some were."""
    out: dict[str, tuple[int, int]] = {}
    w = ran.result.windows[_seen(ran)]
    for key, slot in _asked(ran):
        limit = ran.flow.roots[key].limit
        if limit is not None:
            told, came = out.get(limit.key, (0, 0))
            some = w["refused"][:, slot] > 0
            out[limit.key] = (told + int(w["refused"][some, slot].sum()),
                              came + int(w["started"][some, slot].sum()))  # fmt: skip
    return out


def _refused_words(ran: Ran) -> str:
    parts = [f"{name} {told / came:.0%}" for name, (told, came) in refused(ran).items() if told]
    return f"refused at the door by their limit: {', '.join(parts)}" if parts else ""


def _degrades(ran: Ran, hurt: range) -> str:
    """Which requests failed, how many of them, and how late messages were, while not healthy; and
    whom a limit refused."""
    told = _hurt_words(ran, hurt) if len(hurt) else "nothing a user would notice"
    return "; ".join(text for text in (told, _refused_words(ran)) if text)


def _hurt_words(ran: Ran, hurt: range) -> str:
    parts = []
    w = ran.result.windows[hurt.start : hurt.stop]
    for ref, slots in _slots(ran).items():
        ok = int(w["ok"][:, slots].sum())
        lost = int(_lost(w, slots).sum())
        if lost > FAIL_SHARE_OK * (ok + lost):
            parts.append((lost / (ok + lost), ref))
    parts.sort(reverse=True)
    gone = max(clients_away(ran, hurt.start, hurt.stop)[hurt.start :], default=0.0)
    aged = "; ".join(
        text
        for text in (
            f"{gone:,.0f} clients were without their connection" if gone else "",
            oldest_words(ran, hurt.start, hurt.stop),
        )
        if text
    )
    if not parts:
        slow = any(kept.sick()[hurt.start :].any() for kept in _in_time(ran, hurt.stop)[0])
        told = "answers were slow; hardly any failed" if slow else "requests were answered as ever"
        return "; ".join(text for text in (told, aged) if text)
    text = ", ".join(f"{ref} {share:.0%}" for share, ref in parts[:6])
    more = f" and {len(parts) - 6} more" if len(parts) > 6 else ""
    failed = f"requests that failed in that time: {text}{more}"
    return "; ".join(part for part in (failed, aged) if part)


def solver_error(ran: Ran, predicted: dict[str, float], found: list[Latency]) -> dict[str, float]:
    """Relative error of the solver's p99 against the kernel's, per user-facing request."""
    return {
        x.endpoint: predicted[x.endpoint] / x.p99_s.value - 1
        for x in found
        if x.endpoint in predicted and 0 < x.p99_s.value < math.inf
    }
