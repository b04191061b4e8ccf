"""simulate tells how a run went from second to second: kept, in JSON, and in a line of text."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from backend_lead.analysis.series import RunWindow
from backend_lead.app.render_run import known_lines, window_rows, windows_lines
from backend_lead.model.design import Interval
from backend_lead.model.windows import Window
from tests.app.command_line import Place
from tests.app.good_model import GOOD
from tests.test_readme import ROOT

WINDOW = RunWindow(0.0, 2.0, 100, 98, 1, 0, 1, 0.01, 0.008, 0.02)
KEYS = {"t_s", "lasts_s", "started", "ok", "failed", "refused", "timed_out", "mean_s", "p50_s",
        "p99_s"}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "kept", "by"),
    [(("--duration", "25s"), "steady-25s", "by 1 s: p99 of all requests "),
     (("--day", "48s"), "steady-day-48s", "by 3 s: p99 of all requests "),
     (("--replay", "web=web.csv"), "steady-replay-web", "by 1 s: p99 of all requests ")],
)  # fmt: skip
def test_a_run_tells_its_windows(words: tuple[str, ...], kept: str, by: str, place: Place) -> None:
    """The series is in JSON and in the evidence, and adds up to the run's requests."""
    place.write("backend.yaml", GOOD)
    place.write("web.csv", "".join(f"{k / 20}\n" for k in range(500)))
    told = json.loads(place.run("simulate", *words, "-f", "json").out)["run"]["results"]
    (run,) = [json.loads(path.read_text()) for path in (place.here / "evidence").iterdir()]
    assert run["id"].startswith(kept) and run["results"]["series"] == told["series"]
    assert all(set(window) == KEYS for window in told["series"])
    assert len(told["series"]) == math.ceil(told["reached_s"])
    for name in ("started", "ok", "failed", "refused", "timed_out"):
        assert sum(window[name] for window in told["series"]) == told["requests"][name]
    assert by in place.run("simulate", *words).out


def test_a_run_with_a_fault_keeps_its_windows(place: Place) -> None:
    """Its evidence has them; the text tells of the fault alone."""
    place.write("backend.yaml", GOOD)
    done = place.run("simulate", "--fault", "deploy")
    assert done.code in (0, 1) and "p99 of all requests before" in done.out
    assert "requests/s (highest" not in done.out
    kept = json.loads((place.here / "evidence" / "deploy.json").read_text())["results"]
    assert sum(window["started"] for window in kept["series"]) == kept["requests"]["started"]


@pytest.mark.parametrize(
    ("words", "windows", "lasts_s"),
    [(("--duration", "65s"), 6, 10.0), (("--duration", "65s", "--window", "20s"), 3, 20.0),
     (("--fault", "deploy", "--window", "15s"), 8, 15.0),
     (("--precision", "50%"), None, 10.0), (("--day", "48s"), 4, 10.0)],
)  # fmt: skip
def test_a_run_has_windows_with_intervals(
    words: tuple[str, ...], windows: int | None, lasts_s: float, place: Place
) -> None:
    """In JSON and evidence, of every kind of run; the command that repeats it says how long they
    were asked to be."""
    place.write("backend.yaml", GOOD)
    run = json.loads(place.run("simulate", *words, "-f", "json").out)["run"]
    told = run["results"]["windows"]
    assert windows in (None, len(told)) and {w["lasts_s"] for w in told[:-1]} == {lasts_s}
    assert all(w["p50_s"]["low"] < w["p50_s"]["value"] < w["p50_s"]["high"] for w in told[2:])
    (kept,) = [json.loads(path.read_text()) for path in (place.here / "evidence").iterdir()]
    assert kept["results"]["windows"] == told
    assert ("--window" in run["repeat"]) == ("--window" in words)


def test_a_table_of_windows_is_there_where_it_was_asked_for(place: Place) -> None:
    """A row for each, to a bound that is told; with a fault too."""
    place.write("backend.yaml", GOOD)
    out = place.run("simulate", "--duration", "25s", "--window", "10s").out
    rows = [line.split() for line in out.splitlines() if line.split()[1:4:2] == ["s", "s"]]
    assert [(row[0], row[2]) for row in rows] == [("5", "10"), ("15", "10")]
    assert "  by 10 s, with 95 % intervals: p99 " in out and "more: they are in" not in out
    out = place.run("simulate", "--fault", "deploy", "--window", "5s").out
    assert sum(line.split()[1:4:2] == ["s", "s"] for line in out.splitlines()) == 12
    assert "  and 13 more, in the JSON" in out
    assert "from  for" not in place.run("simulate", "--duration", "25s").out


