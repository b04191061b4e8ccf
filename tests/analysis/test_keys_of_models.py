"""What a model says of keys reaches a run: exact caches, hot shards and partitions, real keys."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from backend_lead.analysis.capacity import highest_load
from backend_lead.analysis.lowering import Event, lower
from backend_lead.analysis.solver import solve
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import rules
from backend_lead.checks.evidence import Evidence
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.places import GROUP, PARTITION, places
from backend_lead.kernel.run import RunResult, simulate
from backend_lead.kernel.twin_state import hash2
from backend_lead.views.flow import Flow, Key
from backend_lead.views.keyed import keyed, row_popularity
from backend_lead.views.popularity import by_place, popularity
from backend_lead.views.resolve import resolve
from tools.law_pages import merged

HIT_ERROR_MAX = 0.005  # of the approximation to exact keys; the largest seen here is 0.003

SHOP = """
backend: shop
workload:
  clients: {api: {rate: 2000/s, timeout: 2 s, journeys: {ask: 100%}}}
  peak: {factor: 1}
journeys: {ask: {steps: [app.ask]}}
components:
  app:
    kind: http-service
    instance: m7g.2xlarge
    count: 6
    zones: 3
    endpoints:
      ask: {does: [cpu: 1 ms, {read: cache, miss: [query: db.read]}]}
  cache: {kind: redis, instance: cache.m7g.large, memory: 2 MB, keeps: {keys: exact}}
  db:
    kind: postgres
    instance: db.m7g.8xlarge
    zones: 3
    operations:
      read: {type: read, cpu: 1 ms, wait: 0 ms, entity: item, shard_key: item}
entities: {item: {store: db, row: 1 kB, rows: 10k, skew: 0.8}}
slos: [{journey: "*", p99: 300 ms, availability: 99%}]
topology: {provider: aws, region: us-east-1, zones: 3}
"""
STRAIGHT = "components: {app: {endpoints: {ask: {does: [cpu: 1 ms, query: db.read]}}}, cache: null}"
BATCHES = """
components:
  app: {endpoints: {ask: {does: [cpu: 1 ms, publish: bus.orders]}}}
  cache: null
  db: null
  bus:
    kind: nats-stream
    instance: m7g.large
    count: 3
    topics: {orders: {message: 1 kB, partitions: 8, key: item}}
  work:
    kind: worker
    instance: m7g.2xlarge
    count: 4
    endpoints: {handle: {on: bus.orders, does: [cpu: 2 ms]}}
entities: {item: {store: null, rows: 1M, skew: 1}}
"""


def flow_of(*changes: str) -> Flow:
    reading = read_checked_text(merged(SHOP, *changes))
    assert not [finding for finding in reading.findings if finding.level == "error"]
    return resolve(reading.system)


def run(flow: Flow, until_s: float = 40.0, load: float = 1.0) -> tuple[RunResult, dict[str, float]]:
    """A run, and how often each endpoint was asked for a second."""
    lowered = lower(flow, load=load)
    lowered.program.validate()
    result = simulate(lowered.program, seed=1, until_s=until_s, warmup_s=5)
    assert result.conserved
    per = {
        key: float(result.stats["n"][row]) / (until_s - 5) for key, row in lowered.endpoints.items()
    }
    return result, per


# caches -----------------------------------------------------------------------------------------
SHAPES = [
    (skew, memory, ways)
    for skew in (0.5, 0.8, 1.2)
    for memory in ("2 MB", "5 MB")
    for ways in ("{}", "{ttl: 2 s}", "{ttl: 30 s}", "{ttl: 2 s, keeps: {renew: true}}",
                 "{keeps: {evict: lfu}}", "{shards: 4}")
    if not ("lfu" in ways and memory == "5 MB")  # more than a run looks through
]  # fmt: skip


@pytest.mark.parametrize(("skew", "memory", "ways"), SHAPES)
def test_the_approximation_is_held_to_exact_keys(skew: float, memory: str, ways: str) -> None:
    """Che's approximation and the run, key by key, agree on the hit ratio."""
    flow = flow_of(f"entities: {{item: {{skew: {skew}}}}}",
                   f"components: {{cache: {{memory: {memory}}}}}",
                   f"components: {{cache: {ways}}}")  # fmt: skip
    _, per = run(flow)
    hit = 1 - per["db.read"] / per["app.ask"]
    assert hit == pytest.approx(flow.hits["cache", "item"].steady, abs=HIT_ERROR_MAX)


def test_unsaid_hits_are_drawn_by_age() -> None:
    """Without the word nothing is kept key by key, and the hit ratio is the same."""
    flow = flow_of("components: {cache: {keeps: null}}")
    assert len(lower(flow).program.item) == 0
    _, per = run(flow)
    hit = 1 - per["db.read"] / per["app.ask"]
    assert hit == pytest.approx(flow.hits["cache", "item"].steady, abs=HIT_ERROR_MAX)


