"""What belongs to somebody is asked for by nobody else."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, belongs, owner_field, place_of


class ObjectAccess(Rule):
    id = "object-access"
    title = "Rows that are somebody's have an owner"
    why = (
        "Whoever may ask for one row by its key can try the keys of others. The contract "
        "answers 404 for what belongs to somebody else only where an entity says whose its rows "
        "are (OWASP API1:2023, Broken Object Level Authorization)."
    )
    level = "warning"
    tags = ("API1:2023", "CWE-639")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        for op in operations:
            said = op.said
            why = belongs(found, op.of)
            if said.public or said.mine or said.roles or not why or not op.of.entity:
                continue
            if owner_field(found, op.of) is not None or op.does in ("create", "search"):
                continue
            if op.begins:
                continue
            what = "all rows" if op.does == "list" else "any row by its key"
            yield self.finding(
                f"`{op.name}` gives {what} of `{op.of.name}` to every caller with the scope "
                f"`{op.scope}`: {why}", evidence.place(place_of(found, op)),
                "neither an owner nor mine nor roles", "an owner, mine, roles or public",
                f"entities: {op.of.name}: owned_by: the field that says whose it is",
            )  # fmt: skip


RULE = ObjectAccess()
