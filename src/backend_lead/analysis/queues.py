"""Waits in queues with several servers, by formula."""

from __future__ import annotations

import math
from functools import cache

FULL = 0.999  # above this share of capacity a queue has no steady state


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
    if balance == "power-of-two" and replicas > 1:
        rho = load / servers
        ratio = _two_choices(round(rho, 3))
        waiting, mean = waiting * ratio, mean * ratio
    return waiting, mean


@cache
def _two_choices(rho: float) -> float:
    if rho <= 0.0:
        return 0.0
    total, i = 0.0, 2
    while (term := rho ** (2**i - 2)) > 1e-12 and i < 40:
        total += term
        i += 1
    return min(1.0, total / (rho / (1 - rho)))
