"""A client that asks nothing yet: the others run on, and it is told as it is."""

from __future__ import annotations

import json
import math
import re

import pytest

from backend_lead.analysis.solver import solve
from backend_lead.app.capacity import capacity
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.simulate import simulate
from backend_lead.model.finding import InvalidInput
from backend_lead.rendering import simulation_text
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed

WEB = "users: 10k, think_time: 10 s"
# partners ask for an export of their own, at a rate that is still nothing
SILENT = changed(
    ("  peak: {factor: 3}",
     "    partner: {rate: 0/s, timeout: 2 s, journeys: {export: 100%}}\n  peak: {factor: 3}"),
    ("  buy: {steps: [app.order]}\n",
     "  buy: {steps: [app.order]}\n  export: {steps: [app.export]}\n"),
    ("      order:\n        writes",
     "      export:\n        does: [{cpu: 3 ms}, {call: pricing.quote, timeout: 300 ms}]\n"
     "      order:\n        writes"),
)  # fmt: skip
# the same, without the client and its journey
WITHOUT = SILENT.replace("    partner: {rate: 0/s, timeout: 2 s, journeys: {export: 100%}}\n", "")
WITHOUT = WITHOUT.replace("  export: {steps: [app.export]}\n", "")
NOT_A_NUMBER = re.compile(r"\b(nan|inf|infinity)\b", re.IGNORECASE)
NO_USERS = "rate: 0/s, in place of users and think_time"


def test_the_others_are_computed_as_if_it_were_not_there() -> None:
    """By the solver, and in what is full first and how far it goes."""
    here, gone = (read_checked_text(text).system for text in (SILENT, WITHOUT))
    one, other = solve(resolve(here), 1.0), solve(resolve(gone), 1.0)
    assert one.requests_per_s == pytest.approx(other.requests_per_s, rel=1e-12)
    export_s = one.p99_s.pop("app.export")
    assert one.p99_s == other.p99_s and math.isfinite(export_s)  # what one alone would take
    far, also = capacity(here), capacity(gone)
    assert far.capacity.max_requests_per_s == also.capacity.max_requests_per_s
    assert far.capacity.bottlenecks == also.capacity.bottlenecks
    assert far.usd_month == also.usd_month


def test_it_is_not_the_slowest_that_is_asked() -> None:
    """However long one would take: no load is limited by it, and no p99 is of it."""
    slow = read_checked_text(SILENT.replace("{cpu: 3 ms}, {call", "{cpu: 90 ms}, {call")).system
    here, gone = capacity(slow), capacity(read_checked_text(WITHOUT).system)
    assert solve(resolve(slow)).p99_s["app.export"] > 0.3  # beyond its objective
    assert here.capacity.max_requests_per_s == pytest.approx(gone.capacity.max_requests_per_s)
    assert [x.computed_s for x in here.loads] == [pytest.approx(x.computed_s) for x in gone.loads]


def test_a_run_tells_that_nobody_asks_for_it() -> None:
    """Its row says so; those of the others have their percentiles."""
    done = simulate(read_checked_text(SILENT).system, duration_s=10.0)
    assert done.verdict == "pass" and done.ran.result.conserved
    assert "app.export" not in [x.endpoint for x in done.latencies]
    text = simulation_text(done)
    assert re.search(r"\n  app\.export +- +- +- +no requests +300 ms\n", text)
    assert re.search(r"\n  app\.order +\d", text) and not NOT_A_NUMBER.search(text)
    plain = simulate(read_checked_text(GOOD).system, duration_s=10.0)
    assert "no requests" not in simulation_text(plain)


def test_it_gets_no_limit_of_its_own() -> None:
    """A bucket follows from what was promised, and nothing was yet."""
    tactic = tactics()["rate-limit"]
    silent = read_checked_text(SILENT).system
    assert tactic.sites(silent) == []
    asking = read_checked_text(SILENT.replace("rate: 0/s", "rate: 20/s")).system
    limited = tactic.apply(asking, "system").system.workload.clients["partner"].limit
    assert limited is not None and limited.rate.value == pytest.approx(25.0)


