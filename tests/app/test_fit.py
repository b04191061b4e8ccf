"""fit: from measured throughputs to the words of a model."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backend_lead.analysis.scalability import Scalability
from backend_lead.app.fit import as_text, fit_file
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.finding import InvalidInput

from .command_line import Place
from .good_model import changed

LAW = Scalability(100.0, 0.03, 0.0005)
MEASURED = "threads,per second\n" + "".join(f"{n}, {LAW.throughput(n)}\n" for n in (1, 4, 16, 64))


def test_the_law_behind_the_numbers_is_found(tmp_path: Path) -> None:
    """Throughputs of a known law give its numbers back, and its peak."""
    path = tmp_path / "measured.csv"
    path.write_text(MEASURED, "utf-8")
    found = fit_file(path)
    assert found.rate == pytest.approx(100) and found.contention == pytest.approx(0.03)
    assert found.coherency == pytest.approx(0.0005) and found.r_squared == pytest.approx(1)
    assert found.peak == pytest.approx((0.97 / 0.0005) ** 0.5)


def test_a_model_takes_the_words_as_they_are_told(tmp_path: Path) -> None:
    """The last line of the answer is what a component's `serving` may say."""
    said = re.search(r"serving: \{.*\}", as_text(LAW))
    assert said is not None
    text = changed(("    concurrency: 256\n", f"    concurrency: 256\n    {said[0]}\n"))
    serving = read_checked_text(text).system.components["app"].serving
    assert serving is not None and serving.contention is not None
    assert serving.contention.value == pytest.approx(LAW.contention)
    assert serving.coherency is not None
    assert serving.coherency.value == pytest.approx(LAW.coherency)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,2\n2,3\n", "3 different loads"),
        ("1,2\n2,3\n2,4\n", "3 different loads"),
        ("1,2\nmany,3\n", "line 2 is no measurement"),
        ("1,2\n2,3,4\n", "line 2 is no measurement"),
        ("1,2\n2,-3\n", "line 2 must have"),
        ("1,2\n2,nan\n", "line 2 must have"),
        ("", "3 different loads"),
    ],
)
def test_what_is_no_measurement_is_told(tmp_path: Path, text: str, told: str) -> None:
    """The line, what was seen there and what is allowed; never a number made up."""
    path = tmp_path / "measured.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        fit_file(path)
    assert told in str(refused.value.findings[0].message)


def test_the_command_tells_it_in_text_and_json(tmp_path: Path) -> None:
    """Exit code 0 with the numbers; a file that is not there is an input that cannot be used."""
    place = Place(tmp_path)
    place.write("measured.csv", MEASURED)
    assert "contention               3.000%" in place.run("fit", "measured.csv").out
    told = json.loads(place.run("fit", "measured.csv", "-f", "json").out)
    assert told["contention"] == pytest.approx(0.03) and told["peak_load"] == pytest.approx(
        44.05, rel=1e-3
    )
    done = place.run("fit", "nothing.csv")
    assert done.code == 2 and "nothing.csv" in done.err
