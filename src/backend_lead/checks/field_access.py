"""A field reaches those it is meant for, and is set by those who may."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, place_of
from backend_lead.views.api.parts import Operation

POWER = ("role", "roles", "is_admin", "admin", "permissions", "balance", "credit", "verified")


class FieldAccess(Rule):
    id = "field-access"
    title = "Fields are given to and set by whom they are for"
    why = (
        "An answer that gives all fields gives partners what was meant for our own pages; an "
        "input that takes all fields lets callers make themselves owner or administrator (OWASP "
        "API3:2023, Broken Object Property Level Authorization)."
    )
    level = "warning"
    tags = ("API3:2023", "CWE-213", "CWE-915")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        for shape in found.shapes.values():
            giving = [
                op for op in operations
                if "partner" in op.audiences and op.gives is not None and not op.said.mine
                and op.gives.name == shape.name and op.answer in ("one", "page", "list")
            ]  # fmt: skip
            open_ = [f.name for f in shape.fields if f.personal and not f.seen_by]
            if giving and open_:
                where = ("entities",) if shape.entity else ("api", "shapes")
                yield self.finding(
                    f"partners get personal data with `{giving[0].name}`: "
                    + ", ".join(f"`{name}`" for name in open_),
                    evidence.place((*where, shape.name, "fields", open_[0])),
                    "for every client",
                    "seen_by: the clients it is for",
                    "seen_by, naming partners too where they need it: then it is a decision",
                )
        setting: dict[tuple[str, str], list[Operation]] = {}
        for op in operations:
            if op.does in ("create", "update") and not op.said.roles:
                for f in op.inputs:  # whose it is never is one: the reader of models sees to that
                    if op.of.named(f.name) is not None and f.name in POWER:
                        setting.setdefault((op.of.name, f.name), []).append(op)
        for (_, field), ops in setting.items():
            yield self.finding(
                f"a caller of {', '.join(f'`{op.name}`' for op in ops)} may set `{field}`",
                evidence.place(place_of(found, ops[0])),
                f"`{field}` among its inputs", "set by the backend, or by a role",
                f"{field}: generated: true, or roles: those who may",
            )  # fmt: skip


RULE = FieldAccess()
