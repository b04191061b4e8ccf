"""What was found about messages: how old they are when a handler is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PutAside:
    """Messages of a topic that a handler gave up in a run, beside those it `handled`."""

    topic: str
    handler: str
    put_aside: int
    handled: int
    run: str


@dataclass(frozen=True)
class MessageAge:
    """Ages of the messages of a topic at one handler over a whole run, in seconds.

    `messages` were handled, `waiting` were not yet at the end; `again` were in batches that were
    tried again, `put_aside` in some that failed so often that they were given up. `behind_s` is how
    far the handler was behind in event time at most: its watermark, less the time of day.
    `objective_s` is None where none is stated: then the verdict is None too.
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
    put_aside: int = 0
    behind_s: float = 0.0
