"""Protobuf: what changed between two .proto files, for messages that are stored or on their way,
for callers, and for those who generate code."""

from __future__ import annotations

import re
from datetime import date

from backend_lead.changes.change import Change, Protocol, Rule, Text, both, sort_changes
from backend_lead.changes.proto.rules import RULES

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_START = re.compile(
    r"\s*(?:(?:syntax|edition)\s*=|package\s+[\w.]+\s*;|import\s|option\s"
    r"|(?:message|service|enum)\s+\w+\s*\{)"
)
_IMPORT = re.compile(
    r"(?:^|;)\s*import\s+(?:public\s+|weak\s+)?[\"']([^\"'\n]+)[\"']\s*;", re.MULTILINE
)
WELL_KNOWN = "google/protobuf/"  # which buf brings along


class Proto(Protocol):
    """Files in the protobuf language."""

    id = "proto"
    title = "Protobuf"
    reads = "protobuf, proto2 and proto3"

    def rules(self) -> tuple[Rule, ...]:
        return tuple(sorted(RULES.values(), key=lambda rule: rule.id))

    def is_one(self, text: str) -> bool:
        bare = _COMMENT.sub(" ", text)
        starts = _START.match(bare.removeprefix("\ufeff")) is not None
        return starts and (";" in bare or "message" in bare or "service" in bare)

    def needs(self, text: str) -> tuple[str, ...]:
        names = _IMPORT.findall(_COMMENT.sub(" ", text))
        return tuple(name for name in names if not name.startswith(WELL_KNOWN))

    def changes(self, old: Text, new: Text, today: date) -> list[Change]:
        from backend_lead.changes.proto.differences import Differences
        from backend_lead.changes.proto.reading import read

        return sort_changes(Differences(*both(read, old, new)).all())


PROTOCOL = Proto()
