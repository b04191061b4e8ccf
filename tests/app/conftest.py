"""What the tests of the command line share: an empty place, and a design made once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.app.command_line import SHOP, Done, Place


@dataclass
class Designed:
    """A design and what was said when it was made."""

    sentence: str
    done: Done
    folder: Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder with an empty home."""
    return Place(tmp_path)


@pytest.fixture(scope="session")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Designed:
    """A shop of two thousand users; not to be changed."""
    place = Place(tmp_path_factory.mktemp("shop"))
    done = place.run("design", SHOP, "-o", "out")
    assert done.code == 0, done.said
    return Designed(SHOP, done, place.here / "out")


@pytest.fixture
def shop(place: Place, designed: Designed) -> Place:
    """A place in which the designed shop lies, to be changed at will."""
    shutil.copytree(designed.folder, place.here, dirs_exist_ok=True)
    return place
