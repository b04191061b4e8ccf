"""The rows of tables as pure functions of their numbers: keys fit, what is unique is, and the
popularity of what rows point to is that of the model.

What the model does not say is assumed here, once: see the constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from zlib import crc32

import numpy as np

from backend_lead.trial.binary import Cells, assembled, fixed, octets_of
from backend_lead.trial.popularity import Rows, groups, mixed, pairs, ranks, shares, spread
from backend_lead.trial.texts import chosen, digits, lists, objects, running
from backend_lead.trial.uniqueness import Uniqueness, uniqueness
from backend_lead.views.data.parts import AccessPattern, Column, Parts, Table
from backend_lead.views.data.types import KEPT, width

LAST = datetime(2026, 1, 1, tzinfo=UTC)  # the newest row's time, the same in every run
YEAR_S = 365.25 * 86_400.0  # rows of a table that is kept for ever are taken to be this old at most
PARTS_MOST = 200  # parts of a table in a trial; more only cost time
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts from here
NULLS = 0.2  # share of empty values where a field may be empty; engineering judgement
STATES_SKEW = 1.0  # the first of a list of words is the most frequent; engineering judgement
GROUPS = 20  # different values of a field that rows are grouped by; engineering judgement
MATCHES = 10  # rows that match over rows that are shown, of a list; engineering judgement
NUMBERS = 1000  # different values of a plain whole number
CURRENCIES = (b"EUR", b"USD", b"GBP")
MAIL = b"@example.com"
BLOCK_BYTES = 2**21  # of a block of rows: what fits the caches of a core
BLOCK_ROWS = 8192
_PLACES = 4096  # most rows of one parent: list positions stay below
_DAY_US = 86_400_000_000


@dataclass
class Block:
    """Rows by number; of what hangs on a parent, its row and the place in its list."""

    rows: Rows
    parent: Rows | None = None
    position: Rows | None = None


@dataclass
class Data:
    """The rows of all tables: how many (`counts`, of what hangs on others about), from a seed."""

    tables: Mapping[str, Table]
    counts: Mapping[str, int]
    patterns: tuple[AccessPattern, ...] = ()
    seed: int = 1
    _makers: dict[str, Maker] = field(default_factory=dict, repr=False)

    def of(self, table: str) -> Maker:
        """What makes the rows of a table."""
        if table not in self._makers:
            self._makers[table] = Maker(self, self.tables[table])
        return self._makers[table]


def span_s(table: Table) -> float:
    """How old its oldest row is."""
    kept = table.keep_s or YEAR_S
    return min(kept, PARTS_MOST * table.parts.every_s) if table.parts else kept


def part_edges(parts: Parts, span: float) -> list[float]:
    """The edges of a table's parts, in seconds since 1970, and one part beyond the last row."""
    last = LAST.timestamp()
    first = (last - span) // parts.every_s
    end = last // parts.every_s + 2
    return [n * parts.every_s for n in range(int(first), int(end) + 1)]


