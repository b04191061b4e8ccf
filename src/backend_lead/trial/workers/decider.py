"""Decisions that wait for an online answer, as a process: each is made in time, with or without.

A decision never opens a connection: that is done beside it. What has no answer within its time, or
one that is too old, is decided by the fallback.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from backend_lead.trial.workers.worker import Journal, given, lost, now

AGAIN_S = 0.05


class Decider:
    """Asks an online store, and knows what to do without it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self._store: Any = None

    async def decide(self, key: str) -> str:
        """By what a decision was made: `store`, or `away`, `slow` or `old`, which are the
        fallback."""
        store = self._store
        if store is None:
            return "away"
        try:
            async with asyncio.timeout(self.told["within_s"]):
                rows = await store.fetch(self.told["read"], key)
        except TimeoutError:
            self._drop(store)
            return "slow"
        except lost():
            self._drop(store)
            return "away"
        if not rows or now() - rows[0]["told_at"].timestamp() > self.told["fresh_s"]:
            return "old"
        return "store"

    def _drop(self, store: Any) -> None:
        if self._store is store:
            self._store = None
        with suppress(Exception):
            store.terminate()

    async def connect(self) -> None:
        """Keep a connection open, for ever."""
        import asyncpg

        while True:
            if self._store is None:
                with suppress(asyncpg.PostgresError, *lost()):
                    store = await asyncpg.connect(self.told["store"], timeout=2)
                    await store.fetch(self.told["read"], "")  # prepared before a decision needs it
                    self._store = store
            await asyncio.sleep(AGAIN_S)


async def decisions(told: dict[str, Any]) -> None:
    """Decide at a steady rate, about keys in turn, and write down how long each took."""
    journal, dice = Journal(Path(told["journal"])), Random(told["seed"])
    decider = Decider(told)
    connecting = asyncio.create_task(decider.connect())
    due = now()
    while not connecting.done():
        due = max(due + 1 / told["rate_per_s"], now())
        await asyncio.sleep(max(0.0, due - now()))
        began = time.perf_counter()
        by = await decider.decide(dice.choice(told["keys"]))
        journal.add(at=now(), took=time.perf_counter() - began, by=by)
    connecting.result()


if __name__ == "__main__":
    asyncio.run(decisions(given()))
