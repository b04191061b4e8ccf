"""What several tools read alike: the request or model that is meant, with numbers set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backend_lead.agent.tool import Call
from backend_lead.app.quantities import read_quantity
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.system import System
from backend_lead.model.units import COUNT, DURATION

if TYPE_CHECKING:
    from backend_lead.app.design import Request

DURATION_MAX_S = 86_400.0  # less than a terminal may ask for: an assistant waits for it
WRONG = "argument-wrong"


def read(
    request: str, model: str, assume: Sequence[str], call: Call
) -> tuple[Request, Path | None]:
    """The request, and the file it came from if it is a model. Raises InvalidInput."""
    from backend_lead.app.assume import with_assumptions
    from backend_lead.app.design import read_model, read_request

    if request and model:
        raise InvalidInput([Finding(
            "request-twice", "error", "a request and a model are given", Place("request"),
            "both", "one of them", "leave out model to design from the sentence",
        )])  # fmt: skip
    path = None if request else call.workspace.model(model)
    asked = read_request(request) if path is None else read_model(str(path))
    return with_assumptions(asked, assume), path


def users(text: str, system: System) -> float | None:
    """Concurrent users in words; None where nothing is said. Raises InvalidInput."""
    from backend_lead.app.run_bounds import users_allowed

    if not text:
        return None
    return read_quantity(COUNT, text, "users", lambda: users_allowed(system), "users: 600",
                         rule=WRONG, low=1)  # fmt: skip


def duration_s(text: str, system: System, fault: str) -> float | None:
    """A duration in words, in seconds; None where nothing is said. Raises InvalidInput."""
    from backend_lead.app.run_bounds import durations_allowed

    if not text:
        return None
    return read_quantity(
        DURATION, text, "duration",
        lambda: durations_allowed(system, fault, top=DURATION_MAX_S), "duration: 60s",
        rule=WRONG, top=DURATION_MAX_S,
    )  # fmt: skip
