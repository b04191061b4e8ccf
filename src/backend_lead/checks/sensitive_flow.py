"""What robots gain by is limited for each caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, sells


class SensitiveFlow(Rule):
    id = "sensitive-flow"
    title = "Orders, bookings and accounts are limited for each caller"
    why = (
        "Robots buy what is scarce, open accounts and try cards through the very operations "
        "that people use. The limit that keeps the load bearable is too high to stop them: how "
        "much one caller may do is a decision of the business (OWASP API6:2023, Unrestricted "
        "Access to Sensitive Business Flows)."
    )
    level = "warning"
    tags = ("API6:2023", "CWE-799")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        flows: dict[tuple[str, ...], list[str]] = {}
        for name, caller in found.callers.items():
            if caller.audience != "internal" and not caller.access.tiers:
                these = tuple(op.name for op in operations if name in op.clients and sells(op))
                flows.setdefault(these, []).append(name)
        for these, names in flows.items():
            if these:
                yield self.finding(
                    f"nothing says how often one caller of {_listed(names)} may {_listed(these)}",
                    evidence.place(("workload", "clients", names[0])),
                    "no limit for each caller", "a tier with what one caller may do",
                    "access: tiers: everybody: limit: {rate: 1/s, burst: 10}; and a challenge where"
                    " things are scarce", level="note",
                )  # fmt: skip


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


RULE = SensitiveFlow()
