"""Zones, regions and the ways between them: round trips, losses, bandwidth, a lost region."""

from __future__ import annotations

import pytest

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.lowering import Event
from backend_lead.analysis.solver import solve
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.views.flow import Flow, Send, calls_of
from backend_lead.views.resolve import resolve
from tests.analysis.played import Played, changed, play

TOPOLOGY = "topology: {provider: aws, region: us-east-1, zones: 3}"
DB = "    instance: db.m7g.xlarge\n"


def network(said: str) -> tuple[str, str]:
    return TOPOLOGY, TOPOLOGY[:-1] + f", network: {{same_zone: 0.2 ms, other_zone: 1 ms, {said}}}}}"


ABROAD = changed(
    (DB, DB + "    region: eu-west-1\n"),
    network("hops: [{between: [us-east-1, eu-west-1], rtt: 80 ms, bandwidth: 10 MB/s}]"),
    ("read: {type: read, cpu: 1 ms, wait: 0 ms}",
     "read: {type: read, cpu: 1 ms, wait: 0 ms, entity: item}"),
    ("slos:", "entities:\n  item: {store: db, row: 20 kB, rows: 10k}\nslos:"),
)  # fmt: skip


def mean_s(played: Played, key: str) -> float:
    endpoint = played.endpoint(key)
    return float(endpoint["latency"]) / float(endpoint["n"]) / NS_PER_S


def sends(flow: Flow, key: str) -> list[Send]:
    """What a program sends: by itself, and to other regions with its calls."""
    steps = flow.nodes[key].steps
    over = [send for call in calls_of(steps) for send in call.over]
    return [*over, *(step for step in steps if isinstance(step, Send))]


def test_each_pair_of_zones_has_its_round_trip_and_loss() -> None:
    """What is said of a pair counts both ways; all else is as the network says."""
    text = changed(network("hops: [{between: [1, 3], rtt: 5 ms, loss: 2%}]"))
    hops = play(text, 1.0).lowered.program.hop
    trips = (hops["rtt"].reshape(3, 3) / 1e6).tolist()
    assert trips == [[0.2, 1, 5], [1, 0.2, 1], [5, 1, 0.2]]
    assert hops["loss"].reshape(3, 3).tolist() == [[0, 0, 0.02], [0, 0, 0], [0.02, 0, 0]]


def test_a_fault_that_ends_leaves_each_pair_its_own_loss() -> None:
    """While packets are lost none loses fewer than it does by itself; afterwards each as before."""
    text = changed(network("hops: [{between: [1, 3], rtt: 5 ms, loss: 2%}]"))
    text += "faults:\n  - {at: 1 s, what: loss, where: app, to: db, share: 1%, lasts: 1 s}\n"
    faults = play(text, 1.0).lowered.program.fault
    lost = faults["x"][faults["action"] == L.FAULT_LOSS].reshape(2, 3, 3)
    assert lost[0].tolist() == [[0.01, 0.01, 0.02], [0.01] * 3, [0.02, 0.01, 0.01]]
    assert lost[1].tolist() == [[0, 0, 0.02], [0, 0, 0], [0.02, 0, 0]]


def test_another_region_is_a_round_trip_away() -> None:
    """What asks a store there waits for the way there, and so says the solver."""
    played = play(ABROAD, 20.0)
    home = sum(step.mean_s for step in sends(played.flow, "app.ask"))
    least = 0.080 + 0.003 + home
    assert mean_s(played, "app.ask") == pytest.approx(least, rel=0.05) and home > 0.001
    assert solve(played.flow).node_s["app.ask"] == pytest.approx(
        mean_s(played, "app.ask"), rel=0.02
    )


def test_what_is_sent_between_regions_shares_the_way() -> None:
    """M/G/1 processor sharing: at a use of u, sending takes 1 / (1 - u) times as long as alone."""
    slow = ABROAD.replace("bandwidth: 10 MB/s", "bandwidth: 8 MB/s")
    near = slow.replace(", bandwidth: 8 MB/s", "")
    asked, answered = sends(resolve(read_checked_text(slow).system), "app.ask")
    assert (asked.link, answered.link) == ("us-east-1 to eu-west-1", "eu-west-1 to us-east-1")
    taken = mean_s(play(slow, 120.0), "app.ask") - mean_s(play(near, 120.0), "app.ask")
    alone = [step.mean_s for step in (asked, answered)]
    assert 300 * alone[1] > 0.7
    assert taken == pytest.approx(sum(s / (1 - 300 * s) for s in alone), rel=0.1)
    solved = [solve(resolve(read_checked_text(text).system)) for text in (slow, near)]
    told = [solution.node_s["app.ask"] for solution in solved]
    assert told[0] - told[1] == pytest.approx(taken, rel=0.15)
    assert solved[0].uses and not solve(resolve(read_checked_text(slow).system), 1.5).stable


