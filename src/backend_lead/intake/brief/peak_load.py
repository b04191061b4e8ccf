"""The load at peak as a value, and what is told while it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.note import note
from backend_lead.model import units
from backend_lead.model.design import Question
from backend_lead.model.finding import Finding

DAY_S = 86400.0
RESPONSE_S = 0.1  # mean response time in N = X (R + Z); half the default objective


@dataclass
class Load:
    """The load at peak: concurrent users, or a rate in 1/s, with its origin as a model writes it.

    `population` is the number of people with an account, where the brief tells one. `counts` is
    the word for what is counted: devices, clicks.
    """

    users: float | None = None
    rate: float | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    think: dict[str, Any] | None = None
    population: Mention | None = None
    counts: str = ""
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def origin_of(mention: Mention) -> dict[str, Any]:
    """The origin of a stated load; its value is written later."""
    out = {"value": "", "origin": "stated", "source": mention.source}
    if mention.parts:
        sign = " x " if any(part.kind == "share" for part in mention.parts) else " + "
        numbers = sign.join(units.trim(part.value) for part in mention.parts)
        out |= {"origin": "computed", "why": f"{numbers} = {units.trim(mention.value)} at once"}
    if mention.low is not None and mention.low < mention.value:
        low, high = units.trim(mention.low), units.trim(mention.value)
        out["why"] = f"the high end of the range {low} to {high} is taken"
    return out


def vague(mention: Mention, load: Load) -> None:
    """Tell that words were taken for a number."""
    load.findings.append(
        note(
            "brief-vague",
            f"{mention.words!r} is no number; {units.trim(mention.value)} is taken",
            mention,
            "warning",
            hint="write the number, for example 3 million concurrent users",
        )
    )


def strictest(
    found: Sequence[Mention], told: list[Finding], label: str, pick: Any
) -> Mention | None:
    """One of several by `pick`; more than one value is a contradiction that is told."""
    best: Mention | None = pick(found, key=lambda m: m.value) if found else None
    for other in found:
        if best is not None and other.value != best.value:
            told.append(
                note(
                    "brief-contradiction",
                    f"two {label}: {best.words!r} is taken, {other.words!r} is not",
                    other,
                    "warning",
                    hint="leave one of them out",
                )
            )
    return best
