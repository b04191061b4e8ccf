"""What stores must carry while caches fill again: their disks as well as their cores."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.solver import loads
from backend_lead.analysis.uses import COLD_DISK
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.climb import climb_preferring

# A cache in front of a store that reads from its disk what the cache does not hold.
MODEL = """
backend: reviews
workload:
  clients:
    web: {users: 62k, think_time: 10 s, timeout: 2 s, journeys: {look: 100%}}
  peak: {factor: 3}
journeys:
  look: {steps: [app.newest]}
components:
  app:
    kind: http-service
    instance: m7g.large
    count: 6
    pool: 8
    concurrency: 64
    endpoints:
      newest:
        does:
          - cpu: 0.4 ms
          - read: pages
            entity: review
            timeout: 50 ms
            miss:
              - {query: db.newest, timeout: 80 ms}
  pages: {kind: redis, instance: cache.r7g.large, ttl: 1 h}
  db:
    kind: postgres
    instance: db.m7g.large
    operations:
      newest: {type: read, cpu: 0.2 ms, entity: review, stale_ok: true, cacheable: true}
entities:
  review: {store: db, row: 1 kB, rows: 160M, skew: 0.9}
slos:
  - {journey: "*", p99: 300 ms, availability: 99%, recover_within: 2 min}
topology: {zones: 1}
"""


@pytest.fixture(scope="module")
def system() -> System:
    return read_checked_text(MODEL).system


def emptied(found: Assessment) -> Trial:
    ran = simulation.run_fault(found.flow, FAULTS["cache-cold"], 1)
    return simulation.trial(ran, "cache-cold")


def test_a_disk_that_cold_caches_ask_too_much_of_is_told(system: System) -> None:
    """With warm caches its disk is well below its limit, so is every core; emptied, it is not back
    in time, and the solver names that disk as what is short."""
    found = assess(system)
    warm = {use.resource: use.busy for use in loads(found.flow) if use.component == "db"}
    assert 0 < warm["disk"] < 0.7 and 0 < warm["CPU"] < 0.7
    assert (found.limit.component, found.limit.resource) == ("db", COLD_DISK)
    assert found.capacity < 1
    assert emptied(found).verdict == "fail"


def test_a_design_for_warm_caches_also_fills_cold_ones(system: System) -> None:
    """The search goes on until the disk suffices, and the trial then passes."""
    trail = climb_preferring(system, "simplest")
    assert trail.holds and trail.decisions
    tried = emptied(trail.final.found)
    assert tried.verdict == "pass" and tried.recover_s is not None
    assert tried.recover_s < tried.recover_limit_s / 2
