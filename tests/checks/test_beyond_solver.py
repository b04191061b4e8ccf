"""What the solver does not know is told; what it knows, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.analysis.uses import solve_all
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.rules import by_path
from backend_lead.checks import beyond_solver
from backend_lead.checks.evidence import Evidence
from backend_lead.model.design import Run
from backend_lead.views.resolve import resolve
from tests.analysis import played, test_places
from tests.app.good_model import changed

APP = "    concurrency: 256\n"
RETRIES = played.changed(
    ("{rate: 300/s, ", "{rate: 50/s, retries: 3, "),
    ("{does: [cpu: 2 ms, {query: db.read}]}", "{does: [cpu: 2 ms, wait: 150 ms, query: db.read]}"),
)
CALM, BUSY = "10k, think_time", "100k, think_time"


def told(said: str, users: str) -> list[str]:
    text = changed((APP, APP + f"    serving: {{{said}}}\n"), ("10k, think_time", users))
    system = read_checked_text(text).system
    flow = resolve(system)
    evidence = Evidence(system, flow, solve_all(flow, 1.0), place=by_path)
    return [finding.message for finding in beyond_solver.RULE.judge(evidence)]


@pytest.mark.parametrize("said", ["gives_up: 5 s", "share_cores: true", "near: true"])
def test_what_the_solver_knows_is_not_told(said: str) -> None:
    """Its errors are small at any load; docs/solver.md states them."""
    assert told(said, CALM) == told(said, BUSY) == []


@pytest.mark.parametrize("said", ["contention: 0.1%", "order: priority"])
def test_what_it_knows_of_calm_parts_is_told_of_busy_ones(said: str) -> None:
    """Contention and priorities: only where the part is busy."""
    assert told(said, CALM) == []
    assert len(told(said, BUSY)) == 1


def test_calls_that_end_by_their_timeout_are_told() -> None:
    """A timeout near the usual time of the answer: retries and breakers make the latency then."""
    short = ("- {query: db.list_items, timeout: 500 ms}", "- {query: db.list_items, timeout: 2 ms}")
    system = read_checked_text(changed(short)).system
    flow = resolve(system)
    evidence = Evidence(system, flow, solve_all(flow, 1.0), place=by_path)
    (one,) = beyond_solver.RULE.judge(evidence)
    assert "of calls to `db.list_items` end by their timeout" in one.message
    assert one.place.path == "components.app"


POOLED = played.changed(
    ("{query: db.read}", "{query: db.read, timeout: 100 ms}"),
    ("    zones: 3\n    endpoints:\n", "    zones: 3\n    pool: 2\n    endpoints:\n"),
    ("cpu: 1 ms, wait: 0 ms", "cpu: 1 ms, wait: 15 ms"),
)
ABROAD = test_places.ABROAD.replace("{query: db.read}", "{query: db.read, timeout: 110 ms}")


@pytest.mark.parametrize("text", [POOLED, ABROAD.replace("10 MB/s", "7 MB/s")])
def test_what_is_waited_for_on_the_way_counts_for_a_timeout(text: str) -> None:
    """A pooled connection of two at 83 %, a way between regions at 87 %: the callee answers in
    time, and yet calls end by their timeout."""
    system = read_checked_text(text).system
    solution = solve_all(resolve(system), 1.0)
    assert solution.later_than("db.read", 0.1) < beyond_solver.CUT_SHORT
    evidence = Evidence(system, resolve(system), solution, place=by_path)
    (one,) = beyond_solver.RULE.judge(evidence)
    assert "of calls to `db.read` end by their timeout" in one.message


def test_as_many_calls_end_by_their_timeout_as_in_a_run() -> None:
    """Over a way that is nearly full, where those that end early hold up nobody's queue."""
    ran = played.play(ABROAD.replace("10 MB/s", "7 MB/s"), 100.0)
    found = solve_all(ran.flow, 1.0).cut_short["app.ask", "db.read"]
    assert found == pytest.approx(1 - ran.share("ok"), rel=0.05)


@pytest.mark.parametrize(("timeout", "expected"), [("100 ms", 1), ("30 s", 0), (None, 0)])
def test_clients_whose_requests_end_by_their_timeout_are_told(
    timeout: str | None, expected: int
) -> None:
    """Answers take 150 ms on the mean: their retries are load that the solver does not know."""
    text = RETRIES if timeout is None else RETRIES.replace("rate:", f"timeout: {timeout}, rate:")
    system = read_checked_text(text).system
    flow = resolve(system)
    evidence = Evidence(system, flow, solve_all(flow, 1.0), place=by_path)
    found = list(beyond_solver.RULE.judge(evidence))
    assert len(found) == expected
    for one in found:
        assert "of calls of `api` to `app.ask` end by their timeout" in one.message
        assert one.place.path == "workload.clients.api.timeout"


