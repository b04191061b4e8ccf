"""The timeline of a model: what strikes one place at once, and what a machine takes with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.lowering import Event
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.model.finding import InvalidInput
from backend_lead.views.resolve import resolve
from tests.analysis.played import SERVICE
from tests.app.good_model import changed
from tests.app.serving_model import SERVING
from tools.law_pages import merged, small_model

PLACE = "topology: {provider: aws, region: us-east-1, zones: 3}"


def events(*faults: str, text: str = "") -> list[Event]:
    lines = "\n".join(f"  - {one}" for one in faults)
    said = text or changed((PLACE, f"{PLACE}\nfaults:\n{lines}"))
    return FAULTS["stated"].events(resolve(read_checked_text(said).system), 0.0)


def times(found: list[Event], action: int, station: str, replica: int = 0) -> list[float]:
    return [e.at_s for e in found
            if (e.action, e.station, e.replica) == (action, station, replica)]  # fmt: skip


def test_a_part_is_down_until_the_last_that_struck_it_is_over() -> None:
    """A short restart within a long one does not bring it back."""
    found = events("{at: 1 s, what: restart, where: app, instances: 1, lasts: 20 s}",
                   "{at: 4 s, what: restart, where: app, instances: 1, lasts: 2 s}")  # fmt: skip
    assert times(found, L.FAULT_DOWN, "app") == [1.0]
    assert times(found, L.FAULT_UP, "app") == [21.0]


def test_it_is_as_slow_as_the_worst_of_those_that_last() -> None:
    """Three times slower for 10 s, five times for 2 s of them, then three times again."""
    found = events("{at: 0 s, what: slow, where: db, times: 3, lasts: 10 s}",
                   "{at: 4 s, what: slow, where: db, times: 5, lasts: 2 s}")  # fmt: skip
    slow = [(e.at_s, e.x) for e in found if e.action == L.FAULT_SLOW]
    assert slow == [(0.0, 3.0), (4.0, 5.0), (6.0, 3.0), (10.0, 1.0)]


def test_a_cut_within_a_cut_opens_with_the_longer_one() -> None:
    """The network comes back once."""
    found = events("{at: 0 s, what: cut, where: app, to: db, lasts: 9 s}",
                   "{at: 2 s, what: cut, where: app, to: db, lasts: 1 s}")  # fmt: skip
    assert [(e.at_s, e.x) for e in found if e.action == L.FAULT_CUT] == [(0.0, 1.0), (9.0, 0.0)]


def test_a_machine_takes_its_guests_with_it() -> None:
    """A restart of a host is one of what runs on its machines."""
    text = SERVING[: SERVING.index("faults:")] + (
        "faults:\n  - {at: 2 s, what: restart, where: pricing, instances: 2, lasts: 3 s}\n"
        + SERVING[SERVING.index("budget:") :]
    )
    found = events(text=text)
    for i in (0, 1):
        assert times(found, L.FAULT_DOWN, "helper", i) == [2.0]
        assert times(found, L.FAULT_UP, "helper", i) == [5.0]
    assert times(found, L.FAULT_DOWN, "helper", 2) == []


def test_a_bad_version_is_taken_back() -> None:
    """Errors come with each instance that has it, and go when it has the old one again."""
    found = events("{at: 0 s, what: deploy, where: app, instances: 3, share: 20%, times: 2, "
                   "lasts: 45 s}")  # fmt: skip
    wrong = [(e.at_s, e.replica, e.x) for e in found if e.action == L.FAULT_ERRORS]
    assert wrong == [(30.0, 0, 0.2), (55.0, 0, 0.0), (60.0, 1, 0.2), (85.0, 1, 0.0)]
    slow = [(e.at_s, e.replica, e.x) for e in found if e.action == L.FAULT_SLOW]
    assert slow == [(30.0, 0, 2.0), (55.0, 0, 1.0), (60.0, 1, 2.0), (85.0, 1, 1.0)]
    assert {0.0, 45.0} <= set(times(found, L.FAULT_HIDE, "app", 0))
    assert set(times(found, L.FAULT_SHOW, "app", 1)) == {60.0, 105.0}
    assert times(found, L.FAULT_HIDE, "app", 2) == [], "it was taken back before its turn"


def test_a_bad_version_shows_until_it_is_taken_back() -> None:
    """Two of six instances have it for a while: a sixth of their answers are errors then."""
    text = changed(
        (PLACE, f"{PLACE}\nfaults:\n"
         "  - {at: 0 s, what: deploy, where: app, instances: 2, share: 50%, lasts: 60 s}"),
    )  # fmt: skip
    flow = resolve(read_checked_text(text).system)
    ran = simulation.run_fault(flow, FAULTS["stated"], 1, load=0.2)
    w, at = ran.result.windows, int(simulation.FAULT_AT_S)
    failed = (w["failed"] / (w["failed"] + w["ok"]).clip(1)).mean(axis=1)
    assert failed[:at].max() == 0
    assert failed[at + 61 : at + 69].mean() == pytest.approx(0.5 / 6, rel=0.35)
    assert failed[at + 130 : at + 135].max() == 0
    assert simulation.fault_horizon(flow, FAULTS["stated"]) >= at + 120


def test_what_lasts_is_not_excused_by_what_follows() -> None:
    """Errors for 40 s against 10 s to recover fail, whatever harmless thing comes after."""
    text = changed(
        (PLACE, f"{PLACE}\nfaults:\n"
         "  - {at: 0 s, what: errors, where: app, share: 90%, lasts: 40 s}\n"
         "  - {at: 60 s, what: slow, where: pricing, times: 1.01, lasts: 1 s}"),
        ("availability: 99.9%}", "availability: 99.9%, recover_within: 10 s}"),
    )  # fmt: skip
    flow = resolve(read_checked_text(text).system)
    ran = simulation.run_fault(flow, FAULTS["stated"], 1, load=0.05)
    assert simulation.trial(ran, "stated").verdict == "fail"


def test_failures_are_of_the_seed_of_the_run() -> None:
    """Another seed draws other failures."""
    failing = "    concurrency: 256\n    fails: {every: 5 min, lasts: 5 s}\n"
    flow = resolve(read_checked_text(changed(("    concurrency: 256\n", failing))).system)
    fault = FAULTS["random-failures"]
    first, again, other = (fault.seeded(seed).events(flow, 0.0) for seed in (1, 1, 2))
    assert first == again != other and "failures are expected" in fault.words(flow)


def test_callers_from_outside_are_in_no_zone() -> None:
    """Near instances are those of the caller's zone; who is outside reaches all of them."""
    near = resolve(read_checked_text(changed(("    concurrency: 256\n", "    concurrency: 256\n"
                                              "    serving: {near: true}\n"))).system)  # fmt: skip
    app = near.stations["app"]
    plain = replace(near, stations={**near.stations, "app": replace(app, serving=None)})
    ours, theirs = (simulation.run_steady(f, 1, measure_s=5.0, load=0.5) for f in (near, plain))
    p99 = [simulation.overall(ran, 0.99).value for ran in (ours, theirs)]
    assert p99[0] == pytest.approx(p99[1], rel=0.1)


