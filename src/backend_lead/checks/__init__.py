"""Rules a model is held to. Each says what it needs to know; not knowing is never a pass.

The family lists itself: every module here with a `RULE` is one; file name = id.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding, sort_findings


@cache
def rules() -> dict[str, Rule]:
    """Every rule by id, sorted."""
    found: dict[str, Rule] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if not hasattr(module, "RULE"):
            continue
        rule: Rule = module.RULE
        if rule.id.replace("-", "_") != info.name:
            raise RuntimeError(f"checks/{info.name}.py holds the rule {rule.id!r}")
        found[rule.id] = rule
    return dict(sorted(found.items()))


def findings(evidence: Evidence) -> list[Finding]:
    """What all rules find, errors first."""
    return sort_findings([f for rule in rules().values() for f in rule.check(evidence)])
