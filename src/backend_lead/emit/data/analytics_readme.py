"""data/analytics/README.md."""

from __future__ import annotations

from backend_lead.model.design import Design
from backend_lead.views.data.star import Star
from backend_lead.views.data.stores import Choice


def readme(design: Design, made: Star, choice: Choice) -> str:
    """The page."""
    return f"# Analyses of {design.title}\n\n{choice.chosen.title}\n"
