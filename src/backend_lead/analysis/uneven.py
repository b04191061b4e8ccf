"""Instances that do not get the same share of the load, as the solver sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from backend_lead.analysis.queues import wait
from backend_lead.catalog.kind import Station

EVEN = ((1.0, 1.0),)
Waiting = tuple[float, ...]  # probability of waiting, mean wait, and maybe what is lost


def loads_of(station: Station) -> tuple[tuple[float, float], ...]:
    """(share of the requests, load over the mean) of instances that get as much as each other."""
    said = station.serving.weights if station.serving else None
    if station.balance != "weighted" or not said:
        return EVEN
    weights = [said[i % len(said)] for i in range(station.per_group)]
    total, n = sum(weights), len(weights)
    counted = Counter(weights)
    return tuple((weight * many / total, weight * n / total) for weight, many in counted.items())


def busiest(station: Station) -> float:
    """Load of the instance that gets most, over the mean."""
    return max(load for _, load in loads_of(station))


def over_all(station: Station, rate: float, of: Callable[[float], Waiting]) -> Waiting:
    """What `of` says at the rate of each instance, as requests meet it; `rate` is the mean."""
    found = [(share, of(rate * load)) for share, load in loads_of(station)]
    return tuple(sum(share * one[i] for share, one in found) for i in range(len(found[0][1])))


def wait_at(
    station: Station, rate: float, mean_s: float, scv: float, servers: int
) -> tuple[float, float]:
    """`queues.wait` at the instances of a station; `rate` and `servers` are per replica."""
    waiting, mean = over_all(
        station, rate,
        lambda own: wait(own, mean_s, scv, servers, station.balance, station.per_group),
    )  # fmt: skip
    return waiting, mean
