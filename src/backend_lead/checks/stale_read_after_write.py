"""Nothing is read from where it may be stale right after it was written."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.model.system import Operation, System
from backend_lead.views.places import steps_of


class StaleReadAfterWrite(Rule):
    id = "stale-read-after-write"
    title = "Own writes are seen"
    why = (
        "Replicas follow their primary with a lag: a request that writes and then reads from one "
        "may not see its own write (Terry et al., Session guarantees, PDIS 1994)."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        system = evidence.system
        for name, part in system.components.items():
            for word in part.endpoints:
                written: dict[str, str] = {}
                for placed in steps_of(system, f"{name}.{word}"):
                    ref = placed.step.query
                    operation = _operation(system, ref)
                    if ref is None or operation is None or operation.entity is None:
                        continue
                    if operation.type == "write":
                        written[operation.entity] = ref
                    elif operation.entity in written and _lags(system, ref, operation):
                        yield self.finding(
                            f"`{name}.{word}` writes `{operation.entity}` with"
                            f" `{written[operation.entity]}` and reads it from a replica after",
                            evidence.place((*placed.path, "query")), f"{ref}, stale_ok",
                            "reads of own writes from the primary",
                            "use an operation without stale_ok here",
                        )  # fmt: skip


def _operation(system: System, ref: str | None) -> Operation | None:
    if ref is None:
        return None
    store, _, word = ref.partition(".")
    return system.components[store].operations.get(word)


def _lags(system: System, ref: str, operation: Operation) -> bool:
    return operation.stale_ok and system.components[ref.partition(".")[0]].replicas > 0


RULE = StaleReadAfterWrite()
