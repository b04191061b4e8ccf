"""capacity: how far a model goes, what is full first, and what moves that."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from backend_lead.analysis.capacity import capacity as followed
from backend_lead.analysis.solver import solve
from backend_lead.app.capacity import TRIES_MOST, Outlook, Stopped, capacity
from backend_lead.app.figures import thousands
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.progress import Interrupted, Progress
from backend_lead.app.render_capacity import render_json, render_text, stopped_text
from backend_lead.model.system import System
from backend_lead.model.units import rate_text
from backend_lead.search.assess import Assessment, assess
from tests.app.command_line import Place, finished, tree, wait_for_line
from tests.app.good_model import GOOD, changed
from tests.app.test_check import keep_fault_run, keep_run


@cache
def outlook(text: str = GOOD) -> Outlook:
    return capacity(read_checked_text(text).system)


def test_bottlenecks_are_ranked_by_the_load_that_fills_them() -> None:
    """Each is full where its use, which grows with the load, reaches all there is."""
    found = outlook()
    full = [b.at_requests_per_s for b in found.capacity.bottlenecks]
    assert full == sorted(full) and [b.rank for b in found.capacity.bottlenecks][:2] == [1, 2]
    for b in found.capacity.bottlenecks:
        rate = found.requests_per_s / b.at_requests_per_s
        assert b.busy_at_target == pytest.approx(rate, rel=1e-6)
        assert "/" in b.why
    assert found.capacity.max_requests_per_s <= full[0] * 1.02


def test_the_first_limit_is_moved_by_what_adds_to_it() -> None:
    """Where services are the limit, more of them go farther and cost more; caches do not help."""
    found = outlook()
    site = found.first.component
    more = {(w.tactic, w.site): w for w in found.steps}
    wide = more["horizontal-scale", site]
    assert wide.gain > 1.1 and wide.usd_month > found.usd_month
    assert wide.max_requests_per_s > found.capacity.max_requests_per_s
    rates = [w.max_requests_per_s for w in found.steps]
    assert rates == sorted(rates, reverse=True)
    assert found.idle and not {w.title for w in found.steps} & set(found.idle)


def test_the_model_given_is_not_changed() -> None:
    """Tactics are tried on copies."""
    system = read_checked_text(GOOD).system
    before = system.model_dump_json()
    capacity(system)
    assert system.model_dump_json() == before


def test_the_numbers_are_those_of_the_analysis() -> None:
    """The highest load and the bill are not computed another way here."""
    found = assess(read_checked_text(GOOD).system)
    assert outlook().capacity == followed(found.flow)
    assert outlook().usd_month == found.cost.usd_month


def test_more_than_it_carries_fails() -> None:
    """A stated load beyond the highest one is exit code 1, and said first."""
    text = changed(("users: 10k", "users: 1M"))
    found = outlook(text)
    assert found.exit_code == 1 and found.capacity.margin < 0
    assert "does not carry the stated 1,000,000 users" in render_text(found).splitlines()[0]
    assert outlook().exit_code == 0


def test_text_and_json_tell_the_same(place: Place) -> None:
    """As commands; nothing is written, a wrong model is exit code 2."""
    place.write("backend.yaml", GOOD)
    before = tree(place.here)
    text = place.run("capacity")
    assert text.code == 0 and text.out.rstrip() == render_text(outlook())
    done = place.run("capacity", "backend.yaml", "-f", "json")
    assert done.code == 0 and done.out.rstrip() == render_json(outlook())
    content = json.loads(done.out)
    assert content["origin"] == "computed"
    assert content["bottlenecks"][0]["resource"] in text.out
    assert tree(place.here) == before
    place.write("backend.yaml", "backend: [")
    assert place.run("capacity").code == 2


def test_without_a_run_everything_is_computed(tmp_path: Path) -> None:
    """Half, the stated and the highest load are predicted; that nothing was simulated is said."""
    loads = outlook().loads
    highest = 1 + outlook().capacity.margin
    assert [row.load for row in loads] == [0.5, 1.0, pytest.approx(highest)]
    flow = assess(read_checked_text(GOOD).system).flow
    assert loads[1].computed_s == max(solve(flow, 1.0).p99_s.values())
    assert not any(row.run for row in loads)
    assert "no run of exactly this model is kept here" in render_text(outlook())
    keep_run(tmp_path, changed(("users: 10k", "users: 10.1k")))  # of another model
    assert capacity(read_checked_text(GOOD).system, tmp_path).loads == loads


def test_kept_runs_stand_beside_what_is_computed(tmp_path: Path) -> None:
    """Runs of exactly this model show with their load and interval; those with a fault do not."""
    keep_fault_run(tmp_path)
    keep_run(tmp_path, p99_s=0.1)
    content = json.loads(keep_run(tmp_path, p99_s=0.1).read_text())
    content |= {"id": "load-125", "repeat": "backend-lead simulate backend.yaml --load 1.25"}
    (tmp_path / "evidence" / "load-125.json").write_text(json.dumps(content))
    found = capacity(read_checked_text(GOOD).system, tmp_path)
    seen = {row.load: row for row in found.loads if row.run}
    assert {row.run for row in seen.values()} == {"steady", "load-125"} and set(seen) == {1.0, 1.25}
    assert (seen[1.0].simulated_s, seen[1.0].simulated_per_s) == (0.1, 999.5)
    assert seen[1.0].computed_s == outlook().loads[1].computed_s
    text = render_text(found)
    assert "100 ms (90 ms to 110 ms)" in text and "no run of exactly" not in text
    rows = {row["run"]: row for row in json.loads(render_json(found))["loads"]}
    assert rows["steady"]["low_s"] == pytest.approx(0.09)


def test_an_assumed_number_may_be_set(place: Place) -> None:
    """Half the pause is twice the stated load on the same machines."""
    think = "think_time: {value: 10 s, range: [5 s, 20 s], origin: assumed, why: guess}"
    place.write("backend.yaml", changed(("think_time: 10 s", think)))
    rates = [
        json.loads(place.run("capacity", "-f", "json", *more).out)["stated"]["requests_per_s"]
        for more in ([], ["--assume", "think_time=5s"])
    ]
    assert rates[1] == pytest.approx(2 * rates[0], rel=0.02)


def test_a_larger_machine_moves_the_limit_of_the_machine_that_is_full_first() -> None:
    """So it does where another part is the first limit once a zone is lost."""
    text = changed(("count: 6", "count: 10"))
    found, lost = outlook(text), assess(read_checked_text(text).system, 100.0)
    assert (found.first.component, lost.limit.component) == ("db", "app")
    steps = {(step.tactic, step.site): step for step in found.steps}
    larger = steps["vertical-scale", "db"]
    second = found.capacity.bottlenecks[1]
    assert larger.next_limit == second.resource == "cores of app"
    assert larger.next_at_requests_per_s == pytest.approx(second.at_requests_per_s, rel=0.01)
    assert larger.gain > 1.02 and larger.usd_month > found.usd_month


def test_one_user_is_one_user() -> None:
    """A load of a single user is told in the singular."""
    found = replace(outlook(), users=1.0)
    assert "the stated 1 user (" in render_text(found)
    assert "10,000 users (" in render_text(outlook())


def test_what_is_late_without_load_is_told_with_its_longest_step() -> None:
    """No resource is blamed where the latency of an idle system misses the objective already."""
    late = changed(("wait: 20 ms", "wait: 900 ms"))
    found = outlook(late)
    assert found.capacity.max_requests_per_s == 0
    told = render_text(found)
    assert "already without load the p99 of app.order" in told
    assert "the longest step is app.order, 902 ms in mean" in told
    assert "What moves the limit (latency without load)" in told and "are near" not in told


def many(components: int) -> str:
    """A tree of services, each of which asks up to ten others."""
    lines = [
        "backend: many", "workload:", "  clients:",
        "    api: {rate: 50/s, timeout: 2 s, journeys: {ask: 100%}}", "  peak: {factor: 1}",
        "journeys:", "  ask: {steps: [c0.ask]}", "components:",
    ]  # fmt: skip
    for i in range(components):
        asked = [f"{{call: c{j}.ask}}" for j in range(10 * i + 1, 10 * i + 11) if j < components]
        does = ", ".join(["cpu: 1 ms", *asked])
        lines.append(f"  c{i}: {{kind: http-service, instance: m7g.large, count: 2, "
                     f"endpoints: {{ask: {{does: [{does}]}}}}}}")  # fmt: skip
    lines += ['slos: [{journey: "*", p99: 3 s, availability: 90%}]',
              "topology: {provider: aws, region: us-east-1, zones: 2}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def test_a_large_model_is_tried_where_its_limit_is() -> None:
    """The step that moves the limit is found; those far from it are counted, not tried."""
    found = outlook(many(30))
    assert [(w.tactic, w.site) for w in found.steps] == [("horizontal-scale", "c0")]
    assert found.untried > 0 and not found.stopped
    assert len(found.steps) + len(found.idle) <= TRIES_MOST
    assert f"Not tried: {found.untried} steps" in render_text(found)


def test_where_all_is_in_one_zone_none_of_it_outlasts_that() -> None:
    """Whoever plans for the loss of a zone is told what stands in one alone."""
    spread, alone = outlook(), outlook(many(2).replace("zones: 2", "zones: 1"))
    assert spread.lone == () and "With one zone lost, and the margins" in render_text(spread)
    assert (alone.lone, alone.with_zone_lost) == (("c0", "c1"), 0.0)
    assert "not all goes on: c0, c1 are each in one zone alone" in render_text(alone)


def test_a_small_model_is_tried_in_full() -> None:
    """Nothing is left out where there are few components."""
    assert outlook().untried == 0 and "Not tried" not in render_text(outlook())


def test_what_does_not_move_the_limit_is_told_in_few_words() -> None:
    """The first names and how many more; the same for steps."""
    found = outlook()
    text = render_text(replace(found, idle=[f"step {n}" for n in range(100)],
                               steps=found.steps[:1] * 100))  # fmt: skip
    assert "step 11; and 88 more." in text and "step 12" not in text
    assert "and 88 steps more" in text


class Impatient(Progress):
    """A user who presses Ctrl-C after the second share of some work."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at, self.stages, self.shares = at, list[str](), dict[str, list[float]]()

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def share(self, name: str, done: float) -> None:
        self.shares.setdefault(name, []).append(done)
        if name == self.at and len(self.shares[name]) == 2:
            raise KeyboardInterrupt


