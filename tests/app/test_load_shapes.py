"""Loads that change: days and recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend_lead.analysis.load_shapes import day_segments
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.recordings import TIMES_MAX, Recording, read_recording
from backend_lead.app.simulate import simulate
from backend_lead.catalog.day import usual_day
from backend_lead.model.finding import InvalidInput
from tests.app.good_model import GOOD, changed

SYSTEM = read_checked_text(GOOD).system


@pytest.mark.parametrize("factor", [1.0, 1.5, 3.0, 10.0])
def test_a_day_has_the_stated_peak_over_its_mean(factor: float) -> None:
    """The highest hour is the peak, and the mean of all is that over the factor."""
    hours = usual_day(factor)
    assert len(hours) == 24 and max(hours) == pytest.approx(1)
    assert np.mean(hours) == pytest.approx(1 / factor, rel=1e-6)


def test_a_day_fills_its_time() -> None:
    """Each hour has its share of the time."""
    assert day_segments([0.5, 1.0], 10.0) == [(0.0, 0.5), (5.0, 1.0)]


def test_requests_follow_the_day() -> None:
    """In each hour about as many requests start as its share of the peak says."""
    done = simulate(SYSTEM, load=0.5, day_s=48.0)
    started = done.ran.result.windows["started"].sum(axis=1)
    wanted = np.repeat(usual_day(3.0), 2) * 500
    assert len(started) == 48 and done.run.id.endswith("day-48s")
    assert np.all(np.abs(started - wanted) <= 5 * np.sqrt(wanted + 1) + 15)
    assert "--day 48s" in done.run.repeat and "A day in 48 s" in done.run.title


def test_a_recording_is_played_as_it_is(tmp_path: Path) -> None:
    """Each time is a request of that client, from the first on, in order, whatever the file has."""
    times = [100 + i * 0.05 for i in range(400)]
    file = tmp_path / "web.csv"
    file.write_text("time\n" + "\n".join(f"{t:.3f},GET" for t in reversed(times)), encoding="utf-8")
    recording = read_recording(f"web={file}", SYSTEM)
    assert len(recording.times_s) == 400 and recording.times_s[0] == 0
    done = simulate(SYSTEM, replay=[recording])
    result = done.ran.result
    assert result.started == 400 and result.conserved
    assert result.windows["started"].sum(axis=1)[:19].tolist() == [20] * 19
    assert f"--replay web={file}" in done.run.repeat and "replay" in done.run.id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web", ("CLIENT=FILE", "web")),
        ("wed=x.csv", ("web",)),
        ("web=nothing.csv", ("No such file",)),
    ],
)
def test_what_cannot_be_played_is_told(text: str, words: tuple[str, ...]) -> None:
    """A client that is not there, or a file."""
    with pytest.raises(InvalidInput) as told:
        read_recording(text, SYSTEM)
    (finding,) = told.value.findings
    said = f"{finding.message} {finding.seen} {finding.allowed} {finding.hint}"
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("0.1\n0.2\nlater\n", 3, ("no time", "later")),
        ("", 0, ("holds no time",)),
        ("0\n1e9\n", 0, ("too long", "259,200")),
        ("time\n0.1\nnan\n", 3, ("no time",)),
    ],
)
def test_a_bad_recording_is_told_with_its_line(
    content: str, line: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    """What is no time stands at its line."""
    file = tmp_path / "web.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as told:
        read_recording(f"web={file}", SYSTEM)
    (finding,) = told.value.findings
    assert finding.place.line == line and TIMES_MAX > 1
    assert all(word in f"{finding.message} {finding.seen} {finding.allowed}" for word in words)


def test_no_fault_is_played_in_a_day() -> None:
    """A day beside a fault or a precision is refused."""
    for more in ({"fault": "zone-loss"}, {"precision": 0.05}):
        with pytest.raises(InvalidInput, match="no steady state"):
            simulate(SYSTEM, day_s=60.0, **more)  # type: ignore[arg-type]


def test_bursts_and_recordings_do_not_add_up() -> None:
    """A client that comes in bursts is played as recorded, not in bursts too."""
    text = changed(("users: 10k, think_time: 10 s",
                    "rate: 50/s, bursts: {factor: 5, lasts: 2 s, every: 20 s}"))  # fmt: skip
    system = read_checked_text(text).system
    done = simulate(system, replay=[Recording("web", "x.csv", tuple(i * 0.1 for i in range(100)))])
    assert done.ran.result.started == 100


FLAT = ("peak: {factor: 3}", "peak: {factor: 1}")


@pytest.mark.parametrize(("changes", "asked", "rule", "said"), [
    ((FLAT,), {"day_s": 60.0}, "day-flat", "workload.peak.factor: 1"),
    ((), {"day_s": 60.0, "clients": "web"}, "day-recorded", "every client is played as it was"),
    ((), {"clients": "web web"}, "replay-twice", "one recording for each client"),
    ((), {"clients": "web", "span_s": 4.0}, "replay-short", "more than 5 s"),
    ((), {"day_s": 5.0}, "day-range", "from 6 s to 3 d"),
    ((), {"day_s": 4 * 86_400.0}, "day-range", "from 6 s to 3 d"),
    ((), {"day_s": 10.0, "duration_s": 30.0}, "day-over", "up to 10 s"),
])  # fmt: skip
def test_what_would_change_nothing_is_refused(
    changes: tuple[tuple[str, str], ...], asked: dict[str, Any], rule: str, said: str
) -> None:
    """A day without a shape, or of clients that are all recorded; a second recording of a client;
    times in which nothing is measured, or for which no load is stated."""
    clients, span_s = asked.pop("clients", "").split(), asked.pop("span_s", 20.0)
    replay = [Recording(name, f"{name}.csv", (0.0, span_s)) for name in clients]
    with pytest.raises(InvalidInput) as told:
        simulate(read_checked_text(changed(*changes)).system, replay=replay, **asked)
    (found,) = told.value.findings
    assert found.rule == rule and found.seen and found.allowed and found.hint
    assert said in f"{found.message} {found.seen} {found.allowed}"


def test_a_part_of_a_day_is_simulated() -> None:
    """A run may end before its day does: so an interrupted one is repeated."""
    done = simulate(SYSTEM, load=0.1, day_s=48.0, duration_s=10.0)
    assert done.run.horizon_s == 10 and "--duration 10s --load 0.1 --day 48s" in done.run.repeat
