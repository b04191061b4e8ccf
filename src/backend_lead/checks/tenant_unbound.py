"""Where some tables are of tenants, all that belong to one say so."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding


class TenantUnbound(Rule):
    id = "tenant-unbound"
    title = "Rows of tenants are kept apart in every table"
    why = (
        "The database shows a tenant its own rows where the entity says which field names the "
        "tenant. A table beside it that says nothing shows everybody's rows to one statement that "
        "forgets a condition (CWE-639)."
    )
    level = "warning"
    tags = ("CWE-639",)

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        entities = evidence.system.entities
        targets = {
            entity.fields[entity.tenant].type
            for entity in entities.values() if entity.tenant and entity.tenant in entity.fields
        }  # fmt: skip
        targets = {target for target in targets if target.startswith("ref(")}
        for name, entity in entities.items():
            if entity.tenant is not None:
                continue
            word = next((w for w, f in entity.fields.items() if f.type in targets), None)
            if word is not None:
                yield self.finding(
                    f"`{name}` belongs to tenants by `{word}`, and nothing keeps their rows apart",
                    evidence.place(("entities", name)), "no tenant", f"tenant: {word}",
                    f"say tenant: {word} at the entity",
                )  # fmt: skip


RULE = TenantUnbound()