def test_replications_are_told_over_time(place: Place) -> None:
    """By the second and in windows, with intervals from how far they differ; so is each load of a
    sweep, in windows alone."""
    place.write("backend.yaml", GOOD)
    words = ("simulate", "--replications", "4", "--duration", "26s", "--window", "5s", "-f", "json")
    (found,) = json.loads(place.run(*words).out)["loads"]
    results, repeat = found["run"]["results"], found["run"]["repeat"]
    assert "--window 5s" in repeat and {w["batches"] for w in results["windows"][:-1]} == {4}
    assert all(w["lasts_s"] == pytest.approx(1.04) for w in results["series"])  # 4 of 0.26 s
    by_second, by_window = (
        sum(w["started"] for w in results[key]) for key in ("series", "windows")
    )
    assert by_second == by_window
    assert results["series"][0]["mean_s"]["low"] < results["series"][0]["mean_s"]["high"]
    swept = json.loads(place.run(*words, "--sweep", "load=0.5,1").out)["loads"]
    assert swept[1]["run"]["results"]["windows"] == results["windows"]
    assert swept[0]["run"]["results"]["windows"][0]["lasts_s"] == pytest.approx(5.2)
    assert all("series" not in one["run"]["results"] for one in swept)
    assert "by 5.2 s, with 95 % intervals: p99" in place.run(*words[:-2]).out


@pytest.mark.parametrize("window", ["0.5s", "4d", "soon"])
def test_windows_of_no_sense_are_refused(window: str, place: Place) -> None:
    """Shorter than what a run keeps, longer than any run, no time."""
    place.write("backend.yaml", GOOD)
    for more in ((), ("--replications", "3")):
        done = place.run("simulate", "--window", window, *more)
        assert done.code == 2 and "--window" in done.err, done.said


def test_intervals_are_told_where_they_are() -> None:
    """The least and the highest p99; how many windows have no interval, how many no p99, since more
    than one in a hundred failed or nothing was asked."""
    x = Interval(0.01, 0.009, 0.011)
    open_ = Interval(0.03, math.nan, math.nan)
    lost = Interval(math.inf, math.nan, math.nan)
    calm = Window(0.0, 10.0, 10.0, 10, 100, 100, 0, 0, 0, x, x, x, x, x)
    found = [calm, replace(calm, t_s=10.0, p99_s=open_), replace(calm, t_s=20.0, p99_s=lost)]
    (line,) = known_lines(found)
    assert line == ("  by 10 s, with 95 % intervals: p99 10 ms (9 ms to 11 ms) from 0 s, 30 ms "
                    "from 10 s; 1 of 3 hold too little for one; 1 of 3 has no p99")  # fmt: skip
    none = replace(calm, t_s=30.0, p99_s=Interval(math.nan, math.nan, math.nan))
    (line,) = known_lines([calm, calm, found[2], none])
    assert line.endswith("from 0 s; 2 of 4 have no p99")
    assert known_lines(found[:1]) == known_lines([calm, found[2]]) == []
    assert [row[-2:] for row in window_rows(found)[1:]] == [
        ["10 ms", "9 ms to 11 ms"], ["30 ms", "-"], ["no answer", "-"]]  # fmt: skip


def test_the_line_names_the_worst_windows() -> None:
    """The slowest and the fullest by when they began; no answer is the slowest of all."""
    slow = replace(WINDOW, t_s=2.0, p99_s=0.5)
    full = replace(WINDOW, t_s=4.0, started=300)
    (line,) = windows_lines([WINDOW, slow, full])
    assert line == ("  by 2 s: p99 of all requests 20 ms to 500 ms (highest from 2 s); "
                    "50 to 150 requests/s (highest from 4 s)")  # fmt: skip
    (line,) = windows_lines([WINDOW, replace(slow, p99_s=math.inf), full])
    assert "20 ms to no answer (highest from 2 s)" in line