ZONED = played.changed(
    ("    count: 3\n    zones: 3\n", "    count: 1\n    zones: 1\n"),
    ("{query: db.read}]", "{call: back.get}]"),
    ("  db:\n", "  back:\n    kind: http-service\n    instance: m7g.large\n    count: 3\n"
     "    zones: 3\n    balance: random\n    serving: {near: true}\n"
     "    endpoints: {get: {does: [{cpu: 1 ms}, {query: db.read}]}}\n  db:\n"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("balance", "callers", "expected"),
    [("random", 1, 0), ("least-outstanding", 1, 1), ("power-of-two", 1, 1), ("power-of-two", 3, 0)],
)
def test_uneven_zones_are_told_where_a_balancer_compares(
    balance: str, callers: int, expected: int
) -> None:
    """The shares of instances are known; that the emptiest one is asked from elsewhere is not."""
    text = ZONED.replace("balance: random", f"balance: {balance}")
    text = text.replace("count: 1\n    zones: 1", f"count: {callers}\n    zones: {callers}")
    system = read_checked_text(text).system
    flow = resolve(system)
    evidence = Evidence(system, flow, solve_all(flow, 1.0), place=by_path)
    found = [one.message for one in beyond_solver.RULE.judge(evidence)]
    assert len(found) == expected
    assert all("an instance has 3.0 times the load of the mean" in one for one in found)


def test_the_page_of_the_solver_lists_what_is_told() -> None:
    """One line for each, in the words of the rule."""
    page = (Path(__file__).parents[2] / "docs/solver.md").read_text()
    _, after = page.split("[beyond-solver](rules.md) tells where", 1)
    listed = after.split("\n\n")[1].replace("\n  ", " ").split("\n")
    assert listed == [f"- {line}" for line in beyond_solver.TOLD]


def test_packets_lost_on_one_way_are_told() -> None:
    """Only of the hop that loses some."""
    place = "zones: 3}\nbudget"
    network = (
        "zones: 3, network: {same_zone: 0.2 ms, other_zone: 1 ms, hops: "
        "[{between: [1, 2], rtt: 1 ms}, {between: [1, 3], rtt: 1 ms, loss: 1%}]}}\nbudget"
    )
    system = read_checked_text(changed((place, network))).system
    evidence = Evidence(system, resolve(system), None, place=by_path)
    messages = [finding.message for finding in beyond_solver.RULE.judge(evidence)]
    assert [m for m in messages if "lost" in m] == [
        "packets between 1 and 3 are lost: latencies of check do not know enough of it"
    ]


@pytest.mark.parametrize("said", ["order: lifo", "sheds: {waiting: 9}", "weights: [2, 1]"])
def test_what_it_does_not_know_is_always_told(said: str) -> None:
    """A queue served last come first, shedding, and weights that a balancer compares by."""
    assert len(told(said, CALM)) == 1


@pytest.mark.parametrize(
    ("keeps", "wait", "expected"),
    [("keys: exact", "2 s", 1), ("keys: by-age", "2 s", 0), ("keys: exact", "1 ms", 0)],
)
def test_keys_that_several_fetch_at_once_are_told(keeps: str, wait: str, expected: int) -> None:
    """Whoever is back first fills the cache for all: the solver takes each to fetch to its end."""
    text = changed(
        ("zones: 3, ttl: 10 min}", f"zones: 3, ttl: 1 s, keeps: {{{keeps}}}}}"),
        ("list_items: {type: read,", f"list_items: {{type: read, wait: {wait},"),
    )  # fmt: skip
    system = read_checked_text(text).system
    flow = resolve(system)
    evidence = Evidence(system, flow, solve_all(flow, 1.0), place=by_path)
    found = [finding.message for finding in beyond_solver.RULE.judge(evidence)]
    assert (
        len([one for one in found if "several reads at once fetch one `item`" in one]) == expected
    )


@pytest.mark.parametrize(
    ("run_id", "status", "told_still"),
    [("steady", "complete", 0), ("steady-seed-2", "complete", 0), ("replications-3", "complete", 0),
     ("load-10", "complete", 1), ("steady-partial", "complete", 1),
     ("replications-3-partial-assumed-1a2b3c4d", "complete", 1), ("steady-day-60s", "complete", 1),
     ("steady", "overfull", 1)],
)  # fmt: skip
def test_only_a_whole_run_of_the_stated_load_settles_it(
    run_id: str, status: str, told_still: int
) -> None:
    """A run of a part of the load, one that was broken off, or a day says nothing of the peak."""
    system = read_checked_text(changed((APP, APP + "    serving: {order: lifo}\n"))).system
    flow = resolve(system)
    run = Run(id=run_id, kind="steady", title="", model_digest="", seed=1, horizon_s=1, warmup_s=0,
              scale=1, requests=1, versions={}, repeat="", results={"status": status})  # fmt: skip
    evidence = Evidence(system, flow, solve_all(flow, 1.0), runs=[run], place=by_path)
    assert len(list(beyond_solver.RULE.judge(evidence))) == told_still
