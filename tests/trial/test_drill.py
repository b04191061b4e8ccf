"""A store backed up, harmed, lost and brought back: whole, timed, nobody back, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from backend_lead.trial.drill import Drill, Lost, Restored, drill
from backend_lead.trial.drill.vault import _redone
from backend_lead.trial.drivers import DRIVERS
from tests.trial.stores import SMALL, domain, layer_of

OWNER = """
from backend_lead.trial.drill import drill
from backend_lead.trial.drivers import DRIVERS
from tests.trial.stores import SMALL, domain, layer_of
from dataclasses import replace
drill(DRIVERS["postgres"], layer_of(domain("ecommerce")), "db",
      replace(SMALL, stage=lambda text: print(text, flush=True)))
"""
GONE_S = 30.0


def needs_parts() -> None:
    """Skip where the store cannot be started."""
    if missing := DRIVERS["postgres"].missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="module")
def seen() -> Drill:
    """One drill of a shop."""
    needs_parts()
    found = layer_of(domain("ecommerce"))
    return drill(DRIVERS["postgres"], found, "db", SMALL)


def test_the_good_moment_comes_back(seen: Drill) -> None:
    """After a delete without a condition and a dropped table every table is as it was, by count and
    by content, though callers wrote before and after."""
    assert seen.harm is not None and seen.harm.rows > 0
    assert seen.harm.statements[0].startswith("DELETE FROM order_lines")
    assert seen.harm.statements[1].startswith("DROP TABLE cart_lines")
    assert seen.compared is not None and seen.compared.holds and seen.compared.tables == 6
    assert seen.compared.rows > sum(seen.rows.values())
    assert seen.holds


def test_everything_is_timed(seen: Drill) -> None:
    """Backup, copying, replay and start have bytes and seconds, and give rates."""
    assert seen.backup is not None and seen.backup.bytes > 10e6
    assert seen.backup.took_s > 0 and seen.backup.verified_s > 0
    assert len(seen.restored) == 4
    for one in seen.restored:
        assert one.bytes == seen.backup.bytes and one.copy_s > 0
        assert one.log_bytes > 0 and 0 <= one.redo_s < one.start_s
    assert seen.copy_rate is not None and seen.copy_rate > 1e6
    assert seen.start_s > 0


def test_a_lost_disk_takes_what_was_kept_nowhere(seen: Drill) -> None:
    """With whole segments only, all commits since the last one are gone; a timeout bounds that, a
    stream leaves about nothing."""
    whole, timed, streamed = seen.lost
    assert whole.lost == whole.acknowledged > 50
    assert timed.acknowledged > 0 and timed.lost < timed.acknowledged
    assert timed.lost_s <= (timed.most_s or 0)
    assert streamed.lost <= timed.lost and streamed.lost_s <= 0.5


def test_who_was_erased_does_not_stay_back(seen: Drill) -> None:
    """The backup brings somebody back, and the list of erasures takes them away again."""
    one = seen.forgotten
    assert one is not None and one.holds
    assert sum(one.before.values()) == sum(one.restored.values()) == one.came_back > 0
    assert set(one.erased.values()) == set(one.replayed.values()) == {0}
    assert one.kept["orders"] > 0


def test_what_does_not_hold_is_told() -> None:
    """More lost than may be, or a table that differs, and the drill does not hold."""
    fine = Drill("db", "PostgreSQL", 1, {})
    assert not fine.holds
    late = Lost("a timeout", 100.0, 10, 5, 3.0, 2.0)
    assert not late.holds and replace(late, most_s=None).holds
    few = Restored("the end", 1000, 0.1, 0.2, 1000, 0.1)
    assert few.redo_rate is None and few.took_s == pytest.approx(0.3)


def test_replayed_log_is_read_from_what_the_server_wrote(tmp_path: Path) -> None:
    """Bytes between where the replay began and ended, and how long it says it took."""
    log = tmp_path / "log"
    log.write_text("LOG:  redo starts at 0/3000028\nLOG:  redo done at 1/5C9290 system usage: CPU: "
                   "user: 0.03 s, system: 0.04 s, elapsed: 0.12 s\n")  # fmt: skip
    assert _redone(log) == (0x1005C9290 - 0x3000028, 0.12)
    log.write_text("LOG:  nothing to replay\n")
    assert _redone(log) == (0, 0.0)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("stage", ["backing up", "bringing back", "losing it again"])
@pytest.mark.full
def test_nothing_is_left_when_it_is_stopped(place: Path, how: int, stage: str) -> None:
    """Interrupted or killed at any stage, servers, receivers and folders are gone."""
    needs_parts()
    root = Path(__file__).resolve().parents[2]
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "TMPDIR": str(place)}, cwd=root,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert owner.stdout is not None
    while stage not in (line := owner.stdout.readline()):
        assert line, "it ended before"
    time.sleep(0.7)
    os.kill(owner.pid, how)
    owner.stdout.close()
    owner.wait()
    end = time.monotonic() + GONE_S
    while time.monotonic() < end and (list(place.iterdir()) or _uses(place)):
        time.sleep(0.1)
    assert list(place.iterdir()) == [] and _uses(place) == []


def _uses(place: Path) -> list[str]:
    """Commands of processes that name a folder."""
    out = []
    for found in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = found.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(place) in said:
            out.append(said)
    return out
