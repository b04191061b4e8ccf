"""What was found about sessions: how often each of their steps was asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SessionStep:
    """A step of a journey that a class of callers makes as a session, in a run.

    `requests` were begun after the warm-up, `per_session` for each session begun then;
    `answered` is the share of them that ended well.
    """

    client: str
    journey: str
    step: int
    endpoint: str
    requests: int
    per_session: float
    answered: float
    run: str = ""
