"""simulate --traces: sampled requests as a file, and where their time went."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend_lead.analysis.critical_path import paths
from backend_lead.app.sampled import every, where, write_traces
from backend_lead.app.simulate import simulate
from backend_lead.intake.backend_yaml import read_text
from backend_lead.kernel import layout as L
from backend_lead.model.finding import InvalidInput
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed

SESSION = """
backend: visits
workload: {clients: {web: {rate: 300/s, journeys: {browse: 100%}}}, peak: {factor: 1}}
journeys:
  browse: {steps: [app.get, app.get, app.get], session: {think: 5 s, again: 50%}}
components:
  app: {kind: http-service, instance: m7g.large, count: 2, zones: 2,
        endpoints: {get: {does: [cpu: 1 ms]}}}
slos: [{journey: "*", p99: 1 s, availability: 99%}]
topology: {zones: 2}
team: {size: 4}
"""


def test_the_path_of_every_sampled_request_adds_up() -> None:
    """One in ten is sampled; the parts of each are its latency, and their mean is the run's."""
    read = read_text(GOOD)
    assert read.system is not None
    done = simulate(read.system, duration_s=30, sample_every=10)
    r = done.ran.result
    assert r.spans is not None and not r.spans_full
    found = paths(r.spans)
    assert len(found) == pytest.approx(r.started / 10, rel=0.05)
    assert all(path.latency == sum(path.parts.values()) for path in found)
    answered = [path.latency for path in found if path.outcome == L.OK]
    mean_s = r.windows["latency"].sum() / r.ok / L.NS_PER_S
    assert sum(answered) / len(answered) / L.NS_PER_S == pytest.approx(mean_s, rel=0.05)
    told = where(done.ran)
    assert {one.request for one in told} == {"app.list_items", "app.get_item", "app.order"}
    for one in told:
        assert sum(share for *_, share in one.parts) == pytest.approx(1)
    order = next(one for one in told if one.request == "app.order" and one.at.quantile == "p99")
    assert order.parts[0][:2] == ("app", "other")  # the wait of 20 ms that it states


def test_a_stated_network_is_told_as_network() -> None:
    """A round trip of 30 ms between zones is no wait of the program's own."""
    near = changed(
        (
            "us-east-1, zones: 3}",
            "us-east-1, zones: 3, network: {same_zone: 30 ms, other_zone: 30 ms}}",
        )
    )
    read = read_text(near)
    assert read.system is not None, read.findings
    done = simulate(read.system, duration_s=30, sample_every=10)
    for one in where(done.ran):
        share = sum(s for part, kind, s in one.parts if kind == "network" and part == "app")
        assert share * one.at.latency_s > 0.025  # some are answered at the edge


def test_the_command_writes_the_same_bytes(tmp_path: Path) -> None:
    """A trace file for each run, the same with the same seed; a share that is none is told."""
    place = Place(tmp_path)
    place.write("backend.yaml", GOOD)
    words = ("simulate", "--duration", "15s", "-q", "--no-save", "--sample", "1/100")
    done = place.run(*words, "--traces", "one.json")
    assert done.code == 0 and "too few requests were sampled" in done.out
    more = place.run(*words[:-1], "1/2", "--traces", "more.json")
    assert more.code == 0 and "where its time went" in more.out
    assert place.run(*words, "--traces", "two.json").code == 0
    one, two = ((place.here / name).read_bytes() for name in ("one.json", "two.json"))
    assert one == two and len(json.loads(one)["resourceSpans"]) >= 4
    assert place.run(*words, "--traces", "one.json").code == 3  # never written over
    assert place.run(*words[:-1], "2/3", "--traces", "x.json").code == 2
    assert place.run("simulate", "--traces", "x.json", "--fault", "deploy").code == 2


@pytest.mark.parametrize("text", ["", "5%", "2/3", "1/0", "1/x", "1/-3"])
def test_a_sample_is_one_in_n(text: str) -> None:
    """Other words are told."""
    with pytest.raises(InvalidInput):
        every(text)
    assert every("1/100") == 100


def test_steps_of_a_session_are_told_apart(tmp_path: Path) -> None:
    """Three steps that ask the same endpoint, and users who begin anew: four kinds of requests, in
    what is told and in the file."""
    read = read_text(SESSION)
    assert read.system is not None
    done = simulate(read.system, duration_s=30, sample_every=2)
    steps = [f"app.get (browse of web, step {i})" for i in (1, 2, 3, "1 again")]
    assert sorted({one.request for one in where(done.ran)}) == sorted(steps)
    write_traces(done.ran, tmp_path / "traces.json")
    parts = json.loads((tmp_path / "traces.json").read_bytes())["resourceSpans"]
    spans = [span for part in parts for span in part["scopeSpans"][0]["spans"]]
    assert {span["name"] for span in spans if "parentSpanId" not in span} == set(steps)
