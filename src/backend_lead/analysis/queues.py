"""Waits in queues with several servers, by formula."""

from __future__ import annotations

import math
from functools import cache

FULL = 0.999  # above this share of capacity a queue has no steady state
NEGLIGIBLE = 1e-12  # of the whole weight of a chain's states
LINE_MAX = 100_000  # longest line looked at


def erlang_c(servers: int, load: float) -> float:
    """Probability of waiting in M/M/c; `load` in erlangs below `servers`. Source: Erlang 1917."""
    if load <= 0:
        return 0.0
    blocking = 1.0
    for n in range(1, servers + 1):
        blocking = load * blocking / (n + load * blocking)
        if blocking < 1e-14 and n > load:
            return 0.0
    return servers * blocking / (servers - load * (1 - blocking))


@cache
def _pooled(balance: str, replicas: int) -> tuple[int, float]:
    """Replicas that share a queue in effect, and the arrivals' squared cv, by balancing rule."""
    if balance == "round-robin":
        return 1, 1.0 / max(1, replicas)
    if balance == "least-outstanding":
        return replicas, 1.0
    return 1, 1.0


def wait(
    rate: float, mean_s: float, scv: float, servers: int, balance: str, replicas: int
) -> tuple[float, float]:
    """(probability of waiting, mean wait) for one of `replicas` equal queues of `servers`.

    `rate` and `servers` are per replica. Power of two choices scales the random wait by
    Mitzenmacher's M/M/1 ratio (IEEE TPDS 12, 2001).
    """
    load = rate * mean_s
    if servers <= 0 or load >= servers * FULL:
        return 1.0, math.inf
    shared, arrival_scv = _pooled(balance, replicas)
    shared = min(shared, max(1, 4096 // servers))
    waiting = erlang_c(servers * shared, load * shared)
    mean = waiting * mean_s / ((servers - load) * shared) * (arrival_scv + scv) / 2
    ratio = _ratio(balance, replicas, load / servers)
    return waiting * ratio, mean * ratio


def wait_or_leave(
    rate: float, mean_s: float, scv: float, servers: int, balance: str, replicas: int,
    places: int | None, gives_up_s: float,
) -> tuple[float, float, float]:  # fmt: skip
    """(probability of waiting, mean wait, share lost), as `wait`, of requests that are refused when
    `places` wait at a replica, or leave after `gives_up_s` (0: never) on the mean."""
    load = rate * mean_s
    if servers <= 0 or load >= servers * FULL:
        return 1.0, math.inf, 0.0
    shared, arrival_scv = _pooled(balance, replicas)
    shared = min(shared, max(1, 4096 // servers))
    waiting, mean, lost = leaving(
        load * shared, servers * shared, None if places is None else places * shared,
        mean_s / gives_up_s if gives_up_s else 0.0,
    )  # fmt: skip
    ratio = _ratio(balance, replicas, load / servers)
    return waiting * ratio, mean * mean_s * (arrival_scv + scv) / 2 * ratio, lost * ratio


def _ratio(balance: str, replicas: int, rho: float) -> float:
    """Waits with power of two choices over those at random."""
    if balance != "power-of-two" or replicas <= 1:
        return 1.0
    return _two_choices(round(rho, 3))


@cache
def _two_choices(rho: float) -> float:
    if rho <= 0.0:
        return 0.0
    total, i = 0.0, 2
    while (term := rho ** (2**i - 2)) > 1e-12 and i < 40:
        total += term
        i += 1
    return min(1.0, total / (rho / (1 - rho)))


def leaving(
    load: float, servers: int, places: int | None, gives_up: float
) -> tuple[float, float, float]:
    """(share of those served who waited, their mean wait over all served, share lost) in M/M/c with
    `places` to wait (None: any number), whose waiting customers leave at `gives_up` times the rate
    of one server. Times are in mean service times.

    The birth-death chain itself, up to where it does not matter any more. Sources: Erlang 1917
    (loss), Palm 1957 (impatience).
    """
    calm, below, state = 0.0, 1.0, servers  # weights relative to all servers busy, none waiting
    while state > 0 and below > NEGLIGIBLE:
        below *= state / load
        state -= 1
        calm += below
    total, weight = calm, 1.0
    waited = served = 0.0
    stays, ahead_s = 1.0, 0.0  # of who comes to this line: chance to be served, time until then
    for line in range(LINE_MAX if places is None else places):
        leave = servers + (line + 1) * gives_up
        stays *= 1 - gives_up / leave
        ahead_s += 1 / leave
        total += weight
        served += weight * stays
        waited += weight * stays * ahead_s
        weight *= load / leave
        if load < leave and weight < NEGLIGIBLE * total:
            break
    else:
        total += weight  # no place left: who comes now is refused
    return served / (calm + served), waited / (calm + served), 1 - (calm + served) / total
