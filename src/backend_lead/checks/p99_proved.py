"""The p99 of every request was simulated for exactly this model and keeps its objective."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import seconds
from backend_lead.model.design import Run
from backend_lead.model.finding import Finding
from backend_lead.model.kept import Estimate, Latencies, needed, record_of

RUN = "steady"  # the run at the stated peak with nothing broken
TIMES = "latency_s"  # of a run's results: how long each kind of request took


class P99Proved(Rule):
    id = "p99-proved"
    title = "Simulated p99 within the objective"
    why = (
        "The solver approximates; the event kernel follows every request. A run counts only for "
        "the model it was made for, told by its digest, and only if its whole 95 % interval "
        "keeps the objective."
    )
    level = "error"
    needs = ("model", "runs")

    def unknown(self, evidence: Evidence, need: str) -> Finding:
        command = evidence.command("simulate")
        return self.finding(
            f"the p99 is predicted by the solver, not simulated; run: {command}",
            evidence.place(("slos",)), "no run of exactly this model", "a run at the stated peak",
            command, level="unknown",
        )  # fmt: skip

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        run = next((run for run in evidence.runs or () if run.id == RUN), None)
        if run is None:
            yield self.unknown(evidence, "runs")
            return
        if run.results.get("status") != "complete":
            yield self.finding(
                "the run ended early: more requests were under way than it could follow",
                evidence.place(("slos",)), str(run.results.get("status")), "a complete run",
                f"see load-carried; again: {run.repeat}", level="unknown",
            )  # fmt: skip
        told = run.results.get(TIMES)
        if not isinstance(told, dict):
            yield self.unread(run, "how long requests took", TIMES, needed(Latencies),
                              evidence.place(("slos",)))  # fmt: skip
            return
        for request in sorted(set(_asked(evidence)) & set(told)):
            found = record_of(Latencies, told[request])
            if found is None:
                yield self.unread(run, f"how long `{request}` took", TIMES, needed(Latencies),
                                  evidence.request_place(request))  # fmt: skip
            else:
                yield from self._request(evidence, run, request, found.p99)

    def _request(
        self, evidence: Evidence, run: Run, request: str, p99: Estimate
    ) -> Iterator[Finding]:
        value, low, high = (_number(number) for number in (p99.value, p99.low, p99.high))
        allowed = evidence.objective_s(request)
        if high <= allowed:
            return
        seen = f"{seconds(value)} ({seconds(low)} to {seconds(high)})"
        late = value > allowed
        yield self.finding(
            f"`{request}` has a simulated p99 of {seconds(value)}; the objective is"
            f" {seconds(allowed)}" if late else
            f"`{request}`: the interval of its simulated p99 reaches beyond the objective",
            evidence.request_place(request), seen, f"up to {seconds(allowed)}",
            f"run {run.id}, seed {run.seed}; again: {run.repeat}" if late else
            "a longer run narrows it: " + evidence.command("simulate", "--duration 300s"),
            level="error" if late else "unknown",
        )  # fmt: skip


def _asked(evidence: Evidence) -> Iterator[str]:
    for client in evidence.system.workload.clients.values():
        for journey, share in client.journeys.items():
            if share.value > 0:
                yield from evidence.system.journeys[journey].steps


def _number(value: float | None) -> float:
    """A number of a run's file, where infinity is null."""
    return math.inf if value is None else value


RULE = P99Proved()
