"""The sink as a process: takes what waits at the broker, loads it as one transaction, acknowledges.

Nothing is acknowledged before it is committed, and what comes again changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backend_lead.trial.workers.worker import Journal, given, now

TAKE_S = 5.0  # for the broker's answer


async def sink(told: dict[str, Any]) -> None:
    """Load each `every_s`, at most `batch` events."""
    import duckdb
    import nats

    journal = Journal(Path(told["journal"]))
    warehouse = duckdb.connect(told["warehouse"], config={"threads": 1})
    for statement in told["tables"]:
        warehouse.execute(statement)
    load = warehouse.execute(told["last_load"]).fetchall()[0][0]
    broker = await nats.connect(told["broker"], max_reconnect_attempts=-1)
    inbox = broker.new_inbox()
    answers = await broker.subscribe(inbox)
    ask = f"$JS.API.CONSUMER.MSG.NEXT.{told['stream']}.{told['consumer']}"
    journal.add(ready=now())
    due, beat = now(), 0.0
    while True:
        began = now()
        messages = await take(broker, answers, ask, inbox, told["batch"])
        if messages:
            load += 1
            new = _load(warehouse, messages, load, told)
            committed = now()
            for message in messages:
                await broker.publish(message.reply, b"+ACK")
            await broker.flush()
            journal.add(load=load, n=len(messages), new=new, began=began, committed=committed,
                        took=now() - began)  # fmt: skip
            beat = committed
        elif began - beat > told["beat_s"]:
            load, beat = load + 1, began
            warehouse.execute(told["loaded"], [load, datetime.now(UTC), 0])
        due = max(due + told["every_s"], now())
        await asyncio.sleep(max(0.0, due - now()))


async def take(broker: Any, answers: Any, ask: str, inbox: str, most: int) -> list[Any]:
    """What waits now, at most so many; without waiting for more."""
    await broker.publish(ask, json.dumps({"batch": most, "no_wait": True}).encode(), reply=inbox)
    out: list[Any] = []
    while len(out) < most:
        try:
            message = await answers.next_msg(timeout=TAKE_S)
        except TimeoutError:
            break
        if not message.data and (message.headers or {}).get("Status"):
            break
        out.append(message)
    return out


def _load(warehouse: Any, messages: list[Any], load: int, told: dict[str, Any]) -> int:
    """Load events as one transaction; gives how many were new. What cannot be read is put aside,
    so that it holds up nothing; so is what cannot be loaded, looked for by halves."""
    import duckdb

    good: list[dict[str, Any]] = []
    aside: list[tuple[Any, ...]] = []
    for message in messages:
        try:
            good.append(_read(message, load))
        except (KeyError, ValueError, TypeError) as err:
            aside.append(_aside(message, err))
    try:
        warehouse.execute("BEGIN")
        warehouse.execute(told["stage"], [[row[name] for row in good] for name in told["incoming"]])
        for statement in told["forget"]:
            warehouse.execute(statement)
        before = warehouse.execute("SELECT count(*) FROM events").fetchall()[0][0]
        for statement in told["add"]:
            warehouse.execute(statement)
        for row in aside:
            warehouse.execute(told["put_aside"], row)
        after = warehouse.execute("SELECT count(*) FROM events").fetchall()[0][0]
        warehouse.execute(told["loaded"], [load, datetime.now(UTC), len(messages)])
        warehouse.execute("COMMIT")
    except duckdb.Error as err:
        warehouse.execute("ROLLBACK")
        if len(messages) == 1:
            warehouse.execute(told["put_aside"], _aside(messages[0], err))
            return 0
        half = len(messages) // 2
        return sum(_load(warehouse, part, load, told)
                   for part in (messages[:half], messages[half:]))  # fmt: skip
    return int(after - before)


def _aside(message: Any, err: Exception) -> tuple[Any, ...]:
    """A dead letter: what it was, where it came from, and why it is one."""
    return (
        (message.headers or {}).get("Nats-Msg-Id", ""), message.subject,
        f"{type(err).__name__}: {err}", datetime.now(UTC), message.data.decode(errors="replace"),
    )  # fmt: skip


def _read(message: Any, load: int) -> dict[str, Any]:
    """An event as the warehouse takes it. Raises KeyError or ValueError where it is none."""
    about = message.headers
    body = message.data.decode()
    if body:
        json.loads(body)
    return {
        "event_id": uuid.UUID(about["Nats-Msg-Id"]), "topic": message.subject.rpartition(".")[0],
        "table_name": about["table"], "row_key": about["row-key"], "person": about["person"],
        "change": about["change"], "version": int(about["version"]),
        "happened_at": datetime.fromisoformat(about["happened-at"]), "load": load,
        "row": body or None,
    }  # fmt: skip


if __name__ == "__main__":
    asyncio.run(sink(given()))