@dataclass
class Maker:
    """Makes the rows of one table."""

    data: Data
    table: Table

    @cached_property
    def count(self) -> int:
        """Rows to be made; of what hangs on a parent, the parent's."""
        own = self.data.counts[self.table.parent or self.table.name]
        return max(1, min(own, self.unique.most))

    @cached_property
    def unique(self) -> Uniqueness:
        return uniqueness(self.table, self.data.counts)

    @cached_property
    def expected(self) -> int:
        """About how many rows there will be."""
        return round(self.count * (self.table.per_parent if self.table.parent else 1.0))

    def blocks(self, first: int, last: int) -> Iterator[tuple[bytes, int]]:
        """Rows `first` to `last` (of what hangs on a parent: the parent's rows) ready for COPY."""
        step = max(1, round(self.block_rows / max(1.0, self.table.per_parent)))
        for at in range(first, last, step):
            block = self.block(np.arange(at, min(at + step, last), dtype=np.int64))
            if len(block.rows):
                cells = [self.cells(column, block) for column in self.table.columns]
                yield assembled(cells, len(block.rows)), len(block.rows)

    @cached_property
    def block_rows(self) -> int:
        wide = sum(4 + self.wide(c) * 1.5 for c in self.table.columns)
        return int(max(64, min(BLOCK_ROWS, BLOCK_BYTES / wide)))

    def block(self, numbers: Rows) -> Block:
        """The rows of these numbers; of what hangs on a parent, those of its rows."""
        if not self.table.parent:
            return Block(numbers)
        many = self.listed(numbers)
        parent = np.repeat(numbers, many)
        begins = np.repeat(np.cumsum(many) - many, many)
        position = np.arange(len(parent), dtype=np.int64) - begins + 1
        return Block(parent * _PLACES + position, parent, position)

    def listed(self, parents: Rows) -> Rows:
        """How many rows each parent has: at least one, the mean as the catalogue says, geometric
        above one."""
        mean = self.table.per_parent
        if mean <= 1:
            return (shares(mixed(parents, self.salt("many"))) < mean).astype(np.int64)
        share = shares(mixed(parents, self.salt("many")))
        stay = 1 - 1 / mean
        more = np.floor(np.log1p(-share) / np.log(stay)).astype(np.int64)
        most: Rows = np.minimum(1 + more, min(_PLACES - 1, round(mean * 10)))
        return most

    def salt(self, word: str) -> int:
        """A seed of its own for each use."""
        return crc32(f"{self.table.name}.{word}".encode()) * 2_654_435_761 + self.data.seed

    @cached_property
    def widths(self) -> dict[str, float]:
        """Bytes of a value of each column: texts share what the model's row has left, each in
        proportion to its usual width and no wider than it may be."""
        made = {c.name: self._rigid(c) for c in self.table.columns}
        free = {c.name: width(c.type, c.most) for c in self.table.columns if made[c.name] is None}
        out = {name: wide for name, wide in made.items() if wide is not None}
        while free:
            left = max(len(free), self.table.row_bytes - sum(out.values()))
            stretch = left / sum(free.values())
            full = [n for n, usual in free.items()
                    if (most := self.table.column(n).most) and usual * stretch > most]  # fmt: skip
            if not full:
                return out | {name: usual * stretch for name, usual in free.items()}
            for name in full:
                free.pop(name)
                out[name] = float(self.table.column(name).most or 1)
        return out

    def _rigid(self, column: Column) -> float | None:
        """The bytes of a value whose width is not ours to choose; None of others."""
        name = column.name
        if KEPT[column.type].bytes:
            return float(KEPT[column.type].bytes)
        if column.one_of and column.type != "words":
            return sum(map(len, column.one_of)) / len(column.one_of)
        chosen = name in self.unique.columns or name in self.few or name in self.references
        return 16.0 if chosen or column.type in ("id", "email") else None

    def wide(self, column: Column) -> float:
        """About how many bytes a value has."""
        return max(1.0, self.widths[column.name])

    def cells(self, column: Column, block: Block) -> Cells:
        """The values of a column."""
        made = self._value(column, block)
        if column.null and column.name not in self.unique.columns:
            made.null = shares(mixed(block.rows, self.salt(f"{column.name}?"))) < NULLS
        return made

    def _value(self, column: Column, block: Block) -> Cells:
        name = column.name
        if block.position is not None and column.made == "position":
            return fixed(block.position, ">i4")
        reference = self.references.get(name)
        if reference is not None:
            target, key, group = reference
            maker = self.data.of(target)
            rows = self.pointed(block, target, group)
            return maker.cells(maker.table.column(key), maker.block_of(rows))
        if name in self.unique.paired:
            return self._few(column, self._pair(block)[1])
        bits = mixed(block.rows, self.salt(name))
        if name in self.unique.numbered:
            return self._distinct(column, block)
        if column.one_of and column.type != "words":
            values = tuple(value.encode() for value in column.one_of)
            return chosen(values, ranks(shares(bits), len(values), STATES_SKEW))
        few = self.few.get(name)
        if few is not None:
            return self._few(column, (bits % np.uint64(few)).astype(np.int64))
        return self._plain(column, block)

    def block_of(self, rows: Rows) -> Block:
        """Rows of a table that hangs on none, by number."""
        return Block(rows)

    @cached_property
    def references(self) -> dict[str, tuple[str, str, tuple[str, ...]]]:
        """Columns that point to another table: the table, its column, the columns of one key."""
        out = {}
        for key in self.table.foreign:
            for name, refers in zip(key.columns, key.refers, strict=True):
                out[name] = (key.table, refers, key.columns)
        for column in self.table.columns:  # what no constraint holds: another store, a shard
            other = self.data.tables.get(column.refers)
            if column.name not in out and other is not None and len(other.key) == 1:
                out[column.name] = (other.name, other.key[0], (column.name,))
        return out

    def pointed(self, block: Block, target: str, group: tuple[str, ...]) -> Rows:
        """The row that each row points to."""
        if block.parent is not None and target == self.table.parent and group[0] in self.table.key:
            return block.parent
        count = self.data.of(target).count
        if group[0] in self.unique.single:
            return spread(block.rows, max(count, self.count))
        if group[0] in self.unique.paired:
            rank, other = self._pair(block)
            first = group[0] == self.unique.paired[0]
            return spread(rank, count) if first else other
        share = shares(mixed(block.rows, self.salt(group[0])))
        return spread(ranks(share, count, self.data.tables[target].skew), count)

    def _pair(self, block: Block) -> tuple[Rows, Rows]:
        return pairs(block.rows, self._begins, self.unique.others)

    @cached_property
    def _begins(self) -> Rows:
        parent = self.references[self.unique.paired[0]][0]
        skew = self.data.tables[parent].skew
        return groups(self.count, self.data.of(parent).count, self.unique.others, skew)

    @cached_property
    def few(self) -> dict[str, int]:
        """Columns that rows are found or grouped by, with the number of their values."""
        out: dict[str, int] = {}
        for pattern in self.data.patterns:
            if pattern.table != self.table.name:
                continue
            out.update(dict.fromkeys(pattern.groups, GROUPS))
            taken = self.unique.columns.union(self.references)
            free = [c for c in pattern.by if c not in taken and not self.table.column(c).one_of]
            split = float(self.count)
            for name in pattern.by:
                if name in self.references:
                    split /= self.data.of(self.references[name][0]).count
            wanted = pattern.rows * (MATCHES if pattern.order else 1)
            values = max(1.0, split / wanted) ** (1 / max(1, len(free)))
            out.update({name: max(out.get(name, 0), round(values), 1) for name in free})
        return out

    def times(self, block: Block) -> Rows:
        """When rows came about, in microseconds since 2000, later with the number: evenly, or the
        newer the more where rows are asked for in the order of time."""
        rows = block.rows if block.parent is None else block.parent
        share = (rows + 0.5) / self.count
        if self.by_time:
            share = np.sqrt(share)
        span = span_s(self.table) * 1e6
        last = (LAST - EPOCH).total_seconds() * 1e6
        return (last - span + share * (span - 1)).astype(np.int64)

    @cached_property
    def by_time(self) -> bool:
        times = {c.name for c in self.table.columns if c.type in ("timestamp", "date")}
        return any(p.table == self.table.name and {p.order, p.range} & times
                   for p in self.data.patterns)  # fmt: skip

    def _distinct(self, column: Column, block: Block) -> Cells:
        """A value that no other row has."""
        bits = mixed(block.rows, self.salt(column.name))
        if column.type == "uuid":
            return self._uuid(column, block)
        if column.type in ("int", "long"):
            return fixed(block.rows + 1, ">i4" if column.type == "int" else ">i8")
        if column.type == "timestamp":
            return fixed(self.times(block), ">i8")
        if column.type == "number":
            return fixed(block.rows.astype(np.float64), ">f8")
        room = column.most or 16
        if column.type == "email":
            return digits(bits, min(16, room - len(MAIL)), after=MAIL)
        if column.type == "url":
            return digits(bits, 16, b"https://example.com/")
        plain = block.rows.astype(np.uint64)
        return digits(bits, 16) if room >= 16 else digits(plain, room)

    def _few(self, column: Column, which: Rows) -> Cells:
        """One of few values, by number."""
        if column.one_of:
            return chosen(tuple(v.encode() for v in column.one_of), which % len(column.one_of))
        if column.type in ("int", "long"):
            return fixed(which, ">i4" if column.type == "int" else ">i8")
        if column.type == "bool":
            return fixed(which % 2, ">i1")
        if column.type == "date":
            last = (LAST - EPOCH).days
            return fixed(last - which, ">i4")
        if column.type == "timestamp":
            return fixed((LAST - EPOCH).days * _DAY_US - which * _DAY_US // 24, ">i8")
        if column.type == "uuid":
            return self._uuid(column, Block(which))
        if column.type in ("number", "amount", "decimal"):
            return (
                fixed(which.astype(np.float64), ">f8")
                if column.type == "number"
                else _amount(which)
            )
        if column.type == "currency":
            return chosen(CURRENCIES, which % len(CURRENCIES))
        return digits(which.astype(np.uint64), min(8, column.most or 8))

    def _uuid(self, column: Column, block: Block) -> Cells:
        """As `uuidv7()` makes them: in order of time (RFC 9562, section 5.7)."""
        out = np.empty((len(block.rows), 16), np.uint8)
        since = int(EPOCH.timestamp() * 1000)
        bits = mixed(block.rows, self.salt(column.name))
        out[:, :6] = octets_of(self.times(block) // 1000 + since, ">i8")[:, 2:]
        out[:, 6:8] = octets_of((bits & np.uint64(0x0FFF)) | np.uint64(0x7000), ">u2")
        out[:, 8:] = octets_of((bits >> np.uint64(2)) | np.uint64(1 << 63), ">u8")
        return Cells(out)

    def _plain(self, column: Column, block: Block) -> Cells:
        """A value that nothing is asked of."""
        bits = mixed(block.rows, self.salt(column.name))
        number = (bits % np.uint64(NUMBERS)).astype(np.int64)
        match column.type:
            case "uuid":
                return self._uuid(column, block)
            case "int" | "long":
                return fixed(number, ">i4" if column.type == "int" else ">i8")
            case "number":
                return fixed(shares(bits) * NUMBERS, ">f8")
            case "amount" | "decimal":
                return _amount((bits % np.uint64(100_000)).astype(np.int64))
            case "currency":
                return chosen(CURRENCIES, ranks(shares(bits), len(CURRENCIES), STATES_SKEW))
            case "bool":
                return fixed((bits & np.uint64(1)).astype(np.int64), ">i1")
            case "timestamp" | "date":
                return self._time(column, block)
            case "duration":
                out = np.zeros((len(bits), 16), np.uint8)
                out[:, :8] = octets_of(number * 1_000_000, ">i8")
                return Cells(out)
            case "words":
                made = lists(tuple(column.one_of), self.wide(column))
                return chosen(made, (bits % np.uint64(len(made))).astype(np.int64))
            case "json":
                made = objects(self.wide(column))
                return chosen(made, (bits % np.uint64(len(made))).astype(np.int64))
            case "email":
                return digits(bits, 16, after=MAIL)
            case "id":
                return digits(bits, int(min(16, max(1, column.most or 16))))
        return running(bits, self.wide(column), column.most)

    def _time(self, column: Column, block: Block) -> Cells:
        """The first time of a row is when it came about; further ones lie between it and now."""
        first = next(c.name for c in self.table.columns if c.type in ("timestamp", "date"))
        at = self.times(block)
        if column.name != first:
            last = int((LAST - EPOCH).total_seconds() * 1e6)
            share = shares(mixed(block.rows, self.salt(column.name)))
            at = at + ((last - at) * share).astype(np.int64)
        return fixed(at, ">i8") if column.type == "timestamp" else fixed(at // _DAY_US, ">i4")


def _amount(cents: Rows) -> Cells:
    """An exact number with two places: base 10,000, weight 1 (PostgreSQL, numeric_recv)."""
    out = np.zeros((len(cents), 14), np.uint8)
    out[:, 1], out[:, 3], out[:, 7] = 3, 1, 2  # digits, weight, (sign 0), places shown
    whole = cents // 100
    out[:, 8:10] = octets_of(whole // 10_000, ">u2")
    out[:, 10:12] = octets_of(whole % 10_000, ">u2")
    out[:, 12:] = octets_of(cents % 100 * 100, ">u2")
    return Cells(out)
