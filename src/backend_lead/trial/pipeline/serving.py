"""The online store of a design on a real part: filled from the stream, asked, blocked, killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from backend_lead.trial.drivers import Server
from backend_lead.trial.pipeline.made_rows import Rows
from backend_lead.trial.pipeline.proof import Calibration, Compared, Served, line, quantiles
from backend_lead.trial.pipeline.running import ACK_WAIT_S, STREAM, connected, until
from backend_lead.trial.workers.worker import Journal, Worker, now
from backend_lead.views.data import online
from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.freshness import Costs, Pipeline, freshness
from backend_lead.views.data.online import OnlineStore

ASKED_PER_S = 100.0  # decisions of the trial
BLOCKED_S, AWAY_S = 1.0, 2.0
SINK_WORD = "online"  # what its consumer is called at the broker


@dataclass
class Serving:
    """A running online store, who fills it and who asks it."""

    kept: OnlineStore
    server: Server
    folder: Path
    every_s: float
    batch: int
    taker: Worker
    decider: Worker

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "online.jsonl")

    @property
    def loads(self) -> list[dict[str, Any]]:
        """What was taken so far."""
        return [row for row in self.journal.lines() if "committed" in row]

    @property
    def decided(self) -> list[dict[str, Any]]:
        """The decisions so far."""
        return Journal(self.folder / "decider.jsonl").lines()

    async def start(self) -> None:
        """Start both, and wait until a decision is made by the store."""
        self.taker.start()
        self.decider.start()
        await self.answers(0.0)

    async def answers(self, since: float) -> float:
        """Wait for a decision by the store after a moment; gives when that was."""
        found = await until(
            lambda: [d for d in self.decided if d["at"] > since and d["by"] == "store"],
            "the online store did not answer",
        )
        return float(found[0]["at"])

    def kill(self) -> None:
        """End both."""
        self.taker.kill()
        self.decider.kill()


def serving(
    kept: OnlineStore, server: Server, broker: str, folder: Path, rows: Rows, seed: int,
    every_s: float, batch: int,
) -> Serving:  # fmt: skip
    """The store of an answer with its workers, not started yet."""
    keys = [key_of(kept, value) for value in (rows.people if kept.by_person else rows.keys)]
    both = {"store": server.url, "fresh_s": kept.fresh_s, "within_s": kept.within_s}
    taker = Worker("online", {
        **both, "broker": broker, "stream": STREAM, "consumer": SINK_WORD, "batch": batch,
        "every_s": every_s, "window_s": kept.window_s, "ack_wait_s": ACK_WAIT_S,
        "tables": [s.sql for s in online.tables(kept)], "begun": online.begun(kept),
        "take": online.take(kept), "told": online.told(kept), "noted": online.noted(kept),
        "forget": online.forget(kept), "table": kept.table.name, "by": kept.by,
        "by_person": kept.by_person, "currency": kept.currency, "sums": kept.sums,
        "journal": str(folder / "online.jsonl"),
    })  # fmt: skip
    decider = Worker("decider", {**both, "read": online.read(kept), "keys": keys, "seed": seed,
                                 "rate_per_s": ASKED_PER_S,
                                 "journal": str(folder / "decider.jsonl")})  # fmt: skip
    return Serving(kept, server, folder, every_s, batch, taker, decider)


def key_of(kept: OnlineStore, value: Any) -> str:
    """What an answer is kept by: a value of its column, or the token of a person."""
    return sha256(str(value).encode()).hexdigest()[:32] if kept.by_person else str(value)


def costs(made: Serving, found: Calibration, since: float) -> Costs:
    """What the parts cost, its loads measured since a moment."""
    loads = [row for row in made.loads if row["began"] > since]
    if len(loads) < 4:
        raise RuntimeError("the calibration saw too few loads of the online store")
    load_s, row_s = line([(row["n"], row["took"]) for row in loads])
    return Costs(found.look_s, found.publish_s, found.broker_s, load_s, row_s)


def fresh(
    made: Serving, cost: Costs, rate_per_s: float, poll_s: float, relay_batch: int, span: tuple[
        float, float], seed: int,
) -> list[Compared]:  # fmt: skip
    """The age of events in the store, of those that happened in a span, against the prediction."""
    expected = Pipeline(rate_per_s, poll_s, relay_batch, made.every_s, made.batch, cost, cost, cost)
    groups = [
        [row["committed"] - t for t in row["happened"] if span[0] <= t <= span[1]]
        for row in made.loads
    ]
    groups = [group for group in groups if group]
    out = []
    for q, word in ((0.5, "p50"), (0.99, "p99")):
        value, low, high = quantiles(groups, q, seed)
        out.append(Compared(f"online_{word}", f"Age of events in the online store, {word}",
                            freshness(expected, q).value, value, low, high,
                            sum(map(len, groups))))  # fmt: skip
    return out


async def broken(made: Serving, span: tuple[float, float]) -> Served:
    """How quickly it answers in a steady span; then it is blocked, and killed, while decisions go
    on."""
    kept = made.kept
    steady = [d for d in made.decided if span[0] <= d["at"] <= span[1]]
    blocked = now()
    store = await connected(made.server.url)
    try:
        async with store.transaction():
            await store.execute(f"LOCK TABLE {kept.word}_parts IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(BLOCKED_S)
    finally:
        await store.close()
    await made.answers(now())
    killed = now()
    made.server.kill()
    gone = now()
    await asyncio.sleep(AWAY_S)
    await asyncio.to_thread(made.server.start)
    back = now()
    again = await made.answers(gone)
    begun = next(row["rebuilds"] for row in made.journal.lines() if row.get("rebuilds", 0.0) > gone)
    without = [d for d in made.decided if blocked <= d["at"] <= again and d["by"] != "store"]
    took = sorted(d["took"] for d in steady if d["by"] == "store")
    late = sorted(d["took"] for d in without)
    if not took or not late:
        raise RuntimeError("no decision was made by the online store, or none without it")
    return Served(
        kept.name, kept.fallback, kept.within_s, len(steady),
        sum(1 for d in steady if d["by"] != "store"), _at(took, 0.5), _at(took, 0.99),
        dict(sorted(Counter(d["by"] for d in without).items())), _at(late, 0.99), late[-1],
        round(back - killed, 2), round(again - begun, 2),
    )  # fmt: skip


def _at(ordered: list[float], q: float) -> float:
    return float(ordered[min(len(ordered) - 1, int(q * len(ordered)))])


async def agrees(made: Serving, served: Served, store: Any, gone: list[str]) -> None:
    """Count keys whose answer is not what the store's own rows add up to; those of erased persons
    (`gone`, their tokens) that a law keeps in the store are in no answer."""
    kept, t = made.kept, quoted(made.kept.table.name)
    by = f"person_token({quoted(kept.by)}::text)" if kept.by_person else f"{quoted(kept.by)}::text"
    currency = quoted(kept.currency) if kept.currency else "''"
    whose = f"{quoted(kept.table.person)}::text" if kept.table.person else "NULL"
    sums = "".join(f", coalesce(sum({c}), 0)::numeric" for c in kept.numbers)
    real = await store.fetch(f"SELECT {by}, {currency}, count(*){sums} FROM {t} WHERE "
                             f"{quoted(kept.by)} IS NOT NULL AND person_token({whose}) <> "
                             "ALL ($1) GROUP BY 1, 2", gone)  # fmt: skip
    there = await connected(made.server.url)
    try:
        told = await there.fetch(
            "SELECT kept_by, currency, sum(n)::bigint"
            + "".join(f", sum({c})" for c in kept.numbers)
            + f" FROM {kept.word}_parts GROUP BY 1, 2 HAVING sum(n) <> 0"
        )  # fmt: skip
    finally:
        await there.close()
    ours, theirs = ({(r[0], r[1]): tuple(r)[2:] for r in rows} for rows in (real, told))
    served.keys = len(ours)
    served.differing = sum(1 for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k))


async def traces(made: Serving, person: str) -> dict[str, int]:
    """Rows that hold something of a person, given by the token."""
    there = await connected(made.server.url)
    try:
        out = {"online rows": await there.fetchval(
            f"SELECT count(*) FROM {made.kept.word}_rows WHERE person = $1", person)}  # fmt: skip
        if made.kept.by_person:
            out["online parts"] = await there.fetchval(
                f"SELECT count(*) FROM {made.kept.word}_parts WHERE kept_by = $1", person
            )
        return out
    finally:
        await there.close()
