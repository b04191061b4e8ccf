"""Waits in queues with several servers, by formula."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from backend_lead.analysis.samples import Vector
from backend_lead.analysis.two_kinds import SERVERS_MAX, Kinds, met, same_use

FULL = 0.999  # above this share of capacity a queue has no steady state
NEGLIGIBLE = 1e-12  # of the whole weight of a chain's states
LINE_MAX = 100_000  # longest line looked at
CUT_MIN = 1e-3  # of arrivals: what is cut off below this does not matter
OFFERED_MAX = 50.0  # erlangs a core at which it is always busy
RARE = 1e-6  # a chance to wait that does not matter
HALVINGS = 60
LOG_SHARE_MIN = -700.0  # logarithm of the smallest share that is told from none
# What comparing replicas by what is under way gains over chance falls with the root of the share of
# that which is in the queue: fitted to the kernel over queues of 1 to 4 servers, 4 and 14 replicas,
# half and three quarters full, with 0 to 100 service times spent elsewhere; within 0.22 of it,
# most within 0.1 (tests/analysis/test_queues_compared.py).
COMPARING = frozenset({"power-of-two", "least-outstanding"})
# Bursts of two kinds: who compares replicas avoids those that long bursts hold, so the mean wait
# over that at random is that of equal bursts to the power of 1 + this x ln(their squared cv), of
# two choices among many replicas more. Fitted to the kernel over 2, 4 and 10 replicas of 1, 2 and 4
# cores, 40 and 70 % busy, 30 % of the work in bursts 30 and 200 times as long; docs/solver.md has
# the error that is left.
AVOIDING, AVOIDING_OF_MANY = 0.05, 0.15


def erlang_b(servers: int, load: float) -> float:
    """Share refused where nobody waits, M/G/c/c; `load` in erlangs. Source: Erlang 1917."""
    if load <= 0:
        return 0.0
    blocking = 1.0
    for n in range(1, servers + 1):
        blocking = load * blocking / (n + load * blocking)
        if blocking < 1e-14 and n > load:
            return 0.0
    return blocking


def erlang_c(servers: int, load: float) -> float:
    """Probability of waiting in M/M/c; `load` in erlangs below `servers`. Source: Erlang 1917."""
    blocking = erlang_b(servers, load)
    return servers * blocking / (servers - load * (1 - blocking)) if blocking > 0 else 0.0


def relaxation_s(wait: Vector, now: Vector, busy: float) -> float:
    """The mean time (s) in which a queue that would let one wait as `now` (samples of it) comes to
    let one wait as `wait`, as it does in the long run; 0 where these have the same mean.

    It is the area between the mean of now and that of the long run over their difference now. In
    M/G/1 the area is (E V^2 - E v^2) / 2 (1 - use), with v the work at the start, V in the long
    run: Poisson's equation (Glynn, Advances in Applied Probability 26, 1994). The work before one
    and the drift of a wait, 1 - use, are taken to be likewise with more servers.
    """
    off = float(np.mean(wait) - np.mean(now))
    area = float(np.mean(wait * wait) - np.mean(now * now)) / (2 * (1 - busy))
    return max(0.0, area / off) if off else 0.0


def refusing(load: float, servers: int, places: int) -> tuple[float, float, float]:
    """(share of those served who waited, their mean wait over all served, share refused) in M/M/c
    with `places` to wait, at any load; the wait in mean service times."""
    blocking = erlang_b(servers, load)
    if blocking <= 0:
        return 0.0, 0.0, 0.0
    log_rho = math.log(load / servers)
    lines = np.arange(places + 1) * log_rho
    most = max(0.0, float(lines[-1]))
    weights = np.exp(lines - most)  # of 0, 1, .. in the line, all servers busy
    total = math.exp(-most) * (1 / blocking - 1) + float(weights.sum())
    refused = float(weights[-1]) / total
    waits = weights[:-1] / (total - weights[-1])
    ahead = np.arange(1, places + 1) / servers
    return float(waits.sum()), float((waits * ahead).sum()), refused


@cache
def _pooled(balance: str, replicas: int) -> tuple[int, float]:
    """Replicas that share a queue in effect, and the arrivals' squared cv, by balancing rule."""
    if balance == "round-robin":
        return 1, 1.0 / max(1, replicas)
    if balance == "least-outstanding":
        return replicas, 1.0
    return 1, 1.0


def wait(
    rate: float, mean_s: float, scv: float, servers: int, balance: str, replicas: int,
    elsewhere: float = 0.0, kinds: Kinds | None = None,
) -> tuple[float, float]:  # fmt: skip
    """(probability of waiting, mean wait) for one of `replicas` equal queues of `servers`.

    `rate` and `servers` are per replica, and so is `elsewhere`: requests that the balancer counts
    as well, though they are not in this queue but wait for answers of others. `kinds` are those of
    the bursts, if they are of two.
    """
    load = rate * mean_s
    if servers <= 0 or load >= servers * FULL:
        return 1.0, math.inf
    best = _wait(rate, mean_s, scv, servers, balance, replicas, kinds)
    if elsewhere <= 0 or balance not in COMPARING:
        return best
    blind = _wait(rate, mean_s, scv, servers, "random", replicas, kinds)
    here = load + rate * blind[1]
    sees = math.sqrt(here / (here + elsewhere))
    return blind[0] + (best[0] - blind[0]) * sees, blind[1] + (best[1] - blind[1]) * sees


