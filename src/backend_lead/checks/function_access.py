"""What only some of our people may do asks for a role."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, owner_field, place_of

POWERFUL = {"approve", "ban", "block", "grant", "impersonate", "moderate", "promote", "purge",
            "revoke", "suspend", "unblock", "unban", "verify"}  # fmt: skip


class FunctionAccess(Rule):
    id = "function-access"
    title = "What changes what is everybody's asks for a role"
    why = (
        "Who may call an operation is often told by a menu that hides it. What changes or "
        "removes things that no caller owns, or is an administrator's by its name, must ask for "
        "a role (OWASP API5:2023, Broken Function Level Authorization)."
    )
    level = "warning"
    tags = ("API5:2023", "CWE-285")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        for op in operations:
            said = op.said
            if op.nature != "command" or said.roles or said.mine or said.public:
                continue
            words = set(op.name.replace("-", "_").split("_"))
            ours = op.of.entity and owner_field(found, op.of) is None
            if words & POWERFUL:
                seen = f"`{sorted(words & POWERFUL)[0]}` in its name"
            elif ours and op.does in ("create", "update", "delete"):
                seen = f"`{op.of.name}` has no owner"
            else:
                continue
            yield self.finding(
                f"every caller with the scope `{op.scope}` may call `{op.name}`",
                evidence.place(place_of(found, op)),
                seen,
                "roles: those who may",
                "roles: [admin]",
            )


RULE = FunctionAccess()