def test_every_command_answers(place: Place) -> None:
    """With the exit codes of the others, and no number that is none."""
    place.write("backend.yaml", SILENT)
    place.write("asking.yaml", SILENT.replace("rate: 0/s", "rate: 20/s"))
    for words, code in (
        (("check",), 0), (("check", "-f", "json"), 0), (("capacity",), 0),
        (("simulate", "--duration", "10s"), 0), (("check",), 0),
        (("simulate", "--duration", "10s", "--replications", "2", "--no-save"), 0),
        (("compare", "asking.yaml", "backend.yaml"), 1),  # less is promised
        (("compare", "backend.yaml", "asking.yaml"), 0),
        (("generate", "backend.yaml", "-o", "made"), 0),
    ):  # fmt: skip
        done = place.run(*words)
        assert done.code == code, (words, done.said)
        assert not NOT_A_NUMBER.search(done.said), words
    kept = json.loads((place.here / "evidence" / "steady-10s.json").read_text())
    assert "app.export" not in kept["results"]["latency_s"]
    for name in ("README.md", "report.html"):
        text = (place.here / "made" / name).read_text()
        page = re.sub(r"<(style|script).*?</\1>|<svg.*?</svg>|<[^>]+>", " ", text, flags=re.DOTALL)
        assert not NOT_A_NUMBER.search(page), name


@pytest.mark.full
def test_a_design_is_found_for_the_others(place: Place) -> None:
    """The search, its trials and the alternatives take it as it is."""
    place.write("backend.yaml", SILENT)
    done = place.run("design", "backend.yaml", "-o", "out", "-q")
    assert done.code == 0 and not NOT_A_NUMBER.search(done.out)


def test_an_assumed_rate_may_be_set_to_nothing(place: Place) -> None:
    """Its range holds 0; what is asked is then as without it."""
    place.write("backend.yaml", SILENT.replace(
        "rate: 0/s", "rate: {value: 20/s, range: [0/s, 40/s], origin: assumed, why: a guess}"
    ))  # fmt: skip
    words = ("-f", "json", "--assume", "workload.clients.partner.rate=0/s")
    done = place.run("capacity", *words)
    stated = json.loads(done.out)["stated"]["requests_per_s"]
    place.write("backend.yaml", GOOD)
    alone = json.loads(place.run("capacity", "-f", "json").out)["stated"]["requests_per_s"]
    assert done.code == 0 and stated == pytest.approx(alone, rel=1e-6)


REFUSED = [
    (((f"web: {{{WEB}", "web: {rate: 0/s"),), "model-no-load", "1 client with a rate of 0",
     "at least one that asks", "rate: 10/s"),
    ((("users: 10k", "users: 0"),), "model-wrong-value", "0", "from 1 to 1T", NO_USERS),
    ((("factor: 3", "factor: 0"),), "model-peak", "0", "1 or more", "factor: peak / mean"),
    ((("browse: 90%, buy: 10%", "browse: 0%, buy: 0%"),), "model-shares", "{users: 10k",
     "shares that add up to 100%", "change one share"),
    ((("journeys: {browse", "limit: {rate: 0/s}, journeys: {browse"),), "model-wrong-value", "0/s",
     "from 0.000000001/s", "for example 500/s"),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "rule", "seen", "allowed", "hint"), REFUSED)
def test_what_cannot_be_run_is_refused_at_its_line(
    edits: tuple[tuple[str, str], ...], rule: str, seen: str, allowed: str, hint: str
) -> None:
    """No load at all, no users, a peak or a limit of nothing: with what to write instead."""
    with pytest.raises(InvalidInput) as refused:
        read_checked_text(changed(*edits))
    (finding,) = refused.value.findings
    assert finding.rule == rule and finding.place.line in (3, 4, 5)
    assert seen in finding.seen and allowed in finding.allowed and hint in finding.hint


@pytest.mark.parametrize("words", [
    ("check",), ("capacity",), ("simulate",), ("design", "backend.yaml"),
    ("generate", "backend.yaml"), ("compare", "backend.yaml", "backend.yaml"),
])  # fmt: skip
def test_no_load_at_all_ends_every_command_alike(words: tuple[str, ...], place: Place) -> None:
    """Exit code 2, the line, and what to try; no traceback, nothing written."""
    place.write("backend.yaml", changed((WEB, "rate: 0/s")))
    done = place.run(*words)
    assert done.code == 2 and "no client asks anything" in done.said
    assert "backend.yaml:3" in done.said and "rate: 10/s" in done.said
    assert place.names() == ["here/backend.yaml"]


def test_a_load_of_nothing_is_refused(place: Place) -> None:
    """Of a run, as a multiple or as users: exit code 2, with what is allowed."""
    place.write("backend.yaml", SILENT)
    for words in (("--load", "0"), ("--users", "0")):
        done = place.run("simulate", *words, "--no-save")
        assert done.code == 2 and words[0] in done.err and "try:" in done.err, done.err
