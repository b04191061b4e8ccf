"""One suite over every rule: a bad model gives a finding, a good one none; no evidence, no pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from backend_lead.app.check import evidence_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import rules
from backend_lead.checks.evidence import Evidence
from backend_lead.model.design import Run
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding
from backend_lead.views.zones import lone_stations
from tests.app.good_model import GOOD, changed, line_of
from tests.checks.contract_models import CONTRACT_BAD
from tests.checks.data_models import DATA_BAD


@dataclass(frozen=True)
class Bad:
    """Changes to the good model, the line of the finding, words it must say."""

    changes: tuple[tuple[str, str], ...]
    at: str
    words: tuple[str, ...]
    level: str


MANY_WORKERS = ("concurrency: 256", "concurrency: 9000")
QUOTE, CALL_QUOTE = "quote, timeout: 300 ms", "{call: pricing.quote"
STORE = "    zones: 3\n    operations"
APP, DB, SLO = "  app:", "  db:", '  - {journey: "*", p99'
GATE = (
    "  pricing:\n", "  gate:\n    kind: websocket-gateway\n    instance: m7g.large\n    count: 3\n"
    "    zones: 3\n    endpoints:\n      connect: {does: [cpu: 5 ms]}\n"
    "      beat: {does: [cpu: 0.01 ms]}\n  pricing:\n",
)  # fmt: skip
HELD = (
    "timeout: 2 s, journeys", "timeout: 2 s, connection: {open: gate.connect, heartbeat: gate.beat,"
    " every: 20 s, back_within: 60 s}, journeys",
)  # fmt: skip
BROKERS = (
    "  pricing:\n", "  log: {kind: nats-stream, instance: m7g.large, {PLACE}, topics: {sold: "
    "{message: 300 B}}}\n  pricing:\n",
)  # fmt: skip
BAD: dict[str, list[Bad]] = {
    "beyond-solver": [
        Bad(((APP, "  app:\n    serving: {order: lifo}"),), "order: lifo",
            ("`app`", "last come first", "do not know enough"), "unknown"),
    ],
    "held-connections": [
        Bad((GATE, HELD, ("users: 10k", "users: 500k")), "  gate:",
            ("`gate`", "500,000 / 3 instances = 167,000", "up to 129,000"), "error"),
        Bad((GATE, HELD, ("users: 10k", "users: 300k")), "  gate:",
            ("one zone lost", "300,000 / 2 instances = 150,000", "count: 4"), "warning"),
        Bad((GATE, HELD, ("every: 20 s", "every: 2 min")), "    web:",
            ("every 2 min", "load balancer closes", "every: 30 s", "`lb`"), "warning"),
        Bad((GATE, HELD, ("heartbeat: gate.beat, every: 20 s, ", "")), "    web:",
            ("may be silent", "no heartbeat"), "warning"),
    ],
    "reconnect-rate": [
        Bad((GATE, HELD, ("back_within: 60 s", "back_within: 2 s")), "back_within",
            ("an instance", "1,670 connections a second", "8.33 cores; 4 are left",
             "back_within: 4.17 s"), "warning"),
    ],
    "network-bandwidth": [
        Bad((("response: 20 kB", "response: 20 MB"),), "    instance: m7g.large",
            ("`app`", "sends", "all zones up", "937"), "error"),
        Bad((("response: 20 kB", "response: 1.2 MB"), ("edge_cache: 50%", "edge_cache: 0%")),
            "    instance: m7g.large", ("one zone lost", "up to 937 Mbit/s"), "warning"),
    ],
    "platform-quota": [
        Bad((("count: 6", "count: 1200"),), APP,
            ("targets of one load balancer", "1,200 app", "ask the provider"), "warning"),
        Bad(((STORE, "    zones: 3\n    replicas: 16\n    operations"),), DB,
            ("16 replicas are needed, 15 are given", "not raised"), "error"),
        Bad((("provider: aws", "provider: gcp"),), "topology:",
            ("`gcp` are not known", "compare"), "note"),
    ],
    "p99-objective": [
        Bad((("p99: 300 ms", "p99: 30 ms"),), "      order:",
            ("`app.order`", "with all zones up", "30 ms", "without any load",
             "longest step: app.order, 22 ms"), "error"),
        Bad((MANY_WORKERS, ("users: 10k", "users: 94k"), ("p99: 300 ms", "p99: 110 ms")),
            "      order:", ("with one zone lost", "longest wait"), "error"),
    ],
    "availability-objective": [
        Bad((("availability: 99.9%", "availability: 99.999%"),), SLO,
            ("`browse`, `buy`", "99.999%", "weakest part"), "error"),
    ],
    "budget": [
        Bad((("20k USD", "100 USD"),), "budget:", ("the budget is 100", "dearest"), "error"),
    ],
    "load-carried": [
        Bad((("users: 10k", "users: 200k"),), APP,
            ("CPU", "requests/s", "utilisation law", "full at"), "error"),
        Bad((("concurrency: 256", "concurrency: 1"), ("users: 10k", "users: 40k")), APP,
            ("`app`", "Little's law"), "error"),
    ],
    "headroom": [
        Bad((MANY_WORKERS, ("users: 10k", "users: 75k")), APP,
            ("`app`: CPU", "one zone lost", "up to 75%"), "warning"),
    ],
    "connections": [
        Bad((("pool: 16", "pool: 400"),), DB, ("6 app instances x 400 = 2,400", "1,802"), "error"),
        Bad((("pool: 16", "pool: 290"),), DB, ("6 app instances x 290 = 1,740",), "warning"),
    ],
    "lone-zone": [
        Bad((("99.9%}", "99.96%}"), ("db.m7g.xlarge\n    zones: 3", "db.m7g.xlarge")), DB,
            ("`db`", "one zone", "99.96%", "zones: 3"), "error"),
    ],
    "zone-majority": [
        Bad((BROKERS, ("{PLACE}", "count: 3, zones: 2")), "  log:",
            ("`log` keeps 3 copies in 2 zones, of which 2", "takes 2", "1 of 3", "zones: 3"),
            "warning"),
        Bad((BROKERS, ("{PLACE}", "count: 2, zones: 2")), "  log:",
            ("2 copies in 2 zones, of which 2", "zones: 3 and count: 3"), "warning"),
        Bad((BROKERS, ("kind: nats-stream", "kind: kafka"), ("{PLACE}", "count: 5, zones: 2")),
            "  log:", ("3 copies in 2 zones", "zones: 3"), "warning"),
    ],
    "timeout-missing": [
        Bad(((QUOTE, "quote"),), CALL_QUOTE,
            ("`app.get_item`", "`pricing.quote`"), "warning"),
        Bad((("entity: item\n            timeout: 50 ms", "entity: item"),), "- read: item-cache",
            ("`item-cache`",), "warning"),
    ],
    "timeout-order": [
        Bad(((QUOTE, "quote, timeout: 3 s"),), CALL_QUOTE,
            ("3 s", "client `web` gives up after 2 s"), "warning"),
        Bad(((QUOTE, "quote, timeout: 1 s, retries: 2"),), CALL_QUOTE,
            ("3 x 1 s = 3 s", "gives up after 2 s"), "warning"),
        Bad((("{does: [cpu: 1 ms]}", "{does: [cpu: 1 ms, {query: db.item_by_id, timeout: 1 s}]}"),),
            "quote: {", ("`app.get_item` gives up after 300 ms",), "warning"),
    ],
    "retry-amplification": [
        Bad((("timeout: 2 s,", "timeout: 60 s, retries: 3,"),
             (QUOTE, f"{QUOTE}, retries: 3")), CALL_QUOTE,
            ("4 at client web x 4 at app.get_item = 16", "16 attempts"), "warning"),
    ],
    "single-writer": [
        Bad((("type: write, cpu: 0.5 ms", "type: write, cpu: 50 ms"),),
            DB, ("`db`'s primary", "of 4 cores"), "warning"),
    ],
    "cache-cold": [
        Bad((("list_items: {type: read, cpu: 1 ms", "list_items: {type: read, cpu: 30 ms"),
             ("edge_cache: 50%", "edge_cache: 0%")), DB,
            ("caches empty", "3.6x", "--fault cache-cold"), "warning"),
    ],
    "unused-component": [
        Bad((("  db:\n", "  old: {kind: redis, instance: cache.m7g.large}\n  db:\n"),),
            "  old:", ("`old`",), "warning"),
    ],
    "optional-fails": [
        Bad((("quote, timeout: 300 ms", "quote, timeout: 0.5 ms, optional: true"),), CALL_QUOTE,
            ("`app.get_item`", "`pricing.quote`", "takes 1 ms"), "warning"),
        Bad((("- wait: 20 ms\n", "- {query: tax.ask, timeout: 1 s, optional: true}\n"),
             ("  pricing:\n", "  tax: {kind: third-party-api, limit: {rate: 10/s}, operations: "
              "{ask: {type: read, wait: 50 ms}}}\n  pricing:\n")), "{query: tax.ask",
            ("limit of 10/s", "are refused"), "warning"),
        Bad((("quote, timeout: 300 ms", "quote, timeout: 300 ms, optional: true"),
             ("count: 9", "count: 1"), ("{does: [cpu: 1 ms]}", "{does: [cpu: 30 ms]}")), CALL_QUOTE,
            ("of its CPU", "300 ms ends"), "warning"),
    ],
    "results-stale": [
        Bad((("budget:", "results: {digest: 0a1b, figures: {}}\nbudget:"),), "results:",
            ("earlier state",), "warning"),
    ],
    "stale-read-after-write": [
        Bad(((STORE, "    zones: 3\n    replicas: 1\n    operations"),
             ("entity: purchase}\n", "entity: purchase}\n      last: {type: read, cpu: 1 ms, "
              "entity: purchase, stale_ok: true}\n"),
             ("          - invalidate", "          - {query: db.last, timeout: 1 s}\n"
              "          - invalidate")), "{query: db.last", ("`purchase`", "replica"), "warning"),
    ],
}  # fmt: skip
# need runs: told apart below
NOT_BY_MODEL = {"p99-proved", "put-aside", "recovery-proved", "writes-lost"}


def evidence(text: str, runs: list[Run] | None = None) -> Evidence:
    found, _ = evidence_of(read_checked_text(text, "shop.yaml"), Path("/nowhere"))
    return replace(found, runs=runs)


def found_by(rule: str, text: str) -> list[Finding]:
    return list(rules()[rule].check(evidence(text)))


def test_every_rule_has_a_bad_model() -> None:
    """No rule is without a model that it finds something in."""
    assert set(BAD) | set(CONTRACT_BAD) | set(DATA_BAD) | NOT_BY_MODEL == set(rules())


@pytest.mark.parametrize("rule", sorted(rules()))
def test_a_rule_explains_itself(rule: str) -> None:
    """Title, reason, level and needs are there; the id is the file's name."""
    one = rules()[rule]
    assert one.id == rule and one.title and len(one.why) > 40
    assert one.level in ("error", "warning")
    known = {"model", "flow", "solution", "availability", "cost", "runs"}
    assert one.needs and set(one.needs) <= known


