"""What a change between two contracts is, and what a protocol has to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal, TypeVar

from backend_lead.model.finding import Finding, InvalidInput, Place

Level = Literal["breaking", "maybe", "compatible"]
Direction = Literal["request", "response", ""]
Read = TypeVar("Read")
LEVELS: tuple[Level, ...] = ("breaking", "maybe", "compatible")
NOWHERE = Place()
NOTHING_BREAKS = "Nothing to do: callers of the old contract go on as they are."


class CannotJudge(Exception):
    """A program or package that reading needs is not installed. The doors exit with code 3."""


@dataclass(frozen=True)
class Text:
    """A contract as it was read: its file, its characters, and the files it imports by name."""

    file: str
    text: str
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A change that is known: how bad it is, what it says, and what to do instead."""

    id: str
    level: Level
    says: str
    safe: str = NOTHING_BREAKS


@dataclass(frozen=True)
class Change:
    """One difference between two contracts.

    `operation` and `field` say what of the contract changed, in the contract's own names: who calls
    that operation or reads that field is who may break. `pointer` is the way to it in the document
    that `place` names: the new one, or the old one for what was taken away. `direction` is what the
    caller does with it: sends it (request) or reads it (response).
    """

    protocol: str
    id: str
    level: Level
    message: str
    safe: str
    operation: str = ""
    field: str = ""
    pointer: str = ""
    place: Place = NOWHERE
    direction: Direction = ""
    before: str = ""
    after: str = ""

    @property
    def sort_key(self) -> tuple[int, str, str, str, str, int, str]:
        return (LEVELS.index(self.level), self.operation, self.field, self.id, self.direction,
                self.place.line, self.message)  # fmt: skip


def by_cause(changes: Iterable[Change]) -> list[list[Change]]:
    """Changes with those of one cause together: the same at the same place of the document, seen by
    several operations."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for one in changes:
        alone = "" if one.pointer else f"{one.operation} {one.message}"
        key = (one.id, one.pointer, one.before, one.after, alone)
        groups.setdefault(key, []).append(one)
    return [*groups.values()]


def told_once(same: list[Change]) -> str:
    """The message of changes of one cause."""
    first, *others = same
    if not others:
        return first.message
    return f"{first.message}, and {len(others)} more place{'s' if len(others) > 1 else ''}"


class Protocol:
    """Base of all protocols: whether a text is one, and what differs between two.

    `reads` says which versions or dialects.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    reads: ClassVar[str]

    def rules(self) -> tuple[Rule, ...]:
        """Every change this protocol can report, sorted by id."""
        raise NotImplementedError

    def is_one(self, text: str) -> bool:
        """Whether a text claims to be a contract of this protocol; it may still be a broken one."""
        raise NotImplementedError

    def needs(self, text: str) -> tuple[str, ...]:
        """Names of the files a text imports, which a reader has to be given with it."""
        return ()

    def changes(self, old: Text, new: Text, today: date) -> list[Change]:
        """What differs, worst first. Raises InvalidInput, or CannotJudge where a tool is absent.

        `today` decides what is already past its sunset.
        """
        raise NotImplementedError


def sort_changes(found: Iterable[Change]) -> list[Change]:
    """Worst first, then by operation and field; the order is the same in every run."""
    return sorted(set(found), key=lambda change: change.sort_key)


def both(reader: Callable[[Text], Read], old: Text, new: Text) -> tuple[Read, Read]:
    """Read two contracts. Raises InvalidInput with the findings of both."""
    found: list[Read] = []
    wrong: list[Finding] = []
    for text in (old, new):
        try:
            found.append(reader(text))
        except InvalidInput as err:
            wrong += err.findings
    if wrong:
        raise InvalidInput(wrong)
    return found[0], found[1]


def refused(*findings: Finding) -> InvalidInput:
    """What a reader raises when it cannot go on."""
    return InvalidInput(list(findings))