def test_ctrl_c_while_steps_are_tried_tells_those_that_were() -> None:
    """The highest load is known by then; the exit code is that of what was interrupted."""
    told = Impatient("steps")
    found = capacity(read_checked_text(GOOD).system, progress=told)
    assert found.capacity == outlook().capacity and found.stopped
    assert len(found.steps) + len(found.idle) == 2
    assert found.untried == len(outlook().steps) + len(outlook().idle) - 2
    assert "(it was stopped)" in render_text(found)
    assert found.exit_code == json.loads(render_json(found))["exit_code"] == 130
    assert found.carries and "The model carries" in render_text(found)


def test_long_work_tells_its_stages_and_what_share_of_each_is_done() -> None:
    """Before the highest load is known, while it is followed, and while steps are tried."""
    told = Impatient("")
    found = capacity(read_checked_text(many(30)).system, progress=told)
    assert [words.split()[0] for words in told.stages] == ["looking", "following", "trying"]
    assert list(told.shares) == ["highest load", "loads", "steps"]
    for shares in told.shares.values():
        assert 0 < shares[0] < 0.5 and shares == sorted(set(shares)) and shares[-1] == 1
    # a load is looked at for each share that is told
    assert all(len(told.shares[name]) > 12 for name in ("highest load", "loads"))
    assert found == outlook(many(30))


