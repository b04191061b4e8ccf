"""What takes rows out of caches, and what caches keep at other loads, exact or by age alike."""

from __future__ import annotations

import pytest

from tests.analysis.test_keys_of_models import flow_of, run

EXACT, BY_AGE = "{keys: exact}", "{keys: by-age}"
WRITES = """
workload: {clients: {api: {rate: 1000/s, journeys: {ask: 50%%, set: 50%%}}}}
journeys: {set: {steps: [app.set]}}
components:
  app: {endpoints: {set: {does: %s}}}
  cache: {memory: 2 GB, keeps: %s}
  db:
    operations:
      write: {type: write, cpu: 0.1 ms, wait: 0 ms, entity: item}
      other: {type: write, cpu: 0.1 ms, wait: 0 ms, entity: order}
entities: {item: {rows: 1k, skew: 0.5}, order: {store: db, row: 1 kB, rows: 1k}}
"""
TAKING_OUT = {
    "of what is stated, whoever writes it": "[query: db.other, {invalidate: cache, entity: item}]",
    "of the one of those written that is held": "[query: db.other, query: db.write, "
    "invalidate: cache]",
    "of one written in parallel": "[{parallel: [query: db.other, query: db.write]}, "
    "invalidate: cache]",
    "once, however many writes": "[query: db.write, query: db.write, invalidate: cache]",
}
TAKING_NONE = "[query: db.write, {invalidate: cache, entity: order}]"


@pytest.mark.parametrize("does", TAKING_OUT.values(), ids=TAKING_OUT)
def test_an_invalidation_takes_out_the_same_row_by_either_way(does: str) -> None:
    """Rows read as often as they are taken out are there half of the time."""
    for keeps in (EXACT, BY_AGE):
        flow = flow_of(WRITES % (does, keeps))
        _, per = run(flow, 65.0)
        assert flow.hits["cache", "item"].steady == pytest.approx(0.5, abs=0.01)
        assert 1 - per["db.read"] / per["app.ask"] == pytest.approx(0.5, abs=0.015), keeps


@pytest.mark.parametrize("keeps", [EXACT, BY_AGE])
def test_an_invalidation_of_another_entity_takes_none_out(keeps: str) -> None:
    """What is stated is taken out, not what is written."""
    flow = flow_of(WRITES % (TAKING_NONE, keeps))
    _, per = run(flow, 35.0)
    assert flow.hits["cache", "item"].steady == pytest.approx(1.0, abs=0.01)
    assert per.get("db.read", 0.0) / per["app.ask"] < 0.01


def test_all_that_is_written_and_held_is_taken_out() -> None:
    """Where a cache holds both entities that are written, each loses its row."""
    both = "{read: cache, entity: order, miss: [query: db.seek]}"
    more = (
        f"components: {{app: {{endpoints: {{ask: {{does: [{{read: cache, miss: [query: db.read]}}, "
        f"{both}]}}}}}}, db: {{operations: {{seek: {{type: read, cpu: 0.1 ms, entity: order}}}}}}}}"
    )
    does = "[query: db.write, query: db.other, invalidate: cache]"
    for keeps in (EXACT, BY_AGE):
        flow = flow_of(WRITES % (does, keeps), more)
        _, per = run(flow, 65.0)
        assert 1 - per["db.read"] / per["app.ask"] == pytest.approx(0.5, abs=0.015), keeps
        assert 1 - per["db.seek"] / per["app.ask"] == pytest.approx(0.5, abs=0.015), keeps


@pytest.mark.parametrize("keeps", [EXACT, BY_AGE])
def test_a_cache_keeps_at_a_load_what_it_keeps_where_that_is_stated(keeps: str) -> None:
    """Ten times 100 a second with a time to live miss as often as 1000 a second do."""
    said = f"{{memory: 2 GB, ttl: 2 min, keeps: {keeps}}}"
    model = "{workload: {clients: {api: {rate: %s/s}}}, components: {cache: %s}}"
    _, low = run(flow_of(model % (100, said)), 65.0, load=10.0)
    _, stated = run(flow_of(model % (1000, said)), 65.0)
    assert low["app.ask"] == pytest.approx(stated["app.ask"], rel=0.03)
    assert low["db.read"] == pytest.approx(stated["db.read"], rel=0.06)


def test_a_cache_that_holds_all_hits_always_and_no_more() -> None:
    """Shares of all keys add up to one but for their rounding; a hit ratio is never above it."""
    above = []
    for rows in (1_000, 10_000, 20_000, 100_000, 1_000_000):
        flow = flow_of(f"components: {{cache: {{memory: 4 GB, keeps: {BY_AGE}}}}}",
                       f"entities: {{item: {{rows: {rows}}}}}")  # fmt: skip
        curve = flow.hits["cache", "item"]
        ratios, _ = curve.rows()
        assert curve.steady == curve.at(1e9) == max(ratios) == pytest.approx(1, abs=1e-9)
        assert max(ratios) <= 1
        above.append(float(curve.weight.sum()))
    assert max(above) > 1  # so that it was looked at
