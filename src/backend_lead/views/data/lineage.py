"""From which columns of the stores each column of the marts comes, read out of the SQL itself."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from backend_lead.model.finding import Finding, Place
from backend_lead.views.data.parts import Table
from backend_lead.views.data.star import Star
from backend_lead.views.data.transformations import RAW, Transformation, transformations

How = Literal["identity", "transformation", "aggregation"]
_ORDER: tuple[How, ...] = ("identity", "transformation", "aggregation")
FACET = ("https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json"
         "#/$defs/ColumnLineageDatasetFacet")  # fmt: skip
PRODUCER = "backend-lead"


@dataclass(frozen=True)
class Origin:
    """A column of a store that a value comes from, what was done to it on the way, and whether it
    was hashed, so that nobody reads it."""

    table: str
    column: str
    how: How
    masked: bool


Columns = dict[str, tuple[Origin, ...]]


@dataclass(frozen=True)
class Statement:
    """A model as a runner sees it: what it is called there and its SELECT."""

    relation: str
    select: str


def lineage(star: Star) -> dict[str, Columns]:
    """The origins of every column of every model of a star schema, by its relation."""
    return traced(
        [Statement(t.relation, t.select) for t in transformations(star, pepper=PEPPER)],
        star.layer.tables,
    )


PEPPER = "pepper"  # any text: what is hashed with it is told from what is not


def traced(statements: Iterable[Statement], tables: Mapping[str, Table]) -> dict[str, Columns]:
    """The same for any statements that read `raw` and each other, in an order they can be run in.

    Raises sqlglot's ParseError where a statement is no SQL of DuckDB.
    """
    schema: dict[str, dict[str, dict[str, str]]] = {
        RAW: {t.name: {c.name: "text" for c in t.columns} for t in tables.values()}
    }
    out: dict[str, Columns] = {}
    for statement in statements:
        hops = _hops(statement.select, schema)
        found = {column: _composed(origins, out) for column, origins in hops.items()}
        out[statement.relation] = found
        space, _, name = statement.relation.rpartition(".")
        schema.setdefault(space, {})[name] = dict.fromkeys(found, "text")
    return out


def personal(star: Star, found: Mapping[str, Columns]) -> list[Finding]:
    """What is told of columns that must be guarded and reach a mart: a warning where they can be
    read there, a note where they are pseudonyms."""
    out = []
    for relation, columns in found.items():
        if not relation.startswith("marts."):
            continue
        for column, origins in columns.items():
            for origin in origins:
                source = star.layer.tables[origin.table].column(origin.column)
                if not source.guarded:
                    continue
                why = f" for {', '.join(source.purpose)}" if source.purpose else ""
                what = "as a pseudonym" if origin.masked else "as it is"
                out.append(Finding(
                    "personal-in-marts", "note" if origin.masked else "warning",
                    f"{origin.table}.{origin.column} ({source.cls}{why}) reaches "
                    f"{relation}.{column} {what}", Place(path=f"{relation}.{column}"),
                    hint="" if origin.masked else "take it out of the product, or say its purpose "
                    "and who may ask for it",
                ))  # fmt: skip
    return out


def facets(found: Mapping[str, Columns], namespace: str) -> dict[str, Any]:
    """Column lineage of each model, in the shape of OpenLineage's facet."""
    return {
        "producer": PRODUCER,
        "datasets": [
            {"namespace": namespace, "name": relation, "facets": {"columnLineage": {
                "_producer": PRODUCER, "_schemaURL": FACET,
                "fields": {column: {"inputFields": [_input(o, namespace) for o in origins]}
                           for column, origins in columns.items() if origins},
            }}}
            for relation, columns in found.items()
        ],
    }  # fmt: skip


def _input(origin: Origin, namespace: str) -> dict[str, Any]:
    return {"namespace": namespace, "name": f"{RAW}.{origin.table}", "field": origin.column,
            "transformations": [{"type": "DIRECT", "subtype": origin.how.upper(),
                                 "description": "", "masking": origin.masked}]}  # fmt: skip


def _hops(sql: str, schema: dict[str, dict[str, dict[str, str]]]) -> dict[str, tuple[Any, ...]]:
    """(relation, column, how, masked) of each column of one SELECT, one step back."""
    from sqlglot.lineage import lineage as steps

    with _silent():
        nodes = steps(None, sql, schema, dialect="duckdb")
    assert isinstance(nodes, dict)
    return {name: tuple(sorted(set(_leaves(node)))) for name, node in nodes.items()}


@contextmanager
def _silent() -> Iterator[None]:
    """Without what sqlglot logs of subqueries that it passes by; it finds their columns anyway."""
    log = logging.getLogger("sqlglot")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _leaves(root: Any) -> Iterable[tuple[str, str, How, bool]]:
    """The columns of other relations below a node, with what happens to them on the way."""
    from sqlglot import exp

    def walk(node: Any, how: How, masked: bool, seen: frozenset[int]) -> Any:
        if id(node) in seen:
            return
        if isinstance(node.expression, exp.Table):
            table = node.expression
            yield f"{table.db}.{table.name}", node.name.rpartition(".")[2], how, masked
            return
        done, hid = _done(node.expression)
        for below in node.downstream:
            yield from walk(below, max(how, done, key=_ORDER.index), masked or hid,
                            seen | {id(node)})  # fmt: skip

    yield from walk(root, "identity", False, frozenset())


def _done(expression: Any) -> tuple[How, bool]:
    """What an expression does to its columns, and whether it hides them."""
    from sqlglot import exp

    inner = expression.unalias() if isinstance(expression, exp.Alias) else expression
    if isinstance(inner, exp.Column | exp.Query):
        return "identity", False
    hashed = any(True for _ in inner.find_all(exp.MD5))
    if any(True for _ in inner.find_all(exp.AggFunc)):
        return "aggregation", hashed
    return "transformation", hashed


def _composed(origins: tuple[Any, ...], known: Mapping[str, Columns]) -> tuple[Origin, ...]:
    """Columns of other models replaced by where those come from."""
    out: dict[tuple[str, str], Origin] = {}
    for relation, column, how, masked in origins:
        space, _, table = relation.rpartition(".")
        found = (Origin(table, column, how, masked),) if space == RAW else tuple(
            Origin(o.table, o.column, max(o.how, how, key=_ORDER.index), o.masked or masked)
            for o in known[relation].get(column, ())
        )  # fmt: skip
        for origin in found:
            before = out.get((origin.table, origin.column))
            if before is None or (before.masked and not origin.masked):
                out[origin.table, origin.column] = origin
    return tuple(out.values())


__all__ = ["Origin", "Statement", "Transformation", "facets", "lineage", "personal", "traced"]