@pytest.mark.parametrize(
    ("rule", "bad"), [(rule, bad) for rule, many in sorted(BAD.items()) for bad in many]
)
def test_a_bad_model_gives_the_finding(rule: str, bad: Bad) -> None:
    """The finding stands at its line and says what was seen, what is allowed, what to try."""
    text = changed(*bad.changes)
    findings = found_by(rule, text)
    assert findings, f"{rule} finds nothing"
    finding = findings[0]
    assert (finding.rule, finding.level, finding.place.file) == (rule, bad.level, "shop.yaml")
    assert finding.place.line == line_of(text, bad.at)
    assert finding.seen and finding.allowed and finding.hint
    said = " ".join((finding.message, finding.seen, finding.allowed, finding.hint))
    assert all(word in said for word in bad.words), said


@pytest.mark.parametrize("rule", sorted(set(rules()) - NOT_BY_MODEL))
def test_a_good_model_gives_none(rule: str) -> None:
    """Nothing is found in a model with nothing wrong."""
    assert found_by(rule, GOOD) == []


@pytest.mark.parametrize("rule", ["held-connections", "reconnect-rate", "network-bandwidth"])
def test_connections_that_fit_give_none(rule: str) -> None:
    """Ten thousand connections with a heartbeat each 20 s, back within a minute, are no finding."""
    assert found_by(rule, changed(GATE, HELD)) == []


