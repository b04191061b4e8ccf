"""An index on a table in parts while everybody goes on: of the table alone, of each part, attached.

PostgreSQL makes no index CONCURRENTLY on a table in parts. One of the table alone reads no row and
is not valid; each part gets its own, CONCURRENTLY; attached, they make it valid with the last one.
Parts that are made meanwhile get theirs by themselves. Which parts there are, the database knows:
queries write the statements.
"""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.views.data.ddl import create_index, literal, quoted
from backend_lead.views.data.migration.steps import Phase, Step
from backend_lead.views.data.parts import Index, Table

_PARTS = """\
WITH parts AS (
  SELECT c.oid, c.relname FROM pg_partition_tree({table}::regclass) AS t
  JOIN pg_class AS c ON c.oid = t.relid WHERE t.isleaf
), made AS (
  SELECT p.oid AS part, i.indexrelid AS index, i.indisvalid AS valid,
    EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhrelid = i.indexrelid
      AND h.inhparent = {name}::regclass) AS attached,
    c.relname = right(p.relname, 40) || '_' || {suffix} AS ours
  FROM parts AS p JOIN pg_index AS i ON i.indrelid = p.oid
  JOIN pg_class AS c ON c.oid = i.indexrelid
)
"""
_LEFT = """\
SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %s;', m.index::regclass)
FROM made AS m WHERE m.ours AND {which};"""
_MAKE = """\
SELECT format({made}, right(p.relname, 40) || '_' || {suffix}, p.oid::regclass)
FROM parts AS p
WHERE NOT EXISTS (SELECT FROM made AS m WHERE m.part = p.oid AND (m.attached OR m.ours))
ORDER BY p.relname;"""
_ATTACH = """\
SELECT format('ALTER INDEX %s ATTACH PARTITION %s;', {name}::regclass, m.index::regclass)
FROM made AS m WHERE m.ours AND m.valid AND NOT m.attached
  AND NOT EXISTS (SELECT FROM made AS o WHERE o.part = m.part AND o.attached);"""


def on_parts(index: Index, table: Table, phase: Phase = "expand") -> Iterator[Step]:
    """The steps; the second may be stopped and begun again."""
    name, whole = quoted(index.name), create_index(index).sql
    first = whole.replace("INDEX ", "INDEX IF NOT EXISTS ", 1).replace(" ON ", " ON ONLY ", 1)
    words = {
        "table": literal(quoted(table.name)), "name": literal(name),
        "suffix": f"left(md5({literal(index.name)}), 8) || '_idx'",
    }  # fmt: skip
    head, _, rest = whole.partition(f"INDEX {name} ON {quoted(table.name)}")
    of_part = f"{head}INDEX CONCURRENTLY %I ON %s{rest}".replace("%", "%%")
    of_part = of_part.replace("%%I ON %%s", "%I ON %s", 1)
    parts = _PARTS.format(**words)
    yield Step(phase, f"index_{index.name}", f"{create_index(index).about}; of the table alone, "
               "which reads no row", table.name, (first,), (f"DROP INDEX IF EXISTS {name};",),
               blocks="writes")  # fmt: skip
    yield Step(
        phase, f"parts_{index.name}", "of each part while everybody goes on, then attached; may be "
        "stopped and run again", table.name,
        (parts + _LEFT.format(which="NOT m.valid"),
         parts + _MAKE.format(made=literal(of_part), **words), parts + _ATTACH.format(**words)),
        (parts + _LEFT.format(which="NOT m.attached"),),
        transaction=False, work="index", rows=table.rows, each=True,
    )  # fmt: skip
    yield Step(
        phase, f"whole_{index.name}", "every part has it", table.name,
        (f"COMMENT ON INDEX {name} IS {literal(create_index(index).about)};",),
        must_be_empty=f"SELECT 1 FROM pg_index WHERE indexrelid = {words['name']}::regclass "
                      "AND NOT indisvalid",
    )  # fmt: skip