@pytest.mark.parametrize(("text", "last", "said"), [
    (GOOD, 0.02, "0.02 times the stated load, is carried; more was not looked at"),
    (changed(("users: 10k", "users: 100M")), 0.005,
     "0.005 times the stated load, is not carried; less was not looked at"),
])  # fmt: skip
def test_ctrl_c_before_the_highest_load_is_known_tells_between_which_it_lies(
    text: str, last: float, said: str
) -> None:
    """The loads looked at that are carried, and those that are not."""
    right = outlook(text).capacity.margin + 1
    with pytest.raises(Stopped) as end:
        capacity(read_checked_text(text).system, progress=Impatient("highest load"))
    known = end.value.known
    assert known.looked == 2 and known.carried <= right <= known.beyond
    words = stopped_text(end.value)
    assert end.value.per_s == outlook(text).requests_per_s
    assert words == f"stopped: {rate_text(last * end.value.per_s, 'requests', thousands)}, {said}"


def test_ctrl_c_while_it_is_followed_tells_the_highest_load() -> None:
    """It is known by then; what is full first is not."""
    with pytest.raises(Stopped) as end:
        capacity(read_checked_text(GOOD).system, progress=Impatient("loads"))
    margin = outlook().capacity.margin
    assert end.value.known.carried == pytest.approx(1 + margin, rel=1e-12)
    words = stopped_text(end.value)
    assert words.endswith(f", {1 + margin:.2f} times the stated load, is the highest; what is full "
                          "first was not looked at")  # fmt: skip


def test_ctrl_c_before_any_load_was_looked_at_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the model is resolved nothing is known."""

    def interrupt(system: System) -> Assessment:
        raise KeyboardInterrupt

    monkeypatch.setattr("backend_lead.app.capacity.assess", interrupt)
    with pytest.raises(Stopped) as end:
        capacity(read_checked_text(GOOD).system)
    assert stopped_text(end.value) == "stopped before any load was looked at"


def test_an_agent_that_cancels_is_heard_before_the_highest_load_is_known() -> None:
    """It is asked between two loads, as between two steps."""
    told = Impatient("")
    told.stop.set()
    with pytest.raises(Interrupted):
        capacity(read_checked_text(GOOD).system, progress=told)
    assert told.shares == {}


@pytest.mark.parametrize(("line", "said"), [
    ("looking for the highest load", "stopped"),
    ("following the p99 up to it", "load, is the highest; what is full first was not looked at"),
])  # fmt: skip
def test_ctrl_c_ends_the_command_in_one_line(line: str, said: str, place: Place) -> None:
    """Of a large model, in its first stages: exit code 130, what is known, no answer."""
    place.write("backend.yaml", many(400))
    process = place.start("capacity")
    wait_for_line(process, line)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    done = finished(process.returncode, out, err)
    assert (done.code, done.out) == (130, "")
    last = done.err.splitlines()[-1]
    assert last.startswith("stopped") and said in last


def test_less_than_a_hundredth_of_the_stated_load_is_found() -> None:
    """Of ten thousand times too much the model carries what it carries of the load stated right."""
    right = outlook()
    much = outlook(changed(("users: 10k", "users: 100M")))
    assert 0 < much.capacity.margin + 1 < 0.01
    assert much.capacity.max_requests_per_s == pytest.approx(
        right.capacity.max_requests_per_s, rel=0.002
    )
    text = render_text(much)
    assert "0.00 times" not in text and "latency without load" not in text