@pytest.mark.parametrize("rule", sorted(rules()))
def test_absent_evidence_is_unknown_and_never_a_pass(rule: str) -> None:
    """A rule that lacks what it needs says so once and names what to run."""
    one = rules()[rule]
    bare = Evidence(read_checked_text(GOOD).system)
    findings = list(one.check(bare))
    if one.needs == ("model",):
        assert findings == []
        return
    (finding,) = findings
    assert finding.level == "unknown" and finding.rule == rule
    assert "backend-lead" in finding.hint


def test_without_a_steady_state_the_rest_is_unknown() -> None:
    """An overload is one error; p99 and availability are unknown rather than wrong."""
    text = changed(("users: 10k", "users: 200k"))
    assert {f.level for f in found_by("p99-objective", text)} == {"unknown"}
    assert {f.level for f in found_by("availability-objective", text)} == {"unknown"}


def run_of(text: str, p99: dict[str, tuple[float | None, float, float | None]], **more: str) -> Run:
    system = read_checked_text(text).system
    latency = {
        request: {"p99": {"value": value, "low": low, "high": high}}
        for request, (value, low, high) in p99.items()
    }
    return Run(
        id="steady", kind="steady", title="Peak", model_digest=digest(system), seed=1,
        horizon_s=35.0, warmup_s=5.0, scale=1, requests=1000, versions={},
        repeat="backend-lead simulate backend.yaml --seed 1",
        results={"status": more.get("status", "complete"), "latency_s": latency},
    )  # fmt: skip


