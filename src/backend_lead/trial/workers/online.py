"""The consumer of an online answer as a process: takes events into the online store.

Nothing is acknowledged before it is committed. A store that was emptied by a crash is filled again
from the stream, from where its window begins.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from backend_lead.trial.workers.sink import take
from backend_lead.trial.workers.worker import Journal, given, lost, now

AGAIN_S = 0.1


async def online(told: dict[str, Any]) -> None:
    """Take for ever; a store that is away is looked for."""
    import asyncpg
    import nats

    journal = Journal(Path(told["journal"]))
    broker = await nats.connect(told["broker"], max_reconnect_attempts=-1)
    while True:
        with suppress(*lost()):
            store = await asyncpg.connect(told["store"], timeout=5)
            try:
                await _serve(store, broker, told, journal)
            finally:
                store.terminate()
        await asyncio.sleep(AGAIN_S)


async def _serve(store: Any, broker: Any, told: dict[str, Any], journal: Journal) -> None:
    for statement in told["tables"]:
        await store.execute(statement)
    if not await store.fetchval(told["begun"]):
        await _from_the_window(broker, told)
        journal.add(rebuilds=now())
    inbox = broker.new_inbox()
    answers = await broker.subscribe(inbox)
    ask = f"$JS.API.CONSUMER.MSG.NEXT.{told['stream']}.{told['consumer']}"
    journal.add(ready=now())
    due = now()
    while True:
        began = now()
        messages = await take(broker, answers, ask, inbox, told["batch"])
        upto, ages = began, list[float]()
        if len(messages) == told["batch"]:
            upto = min(began, _happened(messages[-1]).timestamp())
        async with store.transaction():
            if messages:
                await _load(store, messages, told)
            await store.execute(told["told"], datetime.fromtimestamp(upto, UTC))
        committed = now()
        for message in messages:
            await broker.publish(message.reply, b"+ACK")
            ages.append(committed - _happened(message).timestamp())
        if messages:
            await broker.flush()
            ages.sort()
            await store.execute(told["noted"], len(ages), ages[len(ages) // 2],
                                ages[int(len(ages) * 0.99)])  # fmt: skip
            journal.add(began=began, committed=committed, n=len(ages), took=committed - began,
                        happened=[committed - age for age in ages])  # fmt: skip
        due = max(due + told["every_s"], now())
        if len(messages) == told["batch"]:
            due = now()  # there is more: after an outage, or from where the window begins
        await asyncio.sleep(max(0.0, due - now()))


async def _from_the_window(broker: Any, told: dict[str, Any]) -> None:
    """Make the consumer anew, beginning where the window does."""
    from nats.js.api import ConsumerConfig, DeliverPolicy
    from nats.js.errors import NotFoundError

    stream = broker.jetstream(timeout=5)
    with suppress(NotFoundError):
        await stream.delete_consumer(told["stream"], told["consumer"])
    first = datetime.now(UTC) - timedelta(seconds=told["window_s"])
    await stream.add_consumer(told["stream"], ConsumerConfig(
        durable_name=told["consumer"], ack_wait=told["ack_wait_s"], max_ack_pending=-1,
        deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=first,
    ))  # fmt: skip


async def _load(store: Any, messages: list[Any], told: dict[str, Any]) -> None:
    """What a batch says of persons to forget, and of rows."""
    gone = [m.headers["person"] for m in messages if m.headers["change"] == "erase"]
    if gone:
        for statement in told["forget"]:
            await store.execute(statement, gone)
    rows = [_row(m, told) for m in messages if m.headers["table"] == told["table"]]
    if rows:
        await store.execute(told["take"], *(list(column) for column in zip(*rows, strict=True)))


def _row(message: Any, told: dict[str, Any]) -> tuple[Any, ...]:
    """What is kept of an event. A deleted row says nothing but that it is gone."""
    about, body = message.headers, message.data.decode()
    row = json.loads(body, parse_float=Decimal) if body else {}
    by = about["person"] if told["by_person"] else row.get(told["by"])
    return (
        about["row-key"], None if by is None else str(by),
        row.get(told["currency"], "") if row else None, about["person"], int(about["version"]),
        about["change"] == "delete", _happened(message) if about["change"] == "insert" else None,
        *(None if row.get(c) is None and not row else Decimal(row.get(c) or 0)
          for c in told["sums"]),
    )  # fmt: skip


def _happened(message: Any) -> datetime:
    return datetime.fromisoformat(message.headers["happened-at"])


if __name__ == "__main__":
    asyncio.run(online(given()))