def test_each_client_tries_again_as_often_as_it_says() -> None:
    """Two clients without a timeout that ask for the same have requests of their own."""
    text = changed(("timeout: 2 s, journeys: {browse: 90%, buy: 10%}}",
                    "journeys: {browse: 90%, buy: 10%}}\n"
                    "    eager: {rate: 1/s, retries: 5, journeys: {browse: 100%}}"))  # fmt: skip
    roots = resolve(read_checked_text(text).system).roots
    assert sorted(root.retries for root in roots.values()) == [0, 0, 0, 5, 5]


def test_some_of_several_answers_are_not_counted_by_shard() -> None:
    """A query that asks every shard is many answers; which of them are needed cannot be said."""
    with pytest.raises(InvalidInput, match="asks every shard"):
        read_checked_text(changed(
            ("          - parallel:\n", "          - need: 1\n            parallel:\n"),
            ("    zones: 3\n    operations:\n", "    zones: 3\n    shards: 4\n    operations:\n"),
        ))  # fmt: skip


def test_what_shares_cores_does_not_freeze() -> None:
    """Also a component that others run on."""
    with pytest.raises(InvalidInput, match="cannot freeze"):
        read_checked_text(SERVING.replace(
            "what: freeze, where: app", "what: freeze, where: pricing"))  # fmt: skip


def test_what_is_stated_happens_at_its_time_and_recovery_is_counted_from_it() -> None:
    """A crash at 40 s of the run: nothing before it counts, nor does the calm between two."""
    one = "{at: 40 s, what: crash, where: app, lasts: 5 s}"
    for more, strikes in (("", 1), (", {at: 80 s, what: crash, where: app, lasts: 5 s}", 2)):
        text = changed((PLACE, f"{PLACE}\nfaults: [{one}{more}]\n"))
        flow = resolve(read_checked_text(text).system)
        ran = simulation.run_fault(flow, FAULTS["stated"], 1, load=0.2)
        found = simulation.trial(ran, "run")
        down = [s.t_s for s in found.series if s.failed > s.ok]
        assert found.fault_at_s == 40 == min(down)
        assert found.recover_s is not None and 5 <= found.recover_s <= 12
        assert found.verdict == "pass" and found.failed_share > 0.5
        assert 5 * strikes <= found.hurt_s <= 12 * strikes
        assert ("at most" in found.why) == (strikes == 2)
        assert found.p99_after_s < 2 * found.p99_before_s
    short = simulation.trial(simulation.run_fault(flow, FAULTS["stated"], 1, until_s=20.0), "run")
    assert short.verdict == "unknown" and "before anything breaks at 40 s" in short.why


