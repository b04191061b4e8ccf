"""How a person is erased from the tables of a store: what is deleted, made anonymous, or kept.

A row goes only where nothing that stays points to it; otherwise what is personal in it is blanked.
What a law wants kept stays until it ends, and is told with its day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend_lead.model.data import Erase
from backend_lead.views.data.parts import Column, Table

_NAMED = ("name", "handle", "phone", "first_name", "last_name", "full_name")


@dataclass(frozen=True)
class Step:
    """What happens to the rows of one table. `by` are its columns that lead to `to`, whose rows are
    concerned: the person's own row, or rows that are the person's (`via` their columns).

    What is kept is `blanked` as soon as it is older than `keep_s`; without that it stays.
    """

    table: str
    action: Erase
    by: tuple[str, ...]
    to: str
    via: tuple[str, ...]
    blanked: tuple[str, ...] = ()
    why: str = ""
    keep_s: float | None = None
    parent_key: tuple[str, ...] = ()  # of `to`, where rows are the person's by what they hang on


@dataclass(frozen=True)
class Plan:
    """How people of one table are erased: the steps in an order in which foreign keys allow them.

    `others` are tables of other stores with rows of theirs.
    """

    person: Table
    steps: tuple[Step, ...]
    others: tuple[str, ...] = ()


def people(made: Mapping[str, Table]) -> list[Table]:
    """The tables whose rows are people: with personal fields, and whose own key says whose they
    are, or somebody who is not kept here, or with a name and an address."""
    return [table for table in made.values() if _is_person(table)]


def _is_person(table: Table) -> bool:
    if table.parent or len(table.key) != 1:
        return False
    own = [c for c in table.columns if c.cls == "personal" and not c.refers]
    if not own:
        return False
    known = any(c.type == "email" for c in own) and any(c.field in _NAMED for c in own)
    outside = bool(table.person) and not table.column(table.person).refers
    return known or table.person == table.key[0] or outside


def plan(made: Mapping[str, Table], person: Table) -> Plan:
    """What happens to everything that is a person's, in the store of the person's table."""
    here = {name: table for name, table in made.items() if table.store == person.store}
    found = _Planner(here, person)
    others = tuple(
        t.name for t in made.values()
        if t.store != person.store and any(c.refers == person.name for c in t.columns)
    )  # fmt: skip
    return Plan(person, tuple(found.steps()), others)


def blank(table: Table) -> tuple[str, ...]:
    """The columns in which somebody could be recognised: guarded, and neither keys nor amounts nor
    what points to other rows."""
    return tuple(
        c.name for c in table.columns
        if c.guarded and c.name not in table.key and not c.refers and not _counted(c)
    )  # fmt: skip


def _counted(column: Column) -> bool:
    return column.type in ("amount", "currency", "word")


class _Planner:
    """Follows references from a person's row to what is theirs."""

    def __init__(self, here: Mapping[str, Table], person: Table) -> None:
        self.here, self.person = here, person
        self.theirs: dict[str, tuple[str, ...]] = {}
        self.pointing: dict[str, tuple[str, ...]] = {}
        for table in here.values():
            refers = tuple(c.name for c in table.columns if c.refers == person.name)
            if table.name == person.name or table.parent or not refers:
                continue
            own = tuple(c for c in refers if c == table.person or c in table.key)
            if not own and blank(table):
                own = refers
            (self.theirs if own else self.pointing)[table.name] = own or refers

    def steps(self) -> Iterator[Step]:
        """Steps for what hangs on rows first, the person's own row last."""
        done: dict[str, Erase] = {}
        waiting = dict(self.theirs)
        while waiting:
            name = self._next(waiting)
            columns = waiting.pop(name)
            yield from self._of(self.here[name], columns, done)
        yield self._own(done)

    def _next(self, waiting: Mapping[str, tuple[str, ...]]) -> str:
        """A table to which no other that waits points; in a circle the first."""
        for name in waiting:
            others = (self.here[o] for o in waiting if o != name)
            if not any(c.refers == name for other in others for c in other.columns):
                return name
        return next(iter(waiting))

    def _of(self, table: Table, by: tuple[str, ...], done: dict[str, Erase]) -> Iterator[Step]:
        action, why = self._action(table, done)
        done[table.name] = action
        for child in self.here.values():
            if child.parent == table.name and action != "delete" and blank(child):
                up = child.foreign[0].columns
                yield Step(child.name, action, up, table.name, by, blank(child), why,
                           table.hold_s if action == "keep" else None, table.key)  # fmt: skip
        yield Step(
            table.name, action, by, self.person.name, self.person.key,
            blank(table) if action != "delete" else (), why,
            table.hold_s if action == "keep" else None,
        )  # fmt: skip

    def _action(self, table: Table, done: Mapping[str, Erase]) -> tuple[Erase, str]:
        """What happens to rows of a table, and why not what the model says."""
        if table.erase == "keep":
            return "keep", "a law wants it kept" if table.hold_s else "the model says so"
        if table.hold_s and table.erase == "delete":
            return "keep", "a law wants it kept"
        if table.erase == "delete":
            stays = self._stays(table, done)
            if stays:
                return "anonymise", f"rows of {', '.join(stays)} stay and point to it"
        return table.erase, "the model says so"

    def _own(self, done: Mapping[str, Erase]) -> Step:
        table = self.person
        stays = [name for name, action in done.items() if action != "delete"]
        stays += [name for name in self.pointing if name not in stays]
        if table.erase == "keep" or (table.hold_s and table.erase == "delete"):
            why = "a law wants it kept" if table.hold_s else "the model says so"
            return Step(table.name, "keep", table.key, table.name, table.key, blank(table), why,
                        table.hold_s)  # fmt: skip
        if table.erase == "delete" and not stays:
            return Step(table.name, "delete", table.key, table.name, table.key, (),
                        "the model says so")  # fmt: skip
        why = "the model says so" if table.erase == "anonymise" else (
            f"rows of {', '.join(stays)} stay and point to it"
        )  # fmt: skip
        return Step(table.name, "anonymise", table.key, table.name, table.key, blank(table), why)

    def _stays(self, table: Table, done: Mapping[str, Erase]) -> list[str]:
        """Tables with rows that point to those of a table and are not deleted with them."""
        return [
            other.name for other in self.here.values()
            for key in other.foreign
            if key.table == table.name and not key.cascade and other.name != table.name
            and done.get(other.name) != "delete"
        ]  # fmt: skip
