"""What was found about copies of a store: reads that came too early, writes that were lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend_lead.model.kept import Number


@dataclass(frozen=True)
class CopyReads:
    """Statements of a store whose replicas are `lag_s` behind, over a whole run.

    Where replication stood still in it they were `most_s` behind at most, else `lag_s`.
    `stale` of the `read` at replicas were of a row that was `written` less than the lag before.
    `to_primary` went there because their caller had just written; `avoided` of these would have
    been stale at a replica because of anybody's write, which is the least that was avoided.
    """

    store: str
    lag_s: float
    most_s: float
    written: int
    read: int
    stale: int
    to_primary: int
    avoided: int
    run: str = ""


@dataclass(frozen=True)
class LostWrites:
    """Acknowledged writes that a failover at a time of the run lost.

    `by` is who took over: a `standby` has every write; a `replica` lacks those of the last `lag_s`.
    """

    store: str
    at_s: Number
    by: Literal["standby", "replica"]
    after_s: Number
    lag_s: Number
    writes: Number
    origin: Literal["simulated", "computed"]
    why: str
    run: str = ""

    def kept_to(self, most_s: float) -> bool:
        """Whether no writes are lost but those of the last `most_s` (s)."""
        return self.writes <= 0 or self.lag_s <= most_s
