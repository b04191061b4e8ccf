"""Results kept in the model belong to the model as it is."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding


class ResultsStale(Rule):
    id = "results-stale"
    title = "Results belong to this model"
    why = (
        "Figures of an earlier state are read as if they held now. The digest says whose they are."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        results = evidence.system.results
        if results is None:
            return
        now = digest(evidence.system)
        if results.digest != now:
            yield self.finding(
                "the results belong to an earlier state of the model",
                evidence.place(("results", "digest")), results.digest, now,
                "run backend-lead design or generate again, or delete results",
            )  # fmt: skip


RULE = ResultsStale()
