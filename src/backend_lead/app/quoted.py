"""What the brief that a model quotes asked for and no model covers: told again by every command."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.intake.backend_yaml import Reading
from backend_lead.intake.brief import read_brief
from backend_lead.model.finding import Finding, InvalidInput

NOT_HONOURED = "brief-not-honoured"
_HINT = "or take the words out of `brief` if they are no longer meant"


def caveats(reading: Reading) -> tuple[list[Finding], list[str]]:
    """Findings of what was read but is not honoured, and what is not made yet, by the quoted brief.

    A model keeps numbers and parts; what it has no words for is only in its brief. A brief that
    somebody rewrote into something that cannot be read says nothing.
    """
    brief = reading.system.brief
    if not brief:
        return [], []
    try:
        read = read_brief(brief)
    except InvalidInput:
        return [], []
    place = reading.document.place(("brief",))
    told = [
        replace(row, place=place, hint=f"{row.hint}; {_HINT}" if row.hint else _HINT)
        for row in read.findings
        if row.rule == NOT_HONOURED
    ]
    return told, read.missing
