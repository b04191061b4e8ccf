"""No request takes or gives without end."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, place_of
from backend_lead.views.api.types import PAGE_MOST, WHOLE_MOST


class AnswerBounded(Rule):
    id = "answer-bounded"
    title = "Answers, inputs and callers have bounds"
    why = (
        "A list without pages grows with the data until it takes the service down; a caller "
        "without a limit takes what the others need (OWASP API4:2023, Unrestricted Resource "
        "Consumption)."
    )
    level = "warning"
    tags = ("API4:2023", "CWE-770")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        for op in operations:
            place = evidence.place(place_of(found, op))
            rows = found.entities[op.of.name].rows.value if op.of.entity else 0
            whole = op.does in ("list", "search") and op.said.whole and not op.said.mine
            if whole and op.gives is not None and op.gives.name == op.of.name and rows > WHOLE_MOST:
                yield self.finding(
                    f"`{op.name}` gives all {amount(rows)} rows of `{op.of.name}` at once",
                    place,
                    f"{amount(rows)} rows",
                    f"up to {amount(WHOLE_MOST)} without pages",
                    "take whole away: then it comes in pages",
                )
            if op.paged and op.said.page > PAGE_MOST:
                yield self.finding(
                    f"a page of `{op.name}` has {op.said.page} items unless asked otherwise",
                    place,
                    f"page: {op.said.page}",
                    f"page: up to {PAGE_MOST}, the most a caller may ask for",
                    "page: 20",
                )
            if op.bulk is not None and op.bulk > WHOLE_MOST:
                yield self.finding(
                    f"`{op.name}` takes {amount(op.bulk)} items in one request",
                    place,
                    f"bulk: {op.bulk}",
                    f"bulk: up to {amount(WHOLE_MOST)}",
                    f"bulk: {WHOLE_MOST}",
                )
        for name, caller in found.callers.items():
            limit = evidence.system.workload.clients[name].limit
            if caller.audience == "partner" and not caller.access.tiers and limit is None:
                yield self.finding(
                    f"nothing limits what one partner of `{name}` may ask for",
                    evidence.place(("workload", "clients", name)),
                    "no tiers and no limit",
                    "access: tiers, each with a limit",
                    "tiers: {standard: {callers: 10, limit: {rate: 20/s, burst: 40}}}",
                )


RULE = AnswerBounded()
