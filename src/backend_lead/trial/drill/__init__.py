"""A drill: a store of the design is backed up while it is written to, harmed, lost, and brought
back from backup and log, with what was counted and timed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend_lead.trial.drill.acts import Act, perform
from backend_lead.trial.drill.proof import Backup, Compared, Drill, Forgotten, Harm, Lost, Restored
from backend_lead.trial.drill.vault import Vault
from backend_lead.trial.drivers import Driver, Server
from backend_lead.trial.drivers.driver import PREFIX
from backend_lead.trial.drivers.postgres import SETTINGS
from backend_lead.trial.drivers.programs import Programs
from backend_lead.trial.proof import Trial
from backend_lead.views.data.layer import Layer

ROWS_MOST = 1_000_000  # of the largest table: enough for rates, and several copies fit on a disk


def drill(driver: Driver, layer: Layer, store: str, trial: Trial) -> Drill:
    """Do the whole drill with a store of the design. Raises CannotRun, and Refused where the
    database refuses the tables."""
    began = time.monotonic()
    rows = min(trial.rows, ROWS_MOST)
    with _folder() as place:
        vault = Vault(Programs.ready_in(place), SETTINGS, trial.check)
        out = Drill(store, driver.title, trial.seed, {})
        perform(Act(vault, layer, store, trial, rows, out))
    out.seconds = time.monotonic() - began
    return out


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that goes away however we end: a guard holds it, as it does those of servers."""
    place = Path(tempfile.mkdtemp(prefix=PREFIX))
    guard = Server("a folder", "", place, ["sleep", "infinity"], lambda: True)
    try:
        guard.start()
        yield place
    finally:
        guard.stop()
        shutil.rmtree(place, ignore_errors=True)


__all__ = [
    "Backup", "Compared", "Drill", "Forgotten", "Harm", "Lost", "Restored", "drill",
]  # fmt: skip
