"""Faults tried on exactly this model were recovered from within the objective."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.design import Run
from backend_lead.model.finding import Finding
from backend_lead.model.kept import Answered, Recovered, needed, record_of


class RecoveryProved(Rule):
    id = "recovery-proved"
    title = "Simulated faults are recovered from in time"
    why = (
        "That a standby exists does not say that the system comes back: queues that filled "
        "meanwhile, retries and cold caches can hold it down. The kernel plays the fault at peak "
        "and says when requests were healthy again."
    )
    level = "error"
    needs = ("model", "flow", "runs")

    def unknown(self, evidence: Evidence, need: str) -> Finding:
        if need != "runs":
            return super().unknown(evidence, need)
        command = evidence.command("simulate", f"--fault {_fault(evidence)}")
        return self.finding(
            f"recovery from a fault is not simulated; run: {command}",
            evidence.place(("slos",)), "no fault run of exactly this model",
            "a run at the stated peak with a fault", command, level="unknown",
        )  # fmt: skip

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        at_peak = [run for run in evidence.runs or () if run.id == run.kind]
        tried = [run for run in at_peak if "recovery" in run.results]
        if not tried and _fault(evidence):
            yield self.unknown(evidence, "runs")
        for run in tried:
            recovered = record_of(Recovered, run.results["recovery"])
            if recovered is None:
                yield self.unread(run, "when requests were healthy again", "recovery",
                                  needed(Recovered), evidence.place(("slos",)))  # fmt: skip
            elif recovered.verdict != "pass":
                yield self._missed(evidence, run, recovered)
        for run in at_peak:
            if "answered" not in run.results:
                continue
            answered = record_of(Answered, run.results["answered"])
            if answered is None:
                yield self.unread(run, "how many requests were answered", "answered",
                                  needed(Answered), evidence.place(("slos",)))  # fmt: skip
            elif answered.verdict != "pass":
                yield self._too_few(evidence, run, answered)

    def check(self, evidence: Evidence) -> Iterator[Finding]:
        """As every rule, but nothing where no fault leaves anything to recover with."""
        if evidence.flow is None or _fault(evidence):
            yield from super().check(evidence)

    def _missed(self, evidence: Evidence, run: Run, found: Recovered) -> Finding:
        return self.finding(
            f"{run.title}: {found.why}", evidence.place(("slos",)),
            "no recovery" if found.recover_s is None else f"{found.recover_s:g} s",
            f"up to {found.limit_s:g} s", f"run {run.id}, seed {run.seed}; again: {run.repeat}",
            level="unknown" if found.verdict == "unknown" else "error",
        )  # fmt: skip

    def _too_few(self, evidence: Evidence, run: Run, found: Answered) -> Finding:
        return self.finding(
            f"{run.title}: {found.why}", evidence.place(("slos",)),
            f"{found.failed_share:.3%} of the requests failed", "what the objective allows",
            f"run {run.id}, seed {run.seed}; again: {run.repeat}",
            level="unknown" if found.verdict == "unknown" else "error",
        )  # fmt: skip


def _fault(evidence: Evidence) -> str:
    """The fault to try first: a zone where several are used, else the loss of a primary."""
    stations = evidence.flow.stations.values() if evidence.flow is not None else ()
    if any(len(set(station.zones)) > 1 for station in stations):
        return "zone-loss"
    return "primary-failover" if any(station.standby for station in stations) else ""


RULE = RecoveryProved()
