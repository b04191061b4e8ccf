"""A model of every kind, at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.command_line import Place
from tests.catalog.every_kind import EVERYTHING


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    found = Place(Path(tmp_path_factory.mktemp("kinds")))
    (found.here / "backend.yaml").write_text(EVERYTHING, encoding="utf-8")
    return found


def test_check_finds_nothing_wrong(place: Place) -> None:
    """Every objective, sum and reference holds; only what must be simulated is unknown."""
    ran = place.run("check", "--format", "json")
    assert ran.code == 0, ran.said
    assert '"level": "error"' not in ran.out and '"level": "warning"' not in ran.out


def test_it_can_be_simulated(place: Place) -> None:
    """A steady run answers every request."""
    ran = place.run("simulate", "--duration", "6s")
    assert "0 failed, 0 timed out" in ran.out, ran.said


def test_its_artefacts_can_be_written(place: Place) -> None:
    """Pictures, tables and sequences take every kind."""
    ran = place.run("generate", "backend.yaml", "-o", "out")
    assert ran.code in (0, 1), ran.said
    text = "".join(p.read_text() for p in (place.here / "out").rglob("*") if p.suffix == ".md")
    assert "serverless" in text.lower() and "kafka" in text.lower()


def test_an_operation_on_our_cores_must_say_what_it_takes(place: Place) -> None:
    """A store without the time of its statements is refused; one of somebody else needs none."""
    text = EVERYTHING.replace("photo_by_id: {type: read, cpu: 0.2 ms,", "photo_by_id: {type: read,")
    (place.here / "bare.yaml").write_text(text, encoding="utf-8")
    ran = place.run("check", "bare.yaml")
    assert ran.code == 2 and "`db.photo_by_id` needs `cpu`" in ran.said
