"""What is done in a drill, in its order: fill, back up, harm, bring back, lose the disk."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from backend_lead.trial.drill.counting import Counts, ask, counted, differing, marks
from backend_lead.trial.drill.people import Somebody, prepared
from backend_lead.trial.drill.proof import Compared, Drill, Harm, Lost
from backend_lead.trial.drill.vault import Vault
from backend_lead.trial.drill.writing import CREATE_MARKS, Writer
from backend_lead.trial.drivers import CannotRun, Server
from backend_lead.trial.filling import fill, scaled
from backend_lead.trial.proof import Refused, Trial, patterns_alone
from backend_lead.trial.schema import finish, make_tables, without_foreign_keys
from backend_lead.trial.values import Data
from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Table

WRITE_S = 4.0  # between backup and harm, as fast as it goes: enough log to tell how fast it replays
AFTER_S = 0.5  # from the harm until it is noticed
LOSE_S = 4.0  # of steady writing before a disk is lost
TIMEOUT_S = 1.0  # of `archive_timeout` in the trial: what a design says in minutes, here in seconds
STEADY_PER_S = 100.0
APART_S = 0.05  # the good moment lies so far from what was before and after
ARCHIVING_S = 1.0  # a segment is copied by a program that has to be started, here on busy cores
BLINK_S = 0.5  # what is streamed lies elsewhere after a round trip and a flush; here on busy cores


@dataclass
class Act:
    """A drill under way."""

    vault: Vault
    layer: Layer
    store: str
    trial: Trial
    rows: int
    out: Drill

    @property
    def tables(self) -> dict[str, Table]:
        return {table.name: table for table in self.layer.of_store(self.store)}

    def stage(self, text: str) -> None:
        self.trial.check()
        self.trial.stage(f"{self.store}: {text}")

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.trial.check()
            time.sleep(0.05)

    def writer(self, server: Server, first: int, rate_per_s: float = 0.0) -> Writer:
        gone = set(self.out.harm.tables) if self.out.harm else set()
        patterns = [p for p in self.layer.patterns if p.table in self.tables
                    and not gone & {p.table, *p.children}]  # fmt: skip
        return Writer(server.url, self.tables, patterns_alone(patterns), self.trial.seed + first,
                      first, rate_per_s)  # fmt: skip


def perform(act: Act) -> None:
    """All of it. Raises CannotRun and Refused."""
    place = act.vault.place()
    act.vault.programs.begin(place / "data")
    server = act.vault.programs.server(act.out.part, place, act.vault.settings)
    try:
        server.start()
        filled(act, server)
        server.stop(keep=True)
        server = act.vault.programs.server(act.out.part, place, act.vault.kept())
        server.start()
        act.stage("backing up")
        act.out.backup = act.vault.back_up(server)
        harmed(act, server)
        second = lost_disk(act, server)
    finally:
        server.stop()
    try:
        lost_again(act, second)
    finally:
        second.stop()


def filled(act: Act, server: Server) -> None:
    """Tables with rows, keys, indexes, and what erases people."""
    import asyncpg

    tables, trial = act.tables, act.trial
    patterns = [p for p in act.layer.patterns if p.table in tables]

    async def made() -> list[str]:
        connection = await asyncpg.connect(server.url)
        try:
            await make_tables(connection, tables.values())
            return await without_foreign_keys(connection)
        finally:
            await connection.close()

    async def done(keys: list[str]) -> None:
        connection = await asyncpg.connect(server.url)
        try:
            await finish(connection, keys, [i for i in act.layer.indexes if i.table in tables])
            for statement in prepared(act.layer, act.store):
                await connection.execute(statement.sql)
            await connection.execute(CREATE_MARKS)
            act.out.part += f" {await connection.fetchval('SHOW server_version')}"
        finally:
            await connection.close()

    act.stage("filling for the drill")
    try:
        keys = asyncio.run(made())
        data = Data(tables, scaled(tables, act.rows), tuple(patterns_alone(patterns)), trial.seed)
        act.out.rows = fill(server.url, data, workers=trial.workers, check=trial.check).rows
        asyncio.run(done(keys))
    except asyncpg.PostgresError as err:
        raise Refused(f"{type(err).__name__}: {err}") from err


def harmed(act: Act, server: Server) -> None:
    """Write on, note a good moment, erase a person, do harm, and bring back the good moment."""
    act.stage("writing on after the backup")
    list_kept = act.vault.folder / "erasures.jsonl"
    writer = act.writer(server, 0)
    writer.start()
    try:
        act.wait(WRITE_S)
        writer.rest()
        somebody = Somebody.of(server.url, act.tables)
        good = counted(server.url, act.tables, act.trial.check)
        time.sleep(APART_S)
        moment = str(ask(server.url, "SELECT clock_timestamp()::text")[0][0])
        time.sleep(APART_S)
        if somebody:  # erased after the moment that will be gone back to, and so back with it
            somebody.count(server.url, "before")
            somebody.erase(server.url, list_kept)
            somebody.count(server.url, "erased")
        act.stage("a bad release")
        act.out.harm = harm(server.url, act.tables, good)
        writer.go_on()
        act.wait(AFTER_S)
    finally:
        writer.stop()
    if not writer.told:
        raise CannotRun(f"nothing could be written: {writer.failed or 'every statement failed'}")
    act.stage("bringing back the moment before")
    last = str(ask(server.url, "SELECT pg_walfile_name(pg_switch_wal())")[0][0])
    act.vault.archived(lambda: (act.vault.folder / "archive" / last).exists())
    back, seen = act.vault.restore(act.out.part, "the moment before the harm", {
        "archive_mode": "off", "recovery_target_time": moment,
        "recovery_target_action": "promote",
    })  # fmt: skip
    try:
        act.out.restored.append(seen)
        began = time.monotonic()
        there = counted(back.url, act.tables, act.trial.check)
        act.out.compared = Compared(len(good), sum(n for n, _ in good.values()),
                                    time.monotonic() - began, differing(good, there))  # fmt: skip
        if somebody:
            act.stage("carrying out the list of erasures again")
            somebody.count(back.url, "restored")
            took = somebody.replay(back.url, list_kept)
            somebody.count(back.url, "replayed")
            act.out.forgotten = somebody.told(took)
    finally:
        back.stop()


def harm(url: str, tables: dict[str, Table], good: Counts) -> Harm:
    """A release that deletes without a condition, and one that drops a table in use.

    Of tables that no other points to, so that the database does not refuse: the largest loses its
    rows, the next one goes. Where there is one table only, it loses its rows.
    """
    pointed = {key.table for table in tables.values() for key in table.foreign}
    free = [name for name in tables if name not in pointed] or list(tables)
    free.sort(key=lambda name: -good[name][0])
    statements = [f"DELETE FROM {quoted(free[0])}"]
    if len(free) > 1:
        statements.append(f"DROP TABLE {quoted(free[1])} CASCADE")
    for sql in statements:
        ask(url, sql)
    gone = tuple(free[: len(statements)])
    return Harm(tuple(statements), gone, sum(good[name][0] for name in gone))


def lost_disk(act: Act, server: Server) -> Server:
    """Lose the disk of a store whose log is archived in whole segments only; the one that comes
    back, its log archived after a time as well."""
    act.stage("losing the disk, its log archived in whole segments")
    writer = act.writer(server, _next(act, server), STEADY_PER_S)
    writer.start()
    at = _killed(act, server, writer)
    server.stop()
    title = "the end of the archive, whole segments"
    back, seen = act.vault.restore(act.out.part, title, act.vault.kept(TIMEOUT_S))
    act.out.restored.append(seen)
    act.out.lost.append(_loss("whole segments", writer, back, at, None))
    return back


def lost_again(act: Act, server: Server) -> None:
    """Lose it again, its log archived after a time and streamed: what comes back by each way."""
    act.stage("losing it again, its log archived after a time and streamed")
    # Nobody wakes the process that looks at `archive_timeout` when a recovery ends: until its next
    # checkpoint, an hour here, nothing is archived early. So it is where a standby takes over.
    ask(server.url, "CHECKPOINT")
    writer = act.writer(server, _next(act, server), STEADY_PER_S)
    with act.vault.listening(server):
        writer.start()
        at = _killed(act, server, writer)
    server.stop()
    for way, streamed, most in (
        (f"archive_timeout of {TIMEOUT_S:g} s", False, TIMEOUT_S + ARCHIVING_S),
        ("streamed as it is written", True, BLINK_S),
    ):
        back, seen = act.vault.restore(
            act.out.part, f"the end of the log, {way}", {"archive_mode": "off"}, streamed=streamed
        )
        try:
            act.out.restored.append(seen)
            act.out.lost.append(_loss(way, writer, back, at, most))
        finally:
            back.stop()


def _killed(act: Act, server: Server, writer: Writer) -> float:
    """Kill a server while it is written to; when that was."""
    act.wait(LOSE_S)
    if not writer.told:
        raise CannotRun(f"nothing could be written: {writer.failed or 'every statement failed'}")
    at = time.monotonic()
    server.kill()
    writer.stop()
    return at


def _next(act: Act, server: Server) -> int:
    return max(marks(server.url), default=0) + 1_000_000


def _loss(way: str, writer: Writer, back: Server, at: float, most_s: float | None) -> Lost:
    """What callers were told is committed and is not there, and since when."""
    there = marks(back.url)
    gone = [when for mark, when in writer.told if mark not in there]
    kept = [when for mark, when in writer.told if mark in there]
    began = min(when for _, when in writer.told)
    since = max(kept, default=began)
    return Lost(
        way,
        STEADY_PER_S,
        len(writer.told),
        len(gone),
        max(0.0, at - since) if gone else 0.0,
        most_s,
    )