HOT = """
workload: {clients: {api: {rate: 1000/s}}}
components:
  app: {endpoints: {ask: {does: [{read: cache, coalesce: COALESCE, miss: [query: db.read]}]}}}
  cache: {ttl: 1 s}
  db: {operations: {read: {cpu: 0.01 ms, wait: 100 ms}}}
entities: {item: {rows: 1}}
"""


@pytest.mark.parametrize("coalesce", [True, False])
def test_a_stampede_when_one_hot_key_expires(coalesce: bool) -> None:
    """Each second the hot key is gone: one fetches it, or, not coalesced, all who come until the
    first of them has it, which is sooner the more there are."""
    _, per = run(flow_of(HOT.replace("COALESCE", str(coalesce).lower())), 205.0)
    if coalesce:
        assert per["db.read"] == pytest.approx(1 / 1.1, rel=0.03)
        return
    # who comes at u has not answered by t with chance 1 - F(t - u); nobody has: the product
    t = np.linspace(1e-6, 0.3, 30_001)
    sigma = math.sqrt(math.log(2))  # a wait is log-normal with cv 1
    within = np.array([0.5 + 0.5 * math.erf((math.log(x / 0.1) + sigma**2 / 2) / sigma / 2**0.5)
                       for x in t])  # fmt: skip
    nobody = (1 - within) * np.exp(-1_000 * np.cumsum(within) * (t[1] - t[0]))
    together = 1 + 1_000 * float(nobody.sum() * (t[1] - t[0]))
    assert 15 < together < 40
    # each of them puts it there, so a life begins with the last of these, 0.1 to 0.5 s later
    assert together / 1.6 < per["db.read"] < together / 1.1


def test_a_flush_empties_what_is_kept() -> None:
    """After a flush the keys are fetched anew, the popular ones first."""
    flow = flow_of("entities: {item: {rows: 1000}}")  # all fit
    lowered = lower(flow)
    flushed = lower(flow, [Event(20.0, L.FAULT_FLUSH, "cache")])
    rows = [one.endpoints["db.read"] for one in (lowered, flushed)]
    asked = [
        int(simulate(one.program, seed=1, until_s=40, warmup_s=5).stats["n"][row])
        for one, row in zip((lowered, flushed), rows)
    ]
    p = popularity(1000, 0.8, exact=True)
    again = float((1 - np.exp(-p * 2000 * 20)).sum())
    assert asked[0] <= 5
    assert asked[1] - asked[0] == pytest.approx(again, rel=0.03)


def test_a_write_takes_the_key_out() -> None:
    """Of keys written w and read r times a second each, r / (r + w) of the reads hit."""
    changes = """
workload: {clients: {api: {journeys: {ask: 80%, set: 20%}}}}
journeys: {set: {steps: [app.set]}}
components:
  app:
    endpoints:
      set: {does: [query: db.write, invalidate: cache]}
  db: {operations: {write: {type: write, cpu: 0.1 ms, wait: 0 ms, entity: item}}}
entities: {item: {rows: 200}}
"""
    flow = flow_of(changes)
    _, per = run(flow, 105.0)
    assert 1 - per["db.read"] / per["app.ask"] == pytest.approx(0.8, abs=0.01)
    assert flow.hits["cache", "item"].steady == pytest.approx(0.8, abs=0.01)


def test_a_sharded_cache_keeps_each_key_once() -> None:
    """At the start, and later, a key lies in the drawer of its own shard and in no other."""
    flow = flow_of("components: {cache: {shards: 4}}")
    program = lower(flow).program
    (shelf,) = program.shelf
    there = (program.item["at"] != L.NONE).reshape(4, 10_000)
    where = places(10_000, GROUP, 4)
    assert all((where[np.flatnonzero(there[g])] == g).all() for g in range(4))
    assert program.drawer["n"].tolist() == there.sum(axis=1).tolist()
    assert shelf["capacity"] == pytest.approx(2e6 / 1_100 / 4, abs=1)
    command = program.call[program.call["by_key"] == 1]
    assert len(command) == 1


# shards -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("skew", [0.0, 0.5, 0.8, 1.0, 1.3])
@pytest.mark.parametrize("shards", [4, 16])
def test_a_lumped_tail_leaves_each_shard_its_share(skew: float, shards: int) -> None:
    """The shares of shards by the hash of a million keys, and with most of them lumped together."""
    uses = frozenset({(GROUP, shards), (PARTITION, 24)})
    for rows, place in itertools.product((5e3, 1e6), uses):
        whole = by_place(popularity(rows, skew, exact=True), place)
        lumped = by_place(popularity(rows, skew, uses=uses), place)
        assert np.abs(whole - lumped).max() * place[1] < 0.001  # of the mean


