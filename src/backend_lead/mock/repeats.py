"""Requests that are sent again: the first answer for the same key, none for another body."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from backend_lead.mock.message import Answer, Asked, Refused

KEPT_S = 86_400.0  # as the contract says
KEPT_MAX = 20_000


class Repeats:
    """Answers by caller, operation and idempotency key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], tuple[float, str, Answer]] = OrderedDict()

    def before(self, who: str, operation: str, asked: Asked, now_s: float) -> Answer | None:
        """The answer that this request got before. Raises Refused (409) if it was another one."""
        found = self._kept.get((who, operation, _key(asked)))
        if found is None or now_s - found[0] > KEPT_S:
            return None
        if found[1] != _mark(asked):
            raise Refused(409, "This Idempotency-Key was used with another request.")
        return found[2]

    def keep(self, who: str, operation: str, asked: Asked, answer: Answer, now_s: float) -> None:
        """Remember the answer of a request that did its work."""
        self._kept[who, operation, _key(asked)] = (now_s, _mark(asked), answer)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)


def _key(asked: Asked) -> str:
    return asked.headers.get("idempotency-key", "")


def _mark(asked: Asked) -> str:
    """What a request asks for, its headers apart."""
    text = f"{asked.method} {asked.path}?{asked.query}\n".encode() + asked.body
    return hashlib.sha256(text).hexdigest()
