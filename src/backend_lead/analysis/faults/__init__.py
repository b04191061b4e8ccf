"""Faults a design is tried with, one per file.

The family lists itself: every module here with a `FAULT` is one; file name = id.
"""

from __future__ import annotations

import importlib
import pkgutil

from backend_lead.analysis.faults.fault import AFTER_S, Fault


def _found() -> dict[str, Fault]:
    out: dict[str, Fault] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if not hasattr(module, "FAULT"):
            continue
        fault: Fault = module.FAULT
        if fault.id.replace("-", "_") != info.name:
            raise LookupError(f"faults/{info.name}.py holds the fault {fault.id!r}")
        out[fault.id] = fault
    return dict(sorted(out.items(), key=lambda pair: (pair[1].rank, pair[0])))


FAULTS = _found()
__all__ = ["AFTER_S", "FAULTS", "Fault"]
