"""Trials that one step does not answer: steps together, room with them, and once more where another
trial fails then."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.app import repair
from backend_lead.app.evidence import judge
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.progress import Progress, workers
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.repair import most_able, remedies
from backend_lead.search.state import State, Trail
from backend_lead.tactics import tactics

COLD, STORM = "cache-cold", "retry-storm"
BOTH = {("request-coalescing", "app"), ("request-coalescing", "feed")}
# Two services with a cache each ask the same store for what is dear to put together.
MODEL = """
backend: news
workload:
  clients:
    web:
      users: 20k
      think_time: 10 s
      timeout: 2 s
      retry_budget: 10%
      journeys: {read: 50%, list: 50%}
  peak: {factor: 3}
  deadlines: true
journeys:
  read: {steps: [app.get_page]}
  list: {steps: [feed.get_list]}
components:
  app:
    kind: http-service
    instance: m7g.xlarge
    count: 2
    concurrency: 1024
    endpoints:
      get_page:
        does:
          - cpu: 1 ms
          - read: pages
            entity: page
            timeout: 50 ms
            miss: [{query: db.put_together, timeout: 2 s}]
  feed:
    kind: http-service
    instance: m7g.xlarge
    count: 2
    concurrency: 1024
    endpoints:
      get_list:
        does:
          - cpu: 1 ms
          - read: lists
            entity: list
            timeout: 50 ms
            miss: [{query: db.gather, timeout: 2 s}]
  pages: {kind: redis, instance: cache.m7g.large, ttl: 1 min}
  lists: {kind: redis, instance: cache.m7g.large, ttl: 1 min}
  db:
    kind: postgres
    instance: db.m7g.2xlarge
    operations:
      put_together: {type: read, cpu: 350 ms, entity: page, cacheable: true}
      gather: {type: read, cpu: 350 ms, entity: list, cacheable: true}
entities:
  page: {store: db, row: 20 kB, rows: 10, skew: 0.8}
  list: {store: db, row: 20 kB, rows: 10, skew: 0.8}
slos:
  - {journey: "*", p99: 1500 ms, availability: 99%, recover_within: 5 s}
topology: {zones: 1}
"""


@pytest.fixture(scope="module")
def trail() -> Trail:
    """The model as it is, its store's machine still open."""
    found = assess(read_checked_text(MODEL).system)
    applied = tactics()["vertical-scale"].apply(found.system, "db")
    return Trail(found, State([], list(applied.knobs), found, 2.0))


def fixed(trail: Trail) -> Trail:
    return replace(trail, final=replace(trail.final, knobs=[]))


def cold(found: Assessment) -> simulation.Ran:
    return simulation.run_fault(found.flow, FAULTS[COLD], 1)


def test_two_steps_together_answer_what_neither_does(trail: Trail) -> None:
    """Each store's cold cache holds up the other's readers; both are coalesced, the trial passes,
    and each step's record says that it was not enough by itself."""
    began, progress = fixed(trail), Progress()
    with workers(2, progress) as pool:
        judged = replace(judge(trail.final.found, 1, progress, pool),
                         faults={COLD: cold(trail.final.found)})  # fmt: skip
        mended, proof = repair.trials_passed(began, judged, 1, progress, pool)
    assert simulation.trial(judged.faults[COLD], COLD).verdict == "fail"
    assert simulation.trial(proof.faults[COLD], COLD).verdict == "pass"
    assert {(d.tactic, d.site) for d in mended.decisions} >= BOTH
    first = mended.decisions[0]
    assert "All caches are emptied" in first.problem
    assert "no step was enough by itself" in first.options[0].why
    assert mended.final.found.system.components["app"].endpoints["get_page"].does[1].coalesce


def test_remedies_are_steps_room_and_both(trail: Trail) -> None:
    """Least room first, of the same room the cheapest; a single step alone is not among them."""
    found = list(remedies(trail, [COLD], (1.15, 2.0)))
    rooms = [one.reserve for one in found]
    assert rooms == sorted(rooms) and set(rooms) == {1.0, 1.15, 2.0}
    assert [len(one.steps) for one in found if one.reserve == 1.0] == [2]
    for room in (1.15, 2.0):
        same = [one for one in found if one.reserve == room]
        assert [one.found.total_usd for one in same] == sorted(one.found.total_usd for one in same)
        assert sorted(len(one.steps) for one in same) == [0, 1, 1, 2]
        assert all(one.found.capacity >= room for one in same)


