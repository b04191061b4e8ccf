"""Kinds inside a system: as busy as their facts say, conserving the flow, near the solver, and
refusing what is too much."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.arithmetic.held_connections import sums
from backend_lead.analysis.simulation import Ran
from backend_lead.analysis.solver import Solution, solve
from backend_lead.analysis.uses import held_uses
from backend_lead.catalog import kind_of, network
from backend_lead.catalog.kind import Kind
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from tests.catalog.every_kind import EVERYTHING, asked_by_a_service, read_model

MEASURED_S = 10.0
# Refused at twice the rate of a limit: half, but for what a full bucket lets through at first.
HALF = 0.5 - 0.5 / (simulation.WARMUP_S + MEASURED_S)
FAR = 0.15  # of the p99 of one request: what the solver may be off the kernel
STORE = (
    "store: {{kind: {kind}, {fields}operations: {{ask: {{type: {type}, entity: thing{more}}}}}}}"
)


def store(kind: str, fields: str = "", type: str = "read", more: str = "") -> str:
    """A component `store` with one operation."""
    return "  " + STORE.format(kind=kind, fields=fields, type=type, more=more)


def stream(kind: str) -> str:
    """A stream of one topic and a worker that handles each message for 5 ms."""
    return f"""\
  store: {{kind: {kind}, instance: m7g.large, count: 3, zones: 3, topics: {{ask:
    {{message: 1 kB, partitions: 12}}}}}}
  hands: {{kind: worker, instance: m7g.large, count: 3, zones: 3, endpoints: {{take:
    {{on: store.ask, slots: 10, does: [cpu: 1 ms, wait: 4 ms]}}}}}}"""


QUERY = "{query: store.ask, timeout: 2 s}"
PUBLISH = "{publish: store.ask, timeout: 1 s}"
CALL = "{call: store.ask, timeout: 3 s}"
INDEX = "instance: m7g.large, shards: 3, replicas: 1, zones: 2, "
FUNCTION = (
    "  store: {kind: serverless-function, endpoints: {ask: {does: [cpu: 10 ms, wait: 20 ms]}}}"
)
SMALL = {
    "object-store": ("2k/s", QUERY, store("object-store")),
    "search-index": ("1k/s", QUERY, store("search-index", INDEX, more=", cpu: 1 ms")),
    "third-party-api": ("500/s", QUERY, store("third-party-api", "limit: {rate: 1k/s}, ")),
    "serverless-function": ("500/s", CALL, FUNCTION),
    "nats-stream": ("2k/s", PUBLISH, stream("nats-stream")),
    "kafka": ("2k/s", PUBLISH, stream("kafka")),
}


def small(kind: str, rate: str | None = None) -> Flow:
    """A small system around one kind."""
    usual, does, parts = SMALL[kind]
    return resolve(read_model(asked_by_a_service(rate or usual, does, parts)))


def refused(flow: Flow) -> float:
    """Share of requests that fail in a short run."""
    ran = simulation.run_steady(flow, 1, measure_s=MEASURED_S)
    windows = ran.result.windows
    lost = float(windows["failed"].sum() + windows["timed_out"].sum())
    return lost / (lost + float(windows["ok"].sum()))


@pytest.fixture(scope="module")
def flow() -> Flow:
    return resolve(read_model(EVERYTHING))


@pytest.fixture(scope="module")
def ran(flow: Flow) -> Ran:
    return simulation.run_steady(flow, 3, measure_s=20.0)


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_the_solver_is_near_the_kernel(kind: str) -> None:
    """A request that uses the kind is as slow at the 99th percentile as predicted."""
    found = small(kind)
    ran = simulation.run_steady(found, 7, measure_s=40.0)
    predicted = solve(found).p99_s["app.go"]
    assert simulation.measured_rate(ran)[0] == pytest.approx(found.requests_per_s, rel=0.02)
    assert predicted == pytest.approx(simulation.latencies(ran, "")[0].p99_s.value, rel=FAR)


def test_the_flow_is_conserved(flow: Flow, ran: Ran) -> None:
    """What callers send is what arrives at each part, and every request has an end."""
    loads = {load.station: load.ended_per_s for load in simulation.station_loads(ran, "")}
    assert set(loads) == set(flow.stations)
    for sid, arrivals in loads.items():
        expected = sum(flow.visits.get(n.key, 0.0) for n in flow.nodes.values() if n.station == sid)
        assert arrivals == pytest.approx(expected, rel=0.1), sid
    windows = ran.result.windows
    assert windows["failed"].sum() + windows["timed_out"].sum() <= 0.001 * windows["ok"].sum()


def kind_in(flow: Flow, name: str) -> Kind:
    return kind_of(flow.system.components[name].kind)


def busy(solution: Solution, use: str) -> float:
    return next(u.busy for u in solution.uses if u.id == use)


@pytest.mark.parametrize("name", ["jobs", "events"])
def test_a_broker_is_busy_with_messages_and_their_copies(flow: Flow, name: str) -> None:
    """Messages a second times core time of one copy, times copies, over all cores."""
    kind, part = kind_in(flow, name), flow.system.components[name]
    station = flow.stations[name]
    work = flow.traffic[name].messages_per_s * kind.fact("append-cpu") * kind.fact("copies")
    found = busy(solve(flow), f"{name} cores") * station.cores * station.replicas
    assert work == pytest.approx(kind.append_s(part)[0] * flow.traffic[name].messages_per_s)
    assert found == pytest.approx(work, rel=0.05) and work > 0


def test_a_broker_keeps_each_topic_for_its_own_time(flow: Flow) -> None:
    """Storage adds up over topics of different rates, sizes and times, with every copy."""
    kind, seen = kind_in(flow, "events"), flow.traffic["events"]
    items = {
        i.name: i.quantity for i in kind.items("events", flow.system.components["events"], seen)
    }
    day, record = 86_400.0, kind.fact("record-overhead")
    kept = seen.rates["readings"] * (300 + record) * 7 * day
    kept += seen.rates["said"] * (200 + record) * day
    expected = kept / seen.peak_factor * kind.fact("copies") / kind.fact("disk-fill") / 2.0**30
    assert items["storage"] == pytest.approx(expected)
    assert seen.rates["readings"] != pytest.approx(seen.rates["said"])


def test_brokers_serve_while_a_majority_of_copies_is_up(flow: Flow) -> None:
    """Of three brokers two are needed, of six five: any two of them may hold all of one topic."""
    for name in ("jobs", "events"):
        part = flow.system.components[name]
        six = part.model_copy(update={"count": 6})
        assert flow.stations[name].quorum == 2
        assert kind_in(flow, name).stations(name, six, flow.traffic[name])[0].quorum == 5


def test_a_search_asks_every_shard_and_a_write_every_copy() -> None:
    """Core time of a search follows the shards, that of a write the copies."""
    found = small("search-index")
    station, kind = found.stations["store"], kind_of("search-index")
    each = 1e-3 + kind.fact("merge-cpu")
    assert found.visits["store.ask"] == pytest.approx(3 * 1_000)
    assert busy(solve(found), "store cores") == pytest.approx(
        3 * 1_000 * each / (station.replicas * station.cores), rel=0.02
    )
    written = read_model(asked_by_a_service(
        "1k/s", QUERY, store("search-index", INDEX, "write", ", cpu: 1 ms")))  # fmt: skip
    flow = resolve(written)
    assert flow.visits["store.ask"] == pytest.approx(1_000)
    assert kind.work_s(
        written.components["store"], written.components["store"].operations["ask"]
    ) == (2e-3, 0.0)


def test_a_search_beyond_its_cores_is_refused() -> None:
    """Three shards with two copies of two cores carry some 3,600 searches of a millisecond; what
    comes beyond fills the queues and is turned away."""
    assert refused(small("search-index", "3.2k/s")) < 0.001
    ran = simulation.run_steady(small("search-index", "6k/s"), 1, measure_s=10.0)
    found = next(x for x in simulation.station_loads(ran, "") if x.station == "store")
    assert found.busy > 0.98
    assert ran.result.windows["failed"].sum() > 0.3 * ran.result.windows["ok"].sum()


def test_a_prefix_of_an_object_store_refuses_what_is_above_its_rate() -> None:
    """5,500 reads a second of one prefix; a stated limit takes its place."""
    most = kind_of("object-store").fact("prefix-reads")
    found = small("object-store", "11k/s")
    assert busy(solve(found), "store reads limit") == pytest.approx(11_000 / most, rel=0.01)
    assert refused(found) == pytest.approx(HALF, abs=0.01)
    stated = asked_by_a_service("11k/s", QUERY, store("object-store", "limit: {rate: 20k/s}, "))
    assert refused(resolve(read_model(stated))) < 0.001


def test_a_third_party_refuses_what_is_above_its_limit() -> None:
    """Twice as many as it allows: half are refused."""
    assert refused(small("third-party-api", "2k/s")) == pytest.approx(HALF, abs=0.01)


def test_functions_are_refused_beyond_their_concurrency() -> None:
    """Requests in progress are limited; none waits for another to end."""
    text = asked_by_a_service(
        "1k/s", CALL, FUNCTION.replace("endpoints", "concurrency: 20, endpoints")
    )
    flow = resolve(read_model(text))
    kind = kind_of("serverless-function")
    slow = kind.fact("memory-of-a-core") / kind.fact("memory")
    each = 0.01 * slow + 0.02 + kind.fact("cold-share") * kind.fact("cold-start")
    offered = 1_000 * each
    blocked = 1.0  # Erlang's loss formula: what servers without a queue turn away
    for n in range(1, 21):
        blocked = offered * blocked / (n + offered * blocked)
    assert refused(flow) == pytest.approx(blocked, abs=0.02)


def test_a_function_is_paid_for_the_time_its_requests_take() -> None:
    """GB-seconds follow memory, its share of a core, what it waits for, and cold starts."""
    flow = small("serverless-function")
    kind, seen = kind_of("serverless-function"), flow.traffic["store"]
    part = flow.system.components["store"]
    slow = kind.fact("memory-of-a-core") / kind.fact("memory")
    each = 0.01 * slow + 0.02 + kind.fact("cold-share") * kind.fact("cold-start")
    items = {item.name: item.quantity for item in kind.items("store", part, seen)}
    assert items["requests"] == pytest.approx(500 / 2 * 2_628_000)
    assert items["compute"] == pytest.approx(500 / 2 * 2_628_000 * each * 0.5, rel=1e-6)


def test_an_object_store_is_paid_for_bytes_reads_and_writes(flow: Flow) -> None:
    """Quantities follow the entity it keeps and what is asked of it at the daily mean."""
    kind, seen = kind_in(flow, "files"), flow.traffic["files"]
    items = {i.name: i.quantity for i in kind.items("files", flow.system.components["files"], seen)}
    assert items["storage"] == pytest.approx(300e3 * 5e6 / 2.0**30)
    assert items["reads"] == pytest.approx(flow.visits["files.get"] / 3 * 2_628_000)
    assert items["writes"] == pytest.approx(flow.visits["files.put"] / 3 * 2_628_000)


@pytest.mark.parametrize("holder", ["websocket-gateway", "http-service"])
def test_an_instance_holds_as_many_connections_as_memory_and_files_allow(holder: str) -> None:
    """A gateway and a service that holds connections itself have the same limit."""
    text = EVERYTHING.replace("kind: websocket-gateway", f"kind: {holder}")
    flow = resolve(read_model(text))
    memory = kind_of(holder).machine(flow.system.components["gate"]).memory_bytes
    most = min(
        memory * network.MEMORY_HELD.value / network.CONNECTION_B.value, network.DESCRIPTORS.value
    )
    assert flow.stations["gate"].held_max == int(most)
    assert held_uses(flow, 1.0)[0].busy == pytest.approx(50_000 / 3 / most, rel=1e-3)


def test_held_connections_are_counted_against_the_share_of_memory_that_is_theirs() -> None:
    """The load arithmetic reads the same share as the limit does."""
    flow = resolve(read_model(EVERYTHING))
    told = next(one for one in sums(flow, 0.0) if one.label == "gate: memory of an instance")
    share = f"{network.MEMORY_HELD.value:.0%} for connections"
    assert share in told.formula


def test_no_zone_takes_what_lies_in_none(flow: Flow) -> None:
    """Managed parts and third parties have no zone here; their availability is their promise."""
    for name in ("files", "resize", "push"):
        assert flow.stations[name].zones == ()
