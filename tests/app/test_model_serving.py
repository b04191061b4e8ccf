"""What a model says of how parts serve and what happens to them: read, refused, lowered."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.faults.random_failures import drawn_failures
from backend_lead.analysis.lowering import OUTSIDE, lower
from backend_lead.analysis.ran import Ran
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.simulate import simulate, unseen
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.kernel import layout as L
from backend_lead.model.finding import InvalidInput
from backend_lead.views.resolve import resolve
from tests.app.good_model import changed, line_of
from tests.app.serving_model import SERVING

APP, DB = "    concurrency: 256\n", "    zones: 3\n    operations:\n"
FAULTS_OF = "topology: {provider: aws, region: us-east-1, zones: 3}"


def fault(text: str) -> tuple[str, str]:
    return FAULTS_OF, f"{FAULTS_OF}\nfaults:\n  - {text}"


def session(text: str) -> tuple[str, str]:
    return "  buy: {steps: [app.order]}", f"  buy: {{steps: [app.order], session: {text}}}"


def hop(text: str) -> tuple[str, str]:
    network = f"network: {{same_zone: 0.2 ms, other_zone: 1 ms, hops: [{text}]}}"
    return FAULTS_OF, f"{FAULTS_OF[:-1]}, {network}}}"


def test_everything_is_read_and_written_alike() -> None:
    """Read, write, read again: the same model."""
    system = read_checked_text(SERVING).system
    again = read_checked_text(fresh(system)).system
    assert again.model_copy(update={"schema_": None}) == system


def test_everything_reaches_the_tables_of_the_kernel() -> None:
    """Each word of the model is a value of some row, and the program is valid."""
    flow = resolve(read_checked_text(SERVING).system)
    stated = FAULTS["stated"]
    assert stated.applies(flow)
    lowered = lower(flow, stated.events(flow, 0.0))
    p = lowered.program
    app, pricing = (p.service[lowered.services[name]] for name in ("app", "pricing"))
    assert app["order"] == L.RANKED and app["choices"] == 3 and app["near"] == 1
    assert app["give_up"] >= 0 and app["slow_start"] == 10 * L.NS_PER_S
    assert pricing["balance"] == L.LB_HASH
    db = p.service[lowered.services["db"]]
    assert db["stretched"] == 1 and db["contention"] == 0.01 and db["coherency"] == 1e-4
    hosts = p.replica["host"]
    first, guest = pricing["replica"], p.service[lowered.services["helper"]]["replica"]
    assert hosts[first : first + 9].tolist() == hosts[guest : guest + 9].tolist() == [*range(9)]
    assert p.call["hedge"].max() == 20_000_000
    assert p.call["cancel"][p.call["pool_scope"] != 2].all()  # but of reads from disk
    assert {L.JITTER_EQUAL, L.JITTER_DECORRELATED} <= set(p.call["shape"].tolist())
    assert (p.op["need"][p.op["code"] == L.OP_PAR] == 1).any()
    assert set(p.breaker["last"].tolist()) == {20} and set(p.breaker["probes"].tolist()) == {3}
    assert len(p.watch) == 1 and p.watch["eject"][0] == 5
    assert p.controller["looks"][0] == 4 and p.controller["step"][0] == 4
    assert p.controller["least"][0] == 5  # of the hour of the peak
    assert p.controller["down"][0] == 2 and p.controller["tolerance"][0] == 0.1
    assert set(p.breaker["jointly"].tolist()) == {1}
    (paid,) = np.flatnonzero(p.budget["spend"] == L.TOKEN)
    assert p.budget["cap"][paid] == 10 * L.TOKEN
    assert p.log["lag"].tolist() == [200_000_000] * len(p.log) and (p.op["code"] == L.OP_NOTE).any()
    assert {L.EVERY, L.OPEN, L.CLOSED} == set(p.source["closed"].tolist())
    assert p.source["phases"].max() == 2
    assert pricing["cores"] == 1 and app["cores"] == 2
    assert app["shed"] == 50 and app["weigh"] == 1
    assert sorted(p.replica["weight"][app["replica"] :][:3]) == [1, 2, 2]
    low = {key for key, row in lowered.endpoints.items() if p.endpoint["low"][row]}
    assert low == {"app.get_item"}
    assert p.follow["upto"].tolist() == pytest.approx([0.7, 0.7, 0.1])
    assert p.endpoint["leaves"][p.endpoint["follows"] > 0].tolist() == [0.8] * 3
    assert len(p.lock) > 0 and (p.op["code"] == L.OP_LOCK).any()
    assert set(p.replica["zone"].tolist()) == {*range(6), OUTSIDE}
    assert set(p.hop["loss"].tolist()) == {1e-4, 1e-3} and p.hop["rtt"].max() == 80_000_000
    assert len(p.host) == 9 + 2  # the cores of pricing, and the ways to the other region and back
    assert set(p.fault["action"].tolist()) >= {
        L.FAULT_DOWN, L.FAULT_FREEZE, L.FAULT_SLOW, L.FAULT_ERRORS, L.FAULT_FLUSH, L.FAULT_CUT,
        L.FAULT_LOSS, L.FAULT_LAG, L.FAULT_LEAST, L.FAULT_BEHIND,
    }  # fmt: skip


def pricing_fails(instances: int, said: str, and_then: str = "") -> Ran:
    """A run in which what `app`, of so many instances, asks `pricing` for fails from the start."""
    text = changed(
        ("    count: 6", f"    count: {instances}"),
        ("quote, timeout: 300 ms", f"quote, timeout: 300 ms, optional: true, {said}"),
    )
    text += "faults:\n  - {at: 0 s, what: errors, where: pricing, share: 100%, lasts: 60 s}\n"
    return simulate(read_checked_text(text + and_then).system, fault="stated", duration_s=20.0).ran


def tries(ran: Ran) -> int:
    return int(ran.result.stats[ran.lowered.endpoints["pricing.quote"]]["n"])


LEAST = 10
BREAKER = f"breaker: {{failures: 50%, least: {LEAST}, last: 20, pause: 10 min}}"


@pytest.mark.parametrize("instances", [6, 12])
def test_each_instance_of_the_caller_has_a_breaker(instances: int) -> None:
    """Of a service that only fails each caller sees `least` errors, and those that are under way
    when the last of them comes."""
    ran = pricing_fails(instances, BREAKER)
    assert set(ran.lowered.program.breaker["callers"].tolist()) == {instances}
    assert instances * LEAST <= tries(ran) < instances * (LEAST + 2)


def test_an_instance_that_is_restarted_begins_with_a_closed_breaker() -> None:
    """Two of six are restarted while all are open: each of these sees `least` errors again."""
    ran = pricing_fails(6, BREAKER, "  - {at: 10 s, what: restart, where: app, instances: 2, "
                        "lasts: 1 s}\n")  # fmt: skip
    assert 8 * LEAST <= tries(ran) < 8 * (LEAST + 2)


@pytest.mark.parametrize("instances", [6, 12])
def test_each_instance_of_the_caller_has_retry_tokens(instances: int) -> None:
    """Of twenty tokens nine failures leave more than half: while nothing else is asked, each
    instance tries again nine times."""
    plain = pricing_fails(instances, "retries: 0")
    said = "retries: 10, backoff: {first: 1 ms, jitter: none}, retry_tokens: {most: 20, reward: 1%}"
    paid = pricing_fails(instances, said)
    assert paid.lowered.program.budget["callers"].max() == instances
    assert paid.result.started == plain.result.started
    assert tries(paid) == tries(plain) + 9 * instances


def test_those_that_scaling_may_add_have_their_own_too() -> None:
    """There is a circuit for each instance there may be, for each group that is asked."""
    flow = resolve(read_checked_text(SERVING).system)
    p = lower(flow).program
    most = flow.stations["app"].replicas_most
    assert most > flow.stations["app"].replicas
    assert set(p.breaker["callers"].tolist()) == {most}
    assert len(p.circuit) == (p.breaker["callers"] * p.breaker["groups"]).sum()


def test_a_burst_leaves_the_mean_as_it_is() -> None:
    """Five times the load for a tenth of the time is half of it; the rest comes between."""
    source = next(s for s in resolve(read_checked_text(SERVING).system).sources if s.phases)
    (low, calm_s), (high, burst_s) = source.phases
    assert (low * calm_s + high * burst_s) / (calm_s + burst_s) == pytest.approx(1)


def test_random_failures_are_of_the_seed() -> None:
    """The same seed draws the same failures, another seed others, as often as stated."""
    flow = resolve(read_checked_text(SERVING).system)
    year_s = 365 * 86_400.0
    first, again, other = (drawn_failures(flow, seed, year_s) for seed in (1, 1, 2))
    assert first == again != other
    downs = [event for event in first if event.action == L.FAULT_DOWN]
    there = sum(s.replicas_most for s in flow.stations.values()
                if flow.system.components[s.component].fails is not None)  # fmt: skip
    assert there > 6  # those that scaling may add fail as well
    assert len(downs) == pytest.approx(there * 365 / 30, abs=4 * (there * 365 / 30) ** 0.5)
    assert {event.station for event in first} == {"app"}


WRONG = [
    (fault("{at: 1 s, what: flush, where: item-cache, lasts: 3 s}"), "what: flush",
     ("takes no lasts",)),
    ((APP, APP + "    serving: {host: db2}\n"), "host", ("no component", "pricing")),
    ((APP, APP + "    serving: {host: pricing}\n"), "host", ("another type", "c7g.large")),
    (("cpu: 0.5 ms, entity: purchase}", "cpu: 0.5 ms, locks: true}"), "insert_order: ",
     ("no entity",)),
    (fault("{at: 1 s, what: crash, where: nothing}"), "where: nothing", ("no part", "app")),
    (fault("{at: 1 s, what: cut, where: app, to: edge, lasts: 1 s}"), "to: edge",
     ("not asked", "pricing")),
    (fault("{at: 1 s, what: scale, where: app, instances: 3}"), "where: app", ("autoscale",)),
    (fault("{at: 1 s, what: zone, zone: 5, lasts: 1 s}"), "zone: 5", ("1 to 3",)),
    (fault("{at: 1 s, what: region, region: mars, lasts: 1 s}"), "region: mars",
     ("nothing runs", "us-east-1")[1:]),
    (fault("{at: 1 s, what: region, where: app, region: us-east-1, lasts: 1 s}"), "what: region",
     ("takes no where",)),
    (fault("{at: 1 s, what: cut, zone: 5, lasts: 1 s}"), "zone: 5", ("1 to 3",)),
    (fault("{at: 1 s, what: cut, region: us-east-1, lasts: 1 s}"), "region: us-east-1, lasts",
     ("everything runs in it",)),
    ((DB, "    zones: 3\n    region: eu-west-1\n    operations:\n"), "region: eu-west-1",
     ("way there is not said", "between: [us-east-1, eu-west-1]")),
    (hop("{between: [1, 4], rtt: 1 ms}"), "between: [1, 4]", ("1 to 3",)),
    (hop("{between: [us-east-1, mars], rtt: 1 ms}"), "between: [us", ("mars", "us-east-1")),
    (hop("{between: [1, us-east-1], rtt: 1 ms}"), "between: [1, us", ("two zones",)),
    (hop("{between: [1, 2], rtt: 1 ms, bandwidth: 1 GB/s}"), "bandwidth", ("only regions",)),
    (hop("{between: [1, 2], rtt: 1 ms}, {between: [2, 1], rtt: 1 ms}"), "between: [1, 2]",
     ("said before",)),
    (hop("{between: [1, 2], rtt: 1 ms, loss: 200%}"), "loss: 200%", ("100%",)),
    (fault("{at: 1 s, what: flush, where: app}"), "where: app", ("no cache", "item-cache")),
    (fault("{at: 1 s, what: slow, where: app}"), "what: slow", ("slow needs times",)),
    (fault("{at: 1 s, what: crash, where: app, share: 5%}"), "what: crash",
     ("takes no share",)),
    ((APP, APP + "    watch: {fails: 2}\n"), "watch", ("every",)),
    (("users: 10k, think_time: 10 s", "rate: 9/s, bursts: {factor: 50, lasts: 1 s, every: 10 s}"),
     "bursts", ("more than the whole load",)),
    (("          - parallel:\n", "          - need: 3\n            parallel:\n"), "need: 3",
     ("3 of 2",)),
    (("- cpu: 1 ms\n          - read", "- {cpu: 1 ms, hedge: 5 ms}\n          - read"),
     "hedge: 5 ms", ("hedged",)),
    (("quote, timeout: 300 ms", "quote, timeout: 300 ms, hedge: 300 ms"), "hedge: 300 ms",
     ("timeout is over", "shorter than 300 ms")),
    (("quote, timeout: 300 ms}", "quote, timeout: 300 ms,\n                 hedge: 2 s}"),
     "hedge: 2 s", ("timeout is over", "2 s", "shorter than 300 ms")),
    (("quote, timeout: 300 ms",
      "quote, timeout: 300 ms, retries: 1, backoff: {first: 5 s, most: 1 s}"), "first: 5 s",
     ("longer than the longest", "5 s", "up to 1 s")),
    (("timeout: 2 s, journeys", "timeout: 2 s, retries: 1, backoff: {first: 2 s, most: 1.5 s}, "
      "journeys"), "first: 2 s", ("longer than the longest", "up to 1.5 s")),
    (session("{think: 4 s, goes_on: [70%, 60%]}"), "goes_on", ("2 shares beside 1 step", "[80%]")),
    (session("{think: 4 s, again: 100%}"), "again", ("never end", "1,000 requests")),
    (session("{think: 1 h, again: 90%}"), "think: 1 h", ("too long to follow", "1 h")),
    (session("{goes_on: [70%]}"), "goes_on", ("think", "missing")),
    ((APP, APP + "    serving: {contention: 300%}\n"), "contention", ("100%",)),
    ((APP, APP + "    balance: weighted\n"), "balance: weighted", ("has none", "weights: [3, 1]")),
    ((APP, APP + "    balance: random\n    serving: {weights: [3, 1]}\n"), "weights",
     ("no balancer", "weighted", "random")),
    ((APP, APP + "    serving: {host: pricing, cores: 1}\n"), "cores", ("those of `pricing`",)),
    ((APP, APP + "    serving: {weights: [1, 2, 3, 4, 5, 6, 7]}\n"), "weights",
     ("more than", "1 to 6")),
    ((DB, "    zones: 3\n    serving: {weights: [2, 1]}\n    operations:\n"), "weights",
     ("no balancer",)),
    (fault("{at: 1 s, what: behind, where: db, more: 1 s}"), "where: db", ("no store", "lag")),
    (fault("{at: 1 s, what: failover, where: app}"), "where: app", ("nobody who takes over", "db")),
    (fault("{at: 1 s, what: crash, where: app, command: true}"), "what: crash",
     ("takes no command",)),
    (fault("{at: 1 s, what: deploy, where: app, share: 5%}"), "what: deploy",
     ("deploy needs lasts",)),
    (fault("{at: 1 s, what: deploy, where: app, lasts: 5 s}"), "what: deploy",
     ("deploy takes no lasts",)),
    (("timeout: 2 s, journeys", "timeout: 2 s, retries: 1, retry_budget: 10%, "
      "retry_tokens: {most: 10, reward: 10%}, journeys"), "retry_tokens", ("already", "one of")),
    (("timeout: 2 s, journeys", "timeout: 2 s, retry_tokens: {most: 10}, journeys"),
     "retry_tokens", ("reward",)),
    ((APP, APP + "    lag: 1 s\n"), "lag: 1 s", ("lag",)),
    ((DB, "    zones: 3\n    replicas: 1\n    lag: 2 y\n    operations:\n"), "lag: 2 y", ("1 d",)),
]  # fmt: skip


@pytest.mark.parametrize(("change", "at", "words"), WRONG)
def test_what_cannot_be_is_told(change: tuple[str, str], at: str, words: tuple[str, ...]) -> None:
    """Each finding stands at its line and says what is allowed."""
    text = changed(change)
    with pytest.raises(InvalidInput) as told:
        read_checked_text(text, "shop.yaml")
    finding = told.value.findings[0]
    said = f"{finding.message} {finding.seen} {finding.allowed} {finding.hint}"
    assert all(word in said for word in words), said
    assert finding.place.line == line_of(text, at), finding


def test_times_of_a_call_may_be_close() -> None:
    """A hedge just before the timeout, and pauses that are all as long, are read without a word."""
    text = changed((
        "quote, timeout: 300 ms", "quote, timeout: 300 ms, hedge: 299 ms, retries: 1, "
        "backoff: {first: 1 s, most: 1 s}",
    ))  # fmt: skip
    assert read_checked_text(text, "shop.yaml").findings == []


def test_what_would_be_sent_for_ever_is_told() -> None:
    """Beside a bandwidth, sizes must be such that one of them is through within ten minutes."""
    network = "network: {same_zone: 0.2 ms, other_zone: 1 ms, bandwidth: 8 Mbit/s}"
    text = changed((FAULTS_OF, f"{FAULTS_OF[:-1]}, {network}}}"), ("5 kB", "2 GB"))
    with pytest.raises(InvalidInput) as told:
        read_checked_text(text, "shop.yaml")
    (finding,) = told.value.findings
    assert "2,000 s for what is 2 GB large" in finding.message and "3.333" in finding.allowed
    assert finding.place.line == line_of(text, "bandwidth: 8")


UNUSED = [
    (("      get_item:\n", "      get_item:\n        priority: 2\n"), "priority: 2", "by priority"),
    ((APP, APP + "    serving: {sheds: {waiting: 9}}\n"), "sheds", "no endpoint of `app`"),
    (("quote, timeout: 300 ms", "quote, timeout: 300 ms, backoff: {first: 5 ms}"), "quote, timeout",
     "without `retries`"),
    (("- cpu: 1 ms\n          - read", "- {cpu: 1 ms, backoff: {first: 5 ms}}\n          - read"),
     "backoff: {first", "does nothing on `cpu`"),
    ((DB, "    zones: 3\n    lag: 1 s\n    operations:\n"), "lag: 1 s", "no replicas"),
    (("quote, timeout: 300 ms", "quote, timeout: 300 ms, retry_tokens: {most: 9, reward: 10%}"),
     "quote, timeout", "without `retries`"),
    (("timeout: 2 s, journeys", "timeout: 2 s, retry_tokens: {most: 9, reward: 10%}, journeys"),
     "retry_tokens", "nothing is tried again"),
    (("      quote: {does", "      quote: {tries: 3, does"), "tries: 3", "without `on`"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "at", "words"), UNUSED)
def test_words_without_effect_are_told(change: tuple[str, str], at: str, words: str) -> None:
    """A warning at its line; the model is read all the same."""
    text = changed(change)
    (finding,) = read_checked_text(text, "shop.yaml").findings
    assert finding.level == "warning" and words in finding.message
    assert finding.place.line == line_of(text, at)


def test_what_is_said_to_break_but_is_not_played_is_told() -> None:
    """A plain run of a model with `faults` and `fails` says so, once each; with the fault it does
    not."""
    text = (
        changed(
            (
                "    concurrency: 256\n",
                "    concurrency: 256\n    fails: {every: 60 s, lasts: 5 s}\n",
            )
        )
        + "faults: [{at: 5 s, what: crash, where: app, instances: 1}]\n"
    )
    system = read_checked_text(text).system
    paths = {f: [one.place.path for one in unseen(system, f)]
             for f in (None, "stated", "random-failures")}  # fmt: skip
    assert paths == {None: ["faults", "components.app.fails"],
                     "stated": ["components.app.fails"], "random-failures": ["faults"]}  # fmt: skip
