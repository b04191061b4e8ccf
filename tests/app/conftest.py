"""What the tests of the command line share: an empty place, and one with a design in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.app.command_line import Place
from tests.app.designed import Designed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder with an empty home."""
    return Place(tmp_path)


@pytest.fixture
def shop(place: Place, designed: Designed) -> Place:
    """A place in which the designed shop lies, to be changed at will."""
    shutil.copytree(designed.folder, place.here, dirs_exist_ok=True)
    return place
