"""Filling: how many rows, the same for any number of workers, as skewed as the model says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from backend_lead.trial.drivers import CannotRun, Server
from backend_lead.trial.filling import fill, scaled, slices
from backend_lead.trial.proof import patterns_alone
from backend_lead.trial.schema import make_tables, without_foreign_keys
from backend_lead.trial.values import Data
from backend_lead.views.data.layer import Layer
from tests.trial.stores import domain, emptied, layer_of, run


def data_of(found: Layer, rows: int, seed: int = 1) -> Data:
    tables = {t.name: t for t in found.of_store("db")}
    patterns = tuple(patterns_alone([p for p in found.patterns if p.table in tables]))
    return Data(tables, scaled(tables, rows), patterns, seed)


def made(server: Server, found: Layer) -> Server:
    """A database with the tables and without foreign keys."""
    import asyncio

    import asyncpg

    own = emptied(server)

    async def make() -> None:
        connection = await asyncpg.connect(own.url)
        await make_tables(connection, found.of_store("db"))
        await without_foreign_keys(connection)
        await connection.close()

    asyncio.run(make())
    return own


def test_a_scale_keeps_proportions() -> None:
    """The largest table has the rows asked for, the others in proportion with a floor, and none
    more than the model has."""
    found = layer_of(domain("ecommerce"))
    tables = found.tables
    counts = scaled(tables, 300_000)
    assert counts["orders"] == 100_000  # each has three lines: the largest table of all
    assert counts["customers"] == 50_000 and counts["products"] == 5000
    whole = scaled(tables, 10**9)
    assert whole == {t.name: int(t.rows) for t in tables.values() if not t.parent}
    assert scaled(tables, 3000)["products"] == 1000


def test_rows_do_not_depend_on_the_workers(server: Server) -> None:
    """One worker and two load the same rows; another seed loads others."""
    found = layer_of(domain("ecommerce"))
    sums = []
    for workers, seed in ((1, 1), (2, 1), (1, 2)):
        own = made(server, found)
        done = fill(own.url, data_of(found, 4000, seed), workers=workers)
        assert done.sent_bytes > 0 and done.seconds > 0
        assert done.rows == {
            name: run(own, f"SELECT count(*) FROM {name}")[0][0] for name in done.rows
        }
        sums.append([
            run(own, f"SELECT sum(hashtextextended(t::text, 0)) FROM {name} AS t")[0][0]
            for name in sorted(done.rows)
        ])  # fmt: skip
    assert sums[0] == sums[1] and sums[0] != sums[2]


def test_popularity_is_that_of_the_model(server: Server) -> None:
    """What rows point to is as skewed as its entity says; states are not all equally frequent;
    lists have about as many rows as they should; the newest orders come last."""
    content = domain("ecommerce")
    content["entities"]["product"]["skew"] = 1.0
    content["entities"]["customer"]["skew"] = 0.0
    found = layer_of(content)
    own = made(server, found)
    done = fill(own.url, data_of(found, 60_000), workers=1)
    lines = done.rows["order_lines"]
    assert lines == pytest.approx(3 * done.rows["orders"], rel=0.05)
    top = run(own, "SELECT count(*) FROM order_lines GROUP BY product_id ORDER BY 1 DESC LIMIT 1")
    harmonic = float(np.sum(1 / np.arange(1, done.rows["products"] + 1)))
    assert top[0][0] / lines == pytest.approx(1 / harmonic, rel=0.5)
    even = run(own, "SELECT count(*) FROM orders GROUP BY customer_id ORDER BY 1 DESC LIMIT 1")
    assert even[0][0] < 20
    states = run(own, "SELECT state, count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC")
    assert len(states) == 6 and states[0]["state"] == "placed"
    assert states[0][1] > 2 * states[-1][1]
    numbered = "SELECT created_at, row_number() OVER (ORDER BY id) AS n FROM orders"
    late = run(own, "SELECT corr(extract(epoch FROM created_at)::float8, n) FROM "
                    f"({numbered}) AS o")  # fmt: skip
    assert late[0][0] > 0.9


def test_rows_have_the_bytes_of_the_model() -> None:
    """Texts are as wide as the model's rows leave room for, where their bounds let them be."""
    found = layer_of(domain("generic"))
    data = data_of(found, 5000)
    maker = data.of("items")
    sent = list(maker.blocks(0, 2000))
    rows = sum(n for _, n in sent)
    per_row = sum(len(block) for block, _ in sent) / rows - 2 - 4 * len(maker.table.columns)
    assert rows == 2000
    assert per_row == pytest.approx(maker.table.row_bytes, rel=0.25)


