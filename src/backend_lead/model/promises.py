"""What a system promises, and the team that keeps it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from backend_lead.model.part import Part
from backend_lead.model.quantity import Duration, Ratio


class Slo(Part):
    """An objective for one journey, or for all (`*`)."""

    journey: str = "*"
    p99: Duration
    availability: Ratio
    recover_within: Duration | None = None


class Team(Part):
    """Who builds and runs it."""

    size: Annotated[int, Field(ge=1, le=10_000)]
