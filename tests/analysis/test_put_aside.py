"""Messages that cannot be handled, partitions that change hands, handlers that are behind."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.ages import behind
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.ran import Ran
from backend_lead.app.run_record import run_results
from backend_lead.kernel import layout as L
from backend_lead.views.resolve import resolve
from tests.analysis.streams import ingest

STORE = "store-worker.store"
PLACE, BATCH = "topology: {zones: 3}", "        batch: 200\n"
FEW = ("rate: 2k/s", "rate: 500/s")


def ran(*changes: tuple[str, str], until_s: float = 60.0) -> Ran:
    flow = resolve(ingest(FEW, *changes))
    found = simulation.run_fault(flow, FAULTS["stated"], 1, until_s=until_s)
    assert found.result.conserved
    return found


def stated(*faults: str) -> tuple[str, str]:
    lines = "\n".join(f"  - {one}" for one in faults)
    return PLACE, f"{PLACE}\nfaults:\n{lines}"


@pytest.mark.parametrize("tries", [1, 2, 4])
def test_a_share_of_messages_is_put_aside(tries: int) -> None:
    """Each attempt fails with a half: the share that is put aside is a half to the power of tries,
    and what is published is handled, put aside, or waits."""
    found = ran((BATCH, f"        batch: 1\n        slots: 20\n        tries: {tries}\n"),
                stated("{at: 0 s, what: errors, where: store-worker, share: 50%}"))  # fmt: skip
    rows = found.result.stream_windows[5:55, 0]
    share = rows["dead"].sum() / (rows["dead"].sum() + rows["done"].sum())
    assert share == pytest.approx(0.5**tries, rel=0.05)
    (age,) = simulation.ages(found, "")
    published = int(found.result.stream_windows["published"].sum())
    assert age.messages + age.put_aside + age.waiting == published and age.put_aside > 0
    told = run_results(found)["message_age_s"][STORE]  # type: ignore[index]
    assert told["put_aside"] == age.put_aside and len(told["behind"]) == 60
    trial = simulation.trial(found, "stated")
    assert f"put aside: {STORE} {age.put_aside:,}" in trial.degrades


def test_without_tries_nothing_is_put_aside() -> None:
    """A batch is tried for ever, as before."""
    found = ran(stated("{at: 0 s, what: errors, where: store-worker, share: 50%}"))
    (age,) = simulation.ages(found, "")
    assert age.put_aside == 0 < age.again


def test_a_handler_that_is_away_is_further_behind_each_second() -> None:
    """All workers restart for ten seconds: the watermark stands, and comes back afterwards."""
    found = ran(stated("{at: 15 s, what: restart, where: store-worker, lasts: 10 s}"))
    late = behind(found, STORE)
    assert late[10:15].max() < 1.0
    assert np.allclose(late[17:24], np.arange(17, 24) - 15, atol=1.1)
    assert late[25:28].max() == pytest.approx(10.5, abs=1.0)
    assert late[45:].max() < 1.0
    (age,) = simulation.ages(found, "")
    assert age.behind_s == pytest.approx(late.max())


@pytest.mark.parametrize(("eager", "standing"), [(False, 1 / 2), (True, 1.0)])
def test_partitions_that_change_hands_stand_still(eager: bool, standing: float) -> None:
    """An instance leaves: its partitions wait for the others for 4 s, or all of them do."""
    words = "        rebalance: 4 s\n" + ("        eager: true\n" if eager else "")
    found = ran(("kind: nats-stream", "kind: kafka"), (BATCH, BATCH + words),
                stated("{at: 15 s, what: deploy, where: store-worker, instances: 1}"))  # fmt: skip
    begin = 15  # it is hidden, and comes back 30 s later
    rows = found.result.stream_windows[:, 0]
    usual, paused = rows["done"][5:15].mean(), rows["done"][begin + 1 : begin + 4].mean()
    assert paused == pytest.approx(usual * (1 - standing), abs=0.15 * usual)
    late = behind(found, STORE)
    assert late[begin : begin + 6].max() == pytest.approx(4.0, abs=0.5)
    assert late[begin + 30 : begin + 36].max() == pytest.approx(4.0, abs=0.5)
    assert late[begin + 10 : begin + 28].max() < 1.0


def test_the_lowered_stream_knows_tries_and_pauses() -> None:
    """Each word is a column of the stream."""
    found = ran(("kind: nats-stream", "kind: kafka"),
                (BATCH, BATCH + "        tries: 3\n        rebalance: 2 s\n        eager: true\n"),
                stated("{at: 0 s, what: slow, where: db, times: 1.1}"), until_s=1.0)  # fmt: skip
    (row,) = found.lowered.program.stream
    assert (row["tries"], row["pause"], row["all_pause"]) == (3, 2 * L.NS_PER_S, 1)