def test_the_most_able_has_all_steps_and_the_most_room_there_is(trail: Trail) -> None:
    """Room that no size gives is not counted on."""
    most = most_able(trail, [COLD], (1.15, 2.0, 1e6))
    assert most is not None and most.reserve == 2.0
    assert {step.move for step in most.steps} == BOTH
    alone = most_able(fixed(trail), [COLD], (1e6,))
    assert alone is None


# Whether a trial passes with so many steps and sizes for so much of the load.
Needs = dict[str, Callable[[int, float], bool]]


class Told:
    """Stands in for the kernel: says which trials a design passes, and counts the wholes tried."""

    def __init__(self, needs: Needs, patch: pytest.MonkeyPatch) -> None:
        self.needs, self.wholes = needs, 0
        patch.setattr(repair, "_run", lambda found, name, *_: self.trial(found, name))
        patch.setattr(repair, "judge", self.judge)
        patch.setattr(repair, "trials", lambda found, judged, *_: judged)
        patch.setattr(repair, "_verdicts", lambda judged: {
            name: self.trial(judged.found, name) for name in self.needs
        })  # fmt: skip
        patch.setattr(repair, "_answered", lambda trail, *_: trail)  # no single step is enough

    def trial(self, found: Assessment, name: str) -> Any:
        parts = [found.system.components[name] for name in ("app", "feed")]
        steps = sum(s.coalesce for part in parts for e in part.endpoints.values() for s in e.does)
        verdict = "pass" if self.needs[name](steps, found.capacity) else "fail"
        return SimpleNamespace(title=FAULTS[name].title, verdict=verdict, why="told")

    def judge(self, found: Assessment, *_: object) -> Any:
        self.wholes += 1
        return SimpleNamespace(found=found, refused=False)

    def mended(self, trail: Trail) -> tuple[Trail, set[str]]:
        """The trail after the repair, and the trials that it then fails."""
        judged = self.judge(trail.final.found)
        self.wholes = 0
        with ThreadPoolExecutor(1) as pool:
            after, proof = repair.trials_passed(trail, judged, 1, Progress(), pool)
        return after, set(repair._failed(proof))


def test_a_step_that_needs_room_gets_it(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the step nor the room is enough alone: the record has both, in that order."""
    told = Told({COLD: lambda steps, room: steps >= 1 and room >= 1.3}, monkeypatch)
    after, left = told.mended(trail)
    assert not left and told.wholes == 1 and after.reserve == 1.3
    assert [d.tactic for d in after.decisions] == ["request-coalescing", "sizing"]
    assert after.decisions[-1].title == "Size for 130% of the load"


def test_a_trial_that_fails_for_the_repair_of_another_is_mended_too(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first whole is no better than what was there; the second passes everything."""
    told = Told({
        COLD: lambda steps, room: room >= 1.15,
        STORM: lambda steps, room: room <= 1 or room >= 1.3,
    }, monkeypatch)  # fmt: skip
    after, left = told.mended(trail)
    assert not left and told.wholes == 2
    assert after.reserve == pytest.approx(1.15 * 1.15)


def test_what_no_remedy_answers_does_not_hold_up_what_one_does(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two failed trials one is hopeless; the other gets its room all the same."""
    told = Told({STORM: lambda steps, room: False, COLD: lambda steps, room: room >= 1.15},
                monkeypatch)  # fmt: skip
    after, left = told.mended(trail)
    assert left == {STORM} and after.reserve == 1.15


def test_a_repair_that_betters_nothing_is_given_back(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For one trial mended another fails, whatever is done: the design stays as it was."""
    told = Told({
        COLD: lambda steps, room: room >= 1.15, STORM: lambda steps, room: room <= 1,
    }, monkeypatch)  # fmt: skip
    after, left = told.mended(trail)
    assert after is trail and left == {COLD}
