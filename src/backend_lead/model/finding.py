"""A finding: something a reader or a check has to tell, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "unknown", "note"]
_ORDER = {"error": 0, "unknown": 1, "warning": 2, "note": 3}


@dataclass(frozen=True)
class Place:
    """Where it is: file, line and column (1-based, 0 = unknown), and the path in the model."""

    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        at = self.file
        if self.line:
            at += f":{self.line}" + (f":{self.column}" if self.column else "")
        return " ".join(part for part in (at, self.path and f"({self.path})") if part)


@dataclass(frozen=True)
class Finding:
    """What is wrong, the value seen, what is allowed, what to try.

    `unknown` means the evidence a check needs is absent: never a pass.
    """

    rule: str
    level: Level
    message: str
    place: Place = Place()
    seen: str = ""
    allowed: str = ""
    hint: str = ""

    @property
    def sort_key(self) -> tuple[int, str, int, str, str, str, str]:
        place = self.place
        return (_ORDER[self.level], place.file, place.line, self.rule, self.message, place.path,
                self.seen)  # fmt: skip


def sort_findings(findings: list[Finding]) -> list[Finding]:
    """Errors first, then by place; the order is the same in every run."""
    return sorted(set(findings), key=lambda f: f.sort_key)


class InvalidInput(Exception):
    """The user's input cannot be used; carries every finding. The doors exit with code 2."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f.message for f in findings))
        self.findings = sort_findings(findings)
