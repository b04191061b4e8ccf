"""A design that does not hold is written like any other: what has no value is said, not drawn."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from backend_lead.emit import render
from backend_lead.emit.report import charts
from backend_lead.model.design import Design, Interval
from tests.emit.sample_design import sample_design

NEVER = Interval(math.inf, math.inf, math.inf)


def overloaded() -> Design:
    """Nothing is answered: no percentile, no recovery, no steady state."""
    design = sample_design()
    design.latencies = [replace(x, p50_s=NEVER, p95_s=NEVER, p99_s=NEVER, verdict="fail")
                        for x in design.latencies]  # fmt: skip
    design.hops = [replace(hop, p50_s=math.nan, p99_s=math.inf) for hop in design.hops]
    design.trials = [
        replace(x, verdict="fail", recover_s=None, p99_before_s=math.nan, p99_worst_s=math.inf,
                p99_after_s=math.nan, series=tuple(replace(s, p99_s=math.inf) for s in x.series))
        for x in design.trials
    ]  # fmt: skip
    return design


def partly() -> Design:
    """Some intervals are open at one end."""
    design = sample_design()
    design.latencies = [
        replace(x, p99_s=Interval(x.p99_s.value, x.p99_s.low, math.inf)) for x in design.latencies
    ]
    return design


@pytest.mark.parametrize("make", [overloaded, partly])
def test_every_file_is_written(make: type[Design]) -> None:
    """No writer fails, no file says inf or nan, JSON stays JSON."""
    files = render(make())
    assert "report.html" in files and "README.md" in files
    for path, text in files.items():
        if path.endswith(".json"):
            json.loads(text)
        if path == "README.md" or path.startswith("decisions/"):
            assert " inf" not in text and " nan" not in text, path


@pytest.mark.parametrize("make", [overloaded, partly])
def test_every_chart_is_drawn(make: type[Design]) -> None:
    """Each has a drawing for a page and for a phone."""
    design = make()
    drawn = charts.of_design(design)
    assert set(drawn) == set(charts.of_design(sample_design()))
    assert all(svg.startswith("<svg") for both in drawn.values() for svg in both)


def test_what_never_answers_says_so() -> None:
    """A request without a p99 stands in the chart with the words for it."""
    latency = charts.of_design(overloaded())["latency"][0]
    assert latency.count("no answer") == len(sample_design().latencies)
