"""The relay as a process: looks into the outbox, publishes what waits, marks it. At least once."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from backend_lead.trial.workers.worker import Journal, given, lost, now

AGAIN_S = 0.2  # after an error: a store or a broker that comes back is found soon


async def relay(told: dict[str, Any]) -> None:
    """Look for ever; whatever fails is tried again from what is still marked as waiting."""
    import asyncpg
    import nats

    journal = Journal(Path(told["journal"]))
    broker = await nats.connect(told["broker"], max_reconnect_attempts=-1)
    stream = broker.jetstream(timeout=5)
    while True:
        try:
            store = await asyncpg.connect(told["store"], timeout=5)
        except lost():
            await asyncio.sleep(AGAIN_S)
            continue
        with suppress(*lost()):
            while True:
                took = await look(store, stream, told, journal)
                if took < told["batch"]:
                    await asyncio.sleep(told["poll_s"])
        with suppress(Exception):
            store.terminate()
        await asyncio.sleep(AGAIN_S)


async def look(store: Any, stream: Any, told: dict[str, Any], journal: Journal) -> int:
    """Publish what waits in one lane, in order, and mark it in the transaction that holds the
    lane. Gives the number of events."""
    began = now()
    async with store.transaction():
        lane = await store.fetchval(told["take_lane"])
        if lane is None:
            return 0
        rows = await store.fetch(told["waiting"], lane, told["batch"])
        sent = [
            await stream.publish_async(
                row["subject"], (row["row"] or "").encode(), headers=_about(row)
            )
            for row in rows
        ]  # fmt: skip
        answers = await asyncio.wait_for(asyncio.gather(*sent), 10) if sent else []
        if told.get("crash") and rows:
            journal.add(crashed=now(), n=len(rows))
            os.kill(os.getpid(), signal.SIGKILL)
        await store.execute(told["mark"], [r["happened_at"] for r in rows], [r["id"] for r in rows])
        await store.execute(told["looked"], lane)
    if rows:
        known = sum(1 for answer in answers if answer.duplicate)
        journal.add(began=began, n=len(rows), took=now() - began, known=known)
    return len(rows)


def _about(row: Any) -> dict[str, str]:
    """The headers of an event; the broker recognises its id for a while."""
    return {
        "Nats-Msg-Id": str(row["event_id"]), "table": row["table_name"], "row-key": row["row_key"],
        "person": row["person"], "change": row["change"], "version": str(row["id"]),
        "happened-at": row["happened_at"].isoformat(),
    }  # fmt: skip


if __name__ == "__main__":
    asyncio.run(relay(given()))
