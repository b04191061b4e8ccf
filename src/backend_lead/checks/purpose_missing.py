"""Personal data says what it is kept for, where the model tells of purposes at all."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.data.tables import class_of


class PurposeMissing(Rule):
    id = "purpose-missing"
    title = "Personal data has a purpose"
    why = (
        "What tells of somebody may be kept for a stated purpose only, with something that allows "
        "it; without one nobody can say when it must go (GDPR, articles 5 and 6)."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        data = evidence.system.data
        if data is None or not data.purposes:
            return
        for name, entity in evidence.system.entities.items():
            lacking = [
                word for word, field in entity.fields.items()
                if class_of(field) in ("personal", "sensitive") and not field.purpose
            ]  # fmt: skip
            if lacking and not entity.purpose:
                told = ", ".join(f"`{word}`" for word in lacking[:4])
                yield self.finding(
                    f"`{name}` keeps {told} for no stated purpose",
                    evidence.place(("entities", name)), "no purpose", ", ".join(data.purposes),
                    f"say purpose: [{next(iter(data.purposes))}] at the entity, or at the field",
                )  # fmt: skip


RULE = PurposeMissing()
