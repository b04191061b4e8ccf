"""A migration proved: run on a filled database while its program asks, old and then new."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backend_lead.catalog.migrations import BLOCK_MOST
from backend_lead.model.finding import Finding, Place
from backend_lead.trial.drivers import CannotRun, driver_of
from backend_lead.trial.filling import Filled, fill, scaled
from backend_lead.trial.load import Answer, Load
from backend_lead.trial.migrating import Done, Stopped, run
from backend_lead.trial.proof import Trial
from backend_lead.trial.schema import finish, make_tables, without_foreign_keys
from backend_lead.trial.values import Data
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.migration.files import File
from backend_lead.views.data.parts import Table

QUIET_S = 3.0  # of load before the first file, to compare with
LOOK_S = 0.02  # between two looks at who waits
_WAITING = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float8
FROM pg_locks WHERE NOT granted AND pid <> ALL($1::int[])
"""


@dataclass(frozen=True)
class Moved:
    """What a file did and what the statements met meanwhile: seconds, shares."""

    file: str
    phase: str
    done: Done
    longest_wait_s: float
    p99_s: float
    asked: int
    errors: int

    @property
    def blocks(self) -> bool:
        """Whether somebody waited longer for a lock than others bear."""
        return self.longest_wait_s > BLOCK_MOST.value


@dataclass
class MoveProof:
    """A migration as it went on a filled database under load."""

    store: str
    version: str
    rate_per_s: float
    filled: Filled
    before_p99_s: float
    files: list[Moved] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every file ran, nobody waited too long and no statement failed by it."""
        return not any(f.level == "error" for f in self.findings)


def prove(
    store: str, old: Layer, new: Layer, files: Sequence[File], trial: Trial, rate_per_s: float
) -> MoveProof:
    """Run the files on real parts. Raises CannotRun where the store cannot be run here."""
    driver = driver_of(old.system.components[store].kind)
    if driver is None:
        raise CannotRun(f"{store} cannot be started here; only the files can be written")
    with driver.running() as server:
        ran = f"{driver.title} {driver.version}"
        return asyncio.run(_prove(server.url, ran, store, old, new, files, trial, rate_per_s))


async def _prove(
    url: str, version: str, store: str, old: Layer, new: Layer, files: Sequence[File],
    trial: Trial, rate_per_s: float,
) -> MoveProof:  # fmt: skip
    import asyncpg

    tables = {t.name: t for t in old.of_store(store)}
    connection = await asyncpg.connect(url)
    try:
        filled = await _filled(connection, url, old, new, store, trial)
        load = Load(url, rate_per_s=rate_per_s, seed=trial.seed)
        asked = await load.prepared([p for p in old.patterns if p.table in tables], tables)
        trial.stage(f"asking {rate_per_s:g} statements a second, and running {len(files)} files")
        going = asyncio.create_task(load.run(asked))
        watch = _Watch(url, int(await connection.fetchval("SELECT pg_backend_pid()")))
        watching = asyncio.create_task(watch.run())
        await asyncio.sleep(QUIET_S)
        proof = MoveProof(store, version, rate_per_s, filled, p99_s(load.answers))
        switched = False
        for n, file in enumerate(files):
            trial.check()
            if file.steps[0].phase == "contract" and not switched:
                switched = True
                load.stop()
                await going
                now = {t.name: t for t in new.of_store(store)}
                asked = await load.prepared([p for p in new.patterns if p.table in now], now)
                going = asyncio.create_task(load.run(asked))
                await asyncio.sleep(QUIET_S / 3)
            since = time.monotonic()
            watch.longest_s = 0.0
            done = await _ran(connection, file)
            await asyncio.sleep(LOOK_S * 3)
            proof.files.append(_moved(file, done, since, load.answers, watch.longest_s))
            trial.share("files", (n + 1) / len(files))
            if done.error:
                break
        load.stop()
        await going
        watch.stop = True
        await watching
        proof.findings += _findings(proof)
        return proof
    finally:
        await connection.close()


async def _ran(connection: Any, file: File) -> Done:
    """What became of a file; one that may not run because of rows that are there failed."""
    try:
        (done,) = await run(connection, [file])
    except Stopped as stop:
        return Done(file.name, 0.0, error=str(stop))
    return done


def _as_wanted(old: Mapping[str, Table], new: Iterable[Table]) -> dict[str, Table]:
    """The tables to be filled, with what will have to be unique made so: whether the rows of
    somebody else are is for the question before that step to say."""
    out = dict(old)
    for table in new:
        was = old.get(table.name)
        if was is not None:
            more = tuple(g for g in table.unique if g not in was.unique and set(g) <= was.has)
            out[table.name] = replace(was, unique=(*was.unique, *more))
    return out


async def _filled(
    connection: Any, url: str, old: Layer, new: Layer, store: str, trial: Trial
) -> Filled:
    tables = {t.name: t for t in old.of_store(store)}
    await make_tables(connection, tables.values())
    keys = await without_foreign_keys(connection)
    counts = scaled(tables, trial.rows)
    asked = tuple(p for p in old.patterns if p.table in tables)
    trial.stage(f"filling the tables of {store}: {sum(counts.values()):,} rows and what hangs on "
                "them")  # fmt: skip
    data = Data(_as_wanted(tables, new.of_store(store)), counts, asked, trial.seed)
    filled = await asyncio.to_thread(
        fill, url, data, workers=trial.workers,
        told=lambda done: trial.share("filled", done), check=trial.check,
    )  # fmt: skip
    await finish(connection, keys, [i for i in old.indexes if i.table in tables])
    return filled


class _Watch:
    """Looks again and again how long statements other than the migration's wait for locks."""

    def __init__(self, url: str, own: int) -> None:
        self.url, self.own = url, own
        self.longest_s, self.stop = 0.0, False

    async def run(self) -> None:
        import asyncpg

        connection = await asyncpg.connect(self.url)
        try:
            while not self.stop:
                found = await connection.fetchval(_WAITING, [self.own])
                self.longest_s = max(self.longest_s, float(found))
                await asyncio.sleep(LOOK_S)
        finally:
            await connection.close()


