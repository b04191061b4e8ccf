"""Real parts that can be started here, one per file.

The family lists itself: every module here with a `DRIVER` is one. A file is called like the kind
that it runs (`catalog/<kind>`), so that a component finds the part it stands for.
"""

from __future__ import annotations

import importlib
import pkgutil

from backend_lead.trial.drivers.driver import CannotRun, Driver
from backend_lead.trial.drivers.server import Server

EXTRA = "pip install 'backend-lead[data]'"


def _found() -> dict[str, Driver]:
    out: dict[str, Driver] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "DRIVER"):
            out[info.name.replace("_", "-")] = module.DRIVER
    return out


DRIVERS = _found()


def driver_of(kind: str) -> Driver | None:
    """What runs components of a kind here; None where nothing does."""
    return DRIVERS.get(kind)


__all__ = ["DRIVERS", "EXTRA", "CannotRun", "Driver", "Server", "driver_of"]
