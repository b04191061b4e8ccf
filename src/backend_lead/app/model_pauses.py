"""Times of one call against each other: when a second attempt is sent, how long pauses are."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.app.model_told import wrong
from backend_lead.model.finding import Finding
from backend_lead.model.serving import Backoff
from backend_lead.model.system import Step, System
from backend_lead.views.document import Document, Loc
from backend_lead.views.places import placed_steps


def pause_findings(system: System, document: Document) -> Iterator[Finding]:
    """Hedges that come when their attempt is over, and first pauses above the longest."""
    for name, client in system.workload.clients.items():
        yield from _backoff(client.backoff, ("workload", "clients", name, "backoff"), document)
    for placed in placed_steps(system):
        yield from _hedge(placed.step, placed.path, document)
        yield from _backoff(placed.step.backoff, (*placed.path, "backoff"), document)


def _hedge(step: Step, loc: Loc, document: Document) -> Iterator[Finding]:
    hedge, timeout = step.hedge, step.timeout
    if hedge is None or timeout is None or hedge.value < timeout.value:
        return
    yield wrong(
        document, (*loc, "hedge"), "sends no attempt beside the first, whose timeout is over then",
        hedge.text, f"shorter than {timeout.text}, the timeout",
        "a shorter hedge, or a longer timeout; retries: 1 tries again after it",
    )  # fmt: skip


def _backoff(said: Backoff | None, loc: Loc, document: Document) -> Iterator[Finding]:
    if said is None or said.most is None or said.first.value <= said.most.value:
        return
    yield wrong(document, (*loc, "first"), "is longer than the longest pause", said.first.text,
                f"up to {said.most.text}, the most",
                f"a shorter first, or most: {said.first.text}")  # fmt: skip