def p99_s(answers: Sequence[Answer]) -> float:
    """99 of 100 are answered within (s); 0 where none were asked."""
    took = sorted(answer.took_s for answer in answers)
    return took[min(len(took) - 1, math.ceil(0.99 * len(took)) - 1)] if took else 0.0


def _moved(
    file: File, done: Done, since: float, answers: Sequence[Answer], longest_s: float
) -> Moved:
    during = [a for a in answers if a.ended_s >= since]
    return Moved(file.name, file.steps[0].phase, done, longest_s, p99_s(during), len(during),
                 sum(bool(a.error) for a in during))  # fmt: skip


def _findings(proof: MoveProof) -> list[Finding]:
    out = []
    for moved in proof.files:
        place = Place(f"{proof.store}/{moved.file}.up.sql")
        if moved.done.error:
            out.append(Finding("migration-fails", "error", f"{moved.file} failed", place,
                               moved.done.error, "every file runs", "see the file"))  # fmt: skip
        if moved.errors:
            out.append(Finding(
                "migration-errors", "error", f"{moved.errors} of {moved.asked} statements failed "
                f"while {moved.file} ran", place, f"{moved.errors / moved.asked:.2%}", "none",
                "the program asks for what is not there yet, or not any more",
            ))  # fmt: skip
        if moved.blocks:
            out.append(Finding(
                "migration-blocked", "error", f"{moved.file} held up others", place,
                f"{moved.longest_wait_s:.2f} s", f"at most {BLOCK_MOST.value:g} s",
                "run it when less is asked, or in smaller steps",
            ))  # fmt: skip
    return out
