"""A run as a page: its chart draws what was found, and a browser shows it at every width."""

from __future__ import annotations

import math
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest

from backend_lead.analysis.series import RunWindow
from backend_lead.emit.report.charts import NARROW, WIDE, drawn
from backend_lead.emit.report.run_chart import Mark, over_time
from backend_lead.emit.report.run_page import page
from backend_lead.emit.report.run_schema import RUN, SECOND, WINDOW
from backend_lead.model.design import Interval, Run
from backend_lead.model.windows import Window
from tests.emit.test_report_in_browser import CHROMIUM, CUT, FLAGS, WIDTHS

NONE = Interval(0.0, math.nan, math.nan)
MARKS = (Mark(25.0, "breaks"), Mark(45.0, "over"))


def window(t_s: float, p99_s: Interval, failed: Interval = NONE) -> Window:
    x = Interval(0.02, 0.019, 0.021)
    return Window(t_s, 10.0, 900.0, 10, 9_000, 9_000, 0, 0, 0, failed, x, x, x, p99_s)


def second(t_s: float, p99_s: float, failed: int = 0) -> RunWindow:
    return RunWindow(t_s, 1.0, 900, 900 - failed, failed, 0, 0, 0.02, 0.02, p99_s)


WINDOWS = [
    window(5, Interval(0.05, 0.045, 0.055)), window(15, Interval(0.05, math.nan, math.nan)),
    window(25, Interval(math.inf, math.nan, math.nan), Interval(0.4, 0.3, 0.5)),
    window(35, Interval(0.06, 0.05, 0.07)),
]  # fmt: skip


def results(windows: list[Window], series: list[Any] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"windows": [asdict(w) for w in windows]}
    return told | ({"series": [asdict(row) for row in series]} if series else {})


def run(found: dict[str, Any]) -> Run:
    return Run("zone-loss", "zone-loss", "One zone is lost", "784e9a3ae53162b3", 1, 45.0, 5.0, 1,
               36_000, {"numpy": "2"}, "backend-lead simulate backend.yaml", found)  # fmt: skip


def panels(spec: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [panel["layer"] for panel in spec["vconcat"]]


def test_a_window_is_drawn_in_its_interval() -> None:
    """Where it has one; without a p99 it is drawn at the top, and nowhere else."""
    _, (line, bands, bars, lost), _ = panels(over_time(results(WINDOWS), WIDE))
    assert [(row["t"], row["to"], round(row["low"]), round(row["high"]))
            for row in bands["data"]["values"]] == [(5, 15, 45, 55), (35, 45, 50, 70)]  # fmt: skip
    assert [row["y"] for row in bars["data"]["values"]] == [50.0, 50.0, math.inf, 60.0]
    assert [row["t"] for row in lost["data"]["values"]] == [25]
    assert [row["t"] for row in line["data"]["values"]] == [5, 15, 25, 35, 45]


def test_seconds_are_drawn_where_they_were_kept() -> None:
    """Plain ones of a single run; those of replications, which have intervals of their own."""
    plain = [second(float(t), 0.05, 90 if t == 7 else 0) for t in range(10)]
    load, _, failures = panels(over_time(results(WINDOWS, plain), WIDE))
    assert [row["y"] for row in load[0]["data"]["values"]] == [900.0] * 11
    assert max(row["y"] for row in failures[0]["data"]["values"]) == pytest.approx(10)
    seconds = [replace(w, t_s=t, lasts_s=1.0) for t, w in zip((5.0, 6.0), WINDOWS)]
    load, *_ = panels(over_time(results(WINDOWS, seconds), WIDE))
    assert [row["t"] for row in load[0]["data"]["values"]] == [5, 6, 7]


def test_there_is_no_panel_of_failures_where_nothing_failed() -> None:
    """Two panels then; the lower one has the axis of time."""
    two = over_time(results([WINDOWS[0], WINDOWS[3]]), WIDE)["vconcat"]
    titles = [panel["layer"][0]["encoding"]["x"]["title"] for panel in two]
    assert titles == [None, "seconds"]


@pytest.mark.parametrize(("ends_s", "unit"), [(300, "seconds"), (900, "minutes"), (9e4, "hours")])
def test_long_runs_are_told_in_longer_units(ends_s: float, unit: str) -> None:
    """The axis ends where the run does."""
    found = [replace(WINDOWS[0], lasts_s=ends_s / 2), replace(WINDOWS[3], t_s=ends_s / 2,
                                                             lasts_s=ends_s / 2)]  # fmt: skip
    x = panels(over_time(results(found), WIDE))[1][0]["encoding"]["x"]
    size = {"seconds": 1, "minutes": 60, "hours": 3600}[unit]
    assert x["title"] == unit and x["scale"]["domain"] == [0, ends_s / size]


def test_what_breaks_is_marked_in_every_panel() -> None:
    """And when it is over; what comes after the run is not."""
    marks = (*MARKS, Mark(99.0, "over"))
    for layers in panels(over_time(results(WINDOWS), WIDE, marks)):
        at = [layer["encoding"]["x"].get("datum") for layer in layers]
        assert [x for x in at if x is not None] == [25.0, 45.0]


def test_the_chart_is_the_same_twice_and_takes_the_colours_of_the_page() -> None:
    """One drawing for light, dark and print."""
    one, two = (drawn(over_time(results(WINDOWS), NARROW, MARKS)) for _ in range(2))
    assert one == two and "var(--accent)" in one and "#0a0b" not in one


def test_the_page_tells_every_window() -> None:
    """Each with its intervals, or that there is none; and what repeats it."""
    text = page(run(results(WINDOWS)), "fail", "did not recover", ["36,000 <requests>."], MARKS)
    rows = text.split("<tbody>")[1].split("</tbody>")[0].split("</tr>")[:-1]
    assert len(rows) == len(WINDOWS) and "45 ms to 55 ms" in rows[0]
    assert "not known" in rows[1] and "no answer" in rows[2] and "40%" in rows[2]
    for words in ("did not recover", "36,000 &lt;requests&gt;.", "backend-lead simulate",
                  "A red line at the top", "something breaks", "The first 5 s"):  # fmt: skip
        assert words in text
    calm = page(run(results(WINDOWS[:1])), "pass", "met", [])
    assert "A red line" not in calm and "Dashed" not in calm
    assert "<script" not in text and "http" not in text.replace("http://www.w3.org", "")


def test_the_schema_has_every_column() -> None:
    """Of a run, its windows and its seconds."""
    assert set(WINDOW) == {field.name for field in fields(Window)}
    assert set(SECOND) == {field.name for field in fields(RunWindow)}
    assert set(RUN) == {field.name for field in fields(Run)} - {"results"} | {"schema_version"}


def test_a_browser_shows_it(tmp_path: Path) -> None:
    """At every width, light and dark: nothing cut, nothing wider than the window, no complaint."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    path = tmp_path / "run.html"
    path.write_text(page(run(results(WINDOWS)), "fail", "did not recover", [], MARKS))
    said: list[str] = []
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        for width in WIDTHS:
            inks = set()
            for scheme in ("light", "dark"):
                shown = browser.new_page(viewport={"width": width, "height": 900},
                                         color_scheme=scheme)  # fmt: skip
                shown.on("console", lambda line: said.append(line.text))
                shown.on("pageerror", lambda error: said.append(str(error)))
                shown.goto(path.as_uri(), wait_until="load")
                assert shown.evaluate("document.documentElement.scrollWidth") == width
                assert shown.evaluate(CUT) == []
                inks.add(shown.evaluate("getComputedStyle(document.body).color"))
                shown.close()
            assert len(inks) == 2
        browser.close()
    assert not said