def test_pieces_cover_every_row_once() -> None:
    """The pieces that workers take are all rows of all tables, without a gap."""
    data = data_of(layer_of(domain("chat")), 200_000)
    for name in data.tables:
        own = sorted((s.first, s.last) for s in slices(data) if s.table == name)
        assert own[0][0] == 0 and own[-1][1] == data.of(name).count
        assert all(a[1] == b[0] for a, b in pairwise(own))


def test_what_stops_the_work_is_told(server: Server) -> None:
    """A table that does not take its rows ends the filling with the database's words."""
    found = layer_of(domain("ecommerce"))
    own = made(server, found)
    run(own, "ALTER TABLE orders DROP COLUMN state")
    with pytest.raises(CannotRun, match='column "state" of relation "orders" does not exist'):
        fill(own.url, data_of(found, 4000), workers=2)


class Stop(Exception):
    """Raised to interrupt."""


def test_it_ends_when_asked_to(server: Server) -> None:
    """What `check` raises comes through, and no worker is left."""
    import multiprocessing

    found = layer_of(domain("ecommerce"))
    own = made(server, found)

    def check() -> None:
        raise Stop

    with pytest.raises(Stop):
        fill(own.url, data_of(found, 1_000_000), workers=2, check=check)
    assert multiprocessing.active_children() == []


OWNER = """
import sys
sys.argv[0] = "backend-lead"
from backend_lead.cli import main
if __name__ == "__main__":
    main()
"""


def of_session(session: int) -> list[int]:
    """Processes of a session that still run."""
    out = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(said[3]) == session and said[0] != "Z":
            out.append(int(path.name))
    return out


def using(folder: Path) -> list[str]:
    """Commands that name a folder."""
    out = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in said:
            out.append(said)
    return out


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_killed_in_the_middle_it_leaves_no_process(place: Path, how: int, code: int) -> None:
    """Ended while rows are loaded, it takes its workers, the server and the folder along."""
    model = place / "backend.yaml"
    from backend_lead.emit.model.backend_yaml import fresh

    model.write_text(fresh(layer_of(domain("ecommerce")).system), encoding="utf-8")
    (place / "run.py").write_text(OWNER, encoding="utf-8")
    owner = subprocess.Popen(
        [sys.executable, str(place / "run.py"), "verify", str(model), "--only", "stores",
         "--rows", "3M"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(place)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert owner.stderr is not None
    for line in owner.stderr:
        if "filling" in line:
            break
    time.sleep(2.0)
    servers = [said for said in using(place) if "-D" in said]
    assert servers and len(of_session(owner.pid)) >= 2
    os.kill(owner.pid, how)
    assert owner.wait(60) == code
    owner.stderr.close()
    end = time.monotonic() + 30
    while time.monotonic() < end and (of_session(owner.pid) or using(place)):
        time.sleep(0.1)
    assert of_session(owner.pid) == [] and using(place) == []
    assert not [p for p in place.iterdir() if p.name.startswith("backend-lead-")]
    assert not (place / "evidence").exists()


def test_a_server_that_dies_ends_the_filling(place: Path) -> None:
    """Killed while rows are loaded, the server takes the filling along, which says so."""
    from threading import Timer

    from backend_lead.trial.drivers import DRIVERS

    found = layer_of(domain("ecommerce"))
    with DRIVERS["postgres"].running(folder=place) as server:
        own = made(server, found)
        timer = Timer(3.0, server.kill)
        timer.start()
        with pytest.raises(CannotRun, match="filling failed"):
            fill(own.url, data_of(found, 5_000_000), workers=2)
        timer.join()