def test_the_popular_of_very_many_rows_have_their_share() -> None:
    """The sum over 3 million ranks, and of 100 million by its integral."""
    found = popularity(3e6, 1.1)[0]
    assert 1 / found == pytest.approx(float((np.arange(1.0, 3e6 + 1) ** -1.1).sum()), rel=1e-4)
    head = float((np.arange(1.0, 1e5 + 1) ** -1.1).sum())
    rest = ((1e5 + 0.5) ** -0.1 - (1e8 + 0.5) ** -0.1) / 0.1
    assert 1 / popularity(1e8, 1.1)[0] == pytest.approx(head + rest, rel=1e-4)


def test_places_are_those_of_the_kernel() -> None:
    """The shard of a key is the one that a run sends it to."""
    found = places(100, PARTITION, 7)
    assert found.tolist() == [hash2(key, PARTITION) % 7 for key in range(100)]


SHARDS = "components: {db: {instance: db.m7g.large, shards: 8}}"
POPULAR = "entities: {item: {rows: 1M, skew: 1}}"


def test_a_hot_shard_limits_the_store() -> None:
    """Where the busiest of 8 shards has 1.4 times the mean, the store carries that much less, in a
    run as in the solver."""
    even = flow_of(STRAIGHT, SHARDS, "entities: {item: {rows: 1M, skew: 0.4}}")
    hot = flow_of(STRAIGHT, SHARDS, POPULAR)
    assert "db" not in keyed(even).shares
    assert (
        "db" not in keyed(flow_of(STRAIGHT, SHARDS, "entities: {item: {rows: 1M, skew: 0}}")).shares
    )
    most = 8 * float(keyed(hot).shares["db"].max())
    assert most == pytest.approx(1.39, abs=0.02)
    assert highest_load(even) / highest_load(hot) == pytest.approx(most, rel=0.02)
    for factor, carried in ((0.97, True), (1.04, False)):
        load = 8 * 2_000.0 / most / 2_000.0 * factor  # two cores a shard, 1 ms each
        result, _ = run(hot, 40.0, load)
        late = result.windows["ok"][30:38].sum() / result.windows["started"][30:38].sum()
        assert bool(late > 0.99) is carried, (factor, late)


@pytest.mark.parametrize(("rows", "skew"), [(1, "0"), (20, "0"), (20, "null"), (5_000, "0")])
def test_few_rows_are_no_even_load(rows: int, skew: str) -> None:
    """All alike or not: a shard has what the hash of the rows gives it, in a run, in the solver,
    and in what `check` warns of."""
    flow = flow_of(STRAIGHT, SHARDS, f"entities: {{item: {{rows: {rows}, skew: {skew}}}}}")
    told = np.bincount(places(rows, GROUP, 8), minlength=8) / rows
    assert keyed(flow).shares["db"] == pytest.approx(told)
    lowered = lower(flow, load=0.4)
    result = simulate(lowered.program, seed=1, until_s=60, warmup_s=5, sample_every=1)
    assert result.spans is not None
    asked = result.spans[result.spans["endpoint"] == lowered.endpoints["db.read"]]
    first = int(lowered.program.service["replica"][lowered.services["db"]])
    found = np.bincount(asked["replica"] - first, minlength=8) / len(asked)
    assert np.abs(found - told).max() < 0.01
    even = flow_of(STRAIGHT, SHARDS, "entities: {item: {rows: 1M, skew: 0}}")
    ratio = highest_load(even) / highest_load(flow)
    assert ratio == pytest.approx(8 * told.max(), rel=0.01)
    warned = list(rules()["hot-shard"].judge(Evidence(flow.system, flow=flow)))
    assert len(warned) == int(8 * told.max() >= 2)


def test_a_topic_of_one_key_has_one_partition() -> None:
    """Messages of one row wait for each other, though it is asked for as often as any."""
    flow = flow_of(BATCHES, "entities: {item: {rows: 1, skew: 0}}")
    shares = keyed(flow).partitions["work.handle"]
    assert sorted(shares) == [0.0] * 7 + [1.0]
    result = simulate(lower(flow).program, seed=1, until_s=35, warmup_s=5)
    done = result.stream_windows[5:30]["done"].sum() / 25
    assert done == pytest.approx(500, rel=0.03)  # a second, at 2 ms each; 2,000 come


def test_the_solver_knows_a_hot_shard() -> None:
    """Waits at shards of which the busiest is 85 % in use, by the solver and in a run."""
    flow = flow_of(STRAIGHT, SHARDS, POPULAR)
    load = 0.85 * 8_000 / 1.39 / 2_000 * 2
    result, _ = run(flow, 60.0, load)
    hist = result.hist_windows[5:58].sum(axis=(0, 1))
    told = solve(flow, load)
    assert told.p50_s["app.ask"] == pytest.approx(stats.quantile(hist, 0.5), rel=0.1)
    assert told.p99_s["app.ask"] == pytest.approx(stats.quantile(hist, 0.99), rel=0.2)


