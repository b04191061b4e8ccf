"""Runs a migration on a real PostgreSQL, step by step, and says how long each took and waited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backend_lead.catalog.migrations import LOCK_WAIT
from backend_lead.views.data.migration.files import File
from backend_lead.views.data.migration.steps import Step

if TYPE_CHECKING:
    import asyncpg

TRIES_MOST = 20  # a step that gives up waiting for its lock is begun again so often
AGAIN_S = 0.1  # pause before it is


@dataclass(frozen=True)
class Done:
    """What became of a file: seconds it took, times it gave up waiting for a lock and was begun
    again, and why it failed (empty: it did not)."""

    file: str
    took_s: float
    gave_up: int = 0
    error: str = ""


class Stopped(Exception):
    """A step may not run: rows are there that it must not find. Carries the step."""

    def __init__(self, step: Step) -> None:
        super().__init__(f"{step.slug}: something is in its way; ask: {step.must_be_empty}")
        self.step = step


async def run(
    connection: asyncpg.Connection[Any], files: Sequence[File],
    told: Callable[[File, Done], Awaitable[None] | None] = lambda *_: None, *, back: bool = False,
) -> list[Done]:  # fmt: skip
    """Run files forward, or `back` from the last to the first. Raises Stopped before a step whose
    question has an answer; any other failure is in the last `Done`."""
    import asyncpg

    out: list[Done] = []
    await connection.execute(f"SET lock_timeout = '{LOCK_WAIT.value:g}s'")
    for file in reversed(files) if back else files:
        if not back:
            await _ask(connection, file)
        start, gave_up, error = time.monotonic(), 0, ""
        while True:
            try:
                await _one(connection, file, back)
            except asyncpg.LockNotAvailableError:
                gave_up += 1
                if gave_up < TRIES_MOST:
                    await asyncio.sleep(AGAIN_S)
                    continue
                error = f"gave up its lock {TRIES_MOST} times"
            except asyncpg.PostgresError as err:
                error = f"{type(err).__name__}: {err}"
            break
        out.append(Done(file.name, time.monotonic() - start, gave_up, error))
        answer = told(file, out[-1])
        if answer is not None:
            await answer
        if error:
            break
    return out


async def _ask(connection: asyncpg.Connection[Any], file: File) -> None:
    for step in file.steps:
        if step.must_be_empty and await connection.fetch(step.must_be_empty):
            raise Stopped(step)


async def _one(connection: asyncpg.Connection[Any], file: File, back: bool) -> None:
    steps = list(reversed(file.steps)) if back else file.steps
    statements = [sql for step in steps for sql in (step.down if back else step.up)]
    if any(step.each for step in steps):
        for query in statements:
            for row in await connection.fetch(query):
                await connection.execute(row[0])
        return
    if not file.transaction:
        for sql in statements:
            await connection.execute(sql)
        return
    async with connection.transaction():
        for sql in statements:
            await connection.execute(sql)
