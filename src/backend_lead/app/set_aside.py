"""A finding that does not count: it is known from before, or accepted for a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from backend_lead.model.finding import Finding

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


def counted(aside: list[SetAside]) -> str:
    """How many are set aside by what: `2 known, 1 suppressed`; empty where none is."""
    known = sum(one.by == "baseline" for one in aside)
    told = [f"{known} known"] if known else []
    told += [f"{len(aside) - known} suppressed"] if len(aside) > known else []
    return ", ".join(told)
