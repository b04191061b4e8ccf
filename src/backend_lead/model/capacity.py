"""How far a design goes, as it was found: the curve, the highest load, what is full first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CapacityPoint:
    """Predicted behaviour at one load; `by` says who predicted: the solver or a kernel run."""

    users: float
    requests_per_s: float
    p99_s: float | None
    holds: bool
    by: str


@dataclass(frozen=True)
class Bottleneck:
    """What limits the design, at which load, and the law that says so."""

    rank: int
    component: str
    resource: str
    at_users: float
    at_requests_per_s: float
    busy_at_target: float
    why: str


@dataclass(frozen=True)
class Capacity:
    """How far the design goes: curve, highest load within the objectives, knee, bottlenecks.

    `max_*` hold with all zones up; `planned_*` under what the sizes are planned for, which
    `planned_when` says in words; 0 where that was not computed.
    """

    points: tuple[CapacityPoint, ...]
    max_users: float
    max_requests_per_s: float
    knee_users: float
    bottlenecks: tuple[Bottleneck, ...]
    margin: float
    limit: str = ""
    planned_users: float = 0.0
    planned_per_s: float = 0.0
    planned_when: str = ""

    @property
    def has_knee(self) -> bool:
        """Whether latency bends before the highest load; else it holds until a resource is full."""
        return self.knee_users < 0.99 * self.max_users
