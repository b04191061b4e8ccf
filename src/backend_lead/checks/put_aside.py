"""Messages that could not be handled are known of, not lost on the way."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding

AGES = "message_age_s"  # of a run's results: what became of messages, by handler


class PutAside(Rule):
    id = "put-aside"
    title = "Messages that are put aside are told"
    why = (
        "A handler that gives a batch up after some tries keeps its partition moving, but those "
        "messages are not handled: somebody must look at where they are put, mend the cause, and "
        "play them again. A count of answered requests does not show them."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        for run in evidence.runs or ():
            found = run.results.get(AGES)
            for handler, told in (found if isinstance(found, dict) else {}).items():
                aside = told.get("put_aside", 0)
                if aside:
                    name, _, word = handler.partition(".")
                    yield self.finding(
                        f"`{handler}` put {aside:,} messages aside in the run {run.id}: they "
                        "failed as often as it tries", evidence.place(
                            ("components", name, "endpoints", word, "tries")),
                        f"{aside:,} of {aside + told['messages']:,} messages", "none put aside",
                        "more tries, or a pause that outlasts the fault; plan who plays them again",
                    )  # fmt: skip


RULE = PutAside()
