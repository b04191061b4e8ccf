"""The predicted p99 of every request keeps its objective, with all zones up and with one lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backend_lead.checks.evidence import Evidence, Use
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import seconds
from backend_lead.model.finding import Finding
from backend_lead.views.longest import longest_step


class P99Objective(Rule):
    id = "p99-objective"
    title = "Predicted p99 within the objective"
    why = (
        "99 of 100 users must get their answer within the objective at the stated peak, also "
        "while the machines of one zone are gone. The solver predicts this in milliseconds; how "
        "far it is off is measured with each simulated run."
    )
    level = "error"
    needs = ("model", "solution")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        late: set[str] = set()
        for when, solved in evidence.zones_words:
            if not solved.stable:
                yield self.finding(
                    f"there is no p99 {when}: the load is not carried", evidence.place(("slos",)),
                    "queues without end", "a load that is carried",
                    "see load-carried, then check again", level="unknown",
                )  # fmt: skip
                continue
            for request, p99_s in sorted(solved.p99_s.items()):
                allowed_s = evidence.objective_s(request)
                if p99_s > allowed_s and request not in late:
                    late.add(request)
                    yield self.finding(
                        f"`{request}` has a p99 of {seconds(p99_s)} at peak {when}; the objective"
                        f" is {seconds(allowed_s)}", evidence.request_place(request),
                        seconds(p99_s), f"up to {seconds(allowed_s)}",
                        _idle_hint(evidence, request) or _hint(evidence, solved.uses),
                    )  # fmt: skip


def _idle_hint(evidence: Evidence, request: str) -> str:
    """The step that takes longest, where the objective is missed without any load already."""
    idle_s = evidence.idle_p99_s.get(request, 0.0)
    if idle_s <= evidence.objective_s(request) or evidence.flow is None:
        return ""
    where, mean_s = longest_step(evidence.flow, request)
    return (
        f"{seconds(idle_s)} of it without any load: no machine mends that; longest step: {where}, "
        f"{seconds(mean_s)} in the mean: make it shorter, do it beside others or after the answer"
    )


def _hint(evidence: Evidence, uses: Sequence[Use]) -> str:
    """Where the time may go."""
    waits = [use for use in uses if use.wait_s > 0]
    if not waits:
        return "it waits for nothing: do less in it, or do it in parallel"
    worst = max(waits, key=lambda use: (use.wait_s, use.id))
    return (
        f"longest wait: {seconds(worst.wait_s)} for {worst.component}: {worst.resource}; "
        f"add to it, or run: {evidence.command('design')}"
    )


RULE = P99Objective()
