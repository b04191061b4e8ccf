"""Spans: sampled requests tell what their attempts did and waited for, and nothing else changes."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel import run as kernel_run
from backend_lead.kernel import state
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import RunResult, simulate

from .measured import root_of
from .random_programs import random_program

MS = 0.001


def busy_program() -> Program:
    """Two tiers under load: pools, queues for workers and cores, a lock, retries, an outage."""
    b = Builder()
    store = b.service(1, 2, workers=3, cores=2, queue=20)
    held = [("lock", b.locks(1), 1, [("delay", b.dist_exp(1 * MS))])]
    query = b.endpoint(store, [("cpu", b.dist_exp(4 * MS)), *held, ("cpu", b.dist_exp(1 * MS))])
    home = b.service(1, 2, workers=12, cores=1, balance=lay.LB_LEAST)
    ask = b.call(query, timeout_s=0.05, retries=2, backoff_s=0.02, rtt_s=1 * MS,
                 pool_per_replica=(home, 3), optional=True)  # fmt: skip
    b.call(query, timeout_s=0.03, rtt_s=1 * MS)
    page = b.endpoint(home, [("cpu", b.dist_exp(1 * MS)), ("par", [ask, ask + 1]),
                             ("cpu", b.dist_exp(1 * MS))])  # fmt: skip
    b.open(300, {root_of(b, [("call", b.call(page, retries=1))]): 1})
    b.fault(5, lay.FAULT_DOWN, b.replica(store), 1)
    b.fault(6, lay.FAULT_UP, b.replica(store))
    b.fault(7, lay.FAULT_DOWN, b.replica(home))
    b.fault(8, lay.FAULT_UP, b.replica(home))
    return b.build()


def spans(run: RunResult) -> NDArray[np.void]:
    assert run.spans is not None and run.conserved
    rows: NDArray[np.void] = run.spans
    return rows


@pytest.fixture(scope="module")
def busy() -> RunResult:
    """A run of the busy program in which each request is sampled."""
    return simulate(busy_program(), seed=1, until_s=20, sample_every=1)


def test_spans_of_all_sum_to_the_statistics(busy: RunResult) -> None:
    """Attempts, outcomes, latencies, waits and core time of each endpoint, to the nanosecond."""
    rows, program = spans(busy), busy_program()
    attempts = rows[(rows["parent"] != lay.NONE) & (rows["outcome"] != lay.NONE)]
    for endpoint, stat in enumerate(busy.stats):
        mine = attempts[attempts["endpoint"] == endpoint]
        everyone = rows[rows["endpoint"] == endpoint]
        assert stat["n"] == len(mine)
        for outcome, name in ((lay.OK, "ok"), (lay.FAILED, "failed"), (lay.TIMED_OUT, "timed_out")):
            assert stat[name] == (mine["outcome"] == outcome).sum()
        timed = program.call["timeout"][mine["call"]] > 0
        told = mine[~timed | (mine["outcome"] != lay.TIMED_OUT)]  # the others did not end yet
        assert stat["latency"] == (told["ended"] - told["begun"]).sum()
        for name in ("wait_pool", "wait_worker", "wait_core", "wait_lock", "busy"):
            assert stat[name] == everyone[name].sum(), name
    for name in busy.stats.dtype.names or ():
        assert busy.stats[name].sum() > 0, name


def test_roots_are_the_requests(busy: RunResult) -> None:
    """There is one span without a parent per request, with its outcome and its two times."""
    rows = spans(busy)
    roots = rows[rows["parent"] == lay.NONE]
    assert len(roots) == busy.started and not busy.spans_full
    found = [int((roots["outcome"] == outcome).sum()) for outcome in range(3)]
    assert found == [busy.ok, busy.failed, busy.timed_out]
    well = roots[roots["outcome"] == lay.OK]
    assert (well["ended"] - well["created"]).sum() == busy.windows["latency"].sum()


def test_spans_hang_together(busy: RunResult) -> None:
    """Each names its own row, an earlier parent of the same request, and times in order."""
    rows = spans(busy)
    assert rows["row"].tolist() == list(range(len(rows)))
    child = rows[rows["parent"] != lay.NONE]
    parent = rows[child["parent"]]
    assert (child["parent"] < child["row"]).all()
    assert (child["serial"] == parent["serial"]).all() and (child["source"] == 0).all()
    assert (child["created"] >= parent["started"]).all()
    for earlier, later in (("created", "begun"), ("begun", "started"), ("started", "ended")):
        both = rows[(rows[earlier] != lay.NONE) & (rows[later] != lay.NONE)]
        assert (both[later] >= both[earlier]).all()
    over = rows[(rows["outcome"] == lay.OK)]
    waited = over["wait_core"] + over["wait_lock"] + over["busy"]
    assert (waited <= over["ended"] - over["started"]).all()
    assert (over["wait_pool"] + over["wait_worker"] == over["started"] - over["begun"]).all()
    retried = child[child["attempt"] > 0]
    assert len(retried) > 0 and (retried["begun"] > retried["created"]).any()


def test_orphans_are_marked(busy: RunResult) -> None:
    """Attempts that end after their caller gave up bear the mark; those still waited for do not."""
    rows = spans(busy)
    orphans = rows[rows["flags"] & state.SPAN_ORPHAN != 0]
    assert len(orphans) > 0 and (orphans["parent"] != lay.NONE).all()
    late = orphans[orphans["started"] != lay.NONE]
    assert (late["ended"] - late["begun"]).max() > 30e6
    well = rows[(rows["outcome"] == lay.OK) & (rows["flags"] == 0) & (rows["endpoint"] == 0)]
    assert (well["ended"] - well["begun"]).max() <= 50e6


def test_the_way_of_an_answer_is_told() -> None:
    """The round trip of the call and what its hop adds, lost packets included."""
    b = Builder()
    far = b.service(1, 1)
    b.zone(b.replica(far), 1)
    hops = b.hops([[0, 3 * MS], [3 * MS, 0]], [[0, 0.2], [0.2, 0]])
    page = b.endpoint(far, [("cpu", b.dist_const(1 * MS))])
    call = b.call(page, rtt_s=2 * MS, hops=hops, timeout_s=1_000)
    b.open(50, {root_of(b, [("call", call)]): 1})
    rows = spans(simulate(b.build(), seed=1, until_s=20, sample_every=1))
    parents = rows[rows["parent"] == lay.NONE]
    over = rows[(rows["parent"] != lay.NONE) & (rows["ended"] != lay.NONE)]
    root = {int(one["row"]): one for one in parents if one["outcome"] == lay.OK}
    answered = [one for one in over if int(one["parent"]) in root]
    assert len(answered) > 900
    for one in answered:
        assert one["network"] == root[int(one["parent"])]["ended"] - one["ended"]
    assert {int(n) // 1_000_000 for n in over["network"]} >= {5, 205}


def test_every_nth_request_is_sampled_whole() -> None:
    """One in seven, with the same spans as when all are sampled."""
    program = busy_program()
    every = spans(simulate(program, seed=1, until_s=20, sample_every=1))
    some = spans(simulate(program, seed=1, until_s=20, sample_every=7))
    assert set((some["serial"] % 7).tolist()) == {0}
    expected = every[every["serial"] % 7 == 0]
    columns = [name for name in every.dtype.names or () if name not in ("row", "parent")]
    assert some[columns].tolist() == expected[columns].tolist()


@pytest.mark.parametrize("number", range(25))
def test_sampling_changes_no_outcome(number: int) -> None:
    """With and without spans the requests end alike, to the nanosecond; so do all counts."""
    program, until_ns = random_program(random.Random(number))
    until_s = until_ns / lay.NS_PER_S
    plain, sampled = (
        simulate(program, seed=2, until_s=until_s, trace=50_000, sample_every=n) for n in (0, 3)
    )
    assert plain.trace is not None and sampled.trace is not None and plain.spans is None
    assert plain.trace.tobytes() == sampled.trace.tobytes()
    assert plain.stats.tobytes() == sampled.stats.tobytes()
    assert plain.events == sampled.events and sampled.conserved
    roots = spans(sampled)[spans(sampled)["parent"] == lay.NONE]
    trace = sampled.trace
    ended = {(int(t["source"]), int(t["serial"])): (t["end"], t["outcome"]) for t in trace}
    for root in roots[roots["ended"] != lay.NONE]:
        assert ended[int(root["source"]), int(root["serial"])] == (root["ended"], root["outcome"])


def test_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the room is used no further request is sampled; those sampled are whole."""
    monkeypatch.setattr(kernel_run, "SPANS_MAX", 1_000)
    run = simulate(busy_program(), seed=1, until_s=20, sample_every=1)
    whole = simulate(busy_program(), seed=1, until_s=20, trace=100_000)
    rows = spans(run)
    assert run.spans_full and 1_000 <= len(rows) <= 2_000
    assert run.stats.tobytes() == whole.stats.tobytes()


def test_what_is_under_way_at_the_end_has_no_end() -> None:
    """Its span says when it began and where it is, and that it did not end."""
    b = Builder()
    work = b.endpoint(b.service(1, 1), [("delay", b.dist_const(10))])
    b.replay([1.0], {root_of(b, [("call", b.call(work))]): 1})
    rows = spans(simulate(b.build(), seed=1, until_s=5, sample_every=1))
    assert rows["ended"].tolist() == rows["outcome"].tolist() == [lay.NONE, lay.NONE]
    assert rows["begun"].tolist() == rows["started"].tolist() == [1_000_000_000] * 2
    assert rows["parent"].tolist() == [lay.NONE, 0] and rows["call"].tolist() == [lay.NONE, 0]
