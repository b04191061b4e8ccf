"""Retry budget and deadlines: an outage ends when its cause does."""

from __future__ import annotations

from backend_lead.model.quantity import Ratio
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Tactic, copy

BUDGET = Ratio.model_validate({
    "value": "10%", "range": ["5%", "20%"], "origin": "assumed",
    "source": "B. Beyer and others 2016, Site Reliability Engineering, chapter 21",
    "why": "an application of ours keeps count of its retries",
})  # fmt: skip


class RetryBudget(Tactic):
    id = "retry-budget"
    title = "Bound retries and abandoned work"
    answers = ("retry-storm", "slow-dependency")
    does = (
        "Clients keep their retries to a share of their requests, and a caller's timeout travels "
        "with its request: work that nobody waits for any more is not begun."
    )
    helps = (
        "When clients retry through an outage: the retries and the abandoned work behind them can "
        "keep a system down after the cause is gone. The retry storm trial shows it."
    )
    costs = "Applications count their retries; each call passes on the time that is left."
    hurts = "With a budget spent, a single lost packet is an error for the user."
    sources = (
        "Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021",
        "B. Beyer et al., Site Reliability Engineering, 2016, ch. 21 (retry budgets) and 22 "
        "(deadlines)",
    )

    def sites(self, system: System) -> list[str]:
        bounded = all(
            c.retry_budget for c in system.workload.clients.values() if c.timeout is not None
        )
        return [] if bounded and system.workload.deadlines else ["system"]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        out.workload.deadlines = True
        for client in out.workload.clients.values():
            if client.timeout is not None and client.retry_budget is None:
                client.retry_budget = BUDGET
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return self.title


TACTIC = RetryBudget()
