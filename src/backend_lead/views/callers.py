"""Who makes requests, as a flow has it: classes of callers, and the connections that they hold."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Link:
    """Connections that a class of callers holds to a station; `root` opens one.

    After a loss their clients come back within `back_s`. Heartbeats, root `beat`, come every
    `every_s` on each.
    """

    client: str
    station: str
    root: str
    users: float
    back_s: float
    beat: str | None = None
    every_s: float = 0.0


@dataclass(frozen=True)
class Source:
    """A class of callers with its mix over roots (shares add up to 1).

    `starts` is the mix of those who come of themselves, where others follow in sessions: each comes
    with `per_start` requests on the mean, and `between_s` of thinking between these.
    `beats`: heartbeats of a link of that client, whose rate follows the connections held. `phases`
    are (multiple of the rate, mean length in s) that follow each other. `every_s` > 0: one request
    at the end of each such interval. `recorded`: requests come at these times (s) instead.
    """

    client: str
    users: float
    think_s: float
    rate_per_s: float
    mix: dict[str, float]
    beats: bool = False
    phases: tuple[tuple[float, float], ...] = ()
    every_s: float = 0.0
    recorded: tuple[float, ...] = ()
    starts: dict[str, float] = field(default_factory=dict)
    per_start: float = 1.0
    between_s: float = 0.0

    @property
    def closed(self) -> bool:
        return self.users > 0

    def offered_per_s(self, response_s: float = 0.0) -> float:
        """Requests per second; for closed users by Little's law, X = N / (R + Z)."""
        if not self.closed:
            return self.rate_per_s
        cycle_s = self.think_s + self.per_start * response_s + self.between_s
        return self.users * self.per_start / cycle_s
