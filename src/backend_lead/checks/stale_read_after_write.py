"""Nothing is read from where it may be stale right after it was written."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.own_writes import Touch, own_reads
from backend_lead.views.places import Path, steps_of


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
        told: set[tuple[str, str]] = set()
        asked = [
            ([f"{name}.{word}"], f"`{name}.{word}`")
            for name, part in system.components.items() for word in part.endpoints
        ]  # fmt: skip
        asked += [(part.steps, f"journey `{name}`") for name, part in system.journeys.items()]
        for requests, who in asked:
            for found in own_reads(system, requests):
                read, write = found.read, found.write
                store = system.components[read.ref.partition(".")[0]]
                if store.own_writes is not None or (read.endpoint, read.ref) in told:
                    continue
                told.add((read.endpoint, read.ref))
                yield self.finding(
                    f"{who} writes `{write.operation.entity}` with `{write.ref}` and reads it from"
                    " a replica after",
                    evidence.place(_path(system, read)), f"{read.ref}, stale_ok",
                    "reads of own writes from the primary",
                    "set own_writes on the store, or use an operation without stale_ok here",
                )  # fmt: skip


def _path(system: System, read: Touch) -> Path:
    steps = steps_of(system, read.endpoint)
    return next((*placed.path, "query") for placed in steps if placed.step.query == read.ref)


RULE = StaleReadAfterWrite()
