"""What several tools read alike: the request or model that is meant, with numbers set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backend_lead.agent.tool import Call
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.units import COUNT, DURATION, Dimension

if TYPE_CHECKING:
    from backend_lead.app.design import Request

DURATION_MAX_S = 86_400.0  # less than a terminal may ask for: an assistant waits for it


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


def number(name: str, text: str, dimension: Dimension, top: float = float("inf")) -> float | None:
    """A quantity in words, as in 2M or 60s; None where nothing is said. Raises InvalidInput."""
    if not text:
        return None
    try:
        value = dimension.parse(text)
        if not 0 < value <= top:
            raise ValueError(f"{text!r} is not in the range that makes sense here")
    except ValueError as err:
        raise InvalidInput([Finding("argument-wrong", "error", f"{name}: {err}", Place(name), text,
                                    f"as in {dimension.example}")]) from None  # fmt: skip
    return value


def users(text: str) -> float | None:
    """Concurrent users in words. Raises InvalidInput."""
    return number("users", text, COUNT)


def duration_s(text: str) -> float | None:
    """A duration in words, in seconds. Raises InvalidInput."""
    return number("duration", text, DURATION, DURATION_MAX_S)
