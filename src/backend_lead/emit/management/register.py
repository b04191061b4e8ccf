"""The risk register: what can go wrong with a design, in numbers, ordered by a stated rule.

Nothing is judged by feeling: a severity is computed from figures of the design, or it is said that
no number is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from backend_lead.emit.report.wording import number

Kind = Literal["fault", "objective", "limit", "growth", "interface", "single", "assumption",
               "choice", "finding", "open"]  # fmt: skip
WHOLE = 100.0  # a promise broken, or the whole bill again
NEAR = 0.75  # share of an allowance, or of a limit, from which on it is a risk
OWNER = "to be named"
WIDEST = "region"  # of what is not judged, what takes everything with it comes first

KINDS: dict[Kind, tuple[str, str]] = {
    "fault": (
        "a fault that was tried",
        "share of users affected (of requests failed, where the load is a rate) × (time to recover "
        "/ time allowed); the time counts as used up where it is not known; at least 100 "
        "where the trial failed",
    ),
    "objective": (
        "an objective that is missed or near",
        "share of what is allowed that is used: slowest 1 % of answers / objective, down time / "
        "down time allowed, cost / budget; at least 100 where it is missed; listed from 75",
    ),
    "limit": (
        "a resource that is full soon",
        "stated peak / load at which the resource is full; listed where less than 25 % are left",
    ),
    "growth": (
        "data that outgrows the machines",
        "share of the stated load that is no longer carried after a year of it",
    ),
    "interface": (
        "what the API asks or promises beyond what is built",
        "requests of screens: use of the busiest resource with them, at most 1; connections: "
        "machines to hold them / machines of the design; tiers: what they promise × the share "
        "assumed to be asked at a time / what can be kept, at most 1",
    ),
    "single": (
        "a part that one zone can take away",
        "time a zone is gone / time the strictest objective allows; 100 where that is not known",
    ),
    "assumption": (
        "a number nobody stated",
        "what it adds to the bill at its worse end / the bill; 100 where no sizes hold there",
    ),
    "choice": (
        "an assumed number that turns the choice of parts",
        "share of its range that lies beyond the value at which the choice changes; flips outside "
        "the range are no risk",
    ),
    "finding": (
        "a rule that is not kept",
        "no number: 100 for an error, 75 where it could not be judged, 50 for a warning",
    ),
    "open": ("not judged at all", "not known; listed last, which does not mean least"),
}  # fmt: skip
FIXED = {"error": WHOLE, "unknown": 75.0, "warning": 50.0}


@dataclass(frozen=True)
class Risk:
    """One row. `id` says what it is about and stays while numbers change.

    `severity` follows the rule of its kind (None: not known). `short` is the row in one sentence
    for people who do not build. `link` is a path beside the register, `evidence` its words.
    """

    id: str
    about: Kind
    risk: str
    cause: str
    effect: str
    likelihood: str
    severity: float | None
    mitigation: str
    evidence: str
    link: str
    sign: str
    short: str

    @property
    def severity_text(self) -> str:
        """The severity as people read it."""
        return "not known" if self.severity is None else number(self.severity, 2)


def ordered(rows: Iterable[Risk]) -> list[Risk]:
    """Every risk once, the most severe first, those without a number last.

    Of two rows with one id, the first given stays.
    """
    once: dict[str, Risk] = {}
    for row in rows:
        once.setdefault(row.id, row)
    return sorted(once.values(), key=lambda r: (r.severity is None, -(r.severity or 0.0), r.id))


def largest_of_each_kind(rows: list[Risk], most: int) -> list[Risk]:
    """The first of each kind, so that three prices of one sort do not hide an outage."""
    first: dict[Kind, Risk] = {}
    for row in sorted(rows, key=lambda r: r.about == "open" and WIDEST not in r.id):
        if row.severity != 0:
            first.setdefault(row.about, row)
    found = ordered(first.values())
    return found[:most]
