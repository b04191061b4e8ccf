"""Fill the tables of a store: generated and loaded side by side, in several processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from backend_lead.trial.binary import HEADER, TRAILER
from backend_lead.trial.drivers import CannotRun
from backend_lead.trial.values import Data, Maker
from backend_lead.views.data.parts import Table

FLOOR = 1000  # rows of a small table that a scale does not go below, where the model has so many
SLICE_ROWS = 50_000  # rows of one COPY: a second of work at most
AHEAD = 2  # blocks made while one is sent
LOOK_S = 0.1
END_S = 5.0


def scaled(tables: Mapping[str, Table], rows: int) -> dict[str, int]:
    """Rows of each table that hangs on none, so that the largest table of all has `rows`; the
    others in proportion, but not below a floor, and never more than the model has."""
    largest = max(table.rows for table in tables.values())
    scale = min(1.0, rows / largest)
    out = {}
    for table in tables.values():
        if table.parent:
            continue
        lists = [t.per_parent for t in tables.values() if t.parent == table.name]
        most = rows / max(1.0, *lists) if lists else float(rows)
        wanted = max(table.rows * scale, FLOOR)
        out[table.name] = max(1, int(min(wanted, table.rows, max(most, 1.0))))
    return out


@dataclass(frozen=True)
class Filled:
    """Rows loaded of each table, bytes sent, and how long it took."""

    rows: dict[str, int]
    sent_bytes: int
    seconds: float


@dataclass(frozen=True)
class Slice:
    """Rows of a table that one COPY loads."""

    table: str
    first: int
    last: int


def slices(data: Data) -> list[Slice]:
    """All rows, cut into pieces; those of the largest tables first, so that all end together."""
    out = []
    for name in sorted(data.tables, key=lambda n: (-data.of(n).expected, n)):
        maker = data.of(name)
        step = max(1, round(SLICE_ROWS / max(1.0, maker.table.per_parent)))
        out += [Slice(name, at, min(at + step, maker.count)) for at in range(0, maker.count, step)]
    return out


def fill(
    url: str, data: Data, *, workers: int = 2, told: Callable[[float], None] = lambda done: None,
    check: Callable[[], None] = lambda: None,
) -> Filled:  # fmt: skip
    """Load all rows. `told` hears the share that is done; what `check` raises ends the work.

    The rows are the same for any number of workers.
    """
    work = slices(data)
    started = time.monotonic()
    context = multiprocessing.get_context("spawn")
    line = _Line(context, len(work), workers)
    parts = (data.tables, data.counts, data.patterns, data.seed)
    pool = [context.Process(target=_work, args=(url, parts, work, line, n), daemon=True)
            for n in range(workers)]  # fmt: skip
    try:
        for process in pool:
            process.start()
        while any(process.is_alive() for process in pool):
            for process in pool:
                process.join(LOOK_S / workers)
            check()
            told(min(1.0, line.taken.value / max(1, len(work))))
            if any(process.exitcode for process in pool):
                break
        failed = [process.exitcode for process in pool if process.exitcode]
        if failed:
            raise CannotRun(f"filling failed: {line.why() or f'a worker ended with {failed[0]}'}")
    finally:
        _end(pool)
    told(1.0)
    rows = dict.fromkeys(data.tables, 0)
    for n, piece in enumerate(work):
        rows[piece.table] += line.rows[n]
    return Filled(rows, sum(line.sent), time.monotonic() - started)


class _Line:
    """What the workers share: the next piece of work, what is done, why one failed."""

    def __init__(self, context: SpawnContext, pieces: int, workers: int) -> None:
        self.taken: Synchronized[int] = context.Value("q", 0)
        self.rows: Any = context.Array("q", max(1, pieces), lock=False)
        self.sent: Any = context.Array("q", workers, lock=False)
        self.told: Any = context.Array("c", 400, lock=False)

    def next(self) -> int:
        with self.taken.get_lock():
            at = self.taken.value
            self.taken.value = at + 1
        return at

    def why(self) -> str:
        return bytes(self.told.value).decode(errors="replace")


def _end(pool: Sequence[Any]) -> None:
    for process in pool:
        if process.is_alive():
            process.terminate()
    for process in pool:
        if process.pid is not None:
            process.join(END_S)
            if process.is_alive():
                process.kill()
                process.join()


def _work(url: str, parts: tuple[Any, ...], work: list[Slice], line: _Line, number: int) -> None:
    """A worker: takes pieces until there are none."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner is told, and ends us
    tables, counts, patterns, seed = parts
    try:
        asyncio.run(_load_all(url, Data(tables, counts, patterns, seed), work, line, number))
    except Exception as err:  # told to the owner; whatever it is, rows are missing
        line.told.value = f"{type(err).__name__}: {err}".encode()[:399]
        raise SystemExit(1) from None


async def _load_all(url: str, data: Data, work: list[Slice], line: _Line, number: int) -> None:
    import asyncpg

    connection = await asyncpg.connect(url, server_settings={"synchronous_commit": "off"})
    with ThreadPoolExecutor(1) as making:
        while (at := line.next()) < len(work):
            piece = work[at]
            maker = data.of(piece.table)
            rows, sent = await load(connection, maker, piece.first, piece.last, making)
            line.rows[at] = rows
            line.sent[number] += sent
    await connection.close()


async def load(
    connection: Any, maker: Maker, first: int, last: int, making: ThreadPoolExecutor
) -> tuple[int, int]:
    """COPY rows into their table while the next ones are made; how many rows and bytes."""
    told = [0, 0]
    names = [column.name for column in maker.table.columns]

    async def source() -> AsyncIterator[bytes]:
        yield HEADER
        async for block, rows in _ahead(maker.blocks(first, last), making):
            told[0] += rows
            told[1] += len(block)
            yield block
        yield TRAILER

    await connection.copy_to_table(
        maker.table.name, source=source(), columns=names, format="binary"
    )
    return told[0], told[1]


async def _ahead(
    blocks: Iterator[tuple[bytes, int]], making: ThreadPoolExecutor
) -> AsyncIterator[tuple[bytes, int]]:
    """What an iterator gives, made in a thread some steps ahead."""
    loop = asyncio.get_running_loop()
    waiting = [loop.run_in_executor(making, next, blocks, None) for _ in range(AHEAD)]
    while waiting:
        made = await waiting.pop(0)
        if made is None:
            break
        waiting.append(loop.run_in_executor(making, next, blocks, None))
        yield made
    for rest in waiting:
        await rest
