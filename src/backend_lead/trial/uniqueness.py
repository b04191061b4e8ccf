"""How the rows of a table are kept different where its key, or what is unique, asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend_lead.views.data.parts import Column, Table

# Which column of a group is given another value in each row: the first of these types.
_NUMBERED = ("timestamp", "uuid", "id", "email", "long", "int", "string", "url", "text", "number")
_DAYS = 3650  # different dates
_FULL = 0.5  # of all pairs, at most so many are made: lists differ in length


@dataclass
class Uniqueness:
    """`numbered` columns differ in every row; `single` ones point to each row of another table at
    most once; of two `paired` ones each pair comes once, the second has `others` values."""

    numbered: set[str] = field(default_factory=set)
    single: set[str] = field(default_factory=set)
    paired: tuple[str, ...] = ()
    others: int = 1
    most: int = 2**62  # rows there can be
    columns: frozenset[str] = frozenset()


def uniqueness(table: Table, counts: Mapping[str, int]) -> Uniqueness:
    """How each group of columns that must differ is made to."""
    made = Uniqueness(columns=frozenset(table.key).union(*table.unique))
    if table.parent:
        return made  # the parent's key and the place in its list
    refers = {c for key in table.foreign for c in key.columns}
    refers |= {c.name for c in table.columns if c.refers}
    for group in (table.key, *table.unique):
        if made.numbered & set(group) or made.single & set(group):
            continue
        columns = [table.column(name) for name in group]
        free = [c for c in columns if c.name not in refers and not c.one_of]
        best = [c for word in _NUMBERED for c in reversed(free) if c.type == word]
        pointing = [c for c in columns if c.name in refers]
        if best:
            made.numbered.add(best[0].name)
        elif len(group) == 1 and pointing:
            made.single.add(group[0])
            made.most = min(made.most, counts.get(pointing[0].refers, 1))
        elif pointing and len(columns) > 1 and not made.paired:
            first = pointing[0]
            second = next(c for c in columns if c is not first)
            made.paired = (first.name, second.name)
            made.others = max(1, _values(second, counts))
            pairs = counts.get(first.refers, 1) * made.others
            made.most = min(made.most, max(1, int(pairs * _FULL)))
    return made


def _values(column: Column, counts: Mapping[str, int]) -> int:
    """How many different values a column can have."""
    if column.refers:
        return counts.get(column.refers, 1)
    if column.one_of:
        return len(column.one_of)
    return {"bool": 2, "date": _DAYS, "currency": 3}.get(column.type, _DAYS)
