"""Parts of a program that several of its rows share: hosts, networks, locks, keys and shelves."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from . import layout as lay
from .arrivals import Arrivals
from .bounds import PARTS_MAX
from .layout import NS_PER_S
from .program import Table
from .rows import ns

RATE_DENOMINATOR_MAX = 1_000  # of a limiter


def finest(burst: int) -> int:
    """The largest denominator of the rate of a limiter: no rate is below one through it."""
    return max(1, min(RATE_DENOMINATOR_MAX, PARTS_MAX // (burst * NS_PER_S)))


class SharedParts(Arrivals):
    """Adds what rows share: hosts, hops, locks, keys, shelves, watches, budgets and breakers.

    Times are in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._speeds: list[float] = []
        self._popularity: list[float] = []
        self._noted: list[int] = []
        self._savings = self._circuits = 0  # rows

    def host(self, cores: int, replicas: Sequence[int], speeds: Sequence[float] = ()) -> int:
        """Let replicas share `cores` evenly among their jobs (processor sharing).

        `speeds` says instead how fast each of 1, 2, .. jobs is worked on; with more jobs than it
        has values, all of them together are worked on as fast as those of the last one.
        """
        speeds = speeds or [1.0] * cores
        first = len(self._speeds)
        self._speeds.extend(speeds)
        row = self._add("host", speed=first, n=len(speeds))
        for replica in replicas:
            self._rows["replica"][replica]["host"] = row
        return row

    def zone(self, replica: int, zone: int) -> None:
        """Put a replica into a zone; all are in zone 0 else."""
        self._rows["replica"][replica]["zone"] = zone

    def hops(
        self, rtt_s: Sequence[Sequence[float]], loss: Sequence[Sequence[float]] | None = None
    ) -> tuple[int, int]:
        """Add a network: round trips and shares of packets lost, from zone (row) to zone (column).

        Gives what `call` wants to know of it: its first row and the number of zones.
        """
        rows = [
            self._add("hop", rtt=ns(rtt), loss=loss[i][j] if loss else 0.0)
            for i, line in enumerate(rtt_s)
            for j, rtt in enumerate(line)
        ]
        return rows[0], len(rtt_s)

    def watch(
        self, service: int, *, period_s: float = 0, fails: int = 1, passes: int = 1,
        eject: int = 0, pause_s: float = 0, share: float = 1,
    ) -> int:  # fmt: skip
        """Watch a service's replicas: checks every `period_s`, ejection after failures in a row."""
        return self._add("watch", service=service, period=ns(period_s), fails=fails, passes=passes,
                         eject=eject, pause=ns(pause_s), share=share)  # fmt: skip

    def locks(self, n: int = 1) -> int:
        """Add locks; gives the first."""
        return self._add_many("lock", n)

    def keys(self, shares: Sequence[float]) -> int:
        """Add keys by how often each is asked for, in any unit."""
        first = len(self._popularity)
        upto = np.cumsum(np.asarray(shares, float))
        self._popularity.extend((upto / upto[-1]).tolist())
        return self._add("keys", first=first, n=len(shares))

    def shelf(
        self, service: int, keys: int, capacity: int, *, policy: int = lay.LRU, ttl_s: float = 0,
        renew: bool = False, coalesce: bool = False, warm: bool = False,
    ) -> int:  # fmt: skip
        """Let each group of a cache service keep items of `keys` keys; `warm`: the first ones."""
        groups = self._rows["service"][service]["groups"]
        first, drawer = len(self._rows["item"]), len(self._rows["drawer"])
        row = self._add("shelf", service=service, keys=keys, first=first, drawer=drawer,
                        capacity=capacity, policy=policy, ttl=ns(ttl_s), renew=int(renew),
                        coalesce=int(coalesce))  # fmt: skip
        n = min(capacity, keys) if warm else 0
        for group in range(groups):
            base = first + group * keys
            self._add("drawer", head=base if n else lay.NONE, tail=base + n - 1 if n else lay.NONE,
                      n=n)  # fmt: skip
            for i in range(keys):
                there = i < n
                self._add("item", at=0 if there else lay.NONE, uses=int(there),
                          prev=base + i - 1 if there and i else lay.NONE,
                          next=base + i + 1 if i + 1 < n else lay.NONE)  # fmt: skip
        return row

    def log(self, keys: int, lag_s: float) -> int:
        """Add a log of writes to `keys` keys, of which copies are `lag_s` behind."""
        first = len(self._noted)
        self._noted.extend([lay.NONE] * keys)
        return self._add("log", first=first, keys=keys, lag=ns(lag_s))

    def budget(
        self, share: float, burst: float, *, spend: float = 0, reward: float = 0, callers: int = 1
    ) -> int:
        """Add a retry budget: `share` retries per first attempt; `burst` retries saved at most.

        Each of so many `callers`, the replicas of the service whose calls name it, has its own.
        With `spend`, attempts that fail take so many from it, those that do not bring `reward`, and
        retries are made, free, while it is more than half full.
        """
        cap = round(burst * lay.TOKEN)
        tokens = {"spend": round(spend * lay.TOKEN), "reward": round(reward * lay.TOKEN)}
        first, self._savings = self._savings, self._savings + callers
        return self._add("budget", tokens=cap, earn=round(share * lay.TOKEN), cap=cap, first=first,
                         callers=callers, **tokens)  # fmt: skip

    def limiter(self, rate_per_s: float, burst: int) -> int:
        """Add a token bucket, full at the start: so many a second on average, `burst` at once.

        The rate is kept as a fraction with a denominator of at most 1,000, less for bursts of
        millions, so that both readings count in whole numbers.
        """
        rate = Fraction(rate_per_s).limit_denominator(finest(burst))
        price = NS_PER_S * rate.denominator
        return self._add("limiter", level=burst * price, cap=burst * price, price=price,
                         earn=rate.numerator)  # fmt: skip

    def breaker(
        self, endpoint: int, *, window_s: float = 1, least: int, share: float, pause_s: float,
        last: int = 0, probes: int = 1, jointly: bool = False, callers: int = 1,
    ) -> int:  # fmt: skip
        """Add circuit breakers for calls to an endpoint's service.

        Each of so many `callers`, the replicas of the service whose calls name it, has one for each
        group of the callee. One opens when at least `least` attempts of a window ended and `share`
        of them badly; the window is of time or, with `last`, of that many attempts. Half-open,
        `probes` are let through; it opens at the first that fails or, `jointly`, if `share` of all
        of them do.
        """
        callee = self._rows["service"][self._rows["endpoint"][endpoint]["service"]]
        columns = {"window": ns(window_s), "least": least, "share": share, "pause": ns(pause_s)}
        columns |= {"last": last, "probes": probes, "jointly": int(jointly)}
        first, groups = self._circuits, callee["groups"]
        self._circuits += callers * groups
        return self._add("breaker", first=first, callers=callers, groups=groups, **columns)

    def plain_tables(self) -> dict[str, Table]:
        """The tables that were not filled row by row."""
        return {
            "speed": np.array(self._speeds, "f8"),
            "popularity": np.array(self._popularity, "f8"),
            "noted": np.array(self._noted, "i8"),
            "arrival": np.array(self._arrivals, "i8"),
            "savings": np.zeros(self._savings, lay.savings_t),
            "circuit": np.zeros(self._circuits, lay.circuit_t),
        }
