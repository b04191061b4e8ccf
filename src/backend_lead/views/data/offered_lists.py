"""What callers may ask of lists: each filter and each order that the API offers, and what finds it.

The model states how often a list is asked, not with which filter. So an order or a filter gets an
index of its own only where a page would otherwise be looked for in many rows; else what it costs is
said. Filters given together use the index of one, and drop the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from backend_lead.catalog.tables import OFFERED_ROWS
from backend_lead.model.contract import ApiOperation
from backend_lead.model.system import System
from backend_lead.views.api.derived import derived
from backend_lead.views.data.parts import AccessPattern, Index, Table
from backend_lead.views.data.tables import columns_of

_TIMES = ("timestamp", "date")
BOOLS = 2.0


@dataclass(frozen=True)
class Variant:
    """A list as it may be asked: by one filter or none, in one order. `pattern` is its statement;
    `id` what it is called."""

    operation: str
    filter: str
    sort: str
    pattern: AccessPattern

    @property
    def id(self) -> str:
        """`list_products sort=price`"""
        return " ".join([self.operation, *([f"{self.filter}=..."] if self.filter else []),
                         *([f"sort={self.sort}"] if self.sort else [])])  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What finds a page of a variant: an index or key (empty: nothing, all rows are read), the rows
    that are read for it on the mean, and whether they are sorted then."""

    by: str
    rows: float
    sorts: bool


def variants(
    system: System, made: Mapping[str, Table], asked: Iterable[AccessPattern]
) -> list[Variant]:  # fmt: skip
    """Every filter with the usual order, and every order without a filter, of each list that a
    statement of a store with tables answers."""
    api = system.api or derived(system)
    out: list[Variant] = []
    patterns = list(asked)
    for name, operation in (api.operations if api else {}).items():
        if operation.does == "list" and (operation.filters or operation.sorts):
            base = _base(operation, made, patterns)
            if base is not None:
                out += _of(name, operation, base, made[base.table])
    return out


def unanswered(
    system: System, made: Mapping[str, Table], asked: Iterable[AccessPattern]
) -> list[str]:  # fmt: skip
    """Lists with filters or orders that no statement of a store with tables answers: what they cost
    is not known."""
    api = system.api or derived(system)
    patterns = list(asked)
    return [name for name, op in (api.operations if api else {}).items()
            if op.does == "list" and (op.filters or op.sorts)
            and _base(op, made, patterns) is None]  # fmt: skip


def _base(
    operation: ApiOperation, made: Mapping[str, Table], asked: list[AccessPattern]
) -> AccessPattern | None:  # fmt: skip
    """The statement that answers a list: about its entity, for its endpoint, more than one row."""
    for pattern in asked:
        table = made[pattern.table]
        if (table.entity == operation.of and pattern.does == "range"
                and operation.endpoint in pattern.asked_by
                and pattern.id.partition(".")[0] == table.store):  # fmt: skip
            return pattern
    return None


def _of(
    name: str, operation: ApiOperation, base: AccessPattern, table: Table
) -> Iterator[Variant]:  # fmt: skip
    filters = {f: c[0] for f in operation.filters if (c := columns_of(table, f))}
    sorts = {s: c[0] for s in operation.sorts if (c := columns_of(table, s))}
    always = tuple(c for c in base.by if c not in filters.values())
    usual = next(iter(sorts.values()), base.order)
    for word, column in filters.items():
        if column not in always:
            yield Variant(name, word, "", _as(base, table, (*always, column), usual))
    for word, column in sorts.items():
        yield Variant(name, "", word, _as(base, table, always, column))
    if not sorts:
        yield Variant(name, "", "", _as(base, table, always, usual))


def _as(
    base: AccessPattern, table: Table, by: tuple[str, ...], order: str
) -> AccessPattern:  # fmt: skip
    late = bool(order) and table.column(order).type in _TIMES
    return replace(base, by=by, order=order, descending=late, range="")


def found(
    variant: Variant, indexes: Iterable[Index], made: Mapping[str, Table]
) -> Found:  # fmt: skip
    """What finds a page of a variant with the fewest rows read."""
    pattern, table = variant.pattern, made[variant.pattern.table]
    page, match = pattern.rows, matching(table, pattern.by, made)
    some = min(table.rows, page * table.rows / max(match, 1e-9))
    best = Found("", table.rows if pattern.order else some, bool(pattern.order))
    ways = [("its key", table.key), *((f"unique ({', '.join(g)})", g) for g in table.unique)]
    ways += [(i.name, i.columns) for i in indexes if i.table == table.name
             and i.method == "ordered" and i.where in ((), pattern.usual)]  # fmt: skip
    for word, columns in ways:
        equal = tuple(takewhile(lambda c: c in pattern.by, columns))
        there = matching(table, equal, made)
        ordered = not pattern.order or columns[len(equal) : len(equal) + 1] == (pattern.order,)
        if ordered and (equal or pattern.order):
            rows = min(there, page * max(1.0, there / max(match, 1e-9)))
        elif equal:
            rows = there
        else:
            continue
        one = Found(word, rows, not ordered)
        best = min(best, one, key=lambda f: (f.rows, f.sorts))
    return best


def matching(table: Table, by: Iterable[str], made: Mapping[str, Table]) -> float:
    """Rows that have a value in each column, on the mean; of a column whose values are not known to
    be many, all."""
    rows = table.rows
    for name in by:
        rows /= max(1.0, _values(table, name, made))
    return max(rows, min(1.0, table.rows))


def _values(table: Table, name: str, made: Mapping[str, Table]) -> float:
    column = table.column(name)
    if (name,) in (table.key, *table.unique):
        return table.rows
    if column.refers in made:
        return min(table.rows, made[column.refers].rows)
    if column.one_of:
        return float(len(column.one_of))
    return BOOLS if column.type == "bool" else 1.0


def costs(rows: float) -> bool:
    """Whether so many rows read for a page are too many."""
    return rows > OFFERED_ROWS.value
