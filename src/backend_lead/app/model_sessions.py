"""Sessions that end, within a time that a run can follow."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.model import units
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.document import Document, Loc, path_text
from backend_lead.views.sessions import requests_of, thinking_s

REQUESTS_MAX = 1_000  # of a session, on the mean
LONGEST_S = 3_600.0  # of a session, on the mean; no run with a fault lasts as long


def session_findings(system: System, document: Document) -> Iterator[Finding]:
    """Sessions of too many requests, or too long ones."""
    for name, journey in system.journeys.items():
        if journey.session is None:
            continue
        loc: Loc = ("journeys", name, "session")
        requests = requests_of(journey)
        if requests > REQUESTS_MAX:
            many = "never end" if requests == float("inf") else f"have {requests:,.0f} requests"
            yield Finding(
                "model-session", "error", f"sessions of `{path_text(loc)}` {many} on the mean",
                document.place((*loc, "again")), many, f"up to {REQUESTS_MAX:,} requests",
                "a smaller share again, or goes_on",
            )  # fmt: skip
        elif thinking_s(journey) > LONGEST_S:
            length = units.DURATION.format(round(thinking_s(journey), 3))
            yield Finding(
                "model-session", "error", f"sessions of `{path_text(loc)}` are too long to follow",
                document.place((*loc, "think")), f"{length} of thinking",
                f"up to {units.DURATION.format(LONGEST_S)}", "a shorter think, or fewer steps",
            )  # fmt: skip
