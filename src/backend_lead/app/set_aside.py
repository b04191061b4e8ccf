"""A finding that does not count: it is known from before, or accepted for a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from backend_lead.model.finding import Finding, Place

WHOLE = "."  # the place of what is told of the model as a whole, and of all that lies in it
By = Literal["baseline", "suppression"]


@dataclass(frozen=True)
class SetAside:
    """A finding with why it does not count: the baseline that knows it, or the reason given for
    a suppression and the last day of it."""

    finding: Finding
    by: By
    reason: str
    until: str = ""

    @property
    def why(self) -> str:
        """In words: who accepted it until when, or where it is known from."""
        return f"{self.reason} (until {self.until})" if self.until else f"known in {self.reason}"

    def as_dict(self) -> dict[str, Any]:
        flat = asdict(self.finding)
        place = flat.pop("place")
        return {**flat, **place, "by": self.by, "reason": self.reason, "until": self.until}


@dataclass(frozen=True)
class Accepted:
    """A suppression with the place it stands at and its last day."""

    rule: str
    place: str
    reason: str
    until: date
    at: Place

    def matches(self, rule: str, path: str) -> bool:
        """Whether a finding of this rule at this path is meant; what lies below its place is."""
        if rule != self.rule:
            return False
        if self.place == WHOLE:
            return True
        below = path.removeprefix(self.place)
        return path.startswith(self.place) and below[:1] in ("", ".", "[", " ")


@dataclass(frozen=True)
class Accepting:
    """What is accepted on a day: by suppressions, and what check has set aside already."""

    accepted: Sequence[Accepted] = ()
    aside: Sequence[SetAside] = ()
    today: date = field(default_factory=date.today)

    def why(self, rule: str, path: str) -> str:
        """Why a finding of this rule at this path does not count; empty where it does."""
        by = suppression_of(self.accepted, rule, path, self.today)
        if by is not None:
            return f"{by.reason} (until {by.until})"
        at = (rule, path)
        known = (one for one in self.aside if (one.finding.rule, one.finding.place.path) == at)
        return next((one.why for one in known), "")


def suppression_of(
    accepted: Sequence[Accepted], rule: str, path: str, today: date
) -> Accepted | None:
    """The suppression that accepts a finding on a day, or None."""
    return next((one for one in accepted
                 if one.matches(rule, path) and one.until >= today), None)  # fmt: skip


def apart(found: Sequence[Finding], accepting: Accepting) -> tuple[list[Finding], list[SetAside]]:
    """The findings that count, and those that a suppression accepts."""
    counting, aside = [], []
    for one in found:
        by = suppression_of(accepting.accepted, one.rule, one.place.path, accepting.today)
        if by is None:
            counting.append(one)
        else:
            aside.append(SetAside(one, "suppression", by.reason, by.until.isoformat()))
    return counting, aside


def counted(aside: list[SetAside]) -> str:
    """How many are set aside by what: `2 known, 1 suppressed`; empty where none is."""
    known = sum(one.by == "baseline" for one in aside)
    told = [f"{known} known"] if known else []
    told += [f"{len(aside) - known} suppressed"] if len(aside) > known else []
    return ", ".join(told)
