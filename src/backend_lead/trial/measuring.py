"""How long a statement keeps the database busy: its server process's own time on a core.

Time on a core is what the model calls a demand: waiting for others, for us and for disks is not in
it, and what else runs on this machine disturbs it little. Where the system does not tell it, the
time from asking to answer is taken, and said to be.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal

BATCHES = 20
STUDENT = 2.093  # 97.5 % quantile of Student's t with BATCHES - 1 degrees of freedom
BATCH_S = 0.02  # of a batch: far above the clock's steps
MOST_S = 4.0  # for one statement, as long as that gives the fewest batches
FEWEST = 5
FEW_STUDENT = 2.776  # the same quantile with FEWEST - 1 degrees of freedom
WARM = 6  # runs before: plans are kept from the sixth on (PostgreSQL, plancache.c)


@dataclass(frozen=True)
class Demand:
    """Seconds a statement takes, with the 95 % interval of the mean, and what was counted."""

    mean_s: float
    low_s: float
    high_s: float
    runs: int
    counted: Literal["core", "clock"]


def core_s(pid: int) -> float | None:
    """Seconds a process has been on a core; None where the system does not say."""
    try:
        said = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii")
        return int(said.split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


async def measured(
    connection: Any, sql: str, draws: Sequence[Sequence[Any]], *, keep: bool, times: int,
    check: Callable[[], None] = lambda: None,
) -> Demand:  # fmt: skip
    """What one run takes; a run is a transaction of `times` statements, undone unless to `keep`."""
    prepared = await connection.prepare(sql)
    pid = int(await connection.fetchval("SELECT pg_backend_pid()"))
    turn = _Turn(connection, prepared, draws, keep, times)
    began = time.monotonic()
    await turn.run(WARM)
    each = max((time.monotonic() - began) / WARM, 1e-6)
    size = max(1, round(BATCH_S / each))
    counted: Literal["core", "clock"] = "clock" if core_s(pid) is None else "core"
    seen: list[float] = []
    while len(seen) < BATCHES:
        if len(seen) >= FEWEST and time.monotonic() - began > MOST_S:
            break
        check()
        before = core_s(pid) if counted == "core" else time.monotonic()
        await turn.run(size)
        after = core_s(pid) if counted == "core" else time.monotonic()
        assert before is not None and after is not None
        seen.append((after - before) / size)
    middle = mean(seen)
    student = STUDENT if len(seen) == BATCHES else FEW_STUDENT
    half = student * stdev(seen) / math.sqrt(len(seen))
    return Demand(middle, max(0.0, middle - half), middle + half, size * len(seen), counted)


@dataclass
class _Turn:
    """Runs a statement again and again, with one draw after the other."""

    connection: Any
    prepared: Any
    draws: Sequence[Sequence[Any]]
    keep: bool
    times: int
    at: int = 0

    async def run(self, size: int) -> None:
        for _ in range(size):
            if self.keep and self.times == 1:
                await self._once()
                continue
            transaction = self.connection.transaction()
            await transaction.start()
            try:
                for _ in range(self.times):
                    await self._once()
            finally:
                await (transaction.commit() if self.keep else transaction.rollback())

    async def _once(self) -> None:
        values = self.draws[self.at % len(self.draws)]
        self.at += 1
        await self.prepared.fetch(*values)
