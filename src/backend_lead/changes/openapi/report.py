"""Collects the changes of two OpenAPI contracts, each with its operation, place and words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from backend_lead.changes.change import Change, Direction
from backend_lead.changes.contract import Contract, Sameness, Spot
from backend_lead.changes.openapi.rules import RULES, id_of, level_of, safe_of
from backend_lead.changes.schemas import Edit, Naming, Walk, told
from backend_lead.model.finding import Place

PROTOCOL = "openapi"


@dataclass(frozen=True)
class Operation:
    """An operation of both contracts: its name for people, and where it stands in each."""

    name: str
    old: Spot
    new: Spot
    path_old: Spot
    path_new: Spot
    webhook: bool = False


@dataclass
class Report:
    """What was found so far, and what is the same in both contracts."""

    old: Contract
    new: Contract
    today: date
    sameness: Sameness
    found: list[Change] = field(default_factory=list)

    def add(
        self, id: str, at: Spot | None, *, operation: str = "", part: str = "", name: str = "",
        was: object = "", now: object = "", direction: Direction = "",
    ) -> None:  # fmt: skip
        """A change outside of the schemas; `at` is where it stands."""
        rule = RULES[id]
        where = ", ".join(word for word in (operation, part) if word)
        self._put(rule.id, rule.level, rule.says, rule.safe, where, operation, name, at,
                  told(was) if was != "" else "", told(now) if now != "" else "",
                  direction)  # fmt: skip

    def edits(
        self, found: Iterable[Edit], naming: Naming, operation: str, part: str, name: str = ""
    ) -> None:
        """Edits of one schema: of the body, parameter or header that `part` names."""
        for edit in found:
            id = id_of(naming, edit)
            path = ".".join(step for step in (name, *edit.path) if step)
            inner = f", property {'.'.join(edit.path)}" if edit.path else ""
            self._put(id, level_of(id, edit), edit.law.says, safe_of(id, edit),
                      f"{operation}, {part}{inner}", operation, path, edit.new or edit.old,
                      edit.was, edit.now, edit.direction)  # fmt: skip

    def walk(self, direction: Direction, wire: str) -> Walk:
        """A fresh comparison of schemas."""
        return Walk(direction, wire, self.sameness, self.today)  # type: ignore[arg-type]

    def _put(
        self, id: str, level: str, says: str, safe: str, where: str, operation: str, name: str,
        at: Spot | None, was: str, now: str, direction: Direction,
    ) -> None:  # fmt: skip
        values = f"{was} -> {now}" if was and now else was or now
        message = f"{where}: {says}" if where else says
        self.found.append(Change(
            PROTOCOL, id, level, f"{message} ({values})" if values else message,  # type: ignore[arg-type]
            safe, operation, name, at.pointer if at else "", at.place if at else Place(),
            direction, was, now,
        ))  # fmt: skip
