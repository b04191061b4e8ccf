"""What belongs to somebody is asked for by nobody else."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import (
    asked,
    belongs,
    nobodys_token,
    owner_field,
    place_of,
)
from backend_lead.views.api.names import singular
from backend_lead.views.api.parts import Contract, Operation


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

        yield from self.partners(evidence, found, operations)
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

    def partners(
        self, evidence: Evidence, found: Contract, operations: list[Operation]
    ) -> Iterator[Finding]:
        """What a partner's program may reach, where nothing says whose the things are to it."""
        for name, caller in found.callers.items():
            if caller.audience != "partner":
                continue
            own = [op for op in operations if name in op.clients]
            blind = [op.name for op in own if nobodys_token(found, op, caller)]
            if blind:
                yield self.finding(
                    f"the token of `{name}` names no person, and {_named(blind)} "
                    "are about what belongs to one: whose things they reach is not said"
                    if len(blind) > 1 else
                    f"the token of `{name}` names no person, and {_named(blind)} is about what "
                    "belongs to one: whose things it reaches is not said",
                    evidence.place(("workload", "clients", name)), f"auth: {caller.auth}",
                    "a token of a person who agreed, or things that belong to the partner",
                    f"auth: pkce, or an owner called like the client ({singular(name)})",
                    level="unknown",
                )  # fmt: skip
            anybodys = [
                op.name for op in own
                if op.nature == "command" and op.said.roles and (op.keys or op.each_keys)
                and op.of.entity and owner_field(found, op.of) is None
            ]  # fmt: skip
            if anybodys:
                yield self.finding(
                    f"every caller of `{name}` with the role may call {_named(anybodys)} on what "
                    "others have: nothing says whose it is",
                    evidence.place(("workload", "clients", name)), "no owner",
                    "an owner, or a role of our own people alone",
                    "owned_by: a field that names whose it is", level="unknown",
                )  # fmt: skip


def _named(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


RULE = ObjectAccess()
