"""The indexes of a table: none without an access pattern that it serves.

Equalities first, then the order or the range, as a B-tree can use them; an index that begins with
the columns of another serves both. Foreign keys whose parent rows go away need one of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from backend_lead.views.data.erasing import people, plan
from backend_lead.views.data.offered_lists import Variant, costs, found
from backend_lead.views.data.parts import AccessPattern, Index, Table

NAME_MOST = 63  # bytes of a name in PostgreSQL (documentation, 4.1.1)
CASCADE = "deleting a row it hangs on"


def indexes(
    made: Mapping[str, Table], asked: Iterable[AccessPattern], offered: Iterable[Variant] = ()
) -> list[Index]:  # fmt: skip
    """Every index beside the primary keys and what is unique, with what it serves; those that a
    filter or an order of the API needs last, where the others do not serve it."""
    wanted: list[Index] = []
    asked = list(asked)
    for pattern in asked:
        if pattern.id.partition(".")[0] == made[pattern.table].store:
            wanted += _wanted(pattern, made)
    goes = _deleted(made, asked)
    for table in made.values():
        for key in table.foreign:
            if (
                not key.cascade
                and key.table in goes
                and key.columns != table.key[: len(key.columns)]
            ):
                wanted.append(_index(table.name, key.columns, serves=(CASCADE,)))
    out = _merged(wanted, made)
    for variant in offered:
        if costs(found(variant, out, made).rows):
            out = _merged([*out, *_offered(variant)], made)
    return out


def _offered(variant: Variant) -> list[Index]:
    """The index of a filter or an order; none where it would begin with nothing."""
    pattern = variant.pattern
    columns = (*pattern.by, *((pattern.order,) if pattern.order not in pattern.by else ()))
    columns = tuple(c for c in columns if c)
    if not columns:
        return []
    down = (pattern.order,) if pattern.descending else ()
    return [replace(_index(pattern.table, columns, serves=(variant.id,)), descending=down)]


def _wanted(pattern: AccessPattern, made: Mapping[str, Table]) -> list[Index]:
    table = made[pattern.table]
    out = []
    if pattern.words:
        out.append(replace(_index(table.name, pattern.words, serves=(pattern.id,), end="words"),
                           method="words"))  # fmt: skip
    if pattern.change == "insert" or (pattern.words and not pattern.by):
        return out
    last = pattern.order or pattern.range
    columns = [c for c in pattern.by if c not in dict(pattern.usual)]
    if last and last not in columns:
        columns.append(last)
    if pattern.range and pattern.range not in columns:
        columns.append(pattern.range)
    if not columns:
        return out
    down = (pattern.order,) if pattern.descending and pattern.order else ()
    end = "some" if pattern.usual else "idx"
    found = _index(table.name, tuple(columns), serves=(pattern.id,), end=end)
    out.append(replace(found, descending=down, where=pattern.usual))
    return out


def _index(
    table: str, columns: tuple[str, ...], serves: tuple[str, ...], end: str = "idx"
) -> Index:  # fmt: skip
    return Index(_name(table, columns, end), table, columns, serves=serves)


def _name(table: str, columns: Iterable[str], end: str) -> str:
    """`orders_customer_id_created_at_idx`, cut in the middle where it is too long for a name."""
    middle = "_".join(columns)
    room = NAME_MOST - len(table) - len(end) - 2
    return f"{table[: NAME_MOST - len(end) - 12]}_{middle[: max(10, room)]}_{end}"


def _deleted(made: Mapping[str, Table], asked: Iterable[AccessPattern]) -> set[str]:
    """The tables whose rows are deleted one day: by a statement, by age, or with a person."""
    gone = {p.table for p in asked if p.change == "delete"}
    gone |= {t.name for t in made.values() if t.keep_s is not None and t.parts is None}
    for person in people(made):
        gone |= {step.table for step in plan(made, person).steps if step.action == "delete"}
    return gone


def _merged(wanted: list[Index], made: Mapping[str, Table]) -> list[Index]:
    """Without those whose work another does: the key, what is unique, or a longer index."""
    out: list[Index] = []
    for index in sorted(wanted, key=lambda i: (i.table, -len(i.columns), i.columns)):
        table = made[index.table]
        if index.method == "ordered" and not index.where:
            given = [table.key, *table.unique]
            if any(_begins(index.columns, group) for group in given):
                continue
        same = next((i for i, other in enumerate(out) if _serves(other, index)), None)
        if same is None:
            out.append(index)
        else:
            both = tuple(dict.fromkeys((*out[same].serves, *index.serves)))
            out[same] = replace(out[same], serves=both)
    return out


def _serves(other: Index, index: Index) -> bool:
    return (
        other.table == index.table and other.method == index.method and other.where == index.where
        and (other.columns == index.columns if index.method == "words"
             else _begins(index.columns, other.columns))
    )  # fmt: skip


def _begins(columns: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    return longer[: len(columns)] == columns
