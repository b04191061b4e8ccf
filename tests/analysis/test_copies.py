"""Copies of a store that are behind: stale reads by a closed form, writes that a failover loses."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.copies_seen import copy_reads, lost_writes
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.lowering import lower
from backend_lead.analysis.ran import Ran, slots_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.kernel.run import simulate
from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.views.flow import Flow
from backend_lead.views.popularity import HOT_ROWS
from backend_lead.views.resolve import resolve
from tools.law_pages import merged, small_model

BASE = """
workload: {clients: {api: {rate: 200/s, journeys: {ask: 50%, tell: 50%}}}}
journeys: {tell: {steps: [app.tell]}}
components:
  app: {endpoints: {tell: {does: [cpu: 1 ms, {query: db.write}]}}}
  db:
    zones: 1
    replicas: 2
    lag: 2 s
    operations:
      read: {entity: thing, stale_ok: true}
      write: {type: write, cpu: 1 ms, wait: 1 ms, entity: thing}
entities: {thing: {store: db, row: 1 kB, rows: 500, skew: 0.8}}
"""
WRITES_PER_S, LAG_S = 100.0, 2.0


def flow_of(*changes: str) -> Flow:
    return resolve(read_checked_text(merged(small_model(), BASE, *changes)).system)


def steady(*changes: str, measure_s: float = 300.0) -> CopyReads:
    (found,) = copy_reads(simulation.run_steady(flow_of(*changes), 1, measure_s=measure_s))
    return found


def stale_share(popularity: np.ndarray) -> float:
    """A read of a row comes less than the lag after a write of it: writes of rows are Poisson."""
    shares = popularity / popularity.sum()
    return float((shares * (1 - np.exp(-WRITES_PER_S * shares * LAG_S))).sum())


@pytest.mark.parametrize(("rows", "skew"), [(50, 0.0), (500, 0.8), (2_000, 1.2)])
def test_stale_reads_are_as_many_as_the_closed_form_says(rows: int, skew: float) -> None:
    """Rows by Zipf's law, read and written alike: the sum of p (1 - exp(-w p lag))."""
    found = steady(f"entities: {{thing: {{rows: {rows}, skew: {skew}}}}}")
    expected = stale_share(np.arange(1, rows + 1, dtype=float) ** -skew)
    assert found.read == pytest.approx(WRITES_PER_S * 300, rel=0.03)
    assert found.written == pytest.approx(WRITES_PER_S * 300, rel=0.03)
    assert found.stale / found.read == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("load", [1.0, 3.0])
def test_a_lag_longer_than_the_run_counts_from_its_begin(load: float) -> None:
    """What was written before the run began is not yet on the replicas then, either."""
    flow = flow_of("components: {db: {lag: 60 s}}")
    lowered = lower(flow, load=load)
    result = simulate(lowered.program, seed=1, until_s=30.0)
    (found,) = copy_reads(Ran("steady", flow, lowered, result))
    shares = np.arange(1, 501, dtype=float) ** -0.8
    expected = shares / shares.sum() @ -np.expm1(-load * WRITES_PER_S * shares / shares.sum() * 60)
    assert found.stale / found.read == pytest.approx(expected, rel=0.005)


def test_what_nobody_writes_is_never_stale() -> None:
    """Without writes no row was written before the run."""
    flow = flow_of("workload: {clients: {api: {journeys: {ask: 100%, tell: 0%}}}}")
    assert (lower(flow).program.noted == L.NONE).all()


def test_one_row_is_stale_as_long_as_somebody_has_just_written_it() -> None:
    """1 - exp(-w lag), with a lag of a hundredth of a second."""
    found = steady("{components: {db: {lag: 10 ms}}, entities: {thing: {rows: 1}}}")
    assert found.stale / found.read == pytest.approx(1 - np.exp(-1.0), rel=0.03)


def test_rows_that_stand_for_many_are_never_stale() -> None:
    """Of a hundred million rows asked for alike hardly one was written just before it is read."""
    found = steady("entities: {thing: {rows: 100M, skew: 0}}", measure_s=60.0)
    assert found.read > 0 and found.stale == 0
    flow = flow_of("entities: {thing: {rows: 100M, skew: 0}}")
    assert set(lower(flow).program.log["keys"].tolist()) == {HOT_ROWS}


