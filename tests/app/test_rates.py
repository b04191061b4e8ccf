"""A rate is told as it is, however low, wherever it is told."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

import pytest

from backend_lead import emit
from backend_lead.agent.tools.simulate import _figures
from backend_lead.analysis import simulation
from backend_lead.analysis.overload import Overload
from backend_lead.app.capacity import capacity
from backend_lead.app.check import check, render_text
from backend_lead.app.evidence import Judged, assemble
from backend_lead.app.explain import explain
from backend_lead.app.figures import simulated_requests
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.render_capacity import render_text as capacity_text
from backend_lead.app.replicate import replications, sweep
from backend_lead.app.simulate import Simulated, save, simulate
from backend_lead.model import units
from backend_lead.model.system import System
from backend_lead.model.units import per_of, rate_of, rate_text
from backend_lead.rendering import replications_text, simulation_text, sweep_text
from backend_lead.search.assess import assess
from tests.app.good_model import changed

TEXT = changed(("users: 10k, think_time: 10 s", "rate: 0.02/s"))
TOLD = re.compile(r"\b[1-9][\d.]* requests/(min|h)\b")
NOTHING = re.compile(
    r"(?<![\d.,])-?0(\.0+)?(( (requests|events|calls|changes))?/(s|min|h|day)| a second)"
)


@cache
def low() -> System:
    return read_checked_text(TEXT).system


@cache
def played() -> Simulated:
    return simulate(low(), duration_s=3000.0)


@pytest.mark.parametrize(("per_s", "text"), [
    (0.0, "0/s"), (12_345.6, "12,346/s"), (203.4, "203/s"), (57.43, "57/s"), (9.996, "10/s"),
    (4.166, "4.17/s"), (0.5, "0.5/s"), (0.3, "0.3/s"), (0.1, "0.1/s"), (0.02, "1.2/min"),
    (1 / 60, "1/min"), (0.005, "18/h"), (10 / 3600, "10/h"), (40 / 86_400, "40/day"),
    (1 / 86_400, "1/day"), (1e-9, "0.0000864/day"), (-0.25, "-0.25/s"),
    (math.nan, "not known/s"), (math.inf, "not known/s"),
])  # fmt: skip
def test_a_rate_is_told_by_the_time_in_which_it_reads_best(per_s: float, text: str) -> None:
    """Whole numbers where they say enough, else three significant digits, no exponent."""
    assert rate_text(per_s) == text
    assert rate_text(per_s, "calls") == rate_of(text, "calls") == text.replace("/", " calls/")


@pytest.mark.parametrize("text", ["1.2/min", "18/h", "40/day", "0.3/s"])
def test_a_rate_that_is_told_can_be_written_into_a_model(text: str) -> None:
    """Every unit in which a rate is told is one that a model may state."""
    assert rate_text(units.RATE.parse(text)) == text


def test_numbers_that_are_told_by_one_unit_are_compared_in_it() -> None:
    """An interval, or what is full, is told by the unit of what it is compared with."""
    per = per_of(0.02)
    assert (per.unit, per.number(0.01), per.number(2.0)) == ("min", "0.6", "120")


def test_a_low_rate_is_told_in_the_terminal() -> None:
    """Of a run, its interval and its stations; of replications and sweeps."""
    done = played()
    rate = done.run.results["requests_per_s"]
    assert 0.01 < rate["value"] < 0.04 and rate["low"] >= 0
    text = simulation_text(done)
    per = per_of(rate["value"])
    assert f"{per.text(rate['value'], 'requests')} ({per.number(rate['low'])} to " in text
    assert re.search(r"\n  app +6 +0.0% +0.0% +0\.0\d+", text)
    many = replications(low(), 2, duration_s=3000.0)
    each = [replications_text(many), sweep_text(sweep(low(), [0.5, 1.0], 2, duration_s=3000.0))]
    for told in (text, *each):
        assert re.search(r"\b0\.0\d+\b", told) and not NOTHING.search(told), told


def test_an_interval_of_a_rate_holds_nothing_below_zero() -> None:
    """Few requests, wide apart: the low end is zero and no less."""
    done = simulate(low(), duration_s=60.0, seed=2)
    assert done.run.results["requests_per_s"]["low"] == 0
    assert "(0 to " in simulation_text(done)


def test_a_rate_has_no_interval_where_nothing_started() -> None:
    """None seen does not say that there are none."""
    rare = read_checked_text(TEXT.replace("rate: 0.02/s", "rate: 0.0001/s")).system
    done = simulate(rare, duration_s=20.0)
    rate = done.run.results["requests_per_s"]
    assert rate["value"] == 0 and not math.isfinite(rate["high"] - rate["low"])
    assert "0 requests/s\n" in simulation_text(done)
    figure = simulated_requests(rate["value"], rate["low"], rate["high"], done.run)
    assert figure.low is None and figure.high is None


def test_a_low_rate_is_told_by_explain_check_and_capacity(tmp_path: Path) -> None:
    """By what is kept of the run, by the solver, and to an agent."""
    path = tmp_path / "backend.yaml"
    path.write_text(TEXT)
    save(played(), tmp_path)
    told = explain(played().run.id, path).text
    told += render_text(check(path)) + capacity_text(capacity(low(), tmp_path))
    told += " ".join(figure.text for figure in _figures(played()))
    assert len(TOLD.findall(told)) >= 4, told
    assert not NOTHING.search(told), told


def test_a_low_rate_is_told_in_what_is_written() -> None:
    """In the report, the README and the evidence of a design."""
    found = assess(low())
    steady = simulation.run_steady(found.flow, 1, measure_s=3000)
    out = emit.render(assemble(found, Judged(steady), seed=1))
    for name in ("report.html", "README.md"):
        text = re.sub(r"<(style|script).*?</\1>|<svg.*?</svg>|<[^>]+>", " ", out[name], flags=re.S)
        assert TOLD.search(text), name
        assert not NOTHING.search(text), (name, NOTHING.search(text))


def test_what_waits_above_capacity_is_told_however_slowly_it_grows() -> None:
    """Of each second's requests, three significant digits of each part."""
    words = Overload("CPU of app", 1.2, 0.02, 0.001, 0.0042, 0.3).words
    assert "0.02 were answered, 0.3 were refused at the door, 0.001 failed" in words
    assert words.endswith("and 0.0042 more waited")
