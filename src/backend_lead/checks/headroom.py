"""With one zone lost, nothing is busier than planned."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import FULL, LIMIT_DEFAULT, Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import percent
from backend_lead.model.finding import Finding

HINT = "add instances or take larger ones; backend-lead design sizes it"
HINTS = {"commits": "write in batches, behind a queue where it can wait, or shard by a key"}


class Headroom(Rule):
    id = "headroom"
    title = "Room above the peak, with one zone lost"
    why = (
        "Queues grow as 1 / (1 - use), and the peak is a guess: what is planned to be 90 % busy "
        "has no room for either. While a store fails over, calls to it hold workers until they "
        "time out."
    )
    level = "warning"
    needs = ("model", "solution")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        when, solved = evidence.zones_words[-1]
        for use in sorted(solved.uses, key=lambda u: (-u.busy, u.id)):
            limit = evidence.limits.get(use.id, LIMIT_DEFAULT)
            waiting = "failover" in use.id
            if use.busy <= limit + 1e-9 or (use.busy >= FULL and not waiting):
                continue
            state = "while a store fails over" if waiting else f"at peak {when}"
            yield self.finding(
                f"`{use.component}`: {use.resource} {percent(use.busy)} in use {state}",
                evidence.component_place(use.component), percent(use.busy),
                f"up to {percent(limit)}",
                "shorter timeouts, more workers or instances" if waiting
                else HINTS.get(use.resource, HINT),
            )  # fmt: skip


RULE = Headroom()