@pytest.mark.parametrize(("p99", "level"), [
    ((0.1, 0.09, 0.11), None),
    ((0.29, 0.25, 0.31), "unknown"),
    ((0.4, 0.35, 0.45), "error"),
    ((None, 0.2, None), "error"),
])  # fmt: skip
def test_a_simulated_p99_is_held_to_the_objective(
    p99: tuple[float | None, float, float | None], level: str | None
) -> None:
    """Below with its whole interval passes, above fails, across is unknown."""
    run = run_of(GOOD, {"app.order": p99})
    findings = list(rules()["p99-proved"].check(evidence(GOOD, [run])))
    assert [f.level for f in findings] == ([level] if level else [])
    if level:
        assert findings[0].place.line == line_of(GOOD, "      order:")


def test_a_run_that_ended_early_proves_nothing() -> None:
    """An incomplete run is unknown even where its requests were in time."""
    run = run_of(GOOD, {"app.order": (0.1, 0.09, 0.11)}, status="full")
    (finding,) = rules()["p99-proved"].check(evidence(GOOD, [run]))
    assert finding.level == "unknown"


def test_messages_put_aside_in_a_run_are_told() -> None:
    """With how many, and at the handler that gave them up; where none were, nothing is."""
    run = run_of(GOOD, {})
    for aside, found in ((3, 1), (0, 0)):
        ages = {"app.order": {"messages": 97, "put_aside": aside}}
        kept = replace(run, results={**run.results, "message_age_s": ages})
        told = list(rules()["put-aside"].check(evidence(GOOD, [kept])))
        assert len(told) == found
        if told:
            assert told[0].level == "warning" and told[0].seen == "3 of 100 messages"
            assert told[0].place.line == line_of(GOOD, "      order:")


def fault_run(verdict: str, recover_s: float | None, run_id: str = "zone-loss") -> Run:
    recovery = {"verdict": verdict, "why": "as seen", "recover_s": recover_s, "limit_s": 120.0}
    run = run_of(GOOD, {})
    return replace(run, id=run_id, kind="zone-loss", results={**run.results, "recovery": recovery})


@pytest.mark.parametrize(("run", "level"), [
    (fault_run("pass", 60.0), None),
    (fault_run("fail", 200.0), "error"),
    (fault_run("fail", None), "error"),
    (fault_run("unknown", None), "unknown"),
    (fault_run("fail", None, "zone-loss-load-200"), "unknown"),
])  # fmt: skip
def test_a_kept_fault_run_is_judged(run: Run, level: str | None) -> None:
    """A fault at peak counts; one at another load leaves the question open."""
    findings = list(rules()["recovery-proved"].check(evidence(GOOD, [run])))
    assert [f.level for f in findings] == ([level] if level else [])


@pytest.mark.parametrize(("verdict", "level"), [("pass", None), ("fail", "error"),
                                                ("unknown", "unknown")])  # fmt: skip
def test_a_kept_run_of_random_failures_is_judged_by_what_was_answered(
    verdict: str, level: str | None
) -> None:
    """It proves no recovery from a fault, so that is still asked for."""
    run = run_of(GOOD, {})
    answered = {"verdict": verdict, "why": "as seen", "failed_share": 0.02}
    run = replace(run, id="random-failures", kind="random-failures",
                  results={**run.results, "answered": answered})  # fmt: skip
    asked, *findings = rules()["recovery-proved"].check(evidence(GOOD, [run]))
    assert asked.level == "unknown" and "is not simulated" in asked.message
    assert [f.level for f in findings] == ([level] if level else [])
    assert all(f.seen == "2.000% of the requests failed" for f in findings)


def test_where_nothing_stands_in_no_fault_is_asked_for() -> None:
    """A single instance in one zone has nothing to recover with."""
    alone = replace(evidence(GOOD), flow=replace(evidence(GOOD).flow, stations={}))
    assert list(rules()["recovery-proved"].check(alone)) == []


@pytest.mark.parametrize(
    "place",
    ["count: 3, zones: 3", "count: 5, zones: 3", "count: 3, zones: 1", "count: 1, zones: 1"],
)
@pytest.mark.parametrize("kind", ["nats-stream", "kafka"])
def test_copies_that_can_agree_without_a_zone_give_none(kind: str, place: str) -> None:
    """A copy in each of three zones outlasts one; what stands in one zone is another rule's."""
    text = changed(BROKERS, ("kind: nats-stream", f"kind: {kind}"), ("{PLACE}", place))
    assert found_by("zone-majority", text) == []


def test_the_search_knows_what_has_no_majority_without_a_zone() -> None:
    """Three copies over two zones don't survive a zone for the search either; over three do."""
    publish = ("          - wait: 20 ms\n", "          - {publish: log.sold, timeout: 100 ms}\n")
    for place, lone in (("count: 3, zones: 2", ["log"]), ("count: 3, zones: 3", [])):
        flow = evidence(changed(BROKERS, publish, ("{PLACE}", place))).flow
        assert flow is not None and lone_stations(flow) == lone
