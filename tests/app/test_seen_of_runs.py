"""What runs find of users and data, from a model to its terminal, evidence and pages."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest

from backend_lead import emit
from backend_lead.analysis import simulation
from backend_lead.analysis.copies_seen import copy_reads, lost_writes
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.sessions import session_steps
from backend_lead.app.evidence import Judged, assemble
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.replicate import replications
from backend_lead.app.simulate import Simulated, as_json, simulate, unseen
from backend_lead.model.design import Design
from backend_lead.model.system import System
from backend_lead.rendering import replications_text, simulation_text
from backend_lead.search.assess import assess
from tools.law_pages import merged, small_model

ALL = """
workload: {clients: {api: {rate: null, users: 1500, think_time: 4 s,
                           journeys: {ask: 50%, tell: 50%}}}}
journeys:
  ask: {session: {think: 2 s, goes_on: [90%], leaves: 50%}, steps: [app.ask, app.ask]}
  tell: {steps: [app.tell, app.ask, app.far]}
components:
  app:
    endpoints:
      tell: {does: [cpu: 1 ms, {query: db.write}, {publish: bus.things, timeout: 1 s}]}
      far: {does: [cpu: 1 ms, {call: price.tell, timeout: 2 s}]}
  db:
    zones: 1
    replicas: 2
    lag: 2 s
    own_writes: 1 s
    operations:
      read: {entity: thing, stale_ok: true}
      write: {type: write, cpu: 1 ms, wait: 1 ms, entity: thing}
  bus:
    kind: kafka
    instance: m7g.large
    count: 3
    zones: 3
    topics: {things: {message: 300 B, partitions: 6}}
  worker:
    kind: worker
    instance: m7g.large
    count: 3
    zones: 3
    endpoints: {take: {on: bus.things, batch: 20, tries: 3, does: [cpu: 1 ms]}}
  price:
    kind: http-service
    instance: m7g.large
    count: 2
    region: eu-west-1
    endpoints: {tell: {response: 50 kB, does: [cpu: 1 ms]}}
entities: {thing: {store: db, row: 1 kB, rows: 2000, skew: 0.8}}
topology:
  network:
    same_zone: 0.2 ms
    other_zone: 1 ms
    hops:
      - {between: [us-east-1, eu-west-1], rtt: 76 ms, bandwidth: 80 Mbit/s}
faults:
  - {at: 10 s, what: failover, where: db, lasts: 5 s}
  - {at: 20 s, what: errors, where: worker, share: 90%, lasts: 10 s}
"""
LOSE = "data: {{lose_most: {}}}"
BACK = "eu-west-1 to us-east-1"


def system(*changes: str) -> System:
    return read_checked_text(merged(small_model(), ALL, *changes)).system


@cache
def played(*changes: str) -> Simulated:
    return simulate(system(*changes), fault="stated")


@cache
def designed(*changes: str) -> Design:
    """A design of the model, of its steady run and what it says will happen alone."""
    found = assess(system(*changes))
    steady = simulation.run_steady(found.flow, 1, measure_s=40)
    broken = simulation.run_fault(found.flow, FAULTS["stated"], 1)
    return assemble(found, Judged(steady, faults={"stated": broken}), seed=1)


def test_a_design_has_what_its_runs_found() -> None:
    """The records are those of the runs, each with the id of its own."""
    design = designed()
    found = assess(system())
    steady = simulation.run_steady(found.flow, 1, measure_s=40)
    broken = simulation.run_fault(found.flow, FAULTS["stated"], 1)
    assert design.sessions == session_steps(steady, "steady") and len(design.sessions) == 2
    assert design.copies == copy_reads(steady, "steady") and design.copies[0].stale > 0
    assert design.lost_writes == lost_writes(broken, "stated") and design.lost_writes[0].writes > 50
    (aside,) = design.put_aside
    assert (aside.handler, aside.run) == ("worker.take", "stated") and aside.put_aside > 100
    assert [one.way for one in design.links] == ["us-east-1 to eu-west-1", BACK]
    kept = {run.id for run in design.runs}
    for rows in (
        design.sessions,
        design.copies,
        design.lost_writes,
        design.put_aside,
        design.links,
    ):
        assert {row.run for row in rows} <= kept


def test_replicas_that_fell_behind_have_a_row_of_that_run() -> None:
    """Other faults leave reads as stale as they were, and add none."""
    behind = "faults: [{at: 10 s, what: behind, where: db, more: 4 s, lasts: 20 s}]"
    assert [(row.run, row.most_s) for row in designed(behind).copies] == [
        ("steady", 2.0), ("stated", 6.0),
    ]  # fmt: skip


def test_the_report_shows_it_with_the_run_that_found_it() -> None:
    """Each record's number stands in the page, and in the evidence with its run."""
    design = designed()
    out = emit.render(design)
    figures = {f["id"]: f for f in json.loads(out["evidence/figures.json"])["figures"]}
    wanted = {
        "session.api.ask.2.per_session": ("steady", design.sessions[1].per_session),
        "copies.steady.db.stale_share": ("steady", design.copies[0].stale / design.copies[0].read),
        "failover.stated.db.10.lost": ("stated", design.lost_writes[0].writes),
        "aside.stated.worker.take.put_aside": ("stated", design.put_aside[0].put_aside),
        f"link.{BACK}.busy": ("steady", design.links[1].busy),
    }
    for word, (run, value) in wanted.items():
        figure = figures[word]
        assert (figure["run"], figure["value"]) == (run, pytest.approx(value)), word
        assert f">{figure['text']}</button>" in out["report.html"], word
        assert figure["text"] in out["README.md"], word
    results = json.loads(out["evidence/stated.json"])["results"]
    assert results["failovers"][0]["writes"] == pytest.approx(design.lost_writes[0].writes)


