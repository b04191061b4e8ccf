"""One run as a page: how it went over time, drawn and in a table; no network and no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from backend_lead.emit.report import wording
from backend_lead.emit.report.charts import NARROW, WIDE, drawn
from backend_lead.emit.report.run_chart import Mark, over_time
from backend_lead.model.design import Interval, Run, Verdict
from backend_lead.model.windows import known, windows_of

TEMPLATES = Path(__file__).parent / "templates"


def page(
    run: Run, verdict: Verdict, ended: str, lines: Sequence[str], marks: Sequence[Mark] = ()
) -> str:
    """The page of a run that has windows: `ended` is its verdict in words, `lines` say what came of
    it, `marks` what broke when."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters.update(estimate=_estimate, between=_between, share=_share,
                         rate=wording.rate, number=wording.number)  # fmt: skip
    windows = windows_of(run.results)
    charts = {"over-time": [drawn(over_time(run.results, w, marks)) for w in (WIDE, NARROW)]}
    return pages.get_template("run.html.j2").render(
        run=run, verdict=verdict, ended=ended, lines=lines, windows=windows, charts=charts,
        lost=any(math.isinf(w.p99_s.value) for w in windows),
        happened=sorted({mark.what for mark in marks}),
    )  # fmt: skip


def _estimate(x: Interval) -> str:
    if math.isinf(x.value):
        return "no answer"
    return "-" if math.isnan(x.value) else wording.seconds(x.value)


def _between(x: Interval) -> str:
    return f"{wording.seconds(x.low)} to {wording.seconds(x.high)}" if known(x) else "not known"


def _share(x: Interval) -> str:
    return "-" if math.isnan(x.value) else wording.share(x.value)
