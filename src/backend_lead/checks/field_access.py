"""A field reaches those it is meant for, and is set by those who may."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, belongs, parts_of, personal_in, place_of
from backend_lead.views.api.parts import Operation
from backend_lead.views.api.types import Type

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

        giving: dict[str, dict[str, None]] = {}
        open_: dict[str, dict[str, None]] = {}
        for op in found.operations.values():
            if "partner" not in op.audiences or op.gives is None or op.said.mine:
                continue
            for _, of, f in personal_in(found, op.gives, "partner"):
                if not f.seen_by and op.answer != "results":
                    giving.setdefault(of, {})[op.name] = None
                    open_.setdefault(of, {})[f.name] = None
        for name, ops in giving.items():
            shape, fields = found.shapes[name], list(open_[name])
            where = ("entities",) if shape.entity else ("api", "shapes")
            yield self.finding(
                "partners get personal data with "
                + ", ".join(f"`{op}`" for op in ops)
                + ": "
                + ", ".join(f"`{field}`" for field in fields),
                evidence.place((*where, name, "fields", fields[0])),
                "for every client",
                "seen_by: the clients it is for",
                "seen_by, naming partners too where they need it: then it is a decision",
            )
        for op in found.operations.values():
            if op.nature != "event" or op.gives is None or not belongs(found, op.of):
                continue
            urls = [way for way, one in parts_of(found, op.gives) if one == Type("scalar", "url")]
            if urls:
                yield self.finding(
                    f"`{op.name}` tells {', '.join(f'`{way}`' for way in urls)} to all who listen: "
                    "an address that opens by itself (signed) gives them what is somebody's",
                    evidence.place(("api", "operations", op.name)), "a url in an event",
                    "an id, by which whoever may asks for the address",
                    "gives: a shape without it", level="note",
                )  # fmt: skip
        setting: dict[tuple[str, str], list[Operation]] = {}
        for op in operations:
            if op.does in ("create", "update") and not op.said.roles:
                for f in op.inputs:  # whose it is never is one: the reader of models sees to that
                    if op.of.named(f.name) is not None and f.name in POWER:
                        setting.setdefault((op.of.name, f.name), []).append(op)
        for (_, power), callers in setting.items():
            yield self.finding(
                f"a caller of {', '.join(f'`{op.name}`' for op in callers)} may set `{power}`",
                evidence.place(place_of(found, callers[0])),
                f"`{power}` among its inputs", "set by the backend, or by a role",
                f"{power}: generated: true, or roles: those who may",
            )  # fmt: skip


RULE = FieldAccess()
