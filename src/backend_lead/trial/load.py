"""Statements asked of a database at a steady rate, as its program does, with what each met."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from backend_lead.trial.drawing import Drawing
from backend_lead.views.data.parts import AccessPattern, Table
from backend_lead.views.data.statements import statement

CONNECTIONS = 8
PATIENCE_S = 2.0  # after which a caller gives up; the usual time-out of the reference domains
DRAWS_MOST = 4000  # different parameters of a statement that writes rows nobody has written yet
READS = 256


@dataclass(frozen=True)
class Answer:
    """One statement: when it was due and when it ended (s, monotonic), which, and its error."""

    due_s: float
    ended_s: float
    pattern: str
    error: str = ""

    @property
    def took_s(self) -> float:
        """From when it was due: what waited for a connection waited too."""
        return self.ended_s - self.due_s


@dataclass
class Load:
    """A mix of statements. `rate_per_s` is theirs together; each has its share of the model's."""

    url: str
    schema: str = "public"
    rate_per_s: float = 100.0
    seed: int = 1
    answers: list[Answer] = field(default_factory=list)
    _stop: bool = False

    async def prepared(
        self, patterns: Sequence[AccessPattern], tables: Mapping[str, Table]
    ) -> list[_Asked]:
        """The statements with parameters drawn from the rows that are there."""
        import asyncpg

        connection = await asyncpg.connect(self.url)
        try:
            out = []
            drawing = Drawing(connection, tables, self.seed)
            for pattern in patterns:
                if pattern.rate_per_s <= 0:
                    continue
                asked = statement(pattern, tables)
                new = any(p.role == "fresh" for p in asked.parameters)
                draws = await drawing.draw(pattern, asked, DRAWS_MOST if new else READS)
                if draws:
                    out.append(_Asked(pattern.id, asked.sql, draws, pattern.rate_per_s, new))
            return out
        finally:
            await connection.close()

    async def run(self, asked: Sequence[_Asked]) -> None:
        """Ask until stopped. Arrivals are Poisson and do not wait for answers."""
        import asyncpg

        self._stop = False
        queue: asyncio.Queue[tuple[float, _Asked] | None] = asyncio.Queue()
        pool = [await asyncpg.connect(self.url) for _ in range(CONNECTIONS)]
        workers = [asyncio.create_task(self._work(c, queue)) for c in pool]
        random, due = Random(self.seed), time.monotonic()
        weights = [one.rate_per_s for one in asked]
        try:
            while not self._stop:
                due += random.expovariate(self.rate_per_s)
                wait = due - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(wait)
                queue.put_nowait((due, random.choices(asked, weights)[0]))
        finally:
            for _ in pool:
                queue.put_nowait(None)
            await asyncio.gather(*workers, return_exceptions=True)
            for connection in pool:
                await connection.close()

    def stop(self) -> None:
        """No more arrivals; what has come is still answered."""
        self._stop = True

    async def _work(self, connection: Any, queue: asyncio.Queue[Any]) -> None:
        import asyncpg

        while (item := await queue.get()) is not None:
            due, one = item
            error = ""
            values = one.next()
            if values is None:
                continue
            try:
                await asyncio.wait_for(connection.fetch(one.sql, *values), PATIENCE_S)
            except asyncpg.PostgresError as err:
                error = type(err).__name__
            except TimeoutError:
                error = "gave up"
            self.answers.append(Answer(due, time.monotonic(), one.id, error))


@dataclass
class _Asked:
    """A statement and its draws; those of rows that are `new` are used once."""

    id: str
    sql: str
    draws: list[list[Any]]
    rate_per_s: float
    new: bool
    at: int = 0

    def next(self) -> list[Any] | None:
        """The next parameters; None where all were used that may be used once."""
        if self.new and self.at >= len(self.draws):
            return None
        self.at += 1
        return self.draws[(self.at - 1) % len(self.draws)]
