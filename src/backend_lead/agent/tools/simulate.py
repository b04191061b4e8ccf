"""simulate: one run of a model at another load, or with a part broken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from backend_lead.agent.asked import duration_s, users
from backend_lead.agent.envelope import Answer, Next, run_evidence
from backend_lead.agent.tool import Arguments, Call, Path_, Settings, Tool
from backend_lead.model.figure import Figure
from backend_lead.model.kept import finite
from backend_lead.model.units import rate_text
from backend_lead.model.windows import Window, windows_of

if TYPE_CHECKING:
    from backend_lead.app.simulate import Simulated as Done

RANK = 5
SEED_MAX = 2**62


class Simulated(Arguments):
    model: Path_ = ""
    users: Annotated[str, Field(max_length=40, description="instead of the stated, as 2M")] = ""
    load: Annotated[float, Field(gt=0, description="times the stated load")] | None = None
    fault: Annotated[str, Field(max_length=40, description="zone-loss, primary-failover, ...")] = ""
    duration: Annotated[str, Field(max_length=40)] = ""
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] = 1
    assume: Settings = []


def run(given: Simulated, call: Call) -> Answer:
    """The run, kept as evidence beside the model: latency against objectives, loads, recovery."""
    from backend_lead.app import simulate as use
    from backend_lead.app.assume import with_assumptions
    from backend_lead.app.design import read_model
    from backend_lead.model.units import counted

    path = call.workspace.model(given.model)
    name = call.workspace.told(path)
    asked = with_assumptions(read_model(str(path)), given.assume)
    done = use.simulate(
        asked.system, seed=given.seed, users=users(given.users, asked.system), load=given.load,
        fault=given.fault or None, progress=call.progress,
        duration_s=duration_s(given.duration, asked.system, given.fault),
        assumed=given.assume, model=path.name,
    )  # fmt: skip
    call.progress.check()
    kept, gone = use.save(done, path.parent)
    results = done.run.results
    asked_for, rate = results["requests"], results["requests_per_s"]
    said = {"pass": "every objective holds", "fail": "an objective is missed",
            "unknown": "not known whether it holds"}[done.verdict]  # fmt: skip
    if done.trial is not None:
        said = f"{done.trial.fault}: {done.trial.why}"
    started = counted(f"{asked_for['started']:,}", "request")
    busiest = max(done.loads, key=lambda s: max(s.busy, s.held), default=None)
    return Answer(
        f"{done.run.title}: {said}. {rate_text(rate['value'], 'requests')}; "
        f"{started}, {asked_for['ok']:,} answered, "
        f"{asked_for['failed']:,} failed, {asked_for['timed_out']:,} timed out."
        + ("" if results["status"] == "complete" else f" Ended early at {results['reached_s']:g} s:"
           " more was under way than fits in memory; the load is beyond what this carries."),
        done.verdict,
        findings=[*use.unseen(asked.system, given.fault or None, done.run), *gone],
        figures=_figures(done),
        evidence=[run_evidence(done.run, name)],
        next_actions=[
            Next("explain", {"word": done.run.id, "model": name}, "the run in words, to cite it"),
            Next("capacity", {"model": name}, "at which load what is full, and what moves it"),
        ],
        more={
            "latency_s": [
                {"request": x.endpoint, "p50": x.p50_s.value, "p95": x.p95_s.value,
                 "objective_p99": x.objective_p99_s, "verdict": x.verdict}
                for x in done.latencies
            ] if done.trial is None else [],
            "trial": {
                "recovered_after_s": done.trial.recover_s, "limit_s": done.trial.recover_limit_s,
                "failed_share": done.trial.failed_share, "down_s": done.trial.down_s,
                "p99_before_s": done.trial.p99_before_s, "p99_worst_s": done.trial.p99_worst_s,
                "degrades": done.trial.degrades,
            } if done.trial else {},
            "busiest": {"station": busiest.station, "cores_busy": busiest.busy,
                        "workers_held": busiest.held} if busiest else {},
            **_found_beside(done),
            "kept_as": call.workspace.told(kept),
        },
    )  # fmt: skip


def _found_beside(done: Done) -> dict[str, list[dict[str, object]]]:
    """The run in windows; and where there are any: how busy each way between regions was, how often
    each step of a session was asked, reads that copies answered too early, writes that failovers
    lost. Lists, so that the answer can be cut to size."""
    results = done.run.results
    return {
        "windows": [_window(one) for one in windows_of(results)],
        "links": [{"link": link, **told} for link, told in results.get("links", {}).items()],
        "sessions": results.get("sessions", []),
        "copies": list(results.get("copies", {}).values()),
        "failovers": results.get("failovers", []),
    }


def _window(one: Window) -> dict[str, object]:
    """What is said of a window; null where nothing, or no interval, is known."""
    told: dict[str, object] = finite({
        "from_s": one.t_s, "lasts_s": one.lasts_s, "requests_per_s": _short(one.per_s),
        "failed_share": _short(one.failed_share.value),
        **{name: [_short(part) for part in (x.value, x.low, x.high)]
           for name, x in (("mean_s", one.mean_s), ("p99_s", one.p99_s))},
    })  # fmt: skip
    return told


def _short(value: float) -> float:
    """To four digits: an answer has bounds, and no interval is known better."""
    return float(f"{value:.4g}")


def _figures(done: Done) -> list[Figure]:
    """What is cited of it: the rate, and the p99 of each request, with intervals; with a fault the
    share of requests that failed until all was well."""
    from backend_lead.app.figures import time_text

    rate, run = done.run.results["requests_per_s"], done.run
    out = [Figure("requests_per_s", "Requests per second", rate["value"], "1/s",
                  rate_text(rate["value"], "requests"), "simulated",
                  "requests started / simulated time after the warm-up", rate["low"], rate["high"],
                  run.id)]  # fmt: skip
    if done.trial is not None:
        share = done.trial.failed_share
        out.append(Figure("failed_share", "Requests that failed until all was well", share, "ratio",
                          f"{share:.1%}", "simulated", done.trial.why, run=run.id))  # fmt: skip
        return out
    for x in done.latencies:
        text = time_text(x.p99_s.value) if math.isfinite(x.p99_s.value) else "no answer"
        out.append(Figure(f"p99.{x.endpoint}", f"p99 of {x.endpoint}", x.p99_s.value, "s", text,
                          "simulated", "99 % of its requests are answered within this",
                          x.p99_s.low, x.p99_s.high, run.id))  # fmt: skip
    return out


TOOL = Tool(
    "simulate", "What if",
    "Runs a model request by request at its load, at another one (`load`: 2), or with a `fault`; "
    "gives p50/p99 with intervals against the objectives, and keeps the run as evidence.",
    Simulated, run, writes=True, heavy=True,
)  # fmt: skip
