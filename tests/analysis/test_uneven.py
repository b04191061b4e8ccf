"""Instances that get more of the load than others: the solver's shares are those of runs, and so is
what they carry."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis.capacity import highest_load
from backend_lead.analysis.solver import solve
from backend_lead.analysis.uneven import compared, groups, pooled
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import network_bandwidth
from backend_lead.checks.evidence import Evidence
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from backend_lead.views.sharing_out import each, rows
from tests.analysis.played import changed, play

MODEL = """\
backend: t
workload:
  clients: {web: {rate: 300/s, journeys: {j: 100%}}}
  peak: {factor: 1}
journeys: {j: {steps: [app.get]}}
components:
  app:
    kind: http-service
    instance: m7g.4xlarge
    count: 2
    zones: 2
    endpoints: {get: {does: [{cpu: 0.1 ms}, {call: back.get}]}}
  back:
    kind: http-service
    instance: m7g.large
    count: 2
    zones: 2
    endpoints: {get: {does: [{cpu: 4 ms}]}, spare: {does: [{query: db.read}]}}
  db:
    kind: postgres
    instance: db.m7g.large
    zones: 2
    operations: {read: {type: read, cpu: 2 ms, wait: 0 ms, entity: item}}
entities: {item: {store: db, row: 1 kB, rows: 10k, skew: 1.1}}
slos: [{journey: "*", p99: 2 s, availability: 99%}]
topology: {zones: 2, region: us-east-1, network: {same_zone: 0.2 ms, other_zone: 1 ms}}
"""
TWO = "    instance: m7g.large\n    count: 2\n"
APP = "    instance: m7g.4xlarge\n    count: 2\n    zones: 2\n"


def model(*changes: tuple[str, str]) -> str:
    return changed(*changes, text=MODEL)


def back(said: str, count: int = 2, call: str = "call: back.get") -> tuple[tuple[str, str], ...]:
    return (TWO, f"    instance: m7g.large\n    count: {count}\n{said}"), ("call: back.get", call)


WEIGHTED = "    balance: weighted\n    serving: {weights: [9, 1]}\n"
SHARED = WEIGHTED.replace("{weights", "{share_cores: true, weights")
HOT = (
    ("{rate: 300/s", "{rate: 1000/s"), ("{call: back.get}", "{query: db.read}"),
    ("    instance: db.m7g.large\n",
     "    instance: db.m7g.large\n    shards: 4\n    serving: {share_cores: true}\n"),
    ("entity: item}}\n", "entity: item, shard_key: item}}\n"),
    ("{does: [{query: db.read}]}", "{does: [{cpu: 1 ms}]}"),
)  # fmt: skip
BY_KEY = back("    balance: by-key\n", 8, "call: back.get, entity: item")
NEAR = "    serving: {near: true}\n"
LONE = (APP, "    instance: m7g.4xlarge\n    count: 1\n    zones: 1\n")
CASES = {
    "weights": model(*back(WEIGHTED)),
    "weights on shared cores": model(*back(SHARED)),
    "hot shards on shared cores": model(*HOT),
    "by key": model(("{rate: 300/s", "{rate: 700/s"), *BY_KEY),
    "near, callers in one zone": model(*back(NEAR), LONE),
    "near, two instances in one zone": model(
        *back(NEAR, 3), ("{rate: 300/s", "{rate: 500/s"), (APP, APP + "    balance: random\n")
    ),
    "near, by weights": model(
        *back(WEIGHTED.replace("{weights: [9, 1]", "{near: true, weights: [3, 1, 1]"), 3)
    ),
    "near, by key": model(
        ("{rate: 300/s", "{rate: 700/s"),
        *back("    balance: by-key\n" + NEAR, 8, "call: back.get, entity: item"),
    ),
}  # fmt: skip


def flow_of(text: str) -> Flow:
    return resolve(read_checked_text(text).system)


@pytest.mark.parametrize("case", CASES)
def test_each_instance_has_the_share_that_a_run_gives_it(case: str) -> None:
    """The load over the mean, of each instance; the use of the busiest; the mean time."""
    asked = "db.read" if "shards" in case else "back.get"
    played = play(CASES[case], 60.0, spans=True)
    station = played.flow.nodes[asked].station
    n = played.flow.stations[station].replicas
    sent = np.array([len(played.sent_to(asked, i)) for i in range(n)])
    told = each(played.flow, station)
    assert told * sent.mean() == pytest.approx(sent, abs=4 * np.sqrt(sent.max()))
    assert told.max() > 1.2
    solution = solve(played.flow)
    busy = next(use.busy for use in solution.uses if use.id == f"{station} cores")
    rate, cpu_s, cores = played.flow.visits[asked], 0.002 if "shards" in case else 0.004, 2
    assert busy == pytest.approx(rate / n * told.max() * cpu_s / cores, rel=1e-6)
    assert 0.25 < busy < 0.8
    endpoint = played.endpoint(asked)
    mean_s = float(endpoint["latency"]) / float(endpoint["n"]) / NS_PER_S
    assert solution.node_s[asked] == pytest.approx(mean_s, rel=0.1)


@pytest.mark.parametrize("case", CASES)
def test_capacity_ends_where_the_busiest_instance_is_full(case: str) -> None:
    """The highest load is just below that at which its cores are all in use."""
    flow = flow_of(CASES[case])
    busy = max(use.busy for use in solve(flow, 0.5).uses if use.resource == "CPU") / 0.5
    assert 0.93 < highest_load(flow) * busy < 1


def test_places_of_instances_are_those_of_a_run() -> None:
    """By the number of its row an instance is chosen for a key."""
    played = play(CASES["by key"], 0.1)
    program = played.lowered.program
    for station, service in played.lowered.services.items():
        first = int(program.service["replica"][service])
        n = played.flow.stations[station].replicas
        assert rows(played.flow, station).tolist() == list(range(first, first + n))


SENDS = (
    ("{does: [{cpu: 0.1 ms}, {call: back.get}]}", "{response: 100 kB, does: [{cpu: 0.1 ms}]}"),
    ("{rate: 300/s", "{rate: 700/s"), ("other_zone: 1 ms", "other_zone: 1 ms, bandwidth: 100 MB/s"),
    (APP, APP + "    balance: weighted\n    serving: {weights: [4, 1]}\n"),
)  # fmt: skip


def test_who_has_more_of_the_load_sends_more() -> None:
    """Four fifths of what is sent leave one machine, and wait there."""
    text = model(*SENDS)
    played = play(text, 60.0)
    solution = solve(played.flow)
    (sending,) = [use.busy for use in solution.uses if use.resource == "sending"]
    mean_s = float(played.endpoint("app.get")["latency"] / played.endpoint("app.get")["n"])
    assert sending == pytest.approx(700 * 0.8 * 100e3 / 100e6, rel=0.02)
    assert solution.node_s["app.get"] == pytest.approx(mean_s / NS_PER_S, rel=0.05)
    busy = flow_of(text.replace("700/s", "1300/s"))
    assert not solve(busy).stable
    (told,) = network_bandwidth.RULE.judge(Evidence(busy.system, busy))
    assert "with all zones up" in told.message


def test_pools_of_busier_callers_are_fuller() -> None:
    """Each instance has its own pool to each shard; which instance is asked there is no matter."""
    assert pooled(flow_of(CASES["weights"]), "app", "back") == ((1.0, 1.0),)
    assert pooled(flow_of(CASES["weights"]), "back", "db") == ((0.9, 1.8), (0.1, 0.2))


def test_who_stays_in_its_zone_compares_the_instances_there() -> None:
    """Of two instances in two zones a balancer sees one; from outside it sees both."""
    flow = flow_of(model(*back("    balance: least-outstanding\n" + NEAR)))
    assert (compared(flow, "back"), compared(flow, "app")) == (1, 2)
    assert groups(flow, "back") == ((1.0, 1.0),)
