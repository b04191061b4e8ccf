"""Where requests come from, and who orders replicas for them, as rows of a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import layout as lay
from .layout import NS_PER_S
from .rows import Rows, ns


class Arrivals(Rows):
    """Adds sources and controllers. Times are in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._arrivals: list[int] = []

    def controller(
        self, service: int, *, least: int, period_s: float, target: float, delay_s: float,
        cool_s: float, step: int = 0, grow: float = 0, looks: int = 1,
        tolerance: float = 0, down: int = 1,
    ) -> int:  # fmt: skip
        """Let the visible replicas of a service follow the use of their cores over `looks` periods.

        In one look it orders at most `step` replicas or the share `grow` of those there are,
        whichever is more, and hides at most `down`. It does nothing while the use misses its target
        by the share `tolerance` or less.
        """
        past = self._add_many("past", looks)
        return self._add("controller", service=service, least=least, period=ns(period_s),
                         target=target, delay=ns(delay_s), cool=ns(cool_s), step=step, grow=grow,
                         past=past, looks=looks, tolerance=tolerance, down=down)  # fmt: skip

    def open(
        self,
        rate_per_s: float,
        mix: Mapping[int, float],
        segments: Sequence[tuple[float, float]] | None = None,
        phases: Sequence[tuple[float, float]] = (),
    ) -> int:
        """Add open arrivals. `mix` is root endpoint: share; `segments` are (start in s, factor).

        `phases` are (factor, mean length in s), exponential, one after the other in a circle.
        """
        first = len(self._rows["phase"])
        for factor, mean_s in phases:
            self._add("phase", factor=factor, mean=mean_s * NS_PER_S)
        return self._source(mix, segments, closed=lay.OPEN, rate=rate_per_s / NS_PER_S,
                            phase=first, phases=len(phases))  # fmt: skip

    def replay(self, times_s: Sequence[float], mix: Mapping[int, float]) -> int:
        """Add arrivals at given times, ascending."""
        first = len(self._arrivals)
        self._arrivals.extend(ns(time_s) for time_s in times_s)
        return self._source(mix, None, closed=lay.REPLAY, first=first, n=len(times_s))

    def every(self, interval_s: float, mix: Mapping[int, float]) -> int:
        """Add one arrival at the end of each interval."""
        return self._source(mix, None, closed=lay.EVERY, think=interval_s * NS_PER_S)

    def closed(
        self,
        users: float,
        think_s: float,
        mix: Mapping[int, float],
        segments: Sequence[tuple[float, float]] | None = None,
    ) -> int:
        """Add users who think between their requests; `mix` and `segments` as for `open`."""
        return self._source(mix, segments, closed=lay.CLOSED, users=users, think=think_s * NS_PER_S)

    def _source(
        self,
        mix: Mapping[int, float],
        segments: Sequence[tuple[float, float]] | None,
        **columns: float,
    ) -> int:
        first_segment, first_mix = len(self._rows["segment"]), len(self._rows["mix"])
        for start_s, factor in segments or [(0.0, 1.0)]:
            self._add("segment", start=ns(start_s), factor=factor)
        total, upto = sum(mix.values()), 0.0
        for root, share in mix.items():
            upto += share / total
            self._add("mix", upto=upto, root=root)
        return self._add(
            "source",
            segment=first_segment,
            segments=len(self._rows["segment"]) - first_segment,
            mix=first_mix,
            n_mix=len(mix),
            **columns,
        )
