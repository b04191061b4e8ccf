"""What is done with a running pipeline: calibrate, predict, measure, break, count, erase."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from backend_lead.analysis.catching_up import simulated
from backend_lead.kernel.stats import t95
from backend_lead.trial.pipeline.checks import reconciled
from backend_lead.trial.pipeline.forgetting import Forgetting, forgetting
from backend_lead.trial.pipeline.proof import (
    Calibration,
    Compared,
    Erased,
    Outage,
    Proof,
    line,
    quantiles,
)
from backend_lead.trial.pipeline.running import (
    CONSUMER,
    MARK_WINDOW_S,
    STREAM,
    Pipeline,
    connected,
    streaming,
    until,
)
from backend_lead.trial.pipeline.serving import (
    SINK_WORD,
    Serving,
    agrees,
    broken,
    costs,
    fresh,
    traces,
)
from backend_lead.trial.pipeline.source import Source
from backend_lead.trial.pipeline.watching import seen
from backend_lead.trial.workers.worker import now
from backend_lead.views.data.freshness import Costs, backlog, catch_up, freshness, waits
from backend_lead.views.data.freshness import Pipeline as Predicted
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.outbox import ERASURE

CALIBRATE_S, STEADY_S, OUTAGE_S = 2.5, 6.0, 2.5
OUTAGES = 3
SETTLE_S = 1.0
WARM_S = 1.5  # first looks and loads are slower: caches fill, modules are loaded
SLOW, QUICK = 0.4, 1.6  # of the rate, in the calibration: two sizes of looks and loads
PINGS = 40


@dataclass
class Act:
    """A running pipeline, what is found out about it, and how long to measure (1: as in a gate)."""

    line: Pipeline
    proof: Proof
    longer: float
    told: Callable[[str], None]
    layer: Layer | None = None
    serving: Serving | None = None
    steady_s: tuple[float, float] = (0.0, 0.0)  # from when to when freshness was measured

    @property
    def consumers(self) -> tuple[str, ...]:
        """Who takes events, as the broker calls them."""
        return (CONSUMER, SINK_WORD) if self.serving else (CONSUMER,)


async def perform(act: Act) -> None:
    """All of it."""
    if act.serving:
        await act.serving.start()
    began = now()
    source = Source(act.line.postgres.url, act.line.rows, act.proof.rate_per_s)
    writing = asyncio.create_task(source.run())
    try:
        act.told("calibrating")
        act.proof.calibration = await calibrated(act, source)
        expected = predicted(act.proof, act.proof.calibration)
        act.told("measuring freshness")
        online = costs(act.serving, act.proof.calibration, began) if act.serving else None
        await steady(act, expected)
        if act.serving and online:
            act.proof.compared += fresh(act.serving, online, act.proof.rate_per_s,
                                        act.proof.poll_s, act.proof.batch, act.steady_s,
                                        act.proof.seed)  # fmt: skip
        act.told("the sink is away")
        await sink_outages(act)
        act.told("the relay is killed between publishing and marking")
        await relay_crash(act)
        act.told("the store is killed")
        await store_crash(act)
        if act.serving:
            act.told("the online store is blocked, and killed")
            act.proof.served = await broken(act.serving, act.steady_s)
        source.stop()
        await writing
    finally:
        source.stop()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    act.proof.events, act.proof.again = source.written, source.again
    act.proof.source_behind_s = source.behind_s
    act.proof.compared.append(caught(act.proof, expected))
    act.told("a person is erased")
    await act.line.emptied(act.consumers)
    await erased(act)
    act.told("counting")
    act.line.sink.kill()
    await counted(act)


async def calibrated(act: Act, source: Source) -> Calibration:
    """Costs of looks and loads from two loads that are not the one predicted for."""
    await asyncio.sleep(WARM_S)
    looked, loaded = len(act.line.looks.lines()), len(act.line.loaded())
    for share in (SLOW, QUICK):
        source.rate_per_s = act.proof.rate_per_s * share
        await asyncio.sleep(CALIBRATE_S * act.longer)
    looks = [row for row in act.line.looks.lines()[looked:] if "took" in row]
    loads = act.line.loaded()[loaded:]
    if len(looks) < 4 or len(loads) < 4:
        raise RuntimeError("the calibration saw too little to predict from")
    look_s, publish_s = line([(row["n"], row["took"]) for row in looks])
    load_s, row_s = line([(row["n"], row["took"]) for row in loads])
    source.rate_per_s = act.proof.rate_per_s
    return Calibration(look_s, publish_s, await _broker_s(act), load_s, row_s, len(looks),
                       len(loads))  # fmt: skip


async def _broker_s(act: Act) -> float:
    """Half of the time in which the broker acknowledges one event: its way there."""
    took = []
    async with streaming(act.line.nats.url) as (broker, _):
        for _ in range(PINGS):
            began = time.perf_counter()
            await broker.flush()
            took.append(time.perf_counter() - began)
    return sorted(took)[PINGS // 2] / 2


def predicted(proof: Proof, found: Calibration) -> Predicted:
    """The pipeline as the closed form knows it, with the costs that were measured."""
    costs = Costs(found.look_s, found.publish_s, found.broker_s, found.load_s, found.row_s)
    made = Predicted(proof.rate_per_s, proof.poll_s, proof.batch, proof.every_s, proof.batch,
                     costs, costs, costs)  # fmt: skip
    proof.waiting_share = waits(made)
    return made


async def steady(act: Act, expected: Predicted) -> None:
    """The age of events when they can be asked for, against the prediction."""
    await asyncio.sleep(SETTLE_S)
    first = now()
    await asyncio.sleep(STEADY_S * act.longer)
    last = now()
    act.steady_s = (first, last)
    await asyncio.sleep(SETTLE_S)
    act.proof.notes.append(f"freshness of events that happened in {last - first:.1f} s")
    act.line.sink.kill()  # one process at a time opens a DuckDB file; the outage begins here
    groups = _ages(act, first, last)
    for q, word in ((0.5, "p50"), (0.99, "p99")):
        value, low, high = quantiles(groups, q, act.proof.seed)
        act.proof.compared.append(
            Compared(f"freshness_{word}", f"Age of events in the warehouse, {word}",
                     freshness(expected, q).value, value, low, high, sum(map(len, groups)))
        )  # fmt: skip


def _ages(act: Act, first: float, last: float) -> list[list[float]]:
    """Ages of the events that happened in a span of time, by the load that brought them."""
    import duckdb

    committed = {row["load"]: row["committed"] for row in act.line.loaded()}
    groups: dict[int, list[float]] = {}
    with duckdb.connect(str(act.line.warehouse), read_only=True) as warehouse:
        rows = warehouse.execute(
            "SELECT load, epoch(happened_at) FROM events WHERE epoch(happened_at) BETWEEN ? AND ?",
            [first, last],
        ).fetchall()
    for load, happened in rows:
        if load in committed:
            groups.setdefault(load, []).append(committed[load] - happened)
    return list(groups.values())


async def sink_outages(act: Act) -> None:
    """The sink, killed before, is away some times; each from its return until a load takes all that
    waits. One outage is known to one load only, so their lengths differ by parts of what one makes
    up for: on the mean a load more or less is evened out."""
    batch, rate = act.proof.batch, act.proof.rate_per_s
    one_load_s = batch / rate - act.proof.every_s
    for i in range(OUTAGES):
        if i:
            await asyncio.sleep(SETTLE_S)
            act.line.sink.kill()
        last = act.line.loaded()[-1]["began"]
        await asyncio.sleep(OUTAGE_S * act.longer + i / OUTAGES * one_load_s)
        before = len(act.line.loaded())
        await act.line.start_sink()

        def caught_up(before: int = before) -> list[dict[str, Any]]:
            return [row for row in act.line.loaded()[before:] if row["n"] < batch]

        done = (await until(caught_up, "the sink did not catch up"))[0]["committed"]
        first = act.line.loaded()[before]["began"]
        act.proof.outages.append(Outage(first - last, done - first))
    act.proof.crashes["sink killed"] = OUTAGES


def caught(proof: Proof, expected: Predicted) -> Compared:
    """What outages took to make up for, against the law and the kernel, each with its own length:
    compared by their means, as they are few."""
    away = proof.outages
    law = [catch_up(expected, one.away_s).value for one in away]
    runs = [simulated(expected, one.away_s, proof.seed) for one in away]
    seen = [one.took_s for one in away]
    off = t95(len(away)) * stdev(a - b for a, b in zip(seen, law, strict=True)) / len(away) ** 0.5
    return Compared(
        "catch_up", f"Catching up, mean of {len(away)} outages of the sink", fmean(law),
        fmean(seen), max(0.0, fmean(seen) - off), fmean(seen) + off,
        int(sum(backlog(expected, one.away_s) for one in away)),
        fmean(one.until_s for one in runs),
    )  # fmt: skip


async def relay_crash(act: Act) -> None:
    """The relay dies with events published and not marked, once within the time in which the broker
    knows them again and once after it."""
    for rest in (0.0, MARK_WINDOW_S + SETTLE_S):
        act.line.relay.kill()
        act.line.relay.start(crash=True)
        await until(lambda: not act.line.relay.running, "the relay was not killed")
        died = now()
        await asyncio.sleep(rest)
        act.line.relay.start()
        await _relay_back(act, died)
    looks = act.line.looks.lines()
    act.proof.crashes["relay killed"] = sum(1 for row in looks if "crashed" in row)
    act.proof.known_at_broker = sum(row.get("known", 0) for row in looks)


async def _relay_back(act: Act, since: float) -> None:
    """Wait until the relay has published something after a moment."""

    def looked() -> list[dict[str, Any]]:
        return [row for row in act.line.looks.lines() if row.get("began", 0) > since]

    await until(looked, "the relay did not come back")


async def store_crash(act: Act) -> None:
    """The store is killed with changes under way, and comes back."""
    began = now()
    act.line.postgres.kill()
    await asyncio.to_thread(act.line.postgres.start)
    act.proof.crashes["store away (s)"] = round(now() - began, 2)
    back = now()
    await until(lambda: [r for r in act.line.looks.lines() if r.get("began", 0) > back],
                "the relay did not find the store again")  # fmt: skip
    await asyncio.sleep(SETTLE_S)


async def erased(act: Act) -> None:
    """One person leaves: the store, the outbox, the stream and the warehouse."""
    rows = act.line.rows
    if not rows.people or rows.table.person in rows.table.key:
        act.proof.notes.append("no row says whose it is, so no erasure was tried")
        return
    how = forgetting(act.layer, rows.table) if act.layer else None
    if how is None:
        act.proof.notes.append("no table of the design is of the people whose rows these are, so "
                               "nothing of it erases them")  # fmt: skip
        return
    person = rows.people[0]
    store = await connected(act.line.postgres.url)
    try:
        await how.prepare(store, person)
        began = now()
        token = await store.fetchval("SELECT person_token($1)", str(person))
        act.line.sink.kill()
        before = await _traces(act, how, store, person, token)
        await act.line.start_sink()
        await how.erase(store, person)
        await act.line.emptied(act.consumers)
        async with streaming(act.line.nats.url) as (_, js):
            topic = act.proof.topic
            await js.purge_stream(STREAM, subject=f"{topic}.{token}")
        took = now() - began
        act.line.sink.kill()
        after = await _traces(act, how, store, person, token)
    finally:
        await store.close()
    if how.stays:
        kept = before.pop("store")
        after.pop("store")
        act.proof.notes.append(f"{kept} rows of the person stay in the store: {how.stays}")
    act.proof.erased = Erased(token, before, after, took)


async def _traces(act: Act, how: Forgetting, store: Any, person: Any, token: str) -> dict[str, int]:
    """Rows and messages that hold something of a person, by place. The sink must be away."""
    import duckdb

    async with streaming(act.line.nats.url) as (_, js):
        told = await js.stream_info(STREAM, subjects_filter=f"{act.proof.topic}.{token}")
        in_stream = sum((told.state.subjects or {}).values())
    with duckdb.connect(str(act.line.warehouse)) as warehouse:
        loaded = {
            f"warehouse {name}": warehouse.execute(
                f"SELECT count(*) FROM {name} WHERE person = ?", [token]
            ).fetchall()[0][0]
            for name in ("events", "latest")
        }
    return {
        "store": await how.rows(store, person),
        "outbox": await store.fetchval(
            "SELECT count(*) FROM outbox WHERE person = $1 AND row IS NOT NULL "
            "AND table_name <> $2",
            token, ERASURE,
        ),
        "stream": in_stream,
        **loaded,
        **(await traces(act.serving, token) if act.serving else {}),
    }  # fmt: skip


async def counted(act: Act) -> None:
    """Counts, sums and contents of both sides."""
    import duckdb

    store = await connected(act.line.postgres.url)
    try:
        with duckdb.connect(str(act.line.warehouse)) as warehouse:
            act.proof.reconciled = await reconciled(store, warehouse, act.line.rows)
            act.proof.watched = await seen(store, warehouse, act.line.stream)
        if act.serving and act.proof.served:
            gone = [act.proof.erased.person] if act.proof.erased else []
            await agrees(act.serving, act.proof.served, store, gone)
    finally:
        await store.close()
    loads = act.line.loaded()
    act.proof.known_at_sink = sum(row["n"] - row["new"] for row in loads)
