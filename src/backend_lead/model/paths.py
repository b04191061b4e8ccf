"""What else could have been built: alternatives, stages, the numbers that would change the choice.

Plain values in base units, as in `model/design.py`: search writes them, emitters read them.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_LOOKED_FOR = "paths-not-looked-for"  # the finding that says why there are none


@dataclass(frozen=True)
class Alternative:
    """One whole design beside the others, judged by the solver at design peak with a zone lost.

    `carries` is a share of the stated load, `p99_s` that at the load it carries (None where none
    holds). `kept` and `missed` are objectives in words. `same_as` names alternatives that came out
    as this very design. `why_not` and `better_when` are empty for the one that was chosen.
    `by_steps` tells that the other aims were sought by single steps from the chosen design.
    """

    id: str
    title: str
    chosen: bool
    same_as: tuple[str, ...]
    parts: str
    tactics: tuple[str, ...]
    carries: float
    max_users: float
    requests_per_s: float
    p99_s: float | None
    availability: float
    survives_zone: bool
    usd_month: float
    complexity_usd: float
    machines: int
    stateful: int
    kinds: int
    hours_asked: float
    hours_given: float | None
    kept: tuple[str, ...]
    missed: tuple[str, ...]
    why_not: str
    better_when: str
    by_steps: bool = False


@dataclass(frozen=True)
class NotYet:
    """A step that is left to a later stage.

    `above` is the load above which it is needed: what larger sizes of the stage before its own
    carry, with the data of that load, counted in `unit`: "users" or, where the load is stated as a
    rate, "requests/s"; 0 where it is not for the load.
    """

    title: str
    stage: int
    above: float
    unit: str
    why: str


@dataclass(frozen=True)
class Stage:
    """The design of one load on the way.

    `factor` is the load as a multiple of the stated one. `until_*` is the load up to which these
    machines hold with their margin, `knobs_until_*` the same with larger sizes of the same parts.
    `metric` in normal operation has the value `alert_at` (a ratio, or seconds) at that load, and
    `alert_now` at the load of the stage (0: not known).
    """

    number: int
    factor: float
    users: float
    requests_per_s: float
    holds: bool
    parts: str
    steps: tuple[str, ...]
    usd_month: float
    complexity_usd: float
    machines: int
    until_users: float
    until_per_s: float
    knobs_until_users: float
    knobs_until_per_s: float
    metric: str
    alert_at: float
    alert_unit: str
    not_yet: tuple[NotYet, ...]
    dropped_later: tuple[str, ...]
    alert_now: float = 0.0


@dataclass(frozen=True)
class Flip:
    """The value at which an assumed number changes which tactics are chosen.

    `before` is the largest change towards it that was found to leave the choice as it is.
    `within` tells whether it lies inside the stated range of the assumption, `by_steps` that single
    steps from the design found it, not whole searches.
    """

    path: str
    label: str
    value: float
    text: str
    at: float
    at_text: str
    before: float
    before_text: str
    low_text: str
    high_text: str
    within: bool
    change: str
    usd_month: float
    test: str
    by_steps: bool = False


@dataclass(frozen=True)
class Feasible:
    """A design near an impossible promise: what is kept, what gives, and what it costs."""

    keeps: str
    gives: str
    text: str
    users: float
    p99_s: float | None
    usd_month: float


@dataclass(frozen=True)
class Refusal:
    """Why a promise cannot be kept: what binds, with its number, and the nearest that can."""

    binds: tuple[str, ...]
    closest: tuple[Feasible, ...]
