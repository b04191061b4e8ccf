"""Retries at several levels do not multiply into a storm."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.places import Path, steps_of

ATTEMPTS_MAX = 10  # of one request at the last callee


class RetryAmplification(Rule):
    id = "retry-amplification"
    title = "Retries do not multiply"
    why = (
        "Each level that tries again multiplies what the level below gets: three attempts at "
        "three levels are 27 calls for one request, just when the last callee is in trouble "
        "(Google, Site Reliability Engineering, 2016, ch. 22). Retry at one level only."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        system = evidence.system
        worst: dict[str, tuple[int, list[str]]] = {}
        hits: dict[Path, tuple[int, list[str], str]] = {}

        def ask(endpoint: str, attempts: int, trail: list[str]) -> None:
            if endpoint in worst and worst[endpoint][0] >= attempts:
                return
            worst[endpoint] = (attempts, trail)
            for placed in steps_of(system, endpoint):
                step = placed.step
                if step.verb in ("cpu", "wait", "parallel"):
                    continue
                target = str(getattr(step, step.verb))
                now = attempts * (1 + step.retries)
                way = [*trail, f"{1 + step.retries} at {endpoint}"] if step.retries else trail
                if now > ATTEMPTS_MAX and step.retries:
                    hits[placed.path] = (now, way, target)
                if step.call is not None:
                    ask(step.call, now, way)

        for name, client in system.workload.clients.items():
            first = 1 + client.retries
            for journey in client.journeys:
                for ref in system.journeys[journey].steps:
                    ask(ref, first, [f"{first} at client {name}"] if client.retries else [])
        for path, (attempts, way, target) in hits.items():
            yield self.finding(
                f"one request may become {attempts} attempts at `{target}`",
                evidence.place((*path, "retries")), f"{' x '.join(way)} = {attempts}",
                f"up to {ATTEMPTS_MAX}", "retry at one level only, the one nearest to the trouble",
            )  # fmt: skip


RULE = RetryAmplification()
