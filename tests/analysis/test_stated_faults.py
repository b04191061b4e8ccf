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
