"""Seeded changes at a stated rate: rows added, changed and deleted, each in its transaction.

What was not confirmed is done again, as a careful client does; doing it twice changes nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from backend_lead.trial.pipeline.made_rows import Rows
from backend_lead.trial.workers.worker import lost, now

LINES = 4  # connections that write; a key stays on one, so its changes keep their order
ADDED, CHANGED = 0.7, 0.95  # shares: rows added, up to here changed, the rest deleted
AGAIN_S = 0.1


@dataclass
class Source:
    """Writes changes at `rate_per_s` (which may be set while it runs) until it is stopped."""

    url: str
    rows: Rows
    rate_per_s: float
    written: int = 0
    again: int = 0
    behind_s: float = 0.0
    _alive: list[dict[str, Any]] = field(default_factory=list)
    _on: bool = True

    def stop(self) -> None:
        """Let what is under way end, and begin nothing more."""
        self._on = False

    async def run(self) -> None:
        """Write until stopped. Gaps are exponential, so changes come as from many users."""
        lines = [asyncio.Queue[tuple[str, list[Any]]]() for _ in range(LINES)]
        hands = [asyncio.create_task(self._write(line)) for line in lines]
        due = now()
        try:
            while self._on:
                due += self.rows.dice.expovariate(self.rate_per_s)
                if due > now():
                    await asyncio.sleep(due - now())
                self.behind_s = max(self.behind_s, now() - due)
                statement, values, key = self._next()
                lines[crc32(str(key).encode()) % LINES].put_nowait((statement, values))
            ended = asyncio.create_task(_emptied(lines))
            await asyncio.wait([ended, *hands], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for hand in hands:
                hand.cancel()
            ends = await asyncio.gather(*hands, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _next(self) -> tuple[str, list[Any], list[Any]]:
        """The next change: its statement, its values, and the key of the row."""
        rows, dice = self.rows, self.rows.dice
        share = dice.random()
        if share < ADDED or not self._alive:
            row = rows.row()
            self._alive.append(row)
            return rows.insert, list(row.values()), rows.key_of(row)
        place = dice.randrange(len(self._alive))
        key = rows.key_of(self._alive[place])
        if share < CHANGED and rows.changed:
            return rows.update, [*(rows.new(name) for name in rows.changed), *key], key
        self._alive[place] = self._alive[-1]
        self._alive.pop()
        return rows.delete, key, key

    async def _write(self, line: asyncio.Queue[tuple[str, list[Any]]]) -> None:
        import asyncpg

        store: Any = None
        while True:
            statement, values = await line.get()
            while True:
                try:
                    if store is None:
                        store = await asyncpg.connect(self.url, timeout=5)
                    await store.execute(statement, *values)
                    break
                except lost():
                    self.again += 1
                    if store is not None:
                        with suppress(Exception):
                            store.terminate()
                    store = None
                    await asyncio.sleep(AGAIN_S)
            self.written += 1
            line.task_done()


async def _emptied(lines: list[asyncio.Queue[tuple[str, list[Any]]]]) -> None:
    for line in lines:
        await line.join()
