"""A design of the command line, made once however many workers run the tests."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.app.command_line import SHOP, Done, Place


@dataclass
class Designed:
    """A design and what was said when it was made."""

    sentence: str
    done: Done
    folder: Path


def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests alone, the same for all of its workers."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Designed:
    """A shop of two thousand users; not to be changed. Who comes second waits for the first."""
    root = shared(tmp_path_factory) / "designed-shop"
    root.mkdir(exist_ok=True)
    place, said = Place(root), root / "said.json"
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            done = place.run("design", SHOP, "-o", "out")
            assert done.code == 0, done.said
            said.write_text(json.dumps(asdict(done)))
    return Designed(SHOP, Done(**json.loads(said.read_text())), place.here / "out")