def test_replication_that_falls_behind_makes_more_reads_stale() -> None:
    """Three seconds more for all of the run, on top of two."""
    flow = flow_of("faults: [{at: 0 s, what: behind, where: db, more: 3 s}]")
    ran = simulation.run_fault(flow, FAULTS["stated"], 1, until_s=120.0)
    (found,) = copy_reads(ran)
    shares = np.arange(1, 501, dtype=float) ** -0.8
    shares /= shares.sum()
    late = np.full(120, LAG_S + 3)
    expected = np.mean([(shares * (1 - np.exp(-WRITES_PER_S * shares * t))).sum() for t in late])
    assert found.stale / found.read == pytest.approx(expected, rel=0.05)


def test_lags_that_overlap_add_up_and_go_again() -> None:
    """The kernel is told the lag at each change."""
    flow = flow_of("faults: [{at: 1 s, what: behind, where: db, more: 3 s, lasts: 10 s},"
                   "{at: 5 s, what: behind, where: db, more: 1 s, lasts: 2 s}]")  # fmt: skip
    told = [(e.at_s, e.x / L.NS_PER_S) for e in FAULTS["stated"].events(flow, 0.0)
            if e.action == L.FAULT_BEHIND]  # fmt: skip
    assert told == [(1.0, 5.0), (5.0, 6.0), (7.0, 5.0), (11.0, 2.0)]


def test_reads_of_own_writes_go_to_the_primary_and_are_not_stale() -> None:
    """A journey that writes and then reads: its reads are counted apart, those avoided too."""
    own = ("{workload: {clients: {api: {journeys: {ask: null, tell: 100%}}}},"
           " journeys: {ask: null, tell: {steps: [app.tell, app.ask]}}}")  # fmt: skip
    without = steady(own)
    found = steady(own, "components: {db: {own_writes: 5 s}}")
    assert without.to_primary == 0 < without.stale
    assert found.read == 0 and found.stale == 0
    assert found.to_primary == pytest.approx(WRITES_PER_S * 300, rel=0.03)
    assert found.avoided == pytest.approx(without.stale, rel=0.05)


def failed_over(fault: str, *changes: str) -> tuple[LostWrites, Ran]:
    flow = flow_of(f"faults: [{{at: 20 s, what: failover, where: db, {fault}}}]", *changes)
    ran = simulation.run_fault(flow, FAULTS["stated"], 1, until_s=70.0)
    assert ran.result.conserved
    (found,) = lost_writes(ran)
    return found, ran


def test_a_failover_to_a_replica_loses_the_writes_of_the_last_lag() -> None:
    """A hundred a second for two seconds, as far as chance has it; and it is told how known."""
    found, ran = failed_over("lasts: 10 s")
    assert (found.by, found.after_s, found.lag_s) == ("replica", 10.0, LAG_S)
    assert found.writes == pytest.approx(
        WRITES_PER_S * LAG_S, abs=4 * (WRITES_PER_S * LAG_S) ** 0.5
    )
    assert found.origin == "simulated" and "answered" in found.why
    (slot,) = slots_of(ran)["app.tell"]
    answered = ran.result.windows["ok"][:, slot]
    assert answered[18:20].sum() == found.writes
    assert answered[21:29].sum() == 0 < answered[31]


def test_a_failover_while_replication_is_behind_loses_more() -> None:
    """Five seconds of writes instead of two."""
    found, _ = failed_over("lasts: 5 s}, {at: 0 s, what: behind, where: db, more: 3 s")
    assert found.lag_s == 5.0
    assert found.writes == pytest.approx(500, abs=4 * 500**0.5)


def test_a_failover_by_command_loses_none() -> None:
    """The replica catches up first; without a stated time it takes that of the kind."""
    found, _ = failed_over("command: true")
    assert found.writes == 0 and found.origin == "computed" and found.after_s == 60.0


def test_a_standby_has_every_write() -> None:
    """Over two zones the standby takes over, not a replica."""
    found, _ = failed_over("lasts: 5 s", "components: {db: {zones: 2}}")
    assert found.by == "standby" and found.writes == 0


def test_the_promoted_replica_answers_no_reads_any_more() -> None:
    """One of two leaves the replicas; the only one goes on with both."""
    for replicas, hidden in ((2, [("db.replicas", 0)]), (1, [])):
        flow = flow_of("faults: [{at: 20 s, what: failover, where: db, lasts: 10 s}]",
                       f"components: {{db: {{replicas: {replicas}}}}}")  # fmt: skip
        found = FAULTS["stated"].events(flow, 0.0)
        assert [(e.station, e.replica) for e in found if e.action == L.FAULT_HIDE] == hidden
