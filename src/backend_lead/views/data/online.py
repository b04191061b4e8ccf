"""An online answer as PostgreSQL statements: its tables, what its consumer does, how it is read.

The rows of the window are kept by their key and version, so that an event that comes twice, late or
out of order changes nothing that it should not. A number for each key and part of the window (a
twelfth) is kept beside them, moved in the same statement; an answer adds up thirteen of those.

The tables are unlogged: nothing is written twice, and a crash of the server empties them. Then the
consumer finds no `told` row and takes the window again from the stream.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.views.data.ddl import Statement, quoted
from backend_lead.views.data.parts import Table
from backend_lead.views.data.streams import Consumer, Streams
from backend_lead.views.data.watching import NUMBERS, Query, of_loads

PARTS = 12  # of a window: an answer holds at most a twelfth more than it
LOADS_KEPT = "1 hour"


@dataclass(frozen=True)
class OnlineStore:
    """What one online answer is kept in: numbers `sums` of a table's rows, `by` one of its columns,
    over a window; amounts of each currency on their own."""

    name: str
    table: Table
    by: str
    sums: tuple[str, ...]
    currency: str
    window_s: float
    within_s: float
    fresh_s: float
    fallback: str

    @property
    def word(self) -> str:
        """What its tables begin with."""
        return self.name.replace("-", "_")

    @property
    def part_s(self) -> float:
        return self.window_s / PARTS

    @property
    def by_person(self) -> bool:
        """Whether it is kept by a person; then by the token, so that it names nobody."""
        return self.by == self.table.person

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of its sums as columns."""
        return tuple(quoted(c) for c in self.sums)


def online_store(found: Streams, consumer: Consumer) -> OnlineStore | None:
    """The store of a consumer's answer; None where it has none, or nothing to keep it by."""
    told = consumer.online
    if told is None:
        return None
    table = next(s.table for s in found.streams if s.entity == told.of)
    by = told.by.replace("-", "_")
    if by not in table.has:
        return None
    summed = [c for f in told.sums for c in table.columns
              if c.type in NUMBERS and (c.field == f or c.field.startswith(f + "."))]  # fmt: skip
    currency = next((c.name for c in table.columns if c.type == "currency"
                     and any(c.field.partition(".")[0] == s.field.partition(".")[0]
                             for s in summed)), "")  # fmt: skip
    return OnlineStore(
        consumer.name,
        table,
        by,
        tuple(c.name for c in summed),
        currency,
        told.window.value,
        told.within.value,
        told.fresh.value,
        told.fallback,
    )


def tables(o: OnlineStore) -> tuple[Statement, ...]:
    """The tables, made where they are not there."""
    w = o.word
    kept = "".join(f",\n  {c} numeric" for c in o.numbers)
    added = "".join(f",\n  {c} numeric NOT NULL" for c in o.numbers)
    make = "CREATE UNLOGGED TABLE IF NOT EXISTS"
    return (
        Statement(
            f"{make} {w}_rows (\n  row_key text PRIMARY KEY,\n  kept_by text,\n  currency text,\n"
            "  person text NOT NULL,\n  version bigint NOT NULL,\n  gone boolean NOT NULL,\n"
            f"  born timestamptz{kept}\n);",
            "rows of the window in their latest version; `born` is when the row was added, unknown "
            "until that event came",
        ),
        Statement(f"CREATE INDEX IF NOT EXISTS {w}_rows_person ON {w}_rows (person);",
                  "finds what an erasure must reach"),
        Statement(
            f"{make} {w}_parts (\n  kept_by text,\n  part timestamptz,\n  currency text,\n"
            f"  n bigint NOT NULL{added},\n  PRIMARY KEY (kept_by, part, currency)\n);",
            "what is read: a number for each key, part of the window and currency",
        ),
        Statement(f"{make} {w}_told (one boolean PRIMARY KEY CHECK (one), told_at timestamptz NOT "
                  "NULL);", "up to when everything has been taken; not there: nothing has"),
        Statement(f"{make} {w}_erased (person text PRIMARY KEY, erased_at timestamptz NOT NULL);"),
        Statement(f"{make} {w}_put_aside (event_id text, why text, seen_at timestamptz);"),
        Statement(f"{make} {w}_loads (committed_at timestamptz PRIMARY KEY, events bigint, "
                  "age_50 float8, age_99 float8);", "what is watched"),
    )  # fmt: skip


