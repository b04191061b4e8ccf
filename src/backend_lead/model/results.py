"""What a design came out with, kept in its model."""

from __future__ import annotations

from backend_lead.model.part import Part
from backend_lead.model.quantity import Origin


class Result(Part):
    """A figure the design came out with, kept beside the model it belongs to."""

    text: str
    value: float
    origin: Origin
    run: str | None = None


class Results(Part):
    """What was found for the model with this digest; stale as soon as the digest differs."""

    digest: str
    figures: dict[str, Result]
