"""Messages that could not be handled are known of, not lost on the way."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.design import Run
from backend_lead.model.finding import Finding, Place
from backend_lead.model.kept import Handled, needed, record_of

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
            found = run.results.get(AGES, {})
            for handler, told in (found if isinstance(found, dict) else {"": found}).items():
                read = record_of(Handled, told)
                if read is None:
                    yield self.unread(run, "what became of messages", AGES, needed(Handled),
                                      _place(evidence, handler))  # fmt: skip
                elif read.put_aside:
                    yield self._aside(evidence, run, handler, read)

    def _aside(self, evidence: Evidence, run: Run, handler: str, read: Handled) -> Finding:
        return self.finding(
            f"`{handler}` put {read.put_aside:,} messages aside in the run {run.id}: they failed "
            "as often as it tries", _place(evidence, handler, "tries"),
            f"{read.put_aside:,} of {read.put_aside + read.messages:,} messages", "none put aside",
            "more tries, or a pause that outlasts the fault; plan who plays them again",
        )  # fmt: skip


def _place(evidence: Evidence, handler: str, *field: str) -> Place:
    name, _, word = handler.partition(".")
    return evidence.place(("components", name, "endpoints", word, *field))


RULE = PutAside()
