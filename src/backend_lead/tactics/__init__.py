"""Architecture tactics: where each applies and what the model becomes. None sees its score.

The family lists itself: every module here with a `TACTIC` is one; file name = id.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from backend_lead.tactics.tactic import Tactic


@cache
def tactics() -> dict[str, Tactic]:
    """Every tactic by id, sorted."""
    found: dict[str, Tactic] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name == "tactic":
            continue
        tactic: Tactic = importlib.import_module(f"{__name__}.{info.name}").TACTIC
        if tactic.id.replace("-", "_") != info.name:
            raise RuntimeError(f"tactics/{info.name}.py holds the tactic {tactic.id!r}")
        found[tactic.id] = tactic
    return dict(sorted(found.items()))
