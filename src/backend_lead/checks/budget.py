"""The monthly bill stays within the budget."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount
from backend_lead.model.finding import Finding


class Budget(Rule):
    id = "budget"
    title = "Bill within the budget"
    why = "The bill is quantity x list price with machines for the peak all month, no discounts."
    level = "error"
    needs = ("model", "cost")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        assert evidence.cost is not None
        budget, cost = evidence.system.budget, evidence.cost
        if budget is None or cost.usd_month <= budget.value:
            return
        dearest = max(cost.lines, key=lambda line: (line.usd_month, line.component))
        yield self.finding(
            f"it costs {amount(cost.usd_month)} USD a month; the budget is {amount(budget.value)}",
            evidence.place(("budget",)), f"{amount(cost.usd_month)} USD/month", budget.text,
            f"dearest: {dearest.item} of {dearest.component},"
            f" {amount(dearest.usd_month)} USD/month",
        )  # fmt: skip


RULE = Budget()
