"""What statements are asked with: values of rows that are there, the popular ones more often."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np

from backend_lead.trial.popularity import mixed, ranks, shares, spread
from backend_lead.trial.values import LAST
from backend_lead.views.data.ddl import listed, quoted
from backend_lead.views.data.parts import AccessPattern, Column, Table
from backend_lead.views.data.statements import Asked, Parameter

BEYOND = 1_000_000_000  # whole numbers from here on belong to no row that was filled in
_PIECES = """
SELECT c.oid::regclass::text AS piece, c.reltuples::float8 AS rows, c.relpages AS pages
FROM pg_partition_tree($1::regclass) AS t JOIN pg_class AS c ON c.oid = t.relid
WHERE t.isleaf AND c.relpages > 0 AND c.reltuples > 0
UNION ALL
SELECT c.oid::regclass::text, c.reltuples::float8, c.relpages FROM pg_class AS c
WHERE c.oid = $1::regclass AND c.relkind = 'r' AND NOT EXISTS (
  SELECT 1 FROM pg_partition_tree($1::regclass)) AND c.relpages > 0 AND c.reltuples > 0
"""


@dataclass
class Drawing:
    """Draws parameters for the statements of one database."""

    connection: Any
    tables: Mapping[str, Table]
    seed: int = 1
    _random: Random = field(init=False, repr=False)
    _new: int = 0

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    async def draw(self, pattern: AccessPattern, asked: Asked, times: int) -> list[list[Any]]:
        """Parameters for so many runs. None where a table has no rows to draw from."""
        table = self.tables[pattern.table]
        keyed = set(table.key) <= set(pattern.by)
        found = await self.rows(table, times, table.skew if keyed else 0.0)
        if not found:
            return []
        others = {
            name: await self.rows(self.tables[name], times, 0.0)
            for name in {p.table for p in asked.parameters} - {table.name}
        }
        out = []
        for n in range(times):
            row = found[n % len(found)]
            ends = await self._ends(pattern, table, row) if pattern.range else (None, None)
            values = []
            together: dict[tuple[str, tuple[str, ...]], Any] = {}
            for place in asked.parameters:
                pool = others.get(place.table) or found
                other = pool[self._random.randrange(len(pool))]
                if group := self._points(place):  # columns that point to one row are of one row
                    other = together.setdefault((place.table, group), other)
                values.append(self._value(place, pattern, row, other, ends))
            out.append(values)
        return out

    def _points(self, place: Parameter) -> tuple[str, ...]:
        """The columns that point to a row of another table together with this one; none where it
        points alone or nowhere."""
        every = (key.columns for key in self.tables[place.table].foreign)
        return next((c for c in every if place.column in c and len(c) > 1), ())

    def _value(
        self, place: Parameter, pattern: AccessPattern, row: Any, other: Any,
        ends: tuple[Any, Any],
    ) -> Any:  # fmt: skip
        if place.role == "equal":
            return row[place.column]
        if place.role == "from":
            return ends[0]
        if place.role == "to":
            return ends[1]
        if place.role == "words":
            return self._words([row[c] for c in pattern.words])
        column = self.tables[place.table].column(place.column)
        if place.role == "fresh" and not column.refers:
            return self._fresh(column, other[place.column])
        return other[place.column]

    def _words(self, texts: list[str | None]) -> str:
        """A word of a text, frequent ones more often; the last of a text may be cut."""
        words = [w for t in texts for w in (t or "").split()[:-1]]
        return self._random.choice(words) if words else "nothing"

    def _fresh(self, column: Column, like: Any) -> Any:
        """A value of a column that no row has."""
        self._new += 1
        if column.one_of:
            return like
        match column.type:
            case "uuid":
                return uuid.UUID(int=self._random.getrandbits(128), version=4)
            case "int" | "long":
                return BEYOND + self._new
            case "number" | "amount" | "decimal":
                return type(like)(BEYOND + self._new)
            case "timestamp":
                return LAST + timedelta(microseconds=self._new)
            case "date":
                return LAST.date() + timedelta(days=self._new)
            case "email":
                return f"{secrets.token_hex(8)}.{self._new}@example.com"
            case "bool" | "currency" | "json" | "words" | "duration":
                return like
        return f"{self._new:x}-{secrets.token_hex(16)}"[: column.most or 40]

    async def _ends(self, pattern: AccessPattern, table: Table, row: Any) -> tuple[Any, Any]:
        """The ends of a range that holds as many rows as the pattern reads: the last ones."""
        given = [c for c in pattern.by if c not in dict(pattern.usual)]
        where = [f"{quoted(c)} = ${n + 1}" for n, c in enumerate(given)]
        name = quoted(pattern.range)
        inner = (f"SELECT {name} FROM {quoted(table.name)}"
                 + (f" WHERE {' AND '.join(where)}" if where else "")
                 + f" ORDER BY {name} DESC LIMIT {max(1, round(pattern.rows))}")  # fmt: skip
        ends = await self.connection.fetchrow(
            f"SELECT min({name}) AS since, max({name}) AS until FROM ({inner}) AS r",
            *(row[c] for c in given),
        )
        return ends["since"], ends["until"]

    async def rows(self, table: Table, times: int, skew: float) -> list[Any]:
        """Rows of a table, each as often as it is popular, found by where they lie."""
        pieces = await self.connection.fetch(_PIECES, quoted(table.name))
        if not pieces:
            return []
        count = int(sum(piece["rows"] for piece in pieces))
        drawn = shares(mixed(np.arange(times, dtype=np.int64), self.seed * 7919 + len(table.name)))
        places = spread(ranks(drawn, max(1, count), skew), max(1, count))
        wanted: dict[str, list[tuple[int, int]]] = {}
        order: list[tuple[str, tuple[int, int]]] = []
        for place in places.tolist():
            for piece in pieces:
                if place < piece["rows"]:
                    break
                place -= piece["rows"]
            per_page = max(1.0, piece["rows"] / piece["pages"])
            page = min(int(place / per_page), piece["pages"] - 1)
            at = (page, 1 + int(place % per_page))
            wanted.setdefault(piece["piece"], []).append(at)
            order.append((piece["piece"], at))
        found = {}
        names = listed(c.name for c in table.columns)
        for piece, places_of in wanted.items():
            every = {(page, n) for page, at in places_of for n in (at, 1)}
            for row in await self.connection.fetch(
                f"SELECT ctid AS lies, {names} FROM {piece} WHERE ctid = ANY($1::tid[])",
                sorted(every),
            ):
                found[piece, tuple(row["lies"])] = row
        hits = (found.get((piece, at)) or found.get((piece, (at[0], 1))) for piece, at in order)
        return [row for row in hits if row is not None]
