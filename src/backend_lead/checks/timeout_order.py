"""Nobody waits for longer than those who wait for him."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import seconds
from backend_lead.model.finding import Finding
from backend_lead.model.system import Step
from backend_lead.views.places import PlacedStep, steps_of


class TimeoutOrder(Rule):
    id = "timeout-order"
    title = "Timeouts shrink from caller to callee"
    why = (
        "Work that goes on after its caller has given up is lost, and comes at the worst time: "
        "when callees are slow and callers send it again. The time of all attempts together must "
        "fit into the caller's timeout (Google, Site Reliability Engineering, 2016, ch. 22)."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        patience = _patience(evidence)
        for endpoint, (allowed_s, who) in patience.items():
            for placed in steps_of(evidence.system, endpoint):
                found = self._step(evidence, placed, allowed_s, who)
                if found is not None:
                    yield found

    def _step(
        self, evidence: Evidence, placed: PlacedStep, allowed_s: float, who: str
    ) -> Finding | None:
        step = placed.step
        if step.timeout is None or step.verb in ("cpu", "wait", "parallel"):
            return None
        one_s, attempts = step.timeout.value, 1 + step.retries
        if one_s * attempts <= allowed_s:
            return None
        target = getattr(step, step.verb)
        sums = f"{attempts} x {seconds(one_s)} = {seconds(one_s * attempts)}"
        seen = seconds(one_s) if one_s > allowed_s else sums
        return self.finding(
            f"`{placed.endpoint}` waits up to {seen} for `{target}`; {who} gives up after"
            f" {seconds(allowed_s)}", evidence.place((*placed.path, "timeout")),
            seen, f"up to {seconds(allowed_s)}, all attempts together",
            f"timeout: {seconds(allowed_s / attempts * 0.8)}, or fewer retries",
        )  # fmt: skip


def _patience(evidence: Evidence) -> dict[str, tuple[float, str]]:
    """For each endpoint that is waited for: the shortest time somebody waits, and who that is."""
    system = evidence.system
    found: dict[str, tuple[float, str]] = {}

    def ask(endpoint: str, allowed_s: float, who: str) -> None:
        if endpoint in found and found[endpoint][0] <= allowed_s:
            return
        found[endpoint] = (allowed_s, who)
        for placed in steps_of(system, endpoint):
            step = placed.step
            if step.call is not None:
                own_s = _timeout_s(step)
                tighter = own_s < allowed_s
                ask(step.call, min(own_s, allowed_s), f"`{endpoint}`" if tighter else who)

    for name, client in system.workload.clients.items():
        for journey in client.journeys:
            for ref in system.journeys[journey].steps:
                limit = client.timeout.value if client.timeout else math.inf
                ask(ref, limit, f"client `{name}`")
    return found


def _timeout_s(step: Step) -> float:
    return step.timeout.value if step.timeout else math.inf


RULE = TimeoutOrder()
