"""How the database means to run a statement, and what is wrong with that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend_lead.model.finding import Finding, Place
from backend_lead.views.data.parts import AccessPattern, Index
from backend_lead.views.data.statements import index_sql

LARGE_ROWS = 5000  # below, reading the whole table is as quick as an index: some hundred pages
FEW = 0.1  # share of a table's rows; an index is worth it where fewer are wanted (PostgreSQL
# planner: pages at random cost 1.1 times those in a row, and most pages hold a wanted row beyond)
FAR_OFF = 10.0  # estimate over rows seen, or the other way: plans are chosen wrongly from there on
SOME_ROWS = 100.0  # fewer rows make no plan wrong
WORDS = {
    "Seq Scan": "reads all of", "Index Scan": "by index", "Index Only Scan": "by index alone",
    "Bitmap Index Scan": "by index", "Sort": "sorts", "Incremental Sort": "sorts in part",
    "Hash Join": "joins by hash", "Nested Loop": "joins one by one", "Merge Join": "joins in order",
    "Aggregate": "adds up", "Limit": "stops early", "ModifyTable": "writes", "Tid Scan": "by place",
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The plan that was run, as the database tells it."""

    root: Mapping[str, Any]
    total_ms: float

    @property
    def nodes(self) -> list[Mapping[str, Any]]:
        """Every step, the outermost first."""
        out, waiting = [], [self.root]
        while waiting:
            node = waiting.pop(0)
            out.append(node)
            waiting = list(node.get("Plans", [])) + waiting
        return out

    @property
    def whole(self) -> list[Mapping[str, Any]]:
        """Steps that run to their end: what is below a limit stops early, and has no fault in
        giving fewer rows than were expected."""
        out, waiting = [], [self.root]
        while waiting:
            node = waiting.pop(0)
            out.append(node)
            if node["Node Type"] != "Limit":
                waiting += node.get("Plans", [])
        return out

    @property
    def words(self) -> str:
        """The plan in a line."""
        parts = []
        for node in self.nodes:
            word = WORDS.get(node["Node Type"])
            if word is None:
                continue
            of = node.get("Index Name") or node.get("Relation Name") or ""
            if node["Node Type"] == "ModifyTable":
                word = str(node.get("Operation", "write")).lower() + "s in"
            if node["Node Type"] == "Aggregate" and node.get("Group Key"):
                word = "groups"
            parts.append(f"{word} {of}".strip())
        return ", ".join(dict.fromkeys(parts)) or str(self.root["Node Type"]).lower()

    @property
    def shape(self) -> list[str]:
        """Steps with what they use, without numbers: the same in every run."""
        return [
            " ".join(
                str(node[k]) for k in ("Node Type", "Index Name", "Relation Name") if k in node
            )
            for node in self.nodes
        ]


async def plan_of(connection: Any, sql: str, values: Sequence[Any]) -> Plan:
    """Run a statement and take its plan; what it wrote is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        said = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *values)
    finally:
        await transaction.rollback()
    told = json.loads(said)[0]
    return Plan(told["Plan"], float(told["Execution Time"]) + float(told["Planning Time"]))


def judged(
    pattern: AccessPattern, plan: Plan, rows: Mapping[str, float], there: Mapping[str, str],
    wanted: Sequence[Index], parents: Mapping[str, str],
) -> Iterator[Finding]:  # fmt: skip
    """What is wrong with a plan.

    `rows` are those of each table and part, `there` the indexes of the database with their tables,
    `wanted` those the data layer asks for, `parents` the table of each part.
    """
    place = Place(path=_path(pattern))
    for node in plan.nodes:
        told = _read_whole(pattern, node, rows, there, wanted, parents, place)
        if told is not None:
            yield told
        spilt = _spilt(pattern, node, place)
        if spilt is not None:
            yield spilt
    off = max(plan.whole, key=_off)
    if _off(off) > FAR_OFF:
        yield Finding(
            "plan-estimate", "warning",
            f"{pattern.id}: the planner expected {off['Plan Rows']:,.0f} rows and saw "
            f"{off['Actual Rows']:,.0f} ({off['Node Type'].lower()})", place,
            f"{_off(off):.0f} times off", f"within {FAR_OFF:.0f} times",
            "CREATE STATISTICS on columns that hang together, or a larger statistics target",
        )  # fmt: skip


def _read_whole(
    pattern: AccessPattern, node: Mapping[str, Any], rows: Mapping[str, float],
    there: Mapping[str, str], wanted: Sequence[Index], parents: Mapping[str, str], place: Place,
) -> Finding | None:  # fmt: skip
    """A large table read whole for few of its rows."""
    if node["Node Type"] != "Seq Scan":
        return None
    part = str(node["Relation Name"])
    table = parents.get(part, part)
    size = rows.get(part, 0.0)
    loops = float(node.get("Actual Loops", 1))
    took = float(node.get("Actual Rows", 0))
    dropped = float(node.get("Rows Removed by Filter", 0))
    if size < LARGE_ROWS or loops == 0 or took > FEW * max(1.0, took + dropped):
        return None
    missing = [i for i in wanted if i.table == table and pattern.id in i.serves
               and i.name not in there]  # fmt: skip
    seen = f"{size:,.0f} rows read for {took:,.0f}"
    if missing:
        return Finding(
            "index-missing", "error",
            f"{pattern.id} reads all of {table}: the index it needs is not there", place, seen,
            f"{missing[0].name}", index_sql(missing[0]),
        )  # fmt: skip
    return Finding(
        "plan-reads-all", "error", f"{pattern.id} reads all of {table} for few of its rows", place,
        seen, f"an index where fewer than {FEW:.0%} of the rows are wanted",
        f"name what it is asked by in `pattern` of {pattern.id}, so that an index follows",
    )  # fmt: skip


def _spilt(pattern: AccessPattern, node: Mapping[str, Any], place: Place) -> Finding | None:
    """A sort or a hash that did not fit into memory."""
    disk = node.get("Sort Space Type") == "Disk"
    batches = int(node.get("Hash Batches", 1)) > 1 or int(node.get("HashAgg Batches", 1)) > 1
    if not disk and not batches:
        return None
    kb = node.get("Sort Space Used") or node.get("Disk Usage") or node.get("Peak Memory Usage", 0)
    return Finding(
        "plan-spills", "warning",
        f"{pattern.id}: {'a sort' if disk else 'a hash'} spills to disk", place, f"{kb:,} kB",
        "within work_mem", "an index in the order asked for, fewer rows, or a larger work_mem",
    )  # fmt: skip


def _off(node: Mapping[str, Any]) -> float:
    """How far an estimate is off, for rows enough to matter."""
    planned, seen = float(node.get("Plan Rows", 0)), float(node.get("Actual Rows", 0))
    if max(planned, seen) < SOME_ROWS or not node.get("Actual Loops"):
        return 1.0
    low, high = sorted((max(1.0, planned), max(1.0, seen)))
    return high / low


def _path(pattern: AccessPattern) -> str:
    component, _, operation = pattern.id.partition(".")
    return f"components.{component}.operations.{operation}"
