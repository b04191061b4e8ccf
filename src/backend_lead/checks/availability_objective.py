"""The availability of every journey, computed from its graph, reaches its objective."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import nines
from backend_lead.model.finding import Finding


class AvailabilityObjective(Rule):
    id = "availability-objective"
    title = "Availability reaches the objective"
    why = (
        "A journey is up when everything it cannot do without is up. Factors multiply, so the "
        "weakest one decides; parts in one zone fail together with it."
    )
    level = "error"
    needs = ("model", "availability")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        assert evidence.availability is not None
        for one in evidence.availability:
            if one.verdict != "fail":
                continue
            weakest = min(one.terms, key=lambda term: (term.availability, term.component))
            yield self.finding(
                f"journey `{one.journey}` is available {nines(one.availability)} of the time; the"
                f" objective is {nines(one.objective)}",
                evidence.objective_place(one.journey, "availability"),
                f"{nines(one.availability)}, {one.downtime_min_month:,.0f} min down a month",
                f"{nines(one.objective)} or more",
                f"weakest part: {weakest.component}, {nines(weakest.availability)} ({weakest.how})",
            )  # fmt: skip


RULE = AvailabilityObjective()