def take(o: OnlineStore) -> str:
    """Takes a batch of events: arrays of row_key, kept_by, currency, person, version, gone, born
    and each sum."""
    w, numbers = o.word, o.numbers
    types = ["text", "text", "text", "text", "bigint", "boolean", "timestamptz"]
    names = ["row_key", "kept_by", "currency", "person", "version", "gone", "born", *numbers]
    arrays = ", ".join(f"${i}::{t}[]" for i, t in
                       enumerate([*types, *("numeric" for _ in numbers)], 1))  # fmt: skip
    newer = "".join(
        f",\n    {c} = CASE WHEN excluded.version > r.version THEN coalesce(excluded.{c}, r.{c}) "
        f"ELSE r.{c} END" for c in ("kept_by", "currency", "gone", *numbers)
    )  # fmt: skip
    sums = "".join(f", sum(sign * {c}) AS {c}" for c in numbers)
    counted = "kept_by, date_bin('{0:g} s', born, 'epoch') AS part, currency, {1} AS sign{2}".format
    each = "".join(f", {c}" for c in numbers)
    moved = " OR ".join(f"{c} <> 0" for c in ("n", *numbers))
    added = "".join(f", {c} = p.{c} + excluded.{c}" for c in numbers)
    there = "WHERE NOT gone AND born IS NOT NULL AND kept_by IS NOT NULL"
    return (
        "WITH come AS (\n"
        "  SELECT DISTINCT ON (row_key) row_key, kept_by, currency, person, version, gone,\n"
        f"    max(born) OVER (PARTITION BY row_key) AS born{each}\n"
        f"  FROM unnest({arrays}) AS e({', '.join(names)})\n"
        f"  WHERE person NOT IN (SELECT person FROM {w}_erased)\n"
        "  ORDER BY row_key, version DESC\n"
        f"), was AS (\n  SELECT r.* FROM {w}_rows AS r JOIN come USING (row_key)\n"
        f"), kept AS (\n  INSERT INTO {w}_rows AS r ({', '.join(names)})\n"
        f"  SELECT {', '.join(names)} FROM come\n"
        "  ON CONFLICT (row_key) DO UPDATE SET born = coalesce(r.born, excluded.born)"
        f"{newer},\n    version = greatest(r.version, excluded.version)\n  RETURNING r.*\n"
        f"), moved AS (\n  SELECT kept_by, part, currency, sum(sign) AS n{sums} FROM (\n"
        f"    SELECT {counted(o.part_s, 1, each)} FROM kept {there}\n"
        f"    UNION ALL SELECT {counted(o.part_s, -1, each)} FROM was {there}\n"
        "  ) AS both_sides GROUP BY kept_by, part, currency\n)\n"
        f"INSERT INTO {w}_parts AS p (kept_by, part, currency, n{each})\n"
        f"SELECT kept_by, part, currency, n{each} FROM moved WHERE {moved}\n"
        f"ON CONFLICT (kept_by, part, currency) DO UPDATE SET n = p.n + excluded.n{added}"
    )


def read(o: OnlineStore) -> str:
    """The answer for a key: up to when it is told, and for each currency a count and the sums."""
    sums = "".join(f", coalesce(sum(p.{c}), 0) AS {c}" for c in o.numbers)
    return (
        f"SELECT t.told_at, p.currency, coalesce(sum(p.n), 0) AS n{sums} FROM {o.word}_told AS t "
        f"LEFT JOIN {o.word}_parts AS p ON p.kept_by = $1 AND p.part > now() - "
        f"interval '{o.window_s + o.part_s:g} s' GROUP BY t.told_at, p.currency"
    )


def told(o: OnlineStore) -> str:
    """Notes up to when everything has been taken."""
    return (f"INSERT INTO {o.word}_told VALUES (true, $1) ON CONFLICT (one) DO UPDATE SET "
            "told_at = excluded.told_at")  # fmt: skip


def begun(o: OnlineStore) -> str:
    """Whether anything has been taken since the server was made, or emptied."""
    return f"SELECT told_at FROM {o.word}_told"


def noted(o: OnlineStore) -> str:
    """Notes a load: how many events, and how old."""
    return (f"INSERT INTO {o.word}_loads VALUES (clock_timestamp(), $1, $2, $3) "
            "ON CONFLICT DO NOTHING")  # fmt: skip


def forget(o: OnlineStore) -> tuple[str, ...]:
    """Forgets persons, given as an array of tokens; what comes of them later is not taken."""
    w = o.word
    mine = (
        f"DELETE FROM {w}_parts WHERE kept_by = ANY($1)" if o.by_person else
        f"WITH theirs AS (SELECT kept_by, date_bin('{o.part_s:g} s', born, 'epoch') AS part, "
        "currency, count(*) AS n" + "".join(f", sum({c}) AS {c}" for c in o.numbers)
        + f" FROM {w}_rows WHERE person = ANY($1) AND NOT gone AND born IS NOT NULL "
        f"GROUP BY 1, 2, 3) UPDATE {w}_parts AS p SET n = p.n - t.n"
        + "".join(f", {c} = p.{c} - t.{c}" for c in o.numbers)
        + " FROM theirs AS t WHERE (p.kept_by, p.part, p.currency) = "
        "(t.kept_by, t.part, t.currency)"
    )  # fmt: skip
    return (
        f"INSERT INTO {w}_erased SELECT unnest($1::text[]), now() ON CONFLICT DO NOTHING", mine,
        f"DELETE FROM {w}_rows WHERE person = ANY($1)",
    )  # fmt: skip


def expire(o: OnlineStore) -> tuple[str, ...]:
    """Drops what no answer reads any more; each minute is often enough."""
    gone = f"now() - interval '{o.window_s + o.part_s:g} s'"
    return (
        f"DELETE FROM {o.word}_parts WHERE part <= {gone}",
        f"DELETE FROM {o.word}_rows WHERE born <= {gone}",
        f"DELETE FROM {o.word}_loads WHERE committed_at < now() - interval '{LOADS_KEPT}'",
    )


def watch(o: OnlineStore) -> tuple[Query, ...]:
    """What the store is asked about itself."""
    w = o.word
    return tuple(of_loads(
        o.name, {0.5: "percentile_cont(0.5) WITHIN GROUP (ORDER BY age_50)", 0.99: "max(age_99)"},
        f"{w}_loads WHERE events > 0 AND committed_at > now() - interval '5 min'",
        f"SELECT extract(epoch FROM max(committed_at)) AS last_at FROM {w}_loads",
        f"SELECT count(*) AS n FROM {w}_put_aside",
    ))  # fmt: skip
