"""Rows a second: generated and loaded, against COPY of the same rows from files.

    python benchmarks/filling.py [ROWS]    # ten million where none is said

The tables of a domain are filled as `verify` fills them. Then their rows are written to files by
the server, the tables emptied, and the files loaded with COPY by the server itself: by one
connection, and by as many as the filling has. Keys are there in all three, foreign keys and further
indexes in none.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from dataclasses import dataclass
from typing import Any

import asyncpg

from backend_lead.catalog.domains import load
from backend_lead.model.system import System
from backend_lead.trial.drivers import DRIVERS
from backend_lead.trial.filling import fill, scaled
from backend_lead.trial.proof import patterns_alone
from backend_lead.trial.schema import make_tables, without_foreign_keys
from backend_lead.trial.values import Data
from backend_lead.views.data.ddl import listed, quoted
from backend_lead.views.data.layer import Layer, layer
from benchmarks.measuring import machine

DOMAIN, STORE = "social-feed", "db"
ROWS = 10_000_000
WORKERS = 2


@dataclass
class Server:
    url: str
    folder: str

    def run(self, *statements: str) -> float:
        """Run statements one after the other; how long they took."""
        return asyncio.run(self._together([list(statements)]))

    def together(self, batches: list[list[str]]) -> float:
        """Run lists of statements side by side; how long the last took."""
        return asyncio.run(self._together(batches))

    async def _together(self, batches: list[list[str]]) -> float:
        lines = [await asyncpg.connect(self.url, server_settings={"synchronous_commit": "off"})
                 for _ in batches]  # fmt: skip

        async def one(line: Any, statements: list[str]) -> None:
            for sql in statements:
                await line.execute(sql, timeout=3600)

        began = time.perf_counter()
        await asyncio.gather(*(one(line, batch) for line, batch in zip(lines, batches)))
        took = time.perf_counter() - began
        for line in lines:
            await line.close()
        return took


async def make(url: str, found: Layer) -> None:
    connection = await asyncpg.connect(url)
    await make_tables(connection, found.of_store(STORE))
    await without_foreign_keys(connection)
    await connection.close()


def data_of(found: Layer, rows: int) -> Data:
    """Tables with about so many rows in all."""
    tables = {t.name: t for t in found.of_store(STORE)}
    share = max(t.rows for t in tables.values()) / sum(t.rows for t in tables.values())
    patterns = tuple(patterns_alone(found.patterns))
    return Data(tables, scaled(tables, round(rows * share)), patterns)


def main(rows: int) -> None:
    found = layer(System.model_validate(load(DOMAIN).system()))
    assert found is not None
    with DRIVERS["postgres"].running() as started:
        server = Server(started.url, str(started.folder))
        asyncio.run(make(server.url, found))
        data = data_of(found, rows)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        filled = fill(server.url, data, workers=WORKERS)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        made_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        total = sum(filled.rows.values())
        files = written(server, data)
        one = emptied_and_loaded(server, data, [[sql for part in files for sql in part]])
        many = emptied_and_loaded(server, data, files)
    print(machine())
    print(f"\n{total:,} rows, {filled.sent_bytes / total:.0f} B each, of {DOMAIN}\n")
    print("| what | s | rows/s | MB/s | filling over it |\n| --- | --- | --- | --- | --- |")
    for what, took in ((f"generated and loaded, {WORKERS} workers", filled.seconds),
                       ("COPY from files, one connection", one),
                       (f"COPY from files, {WORKERS} connections", many)):  # fmt: skip
        rate, size = total / took, filled.sent_bytes / took / 1e6
        print(f"| {what} | {took:.1f} | {rate:,.0f} | {size:.0f} | {took / filled.seconds:.2f} |")
    print(f"\nthe workers were {made_s:.1f} s on a core: {made_s / total * 1e9:.0f} ns a row")


def written(server: Server, data: Data) -> list[list[str]]:
    """Write all rows to files, in as many parts as there are workers; how each part is loaded."""
    parts: list[list[str]] = [[] for _ in range(WORKERS)]
    for name in data.tables:
        names = listed(c.name for c in data.tables[name].columns)
        pages = asyncio.run(pages_of(server.url, name))
        for n in range(WORKERS):
            first, last = (pages * k // WORKERS for k in (n, n + 1))
            path = f"{server.folder}/{name}.{n}"
            where = f"ctid >= '({first},0)'::tid AND ctid < '({last},0)'::tid"
            server.run(f"COPY (SELECT {names} FROM {quoted(name)} WHERE {where}) TO '{path}' "
                       "(FORMAT binary)")  # fmt: skip
            parts[n].append(f"COPY {quoted(name)} ({names}) FROM '{path}' (FORMAT binary)")
    return parts


async def pages_of(url: str, table: str) -> int:
    connection = await asyncpg.connect(url)
    size = await connection.fetchval(
        "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int", quoted(table)
    )
    await connection.close()
    return int(size)


def emptied_and_loaded(server: Server, data: Data, batches: list[list[str]]) -> float:
    server.run(f"TRUNCATE {listed(data.tables)}", "CHECKPOINT")
    return server.together(batches)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
