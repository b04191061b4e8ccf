"""Findings and stated quantities that point at words of the brief."""

from __future__ import annotations

from typing import Any

from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.words import Term
from backend_lead.model.finding import Finding, Level, Place


def stated(value: str, mention: Mention) -> dict[str, Any]:
    """A stated quantity as a model writes it."""
    return {"value": value, "origin": "stated", "source": mention.source}


def note(
    rule: str,
    message: str,
    at: Mention | Term,
    level: Level = "note",
    allowed: str = "",
    hint: str = "",
) -> Finding:
    """A finding about words of the brief."""
    return Finding(rule, level, message, Place("brief", 1, at.start + 1), at.words, allowed, hint)
