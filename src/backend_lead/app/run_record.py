"""What is kept of a run: enough to repeat it, and what it found, JSON-ready."""

from __future__ import annotations

from dataclasses import asdict

from backend_lead.analysis import simulation
from backend_lead.analysis.ages import behind
from backend_lead.analysis.copies_seen import copy_reads, lost_writes
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.sessions import session_steps
from backend_lead.analysis.ways import way_loads
from backend_lead.analysis.windows import windows
from backend_lead.app.repeating import MODEL, run_command
from backend_lead.app.versions import versions
from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.model.design import Run
from backend_lead.model.sessions import SessionStep
from backend_lead.model.ways import WayLoad


def run_record(
    ran: Ran, run_id: str, identity: str, seed: int, load: float = 1.0,
    window_s: float | None = None,
) -> Run:  # fmt: skip
    """A run to be kept, with its windows of `window_s`, or as long as fits it."""
    r = ran.result
    fault = ran.kind if ran.kind in FAULTS else None
    command = run_command(MODEL, seed, duration_s=r.until_s, fault=fault, load=load)
    title = (
        FAULTS[ran.kind].title if ran.kind in FAULTS else f"Peak load x {load:g}, nothing broken"
    )
    return Run(
        id=run_id, kind=ran.kind, title=title, model_digest=identity, seed=seed,
        horizon_s=r.until_s, warmup_s=ran.warmup_s, scale=1, requests=r.started,
        versions=versions(), repeat=command,
        results=run_results(ran) | {"windows": [asdict(w) for w in windows(ran, window_s)]},
    )  # fmt: skip


def run_results(ran: Ran) -> dict[str, object]:
    """What a run found, JSON-ready."""
    r = ran.result
    rate = simulation.measured_rate(ran)
    return {
        "status": r.status, "reached_s": r.reached_s, "events": r.events,
        "requests": {"started": r.started, "ok": r.ok, "failed": r.failed - r.refused,
                     "refused": r.refused, "timed_out": r.timed_out, "in_flight": r.in_flight,
                     "conserved": r.conserved},
        "requests_per_s": {"value": rate[0], "low": rate[1], "high": rate[2]},
        "latency_s": {
            x.endpoint: {
                "requests": x.requests, "failed": x.failed,
                **{name: {"value": q.value, "low": q.low, "high": q.high}
                   for name, q in (("p50", x.p50_s), ("p95", x.p95_s), ("p99", x.p99_s))},
            }
            for x in simulation.latencies(ran, "")
        },
        "stations": {
            s.station: {"replicas": s.replicas, "cores": s.cores, "busy": s.busy, "held": s.held,
                        "ended_per_s": s.ended_per_s,
                        **({} if s.mean is None else
                           {"replicas_mean": s.mean, "replicas_most": s.most})}
            for s in simulation.station_loads(ran, "")
        },
        **_links(ran), **_messages(ran), **_sessions(ran), **_copies(ran),
        "most_requests_in_progress": r.frames_max,
        **_recovery(ran),
    }  # fmt: skip


def _links(ran: Ran) -> dict[str, object]:
    """Of a run with bandwidths between regions: how busy each way was, and what it carried."""
    found = way_loads(ran, "")
    return {"links": {one.way: _row(one, "way") for one in found}} if found else {}


def _row(one: SessionStep | CopyReads | LostWrites | WayLoad, key: str = "") -> dict[str, object]:
    """A record of a run within that run's results: without the run, and without its key."""
    return {name: value for name, value in asdict(one).items() if name not in ("run", key)}


def _sessions(ran: Ran) -> dict[str, object]:
    """Of a run with sessions: how often each step was asked."""
    found = session_steps(ran)
    return {"sessions": [_row(step) for step in found]} if found else {}


def _messages(ran: Ran) -> dict[str, object]:
    """Of a run with streams: how old messages were when handled."""
    found = simulation.ages(ran, "")
    if not found:
        return {}
    return {
        "message_age_s": {
            x.handler: {"topic": x.topic, "messages": x.messages, "waiting": x.waiting,
                        "again": x.again, "put_aside": x.put_aside, "p50": x.p50_s,
                        "p99": x.p99_s, "behind_most": x.behind_s,
                        "behind": [round(t, 3) for t in behind(ran, x.handler).tolist()]}
            for x in found
        }
    }  # fmt: skip


def _copies(ran: Ran) -> dict[str, object]:
    """Of a run with replicas that lag, or with a failover: what came too early or was lost."""
    reads, lost = copy_reads(ran), lost_writes(ran)
    out: dict[str, object] = {}
    if reads:
        out["copies"] = {one.store: _row(one) for one in reads}
    if lost:
        out["failovers"] = [_row(one) for one in lost]
    return out


def _recovery(ran: Ran) -> dict[str, object]:
    """Of a run with a fault: whether and when requests were healthy again; of one in which parts
    failed by chance, whether enough of them were answered."""
    if ran.kind not in FAULTS:
        return {}
    tried = simulation.trial(ran, ran.kind)
    if tried.by_chance:
        return {"answered": {"verdict": tried.verdict, "why": tried.why,
                             "failed_share": tried.failed_share}}  # fmt: skip
    return {"recovery": {"verdict": tried.verdict, "why": tried.why, "recover_s": tried.recover_s,
                         "limit_s": tried.recover_limit_s}}  # fmt: skip
