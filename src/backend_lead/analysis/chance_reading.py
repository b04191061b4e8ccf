"""Reading a run in which parts fail by chance: the share of requests that were answered."""

from __future__ import annotations

import math

import numpy as np

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.ran import Ran, lost_requests, slots_of
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.run import COMPLETE
from backend_lead.model.design import Trial, TrialSecond, Verdict
from backend_lead.model.system import System

# So many failures or more are counted with a standard error below half of their number (Poisson).
FAILURES_MIN = 5
SETTLED_S = 2.0  # at the start, which is not looked at, as in every trial
DOWN_SHARE = 0.5  # of a window's requests: where more failed, the system was as good as down


def chance_trial(ran: Ran, fault: Fault, run_id: str) -> Trial:
    """The verdict on a run with random failures: availability against the objective of each
    request, over the time in which parts failed.

    "pass" and "fail" where the whole 95 % interval (batch means) of the share of failed requests is
    on one side of what the objective allows, else "unknown"; so too with fewer than FAILURES_MIN
    failures. What no objective could notice, since no request failed, passes.
    """
    r, flow = ran.result, ran.flow
    first = math.ceil(ran.fault_at_s / r.window_s)
    upto = max(first + 1, int(r.reached_s / r.window_s))
    w = r.windows[first:upto]
    faults = ran.lowered.program.fault
    played = faults["at"] <= r.reached_s * L.NS_PER_S
    struck = int((played & (faults["action"] == L.FAULT_DOWN)).sum())
    told: list[tuple[float, str, Verdict]] = []
    for ref, slots in slots_of(ran).items():
        lost = lost_requests(w, slots)
        share, low, high = stats.ratio_interval(lost, lost + w["ok"][:, slots].sum(axis=1))
        allowed = 1 - _promised(flow.system, ref)
        verdict: Verdict = "pass" if high <= allowed else "fail" if low > allowed else "unknown"
        between = f" ({1 - high:.4%} to {1 - max(0.0, low):.4%})" if math.isfinite(high) else ""
        words = f"{ref} {1 - share:.4%} answered{between}, objective {1 - allowed:.4%}"
        told.append((share - allowed, words, verdict))
    lost = lost_requests(r.windows, list(range(len(r.roots))))[:upto]
    ok = r.windows["ok"].sum(axis=1)[:upto]
    verdicts = {one for *_, one in told}
    verdict = "fail" if "fail" in verdicts else "unknown" if "unknown" in verdicts else "pass"
    over_s = (upto - first) * r.window_s
    why = f"{struck} failures in {over_s:,.0f} s: {max(told)[1]}"
    if r.status != COMPLETE or struck < FAILURES_MIN:
        verdict = "unknown"
        why += "; too few failures to tell, let it run longer" if struck < FAILURES_MIN else ""
    p99 = [stats.quantile(r.hist_windows[k].sum(axis=0), 0.99) for k in range(upto)]
    sick = lost[first:] > 0
    share = lost[first:] / np.maximum(1, (lost + ok)[first:])
    calm = [p for p, bad in zip(p99[first:], sick) if not bad and not math.isnan(p)]
    return Trial(
        id=fault.id, title=fault.title, fault=fault.words(flow), verdict=verdict, why=why,
        recover_s=None, recover_limit_s=flow.system.recover_limit_s,
        failed_share=float(lost[first:].sum() / max(1, (lost + ok)[first:].sum())),
        users_affected=sum(s.users for s in flow.sources) * float(share.max(initial=0.0)),
        p99_before_s=stats.quantile(r.hist_windows[int(SETTLED_S / r.window_s) : first].sum(
            axis=(0, 1)), 0.99),
        p99_worst_s=max((p for p in p99[first:] if not math.isnan(p)), default=math.nan),
        p99_after_s=float(np.median(calm)) if calm else math.nan,
        degrades=_degrades(ran, first, upto), fault_at_s=ran.fault_at_s,
        series=tuple(
            TrialSecond(k * r.window_s, int(ok[k]), int(lost[k]),
                        0.0 if math.isnan(p99[k]) else p99[k]) for k in range(upto)
        ),
        run=run_id, hurt_s=float(sick.sum()) * r.window_s,
        down_s=float((share > DOWN_SHARE).sum()) * r.window_s, by_chance=True,
    )  # fmt: skip


def _promised(system: System, ref: str) -> float:
    """The highest availability promised to journeys that ask for an endpoint."""
    asking = [name for name, journey in system.journeys.items() if ref in journey.steps]
    return max(system.slo_of(name).availability.value for name in asking or ["*"])


def _degrades(ran: Ran, first: int, upto: int) -> str:
    w = ran.result.windows[first:upto]
    parts = []
    for ref, slots in slots_of(ran).items():
        lost = int(lost_requests(w, slots).sum())
        if lost:
            parts.append((lost / max(1, lost + int(w["ok"][:, slots].sum())), ref))
    told = ", ".join(f"{ref} {share:.3%}" for share, ref in sorted(parts, reverse=True)[:6])
    return f"requests that failed: {told}" if told else "no request failed"
