"""Callers that go on writing while a store is backed up, harmed and lost, and what they were told.

Each commit is a statement of the design and a mark with its number; a caller keeps the numbers it
was told are committed. What came back of them is counted after a restore.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from typing import Any

from backend_lead.trial.load import Load
from backend_lead.views.data.parts import AccessPattern, Table

MARKS = "backend_lead_marks"
CREATE_MARKS = f"CREATE TABLE {MARKS} (n bigint PRIMARY KEY)"
_MARK = f"INSERT INTO {MARKS} (n) VALUES ($1)"
CALLERS = 4
GONE_S = 20.0  # until a caller whose server is gone has noticed
WAIT_S = 0.02


@dataclass
class Writer(Thread):
    """Writes until it is stopped or the server is gone. `told` are the marks that callers know to
    be committed, with when (monotonic); `rate_per_s` is theirs together, 0: as fast as it goes."""

    url: str
    tables: Mapping[str, Table]
    patterns: Sequence[AccessPattern]
    seed: int
    first: int = 0
    rate_per_s: float = 0.0
    told: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._end, self._rest = Event(), Event()
        self._resting = [False] * CALLERS
        self._n = self.first
        self.failed = ""

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        try:
            asyncio.run(self._all())
        except Exception as err:  # told to the owner, who looks at what was told
            self.failed = f"{type(err).__name__}: {err}"

    def rest(self) -> None:
        """Hold what comes next back, and wait until nothing is under way."""
        self._rest.set()
        end = time.monotonic() + GONE_S
        while self.is_alive() and not all(self._resting) and time.monotonic() < end:
            time.sleep(WAIT_S)

    def go_on(self) -> None:
        """Write again."""
        self._rest.clear()

    def stop(self) -> None:
        """No more; what is under way is still told."""
        self._end.set()
        self.join(GONE_S)

    async def _all(self) -> None:
        writes = [p for p in self.patterns if p.does == "write" and p.change != "delete"]
        asked = await Load(self.url, seed=self.seed).prepared(writes, self.tables)
        await asyncio.gather(*(self._caller(n, list(asked)) for n in range(CALLERS)))

    async def _caller(self, number: int, asked: list[Any]) -> None:
        import asyncpg

        random = Random(self.seed * 31 + number)
        try:
            connection = await asyncpg.connect(self.url)
        except (OSError, asyncpg.PostgresError):
            self._resting[number] = True
            return
        due = time.monotonic()
        try:
            while not self._end.is_set():
                if self._rest.is_set():
                    self._resting[number] = True
                    await asyncio.sleep(WAIT_S)
                    due = time.monotonic()
                    continue
                self._resting[number] = False
                if self.rate_per_s:
                    due += random.expovariate(self.rate_per_s / CALLERS)
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                await self._commit(connection, asked, random)
        except (
            OSError,
            asyncpg.InterfaceError,
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
        ):
            return  # the server is gone
        finally:
            self._resting[number] = True
            connection.terminate()

    async def _commit(self, connection: Any, asked: list[Any], random: Random) -> None:
        """One transaction: a statement of the design, where it has one left, and a mark."""
        import asyncpg

        one = random.choices(asked, [a.rate_per_s for a in asked])[0] if asked else None
        values = one.next() if one else None
        if one and values is None:
            asked.remove(one)
        self._n += 1
        mark = self._n
        try:
            async with connection.transaction():
                if one and values is not None:
                    await connection.execute(one.sql, *values)
                await connection.execute(_MARK, mark)
        except (
            asyncpg.IntegrityConstraintViolationError,
            asyncpg.UndefinedTableError,
            asyncpg.DataError,
            asyncpg.DeadlockDetectedError,
        ):
            return  # refused as a whole: nobody was told that it is committed
        self.told.append((mark, time.monotonic()))
