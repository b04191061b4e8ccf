"""The pipeline on real parts: store, relay, broker, sink, warehouse; each can be killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend_lead.trial.drivers import CannotRun, Server
from backend_lead.trial.pipeline.made_rows import Rows
from backend_lead.trial.workers.worker import Journal, Worker
from backend_lead.views.data.ddl import create_table
from backend_lead.views.data.outbox import (
    LOOKED,
    MARK,
    TAKE_LANE,
    WAITING,
    outbox_tables,
    writers,
)
from backend_lead.views.data.sink import (
    ADD,
    BEAT_S,
    FORGET,
    INCOMING,
    LAST_LOAD,
    LOADED,
    PUT_ASIDE,
    STAGE,
    TABLES,
)
from backend_lead.views.data.streams import Stream

STREAM, CONSUMER = "changes", "warehouse"
MARK_WINDOW_S = 2.0  # of the trial: short, so that events also come again after it
ACK_WAIT_S = 2.0  # of the trial: what a killed sink had taken comes again soon
WAIT_S, LOOK_S = 30.0, 0.05


@dataclass
class Pipeline:
    """A running pipeline for one stream of a model."""

    stream: Stream
    rows: Rows
    postgres: Server
    nats: Server
    folder: Path
    relay: Worker
    sink: Worker

    @property
    def looks(self) -> Journal:
        return Journal(self.folder / "relay.jsonl")

    @property
    def loads(self) -> Journal:
        return Journal(self.folder / "sink.jsonl")

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def loaded(self) -> list[dict[str, Any]]:
        """The loads so far."""
        return [row for row in self.loads.lines() if "load" in row]

    async def start_sink(self) -> float:
        """Start the sink and wait until it takes events; gives when that was."""
        before = len(self.loads.lines())
        self.sink.start()
        found = await until(lambda: [r for r in self.loads.lines()[before:] if "ready" in r],
                            "the sink did not start")  # fmt: skip
        return float(found[0]["ready"])

    async def emptied(self, consumers: tuple[str, ...] = (CONSUMER,)) -> None:
        """Wait until everything that was written has been loaded by consumers."""
        store = await connected(self.postgres.url)
        try:

            async def waiting() -> int:
                return int(await store.fetchval(
                    "SELECT count(*) FROM outbox WHERE published_at IS NULL"))  # fmt: skip

            await until(waiting, "the outbox was not emptied", wanted=False)
        finally:
            await store.close()
        async with streaming(self.nats.url) as (_, js):

            async def pending() -> int:
                told = [await js.consumer_info(STREAM, name) for name in consumers]
                return sum(int(t.num_pending or 0) + int(t.num_ack_pending or 0) for t in told)

            await until(pending, "the sink did not take everything", wanted=False)


async def until(asked: Callable[[], Any], what: str, *, wanted: bool = True) -> Any:
    """Ask until the answer is something (or nothing). Raises CannotRun after a while."""
    deadline = time.monotonic() + WAIT_S
    while True:
        found = asked()
        if asyncio.iscoroutine(found):
            found = await found
        if bool(found) == wanted:
            return found
        if time.monotonic() > deadline:
            raise CannotRun(f"{what} within {WAIT_S:.0f} s")
        await asyncio.sleep(LOOK_S)


async def connected(url: str) -> Any:
    """A connection to the store."""
    import asyncpg

    return await asyncpg.connect(url, timeout=10)


@asynccontextmanager
async def streaming(url: str) -> AsyncIterator[tuple[Any, Any]]:
    """A connection to the broker and its streams."""
    import nats

    broker = await nats.connect(url)
    try:
        yield broker, broker.jetstream(timeout=5)
    finally:
        await broker.close()


@asynccontextmanager
async def pipeline(
    stream: Stream, seed: int, postgres: Server, nats: Server, folder: Path, *, poll_s: float,
    every_s: float, batch: int, by: str = "",
) -> AsyncIterator[Pipeline]:  # fmt: skip
    """Tables, outbox and stream made, relay and sink started; both gone when the block ends."""
    table = replace(stream.table, foreign=(), parts=None)
    own = replace(stream, tables=(table,))
    store = await connected(postgres.url)
    try:
        for statement in (create_table(table), *outbox_tables(1), *writers(own, 1)):
            await store.execute(statement.sql)
    finally:
        await store.close()
    async with streaming(nats.url) as (_, js):
        from nats.js.api import ConsumerConfig, StreamConfig

        topic = stream.topic.partition(".")[0]
        await js.add_stream(StreamConfig(name=STREAM, subjects=[f"{topic}.>"],
                                         duplicate_window=MARK_WINDOW_S))  # fmt: skip
        await js.add_consumer(STREAM, ConsumerConfig(durable_name=CONSUMER, ack_wait=ACK_WAIT_S,
                                                     max_ack_pending=-1))  # fmt: skip
    both = {"broker": nats.url, "stream": STREAM, "consumer": CONSUMER}
    relay = Worker("relay", {**both, "store": postgres.url, "batch": batch, "poll_s": poll_s,
                             "take_lane": TAKE_LANE, "waiting": WAITING, "mark": MARK,
                             "looked": LOOKED, "journal": str(folder / "relay.jsonl")})  # fmt: skip
    sink = Worker("sink", {**both, "batch": batch, "every_s": every_s,
                           "tables": TABLES, "incoming": INCOMING, "stage": STAGE,
                           "forget": FORGET, "add": ADD, "put_aside": PUT_ASIDE,
                           "loaded": LOADED, "last_load": LAST_LOAD, "beat_s": BEAT_S,
                           "journal": str(folder / "sink.jsonl"),
                           "warehouse": str(folder / "warehouse.duckdb")})  # fmt: skip
    made = Pipeline(own, Rows(table, seed, by), postgres, nats, folder, relay, sink)
    try:
        relay.start()
        await made.start_sink()
        yield made
    finally:
        with suppress(Exception):
            relay.kill()
        with suppress(Exception):
            sink.kill()