def test_behind_a_cache_the_hot_shard_cools_down() -> None:
    """What a cache has answered never reaches the shards: those left are asked almost alike."""
    straight = keyed(flow_of(STRAIGHT, SHARDS, POPULAR)).shares["db"]
    behind = keyed(flow_of(SHARDS, POPULAR, "components: {cache: {keeps: null, memory: 100 MB}}"))
    assert 8 * straight.max() > 1.35
    assert 8 * behind.shares["db"].max() < 1.02


def test_the_same_behind_exact_keys() -> None:
    """Of 10,000 keys, shards behind exact keys are asked in a run as is expected of them."""
    flow = flow_of(SHARDS, "entities: {item: {skew: 1}}")
    told = keyed(flow).shares["db"]
    assert 8 * told.max() < 1.2 < 8 * by_place(row_popularity(flow, Key("item")), (GROUP, 8)).max()
    lowered = lower(flow)
    result = simulate(lowered.program, seed=1, until_s=60, warmup_s=5, sample_every=1)
    assert result.spans is not None
    asked = result.spans[result.spans["endpoint"] == lowered.endpoints["db.read"]]
    first = int(lowered.program.service["replica"][lowered.services["db"]])
    found = np.bincount(asked["replica"] - first, minlength=8) / len(asked)
    assert np.abs(found - told).max() * 8 < 0.05


# partitions -------------------------------------------------------------------------------------
def test_a_popular_key_fills_its_partition() -> None:
    """Each partition is a queue with one server: messages wait as in M/M/1 with its own share."""
    flow = flow_of(BATCHES, "workload: {clients: {api: {rate: 1600/s}}}")
    shares = keyed(flow).partitions["work.handle"]
    assert 8 * shares.max() > 1.5
    lowered = lower(flow)
    result = simulate(lowered.program, seed=1, until_s=305, warmup_s=5)
    row = lowered.streams["work.handle"]
    hist = result.hist_streams[5:300, row].sum(axis=0)
    rate = np.sort(shares * 1600)
    assert rate.max() * 0.002 < 0.95
    grid = np.linspace(0, 1, 100_001)  # s; P(age > t), of M/M/1: exp(-(mu - lambda) t)
    above = sum(r / 1600 * np.exp(-(500 - r) * grid) for r in rate)
    for q in (0.5, 0.99):
        told = float(grid[np.searchsorted(-above, -(1 - q))])
        assert stats.quantile(hist, q) == pytest.approx(told, rel=0.1)


def test_a_hot_partition_limits_the_topic() -> None:
    """The solver finds the load at which the busiest partition is full, not all of them."""
    flow = flow_of(BATCHES)
    even = flow_of(BATCHES, "components: {bus: {topics: {orders: {key: null}}}}")
    most = 8 * float(keyed(flow).partitions["work.handle"].max())
    busy = [
        next(use.busy for use in solve(one, 0.5).uses if use.id == "work.handle partitions")
        for one in (flow, even)
    ]
    assert busy[0] / busy[1] == pytest.approx(most, rel=0.01)
    assert not solve(flow, 4_000 / most / 2_000 * 1.05).stable
    assert solve(even, 4_000 / most / 2_000 * 1.05).stable


# balancing --------------------------------------------------------------------------------------
def test_a_balancer_by_key_goes_by_the_rows_it_is_asked_for() -> None:
    """The instance that has the popular row has the more of the load, as rendezvous hashing puts
    it; what is read there has the same key."""
    flow = flow_of("components: {app: {balance: by-key}, cache: {shards: 2}}")
    assert list(keyed(flow).roots.values()) == [(Key("item"),)]
    assert not [step for step in keyed(flow).steps["app.ask"] if isinstance(step, Key)]
    lowered = lower(flow)
    result = simulate(lowered.program, seed=1, until_s=60, warmup_s=5, sample_every=1)
    assert result.spans is not None
    asked = result.spans[result.spans["endpoint"] == lowered.endpoints["app.ask"]]
    first = int(lowered.program.service["replica"][lowered.services["app"]])
    shares = row_popularity(flow, Key("item"))
    told = np.zeros(6)
    for key, share in enumerate(shares):
        told[max(range(6), key=lambda i: hash2(key + 1, first + i))] += share
    found = np.bincount(asked["replica"] - first, minlength=6) / len(asked)
    assert found.tolist() == pytest.approx(told.tolist(), abs=0.01)
    assert math.isclose(told.sum(), 1.0)