def test_calls_that_fail_are_told_where_no_user_notices() -> None:
    """Errors of a store that are tried again: all requests are answered, and the attempts told."""
    text = SERVICE.replace("query: db.read", "query: db.read, timeout: 100 ms, retries: 6")
    text = text.replace(PLACE, PLACE + "\nfaults: [{at: 10 s, what: errors, where: db, share: 20%, "
                        "lasts: 20 s}]")  # fmt: skip
    flow = resolve(read_checked_text(text).system)
    ran = simulation.run_fault(flow, FAULTS["stated"], 1)
    found = simulation.trial(ran, "run")
    tried = ran.result.stats[ran.lowered.endpoints["db.read"]]
    assert f"attempts of calls that failed: db.read {tried['failed']:,} (" in found.degrades
    assert tried["failed"] == pytest.approx(300 * 20 * 0.25, rel=0.1) and found.failed_share < 0.001


def test_a_failover_within_a_longer_outage_does_not_bring_the_primary_back() -> None:
    """It is down until the last of both is over, and the promoted replica stays promoted."""
    small = merged(small_model(), """
    components:
      db: {zones: 1, replicas: 2, lag: 1 s, operations: {read: {stale_ok: true}}}
    """)  # fmt: skip
    zone = "{at: 1 s, what: zone, zone: 1, lasts: 40 s}"
    over = "{at: %s s, what: failover, where: db, lasts: %s s}"
    for at, lasts, up in ((2, 3, 41.0), (20, 60, 80.0)):
        text = merged(small, f"faults: [{zone}, {over % (at, lasts)}]")
        found = events(text=text)
        assert times(found, L.FAULT_DOWN, "db") == [1.0]
        assert times(found, L.FAULT_UP, "db") == [up]
    short = events(text=merged(small, f"faults: [{zone}, {over % (2, 3)}]"))
    assert times(short, L.FAULT_HIDE, "db.replicas")[0] == 5.0
    assert times(short, L.FAULT_SHOW, "db.replicas") == []
    alone = events(text=merged(small, f"faults: [{over % (2, 30)}]"))
    assert [(e.at_s, e.action) for e in alone if e.station == "db"] == [
        (2.0, L.FAULT_DOWN), (32.0, L.FAULT_UP),
    ]  # fmt: skip


SCALED = """
components:
  app:
    zones: 2
    count: 2
    autoscale: {least: 2, most: 6, target: 50%, delay: 5 s, cool: 60 s}
    fails: {every: 10 s, lasts: 1 s}
  db: {zones: 2}
topology: {zones: 2}
"""


@pytest.mark.parametrize(("what", "struck"), [("zone, zone: 1", [0, 2, 4]),
                                              ("crash, where: app", list(range(6)))])  # fmt: skip
def test_what_scaling_may_add_is_struck_too(what: str, struck: list[int]) -> None:
    """Instances that wait to be ordered are gone with the others, and come back to be ordered."""
    text = merged(small_model(), SCALED, f"faults: [{{at: 1 s, what: {what}, lasts: 30 s}}]")
    found = [e for e in events(text=text) if e.station == "app"]
    assert [e.replica for e in found if e.action == L.FAULT_DOWN] == struck
    assert [e.replica for e in found if e.action == L.FAULT_UP] == struck
    assert [e.replica for e in found if e.action == L.FAULT_SHOW] == [i for i in struck if i < 2]


def test_other_faults_strike_what_scaling_may_add() -> None:
    """A lost zone takes them along, and they fail at random as the others do."""
    flow = resolve(read_checked_text(merged(small_model(), SCALED)).system)
    lost = [e for e in FAULTS["zone-loss"].events(flow, 0.0) if e.station == "app"]
    assert {e.replica % 2 for e in lost} < {0, 1} and {e.replica for e in lost} & {2, 3, 4, 5}
    drawn = FAULTS["random-failures"].lasting(200.0).events(flow, 0.0)
    assert {e.replica for e in drawn if e.station == "app"} == set(range(6))


def test_a_lost_region_is_not_replaced_by_scaling() -> None:
    """As much is lost with scaling as without, while all of its instances are away."""
    out = []
    for scaling in ("", "autoscale: {least: 2, most: 10, target: 50%, delay: 5 s, cool: 60 s}"):
        ran = simulation.run_fault(
            resolve(read_checked_text(merged(small_model(), f"""
            components:
              app: {{region: eu-west-1, count: 2, {scaling}}}
              db: {{region: eu-west-1}}
            faults: [{{at: 5 s, what: region, region: eu-west-1, lasts: 20 s}}]
            """)).system), FAULTS["stated"], 1, until_s=45.0)  # fmt: skip
        out.append(int(ran.result.windows["ok"][15:25].sum()))
    assert out == [0, 0]


def test_more_failures_than_a_run_can_hold_are_told() -> None:
    """As a finding that names the component, not as a mistake of the program."""
    flow = resolve(read_checked_text(merged(small_model(), SCALED)).system)
    with pytest.raises(InvalidInput, match="more random failures") as told:
        FAULTS["random-failures"].lasting(4e6).events(flow, 0.0)
    assert told.value.findings[0].place.file == "components.app.fails"
