"""data/oltp/access-patterns.md: every statement with rate, rows, the index that serves it."""

from __future__ import annotations

from backend_lead.catalog.tables import OFFERED_ROWS
from backend_lead.emit.data.layer_reading import (
    DataReading,
    at_peak,
    code,
    data_reading,
    how_found,
    span,
)
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, count
from backend_lead.model.design import Design
from backend_lead.views.data.offered_lists import Variant, costs, found, unanswered
from backend_lead.views.data.parts import AccessPattern

ID = "access-patterns"
GROUP = "data"
FILES = ()
MORE = r"data/oltp/access-patterns\.md"
RUNS = False
SEEN = {"primary": "the newest", "own writes": "own writes at once, others' may lag",
        "may lag": "may lag"}  # fmt: skip


def emit(design: Design) -> dict[str, str]:
    """Nothing where no entity has fields."""
    read = data_reading(design)
    if read is None:
        return {}
    parts = [
        "# Access patterns",
        f"Written from the model {design.digest}; change the model, not this file. Rates are "
        "computed from who calls, at the stated peak; rows are those of the model.",
        *(_store(read, store) for store in read.layer.stores), _elsewhere(read), _offered(read),
        _unasked(read), _spare(read),
    ]  # fmt: skip
    return {"data/oltp/access-patterns.md": "\n\n".join(part for part in parts if part) + "\n"}


def _store(read: DataReading, store: str) -> str:
    rows = [_row(read, p) for p in read.layer.patterns if p.id.startswith(f"{store}.")]
    if not rows:
        return ""
    head = ["statement", "table", "does", "finds rows by", "rows", "at peak", "served by", "sees",
            "asked by"]  # fmt: skip
    return f"## {read.title(store)}\n\n" + table(head, rows)


def _row(read: DataReading, p: AccessPattern) -> list[str]:
    own = "" if p.stated else " (read off the API)"
    fresh = f", not older than {span(p.fresh_s)}" if p.fresh_s is not None else ""
    return [
        f"`{p.id.partition('.')[2]}`: {cell(p.title)}{own}", f"`{p.table}`", p.change or p.does,
        how_found(p), count(p.rows), at_peak(p), served_by(read, p), SEEN[p.consistency] + fresh,
        code(p.asked_by),
    ]  # fmt: skip


def served_by(read: DataReading, pattern: AccessPattern) -> str:
    """What finds the rows of a statement: its key, what is unique, an index, or nothing."""
    made = read.layer.tables[pattern.table]
    if pattern.id.partition(".")[0] != made.store:
        return "the store itself"
    if pattern.change == "insert":
        return "nothing is looked for"
    found = [i.name for i in read.layer.indexes if pattern.id in i.serves]
    if found:
        return code(found)
    last = tuple(c for c in (pattern.order or pattern.range,) if c)
    wanted = (*pattern.by, *last)
    for word, group in [("its key", made.key), *((f"unique `{', '.join(g)}`", g)
                                                 for g in made.unique)]:  # fmt: skip
        if (wanted and group[: len(wanted)] == wanted) or set(group) <= set(pattern.by):
            return word
    return "**nothing: all rows are read**"


def _elsewhere(read: DataReading) -> str:
    """Statements of stores that hold no tables: copies made for one purpose."""
    others = [p for p in read.layer.patterns if p.id.partition(".")[0] not in read.layer.stores]
    if not others:
        return ""
    rows = [[f"`{p.id}`", f"`{p.table}`", how_found(p), count(p.rows), at_peak(p),
             f"a copy: `{read.layer.tables[p.table].store}` is the source of truth"]
            for p in others]  # fmt: skip
    head = ["statement", "rows of", "finds rows by", "rows", "at peak", "holds"]
    return "## Copies\n\n" + table(head, rows)


def _offered(read: DataReading) -> str:
    """What callers may filter and sort lists by, and what a page of each costs."""
    system, made = read.layer.system, read.layer.tables
    left = unanswered(system, made, read.layer.patterns)
    if not read.layer.offered and not left:
        return ""
    rows = [_variant(read, v) for v in read.layer.offered]
    most = OFFERED_ROWS
    parts = [
        "## What callers may ask of lists",
        "The API offers these filters and orders. How often each is used no model says, so an "
        f"index of its own is there only where a page would be looked for in more than "
        f"{count(most.value)} rows (*{most.origin}*, {count(most.low)} to {count(most.high)}: "
        f"{most.source}); else the rows that are read are the price. Filters given together use "
        "the index of one of them.",
    ]  # fmt: skip
    if rows:
        parts.append(table(["list", "filter", "order", "statement", "served by", "rows read for a "
                            "page", "page"], rows))  # fmt: skip
    if left:
        parts.append(f"No statement of the model answers {code(left)}: what their filters and "
                     "orders cost is not known.")  # fmt: skip
    return "\n\n".join(parts)


def _variant(read: DataReading, v: Variant) -> list[str]:
    made = found(v, read.layer.indexes, read.layer.tables)
    by = f"`{made.by}`" if made.by and " " not in made.by else made.by
    if not made.by:
        by = "**nothing: all rows are read**" if costs(made.rows) else "nothing: few rows"
    how = ", then sorted" if made.sorts else ""
    return [f"`{v.operation}`", f"`{v.filter}`" if v.filter else "-",
            f"`{v.pattern.order}`" if v.pattern.order else "-", f"`{v.pattern.id}`", by + how,
            count(made.rows) + (" (too many)" if costs(made.rows) else ""),
            count(v.pattern.rows)]  # fmt: skip


def _unasked(read: DataReading) -> str:
    asked = {p.table for p in read.layer.patterns} | {c for p in read.layer.patterns
                                                      for c in p.children}  # fmt: skip
    left = [name for name in read.layer.tables if name not in asked]
    if not left:
        return ""
    return (
        f"## Tables without a statement\n\nNo statement of the model reads or writes {code(left)}: "
        "their cost is not in the design. Say which statements do, under the operations of their "
        "store, or delete the entity."
    )


def _spare(read: DataReading) -> str:
    known = {p.id for p in read.layer.patterns} | {v.id for v in read.layer.offered}
    rest = [i for i in read.layer.indexes if not known & {*i.serves}]
    if not rest:
        return ""
    lines = [f"- `{i.name}` on `{i.table}`: {', '.join(i.serves)}" for i in rest]
    return ("## Indexes that no statement needs\n\nThey serve the store itself; each can go where "
            "that never happens.\n\n" + "\n".join(lines))  # fmt: skip