def _wait(
    rate: float, mean_s: float, scv: float, servers: int, balance: str, replicas: int,
    kinds: Kinds | None = None,
) -> tuple[float, float]:  # fmt: skip
    load = rate * mean_s
    shared, arrival_scv = _pooled(balance, replicas)
    shared = min(shared, max(1, 4096 // servers))
    waiting = erlang_c(servers * shared, load * shared)
    mean = (
        waiting * mean_s / ((servers - load) * shared) * _varies(load / servers, arrival_scv, scv)
    )
    chance, less = _two(balance, replicas, servers, load)
    waiting, mean = waiting * chance, mean * less
    if kinds is None or waiting < RARE:
        return waiting, mean
    more, longer = _of_kinds(rate, mean_s / kinds.mean_s, kinds, servers)
    if balance in COMPARING and replicas > 1:
        _, blind = _wait(rate, mean_s, scv, servers, "random", 1)
        power = AVOIDING
        if balance == "power-of-two":
            power += AVOIDING_OF_MANY * (1 - (2 / replicas) ** 2)
        longer *= (mean / blind) ** (power * math.log(kinds.scv))
    return min(1.0, waiting * more), mean * longer


def _of_kinds(rate: float, slow: float, kinds: Kinds, servers: int) -> tuple[float, float]:
    """The chance to wait and the mean wait at one replica over those of the formulas."""
    found = met(rate, kinds, servers, slow)
    use, some = same_use(rate * slow * kinds.mean_s / servers), min(servers, SERVERS_MAX)
    waiting = erlang_c(some, use * some)
    return found.waiting / waiting, found.wait / (
        waiting / (some * (1 - use)) * _varies(use, 1.0, kinds.scv)
    )


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
    chance, less = _two(balance, replicas, servers, load)
    wait_s = mean * mean_s * _varies(load / servers, arrival_scv, scv)
    return waiting * chance, wait_s * less, lost * less


def _varies(rho: float, arrival_scv: float, scv: float) -> float:
    """The wait over that of M/M/c, by how much arrivals and service vary.

    Allen and Cunneen; where arrivals are regular, with the correction of Kraemer and
    Langenbach-Belz (Proc. 8th International Teletraffic Congress, 1976).
    """
    both = arrival_scv + scv
    if arrival_scv >= 1 or both <= 0 or rho <= 0:
        return both / 2
    return both / 2 * math.exp(-2 * (1 - rho) * (1 - arrival_scv) ** 2 / (3 * rho * both))


def _two(balance: str, replicas: int, servers: int, load: float) -> tuple[float, float]:
    """What power of two choices leaves of the chance to wait and of the mean wait at random.

    Of many replicas as the mean-field limit says, of two as if they had one queue; of some between,
    as the error of the limit falls with their number (Ying, SIGMETRICS 2016).
    """
    if balance != "power-of-two" or replicas <= 1:
        return 1.0, 1.0
    at_random = erlang_c(servers, load)
    if at_random < RARE:
        return 1.0, 1.0
    chance, mean = _many_replicas(round(load / servers, 3), servers)
    pair = erlang_c(2 * servers, 2 * load) / at_random
    few = 2 / replicas
    return chance + (pair - chance) * few, mean + (pair / 2 - mean) * few


@cache
def _many_replicas(rho: float, servers: int) -> tuple[float, float]:
    """Chance to wait and mean wait with two choices, over those at random, at equal servers.

    With s_k the share of replicas that have k requests or more, the flow up from k - 1 is
    load x (s_(k-1)^2 - s_k^2), that down from k is min(k, servers) x (s_k - s_(k+1)). Sought is the
    share of idle ones with which s_servers = rho x s_(servers-1)^2, as it is from there on. Source:
    Mitzenmacher, IEEE TPDS 12, 2001, for one server; the flows with several follow from it.
    """
    load = rho * servers
    low, high = LOG_SHARE_MIN, 0.0
    before = 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        ends = _shares(load, servers, math.exp(middle))
        if ends is not None and ends[0] > rho * ends[1] ** 2:
            low, before = middle, ends[1]
        else:
            high = middle
    waiting, at_random = rho * before * before, erlang_c(servers, load)
    chance, queue, share = waiting * waiting, 0.0, waiting
    while (share := rho * share * share) > NEGLIGIBLE:
        queue += share
    return min(1.0, chance / at_random), min(1.0, queue / (at_random * rho / (1 - rho)))


def _shares(load: float, servers: int, idle: float) -> tuple[float, float] | None:
    """(s_servers, s_(servers-1)) where a share of replicas is idle; None if that cannot be."""
    share, part, before = 1.0, idle, 1.0
    for k in range(1, servers + 1):
        before, share = share, share - part
        if share <= 0:
            return None
        part = load * part * (before + share) / k
    return share, before


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


def shorter(load: float, cores: int, workers: int) -> tuple[float, float]:
    """The wait for a core where at most `workers` are inside, over that with any number inside; and
    the chance that they are all inside.

    The chain of those inside is cut at `workers`, at the load that still gets through. What is not
    waited for a core is waited for a worker.
    """
    rho = load / cores
    if not cores < workers or not 0 < rho < FULL:
        return 1.0, 0.0
    waits = erlang_c(cores, load)
    full = waits * rho ** (workers - cores)
    if full < CUT_MIN:
        return 1.0, 0.0
    offered = load
    for _ in range(HALVINGS):
        _, wait, lost = leaving(offered, cores, workers - cores, 0.0)
        if abs(offered * (1 - lost) - load) < CUT_MIN * load:
            break
        offered = min(load / (1 - lost), OFFERED_MAX * cores)
    return min(1.0, wait * (cores - load) / waits), full