def test_one_window_is_no_series() -> None:
    """Of fewer than two with a p99 nothing is said; a quiet one is the least load."""
    quiet = replace(WINDOW, t_s=2.0, started=0, p99_s=math.nan)
    assert windows_lines([]) == windows_lines([WINDOW]) == windows_lines([WINDOW, quiet]) == []
    (line,) = windows_lines([WINDOW, quiet, replace(WINDOW, t_s=4.0)])
    assert "0 to 50 requests/s" in line


def test_evidence_is_what_its_schema_says(place: Place) -> None:
    """A single run's, one with a fault, and that of replications."""
    place.write("backend.yaml", GOOD)
    schema = json.loads((ROOT / "schema" / "run.schema.json").read_text(encoding="utf-8"))
    judge = Draft202012Validator(schema)
    for words in (("--duration", "25s"), ("--fault", "zone-loss"),
                  ("--replications", "2", "--duration", "15s")):  # fmt: skip
        assert place.run("simulate", *words).code in (0, 1)
    kept = [json.loads(path.read_text()) for path in (place.here / "evidence").iterdir()]
    assert len(kept) == 3 and all("series" in one["results"] for one in kept)
    for one in kept:
        assert not [error.message for error in judge.iter_errors(one)]
    del kept[0]["results"]["windows"][0]["p99_s"]["low"]
    assert list(judge.iter_errors(kept[0]))


def test_a_run_is_drawn(place: Place) -> None:
    """--html writes a page, of a run with its fault marked and of replications; never over a file,
    and not of a sweep."""
    place.write("backend.yaml", GOOD)
    done = place.run("simulate", "--fault", "retry-storm", "--html", "storm.html")
    page = (place.here / "storm.html").read_text(encoding="utf-8")
    assert done.code in (0, 1) and "drawn in storm.html" in done.err
    for words in ("something breaks", "that is over", "Fault: db all but stops", "recovered"):
        assert words in page
    words = ("simulate", "--replications", "2", "--duration", "25s", "--html")
    assert place.run(*words, "many.html").code == 0
    page = (place.here / "many.html").read_text(encoding="utf-8")
    assert "2 replications" in page and "something breaks" not in page
    assert place.run(*words, "many.html").code == 3
    assert place.run(*words, "nowhere/many.html").code == 2
    assert place.run(*words, "sweep.html", "--sweep", "load=1,2").code == 2
    assert not (place.here / "sweep.html").exists()


def test_short_windows_have_no_intervals_as_the_help_says(place: Place) -> None:
    """Those of a single run below ten rows; replications have them."""
    place.write("backend.yaml", GOOD)
    told = " ".join(place.run("simulate", "--help").out.split())
    assert "in a single run those below ten rows have no intervals" in told
    words = ("simulate", "--duration", "25s", "--window", "5s", "-f", "json")
    windows = json.loads(place.run(*words).out)["run"]["results"]["windows"]
    assert len(windows) == 4 and not any(w["batches"] for w in windows)
    (found,) = json.loads(place.run(*words, "--replications", "3").out)["loads"]
    assert all(w["batches"] == 3 for w in found["run"]["results"]["windows"][:-1])


def test_page_and_traces_are_two_files(place: Place) -> None:
    """One path for both is refused before anything runs, however it is written."""
    place.write("backend.yaml", GOOD)
    done = place.run("simulate", "--html", "x.html", "--traces", "./x.html")
    assert done.code == 2 and "name two" in done.err
    assert not (place.here / "x.html").exists() and not (place.here / "evidence").exists()


@pytest.mark.parametrize("more", [(), ("--replications", "2")])
def test_a_run_that_cannot_be_drawn_is_kept(more: tuple[str, ...], place: Place) -> None:
    """It is kept before it is drawn: a page for which there is no place by then loses no run."""
    place.write("backend.yaml", GOOD)
    words = ("simulate", "--duration", "25s", *more)
    assert place.run(*words).code == 0
    (kept,) = (place.here / "evidence").iterdir()
    told = kept.read_bytes()
    kept.unlink()
    done = place.run(*words, "--html", f"evidence/{kept.name}")
    assert done.code == 3 and f"evidence/{kept.name}" in done.err
    assert kept.read_bytes() == told
