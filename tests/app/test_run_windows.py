"""simulate tells how a run went from second to second: kept, in JSON, and in a line of text."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from backend_lead.analysis.series import RunWindow
from backend_lead.app.render_run import windows_lines
from tests.app.command_line import Place
from tests.app.good_model import GOOD

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