def test_the_terminal_and_the_evidence_have_rows_of_ways() -> None:
    """Use, what is carried and of how much, of one run and of replications."""
    done = played()
    row = re.search(rf"{BACK} +([\d.]+)% +([\d.]+) MB/s +10 MB/s +(\d+)", simulation_text(done))
    assert row is not None
    told = done.run.results["links"][BACK]
    assert float(row[1]) == pytest.approx(100 * told["busy"], abs=0.06)
    assert float(row[2]) * 1e6 == pytest.approx(told["bytes_per_s"], rel=0.01)
    assert int(row[3]) == pytest.approx(told["ended_per_s"], abs=0.51)
    assert "links" in json.loads(as_json(done))["run"]["results"]
    pooled = replications(system(), 2, duration_s=30)
    assert BACK in replications_text(pooled)
    assert pooled.links[1].busy == pytest.approx(told["busy"], rel=0.1)


def test_a_run_that_a_way_limits_says_so() -> None:
    """Above capacity by name, and full in the table."""
    slow = "topology: {network: {hops: [{between: [us-east-1, eu-west-1], rtt: 76 ms, " \
           "bandwidth: 8 Mbit/s}]}}"  # fmt: skip
    done = simulate(system(slow), duration_s=40)
    text = simulation_text(done)
    assert done.verdict == "fail" and f"above capacity: the way from {BACK}" in text
    assert re.search(rf"{BACK} +(9[5-9]\.\d|100\.0)%", text)


def test_without_ways_there_is_no_row() -> None:
    """A model in one region: nothing in the terminal, nothing in the evidence."""
    done = simulate(read_checked_text(small_model()).system, duration_s=10)
    assert "way between regions" not in simulation_text(done)
    assert "links" not in done.run.results and done.links == []


@pytest.mark.parametrize(("may", "verdict", "level"), [
    (None, "pass", "warning"), ("5 s", "pass", None), ("1 s", "fail", "error"),
])  # fmt: skip
def test_lost_writes_are_judged_against_what_may_be_lost(
    may: str | None, verdict: str, level: str | None
) -> None:
    """The same in a run, in its findings and in a design: one truth."""
    change = () if may is None else (LOSE.format(may),)
    done = played(*change)
    assert done.trial is not None and done.trial.verdict == "pass" and done.verdict == verdict
    found = [f.level for f in unseen(system(*change), "stated", done.run)
             if f.rule == "writes-lost"]  # fmt: skip
    assert found == ([level] if level else [])
    design = designed(*change)
    assert [f.level for f in design.findings if f.rule == "writes-lost"] == found
    assert (design.verdict == "fail") == (verdict == "fail")
    first = simulation_text(done).splitlines()[0]
    assert first.endswith(": does not hold" if verdict == "fail" else ": recovered")
