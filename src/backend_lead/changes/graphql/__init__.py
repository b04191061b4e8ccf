"""GraphQL: what changed between two schemas or two federation subgraphs, for clients and others."""

from __future__ import annotations

import re
from datetime import date

from backend_lead.changes.change import (
    CannotJudge,
    Change,
    Protocol,
    Rule,
    Text,
    both,
    sort_changes,
)
from backend_lead.changes.graphql.rules import RULES

_COMMENT = re.compile(r'"""(?:[^"]|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*')
_DEFINITION = re.compile(
    r"\s*(?:extend\s+)?(?:(?:type|interface|input|enum|union|scalar)\s+[A-Za-z_]\w*\s*[^\s:]"
    r"|scalar\s+\w+|schema\s*[@{]|directive\s*@)"
)


class GraphQL(Protocol):
    """Schemas in SDL, plain or as federation subgraphs."""

    id = "graphql"
    title = "GraphQL"
    reads = "GraphQL SDL, federation subgraphs too"

    def rules(self) -> tuple[Rule, ...]:
        return tuple(sorted(RULES.values(), key=lambda rule: rule.id))

    def is_one(self, text: str) -> bool:
        bare = _COMMENT.sub(" ", text)
        return _DEFINITION.match(bare.removeprefix("\ufeff")) is not None and ";" not in bare

    def changes(self, old: Text, new: Text, today: date) -> list[Change]:
        try:
            from backend_lead.changes.graphql.differences import differences
            from backend_lead.changes.graphql.sdl import read
        except ModuleNotFoundError as err:
            raise CannotJudge(
                f"GraphQL schemas are read by the package graphql-core, and {err.name} is not"
                " installed; try: pip install 'backend-lead[api]'"
            ) from None
        return sort_changes(differences(*both(read, old, new)))


PROTOCOL = GraphQL()
