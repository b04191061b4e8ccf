"""Batches that are given up, partitions that stand still while they change hands, and lag."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import root_of

MS = 0.001


def handled(steps_ms: float = 0, replicas: int = 1, **stream: object) -> tuple[Builder, int, int]:
    """A stream whose handlers wait so long; gives its row, and that of the service."""
    b = Builder()
    workers = b.service(1, replicas, workers=100, cores=100)
    end = b.endpoint(workers, [("delay", b.dist_const(steps_ms * MS))])
    return b, b.stream(end, backoff_s=0.1, **stream), workers  # type: ignore[arg-type]


@pytest.mark.parametrize("tries", [1, 3])
def test_dead_letters_are_counted_exactly(tries: int) -> None:
    """Of ten messages a second those given up while the consumer is down are dead, no others.

    A batch fails at once and then each 0.1 s, so it dies (tries - 1) * 0.1 s after it was taken.
    """
    b, stream, workers = handled(tries=tries)
    b.replay([0.05 + i * 0.1 for i in range(100)], {root_of(b, [("publish", stream)]): 1})
    b.fault(2, lay.FAULT_DOWN, b.replica(workers))
    b.fault(4, lay.FAULT_UP, b.replica(workers))
    run = simulate(b.build(), seed=1, until_s=20)
    # published from 2.05 s on; with three tries one takes 0.2 s, and the partition only one
    dead = 20 if tries == 1 else 9
    windows = run.stream_windows[:, 0]
    assert run.streams["dead"].tolist() == [dead]
    assert windows["dead"].sum() == dead and windows["done"].sum() == 100 - dead
    assert windows["again"].sum() == (0 if tries == 1 else dead * 2 + 2)


def test_who_may_be_tried_for_ever_is_never_given_up() -> None:
    """Without a number of tries the message waits until its consumer is back."""
    b, stream, workers = handled()
    b.replay([1], {root_of(b, [("publish", stream)]): 1})
    b.fault(0, lay.FAULT_DOWN, b.replica(workers))
    b.fault(100.05, lay.FAULT_UP, b.replica(workers))
    run = simulate(b.build(), seed=1, until_s=110)
    assert run.streams["dead"].tolist() == [0]
    windows = run.stream_windows[:, 0]
    assert windows["again"].sum() == 991 and windows["done"].nonzero()[0].tolist() == [100]
    assert windows["behind"][100] == pytest.approx(99.1 * lay.NS_PER_S, abs=10)


def test_a_whole_batch_is_given_up() -> None:
    """The first of nine messages goes alone; the other eight go as two batches of four."""
    b, stream, workers = handled(batch=4, tries=2)
    b.replay([1] * 9, {root_of(b, [("publish", stream)]): 1})
    b.fault(0, lay.FAULT_DOWN, b.replica(workers))
    run = simulate(b.build(), seed=1, until_s=10)
    windows = run.stream_windows[:, 0]
    assert run.streams["dead"].tolist() == [9]
    assert (windows["again"].sum(), windows["done"].sum()) == (9, 0)
    assert windows["behind"].max() == 300_000_000  # the last batch waited for two others


def rebalanced(pause_s: float, all_pause: bool) -> tuple[RunResult, int]:
    """Two consumers of two partitions, a message a second to each; the second one goes at 5.5 s."""
    b, stream, workers = handled(
        replicas=2, partitions=2, by_key=True, pause_s=pause_s, all_pause=all_pause
    )
    keys = b.keys([1, 1, 1, 1])  # partition: a hash of the key
    root = root_of(b, [("key", keys), ("publish", stream)])
    b.replay([i * 0.01 + 0.005 for i in range(2_000)], {root: 1})
    b.fault(5.5, lay.FAULT_HIDE, b.replica(workers, index=1))
    return simulate(b.build(), seed=1, until_s=30), stream


def test_a_partition_that_changes_hands_stands_still() -> None:
    """For 3 s what is published to one partition waits; what is published to the other does not."""
    run, _ = rebalanced(3, all_pause=False)
    windows = run.stream_windows[:, 0]
    still = windows["done"][6:8] / windows["published"][6:8]
    assert (still > 0.1).all() and (still < 0.9).all()
    assert windows["done"].sum() == windows["published"].sum() == 2_000
    longest = windows["behind"][8] / lay.NS_PER_S
    assert 2.8 < longest < 3  # the first one after the change has waited to the end of the pause
    assert (windows["behind"][[4, 6, 7, 9]] == 0).all()


def test_with_all_pause_every_partition_stands_still() -> None:
    """Nothing at all is handled from 5.5 to 8.5 s."""
    run, _ = rebalanced(3, all_pause=True)
    windows = run.stream_windows[:, 0]
    assert windows["done"][5] == 50 and (windows["done"][6:8] == 0).all()
    assert windows["done"][8] == 350
    assert windows["behind"][8] == pytest.approx(2.995 * lay.NS_PER_S)


def test_nothing_stands_still_where_no_owner_changes() -> None:
    """What is hidden as the second of two with one partition had nothing to hand on."""
    b, stream, workers = handled(replicas=2, pause_s=3, all_pause=True)
    b.every(0.01, {root_of(b, [("publish", stream)]): 1})
    b.fault(5.5, lay.FAULT_HIDE, b.replica(workers, index=1))
    run = simulate(b.build(), seed=1, until_s=10)
    assert (run.stream_windows["behind"] == 0).all()


def test_a_second_change_makes_the_pause_longer() -> None:
    """Hidden at 2 s and shown at 3 s: the partition stands still until a pause after the latter."""
    b, stream, workers = handled(replicas=2, pause_s=2)
    b.every(0.01, {root_of(b, [("publish", stream)]): 1})
    b.fault(2.005, lay.FAULT_HIDE, b.replica(workers))
    b.fault(3.005, lay.FAULT_SHOW, b.replica(workers))
    run = simulate(b.build(), seed=1, until_s=10)
    windows = run.stream_windows[:, 0]
    assert (windows["done"][3:5] == 0).all()
    assert windows["behind"][5] == pytest.approx(2.995 * lay.NS_PER_S)


def test_the_longest_of_two_windows_is_the_longer_one() -> None:
    """Where windows are folded into each other, counts add up and the longest age stays."""
    b, stream, workers = handled(steps_ms=50, replicas=2, pause_s=3)
    root = root_of(b, [("publish", stream)])
    b.replay([i * 0.01 + 0.005 for i in range(1_600)], {root: 1})
    b.fault(5.5, lay.FAULT_HIDE, b.replica(workers))
    fine, folded = (
        simulate(b.build(), seed=1, until_s=16, windows_max=most).stream_windows[:, 0]
        for most in (None, 4)
    )
    for column in ("published", "done"):
        assert folded[column].tolist() == fine[column].reshape(4, 4).sum(axis=1).tolist()
    assert folded["behind"].tolist() == fine["behind"].reshape(4, 4).max(axis=1).tolist()
