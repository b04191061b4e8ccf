"""Timeouts with the retry budget, and the patience of load shedding: what they are set to."""

from __future__ import annotations

from pathlib import Path

from backend_lead.app.check import evidence_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import rules
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.model.system import System
from backend_lead.tactics import tactics
from tests.app.good_model import GOOD, changed


def endless() -> System:
    """The good model with three calls one below the other that wait for ever."""
    text = changed(
        ("{call: pricing.quote, timeout: 300 ms}", "call: pricing.quote"),
        ("{query: db.item_by_id, timeout: 500 ms}", "query: db.item_by_id"),
        ("quote: {does: [cpu: 1 ms]}", "quote: {does: [cpu: 1 ms, query: db.item_by_id]}"),
        ("    count: 9\n", "    count: 9\n    pool: 4\n"),
    )
    return read_checked_text(text, "shop.yaml").system


def told(system: System, rule: str) -> list[str]:
    reading = read_checked_text(fresh(system), "shop.yaml")
    evidence = evidence_of(reading, Path("/nowhere"))[0]
    return [finding.message for finding in rules()[rule].check(evidence)]


def test_a_retry_budget_comes_with_timeouts_that_fit_into_each_other() -> None:
    """Calls without an end get one, a callee less than its caller; no rule is broken after."""
    system = endless()
    tactic = tactics()["retry-budget"]
    assert len(told(system, "timeout-missing")) == 3
    after = tactic.apply(system, tactic.sites(system)[0]).system
    assert not told(after, "timeout-missing") and not told(after, "timeout-order")
    outer = after.components["app"].endpoints["get_item"].does[1].parallel
    inner = after.components["pricing"].endpoints["quote"].does[1].timeout
    assert outer and inner and outer[0].timeout and inner.value < outer[0].timeout.value
    assert not tactic.sites(after)


def test_timeouts_that_were_stated_stay() -> None:
    """What the author chose is not changed."""
    system = read_checked_text(GOOD, "shop.yaml").system
    after = tactics()["retry-budget"].apply(system, "system").system
    assert after.components["app"].endpoints == system.components["app"].endpoints


def test_patience_is_the_strictest_objective_of_what_a_part_answers() -> None:
    """A part that only slow journeys come to is not held to the objective of the fast ones."""
    text = changed(
        ('  - {journey: "*", p99: 300 ms, availability: 99.9%}',
         "  - {journey: browse, p99: 300 ms, availability: 99.9%}\n"
         "  - {journey: buy, p99: 2 s, availability: 99.9%}"),
        ("          - wait: 20 ms\n", "          - {call: billing.charge, timeout: 1 s}\n"),
        ("  pricing:\n", "  billing:\n    kind: http-service\n    instance: c7g.large\n"
         "    count: 3\n    zones: 3\n    endpoints:\n      charge: {does: [cpu: 1 ms]}\n"
         "  pricing:\n"),
    )  # fmt: skip
    system = read_checked_text(text, "shop.yaml").system
    tactic = tactics()["load-shedding"]
    patience = {}
    for site in ("app", "pricing", "billing"):
        part = tactic.apply(system, site).system.components[site]
        assert part.patience is not None
        patience[site] = part.patience.value
    assert patience == {"app": 0.3, "pricing": 0.3, "billing": 2.0}
