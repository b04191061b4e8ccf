"""A folder that the servers can reach, whoever they run as, and one server for all tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_lead.trial.drivers import DRIVERS, Server


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that goes away; others may use it, as they may the system's own."""
    folder = Path(tempfile.mkdtemp(prefix="trial-"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL that tests of this session share; each makes a database of its own."""
    driver = DRIVERS["postgres"]
    if driver.missing:
        pytest.skip(f"not installed: {', '.join(driver.missing)}")
    with driver.running() as started:
        yield started
