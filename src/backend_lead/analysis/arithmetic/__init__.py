"""The load arithmetic: one group of sums per file, each line with its formula.

The family lists itself: every module here with a `GROUP` is a member; `PLACE` orders them. A group
says only what applies to the model: what it has nothing of, or what is far from any limit, gives no
line.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from backend_lead.model.design import Sum
from backend_lead.views.flow import Flow


@cache
def groups() -> tuple[ModuleType, ...]:
    """Every group of sums, in the order in which they are read."""
    modules = [
        importlib.import_module(f"{__name__}.{i.name}") for i in pkgutil.iter_modules(__path__)
    ]
    members = [module for module in modules if hasattr(module, "GROUP")]
    return tuple(sorted(members, key=lambda module: (module.PLACE, module.GROUP)))


def arithmetic(flow: Flow, response_s: float) -> list[Sum]:
    """Every step from users to quotas; `response_s` is the measured mean response time."""
    return [line for group in groups() for line in group.sums(flow, response_s)]
