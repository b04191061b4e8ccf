"""Drivers: real parts that start in a folder of their own and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend_lead.catalog import kinds
from backend_lead.trial.drivers import DRIVERS, CannotRun, driver_of
from backend_lead.trial.drivers.server import _children, _runs

KEPT = """
import sys, time
from pathlib import Path
from backend_lead.trial.drivers import DRIVERS
with DRIVERS[sys.argv[1]].running(folder=Path(sys.argv[2])) as server:
    print(server.pid, server.folder, flush=True)
    time.sleep(600)
"""
GONE_S = 20.0


def asked(url: str, sql: str) -> object:
    """The first value that a statement gives."""
    import asyncpg

    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(ask())


def gone(pid: int, folder: Path) -> bool:
    """Whether a process and its folder go away soon."""
    end = time.monotonic() + GONE_S
    while time.monotonic() < end:
        if not _runs(pid) and not folder.exists():
            return True
        time.sleep(0.05)
    return False


def test_every_driver_runs_a_kind_of_the_catalogue() -> None:
    """A driver's file is called like the kind it stands for, which finds it."""
    assert DRIVERS and set(DRIVERS) <= set(kinds())
    assert all(driver_of(kind) is DRIVERS.get(kind) for kind in kinds())


def test_a_server_answers_and_leaves_nothing(place: Path) -> None:
    """PostgreSQL starts in a folder of its own, answers by its DSN, and both go away together."""
    with DRIVERS["postgres"].running({"work_mem": "5MB"}, folder=place) as server:
        assert asked(server.url, "SHOW work_mem") == "5MB"
        assert "18" in str(asked(server.url, "SELECT version()"))
        assert asked(server.url, "SHOW listen_addresses") == ""
        pid, folder = server.pid, server.folder
        assert folder.parent == place
    assert gone(pid, folder) and list(place.iterdir()) == []


def test_a_killed_server_comes_back_with_its_rows(place: Path) -> None:
    """`kill` ends it as a crash would; `start` brings back what was committed."""
    with DRIVERS["postgres"].running(folder=place) as server:
        asked(server.url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        first = server.pid
        server.kill()
        assert not server.alive and not _runs(first) and server.folder.is_dir()
        server.start()
        assert server.pid != first
        assert asked(server.url, "SELECT sum(n) FROM kept") == 500500


def test_a_killed_server_leaves_no_process(place: Path) -> None:
    """When `kill` returns, what the server had started is gone too, however busy it was."""
    with DRIVERS["postgres"].running(folder=place) as server:
        for _ in range(3):
            left = _children(server.pid)
            assert len(left) >= 3
            server.kill()
            assert not any(_runs(pid) for pid in left)
            server.start()


def test_streams_are_kept_over_a_crash(place: Path) -> None:
    """NATS JetStream keeps what it acknowledged, killed or not."""
    import nats

    async def publish(url: str) -> None:
        line = await nats.connect(url)
        stream = line.jetstream()
        await stream.add_stream(name="orders", subjects=["orders.*"])
        for n in range(20):
            await stream.publish("orders.made", str(n).encode())
        await line.close()

    async def count(url: str) -> int:
        line = await nats.connect(url)
        found = await line.jetstream().stream_info("orders")
        await line.close()
        return int(found.state.messages)

    with DRIVERS["nats-stream"].running(folder=place) as server:
        assert server.url.startswith("nats://127.0.0.1:")
        asyncio.run(publish(server.url))
        server.kill()
        server.start()
        assert asyncio.run(count(server.url)) == 20
        pid, folder = server.pid, server.folder
    assert gone(pid, folder)


@pytest.mark.parametrize("kind", sorted(DRIVERS))
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_server_ends_with_its_owner(place: Path, kind: str, how: int) -> None:
    """Interrupted or killed outright, we take the server and its folder along."""
    owner = subprocess.Popen(
        [sys.executable, "-c", KEPT, kind, str(place)], stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert owner.stdout is not None
    pid, folder = owner.stdout.readline().split(maxsplit=1)
    assert _runs(int(pid))
    os.kill(owner.pid, how)
    owner.wait()
    owner.stdout.close()
    assert gone(int(pid), Path(folder.strip()))


def test_an_error_in_the_block_stops_the_server(place: Path) -> None:
    """What fails while a server runs comes through, and the server is gone."""
    with (
        pytest.raises(ZeroDivisionError),
        DRIVERS["postgres"].running(folder=place) as server,
    ):
        pid, folder = server.pid, server.folder
        raise ZeroDivisionError
    assert gone(pid, folder)


def test_a_server_that_does_not_start_says_why(place: Path) -> None:
    """The end of its log is in the message; nothing is left."""
    with (
        pytest.raises(CannotRun, match=r"did not start.*no_such_setting"),
        DRIVERS["postgres"].running({"no_such_setting": "1"}, folder=place),
    ):
        pass
    assert list(place.iterdir()) == []


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package a driver does not try; it names what is missing."""
    driver = DRIVERS["postgres"]
    monkeypatch.setattr(type(driver), "packages", ("no-such-package",))
    assert driver.missing == ["no-such-package"] and driver.version == ""
    with pytest.raises(CannotRun, match="no-such-package"), driver.running():
        pass
