"""Timeouts, retry budget and deadlines: an outage ends when its cause does."""

from __future__ import annotations

from backend_lead.model.quantity import Duration, Ratio
from backend_lead.model.system import Step, System
from backend_lead.model.units import DURATION
from backend_lead.tactics.tactic import Applied, Tactic, copy
from backend_lead.views.places import inner_steps, reached

BUDGET = Ratio.model_validate({
    "value": "10%", "range": ["5%", "20%"], "origin": "assumed",
    "source": "B. Beyer and others 2016, Site Reliability Engineering, chapter 21",
    "why": "an application of ours keeps count of its retries",
})  # fmt: skip
WAITING = ("call", "query", "read")  # verbs that hold a worker until somebody answers
LATE = 1.25  # of the p99 objective: whoever is not answered by then is late in any case
INSIDE = 0.9  # of the time of a caller, all attempts together: he must hear of the failure


class RetryBudget(Tactic):
    id = "retry-budget"
    title = "Bound waits, retries and abandoned work"
    answers = ("retry-storm", "slow-dependency")
    does = (
        "Every call gives up after a timeout that fits into its caller's; clients keep their "
        "retries to a share of their requests; and a caller's timeout travels with its request: "
        "work that nobody waits for any more is not begun."
    )
    helps = (
        "When clients retry through an outage: the retries and the abandoned work behind them can "
        "keep a system down after the cause is gone. The retry storm trial shows it."
    )
    costs = "Applications count their retries; each call passes on the time that is left."
    hurts = (
        "With a budget spent, a single lost packet is an error for the user; a timeout below what "
        "an honest answer takes makes a slow system a broken one."
    )
    sources = (
        "Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021",
        "B. Beyer et al., Site Reliability Engineering, 2016, ch. 21 (retry budgets) and 22 "
        "(deadlines)",
        "M. Brooker, Timeouts, retries, and backoff with jitter, Amazon Builders' Library (2019)",
    )

    def sites(self, system: System) -> list[str]:
        bounded = all(
            c.retry_budget for c in system.workload.clients.values() if c.timeout is not None
        )
        ends = not any(
            _endless(step) for ref in _asked(system) for step in _steps(system, ref)
        )  # fmt: skip
        return [] if bounded and ends and system.workload.deadlines else ["system"]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        out.workload.deadlines = True
        for client in out.workload.clients.values():
            if client.timeout is not None and client.retry_budget is None:
                client.retry_budget = BUDGET
        for ref, allowed_s in _patience(out).items():
            for step in _steps(out, ref):
                if _endless(step):
                    step.timeout = _timeout(allowed_s / (1 + step.retries))
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return self.title


def _endless(step: Step) -> bool:
    return step.verb in WAITING and step.timeout is None


def _asked(system: System) -> list[str]:
    """Endpoints that journeys come to, callers before callees."""
    refs = dict.fromkeys(ref for journey in system.journeys.values() for ref in journey.steps)
    return list(dict.fromkeys(end for ref in refs for end in reached(system, ref)))


def _steps(system: System, ref: str) -> list[Step]:
    name, _, word = ref.partition(".")
    return list(inner_steps(system.components[name].endpoints[word].does))


def _patience(system: System) -> dict[str, float]:
    """How long the callers of each endpoint wait for it (s), the least of them."""
    out: dict[str, float] = {}
    for ref in dict.fromkeys(r for j in system.journeys.values() for r in j.steps):
        stated = [
            client.timeout.value
            for client in system.workload.clients.values()
            if client.timeout is not None
            and any(ref in system.journeys[name].steps for name in client.journeys)
        ]
        out[ref] = min([system.p99_of(ref) * LATE, *(INSIDE * s for s in stated)])
    for ref in _asked(system):
        for step in _steps(system, ref):
            if step.call is not None:
                mine = step.timeout.value if step.timeout else out[ref] / (1 + step.retries)
                out[step.call] = min(out.get(step.call, mine * INSIDE), mine * INSIDE)
    return out


def _timeout(allowed_s: float) -> Duration:
    return Duration.model_validate({
        "value": DURATION.format(allowed_s), "origin": "computed",
        "why": "a quarter above the p99 objective, or what its caller leaves: later is of no use",
    })  # fmt: skip


TACTIC = RetryBudget()
