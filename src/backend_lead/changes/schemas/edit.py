"""An edit of a schema: the law it falls under, where it is, what was and what is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from backend_lead.changes.change import Direction, Level
from backend_lead.changes.contract import Spot
from backend_lead.changes.schemas.laws import LAWS, Law

SHOWN_MAX = 60  # characters of a value that are told


@dataclass(frozen=True)
class Edit:
    """`variant` says which properties it is about (`required`, `read-only`, ...), "" for any.

    `path` leads to the property from the root of the schema; empty at the root itself.
    """

    word: str
    path: tuple[str, ...]
    direction: Direction
    was: str = ""
    now: str = ""
    old: Spot | None = None
    new: Spot | None = None
    variant: str = ""

    @property
    def law(self) -> Law:
        """What it means."""
        return law_of(self.variant, self.word)

    @property
    def level(self) -> Level:
        """How bad it is; what is not sent or not returned breaks nobody."""
        if "read-only" in self.variant or "write-only" in self.variant:
            return "compatible"
        return self.law.level(self.direction)


def law_of(variant: str, word: str) -> Law:
    """The law of an edit: of its variant where that makes a difference."""
    kind = variant.replace("-write-only", "")
    return LAWS.get(f"{kind} {word}") or LAWS[word]


@dataclass(frozen=True)
class Naming:
    """How ids of edits are built: `request-body-...` at the root, `request-property-...` below."""

    side: str
    root: str
    inner: str

    def id_of(self, edit: Edit) -> str:
        """The id of an edit."""
        return self.named(edit.variant, edit.word, bool(edit.path))

    def named(self, variant: str, word: str, below: bool) -> str:
        """The id of a law at the root or below it."""
        if variant == "new":
            kind, _, tail = word.partition(" ")
            return f"new-{kind}-{self.side}-{self.inner}" + (
                "-" + tail.replace(" ", "-") if tail else ""
            )
        if variant:
            return f"{self.side}-{variant}-{self.inner}-{word}"
        return f"{self.side}-{self.inner if below else self.root}-{word}"


def told(value: Any) -> str:
    """A value of a contract in one short line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_MAX else line[: SHOWN_MAX - 1] + "…"
