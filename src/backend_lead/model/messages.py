"""What was found about messages: how old they are when a handler is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MessageAge:
    """Ages of the messages of a topic at one handler over a whole run, in seconds.

    `messages` were handled, `waiting` were not yet at the end; `again` were in batches that were
    tried again. `objective_s` is None where none is stated: then the verdict is None too.
    """

    topic: str
    handler: str
    messages: int
    waiting: int
    again: int
    p50_s: float
    p99_s: float
    objective_s: float | None
    verdict: Literal["pass", "fail", "unknown"] | None
    run: str