SENDS = changed(
    network("bandwidth: 1 Gbit/s"),
    ("    count: 3\n    zones: 3\n    endpoints:\n      ask: {does: [cpu: 2 ms, {query: db.read}]}",
     "    count: 1\n    endpoints:\n      ask: {response: 1 MB, does: [cpu: 0.1 ms]}\n"
     "      spare: {does: [{query: db.read}]}"),
    ("{rate: 300/s, journeys", "{rate: 80/s, journeys"), ("m7g.large", "m7g.16xlarge"),
)  # fmt: skip


def test_an_instance_sends_one_answer_after_the_other() -> None:
    """M/D/1: who finds the network of its instance busy waits for u s / (2 (1 - u))."""
    played = play(SENDS, 400.0, warmup_s=5.0)
    (send,) = sends(played.flow, "app.ask")
    use = 80 * send.mean_s
    assert use == pytest.approx(0.64, abs=0.01)
    expected_s = 0.0001 + send.mean_s * (1 + use / (2 * (1 - use)))
    assert mean_s(played, "app.ask") == pytest.approx(expected_s, rel=0.03)
    assert solve(played.flow).node_s["app.ask"] == pytest.approx(expected_s, rel=0.03)
    assert not solve(played.flow, 1.6).stable


def test_no_bandwidth_is_no_wait() -> None:
    """Unsaid, sending takes no time, as before."""
    flow = resolve(read_checked_text(SENDS.replace(", bandwidth: 1 Gbit/s", "")).system)
    assert sends(flow, "app.ask") == []


def lost(what: str) -> Played:
    text = ABROAD.replace(
        "api: {rate: 300/s, journeys: {ask: 100%}}",
        "api: {rate: 100/s, timeout: 1 s, journeys: {ask: 50%, hello: 50%}}",
    )
    text = text.replace(
        "journeys:\n  ask: {steps: [app.ask]}",
        "journeys:\n  ask: {steps: [app.ask]}\n  hello: {steps: [app.hello]}",
    )
    text = text.replace("    endpoints:\n", "    endpoints:\n      hello: {does: [cpu: 1 ms]}\n")
    text = text.replace("{query: db.read}", "{query: db.read, timeout: 500 ms}")
    return play(f"{text}faults:\n  - {{at: 10 s, what: {what}, region: eu-west-1, lasts: 90 s}}\n",
                120.0)  # fmt: skip


@pytest.mark.parametrize("what", ["region", "cut"])
def test_a_region_takes_what_needs_it(what: str) -> None:
    """Lost or cut off, nothing that asks there is answered until it is back; all else is."""
    played = lost(what)
    ok = {
        played.flow.roots[key].target: played.run.windows["ok"][:, played.run.roots.index(row)]
        for key, row in played.lowered.roots.items()
    }
    assert ok["app.ask"][12:99].sum() == 0
    assert ok["app.ask"][:9].sum() > 300 < ok["app.ask"][102:].sum()
    assert ok["app.hello"][12:99].sum() == pytest.approx(50 * 87, rel=0.1)


def test_nobody_stands_in_for_a_primary_whose_region_is_lost() -> None:
    """Its standby lies in another zone of the same region: it is back when the region is."""
    downs = {
        what: [event.at_s for event in events(what) if event.action == L.FAULT_UP]
        for what in ("{at: 0 s, what: region, region: eu-west-1, lasts: 900 s}",
                     "{at: 0 s, what: crash, where: db, lasts: 900 s}")
    }  # fmt: skip
    assert [min(times) for times in downs.values()] == [900.0, 60.0]


def events(fault: str) -> list[Event]:
    flow = resolve(read_checked_text(f"{ABROAD}faults:\n  - {fault}\n").system)
    return FAULTS["stated"].events(flow, 0.0)
