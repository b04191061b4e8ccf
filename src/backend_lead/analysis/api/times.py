"""How long a screen takes on a network: connection, rounds, slow start, loss, server time.

Every view draws its own round trip, losses and server times, from one seed. Requests that begin
together share the bandwidth, and what follows one of them begins when the last byte of all has
arrived: a little late rather than early.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend_lead.analysis.api.served import Law, Vector
from backend_lead.catalog.network_profiles import (
    FIRST_WINDOW,
    OPENING,
    PACKET,
    TAIL_PROBE,
    Profile,
)
from backend_lead.catalog.sockets import HANDSHAKE_CPU

DRAWS = 2000  # views; the 95th percentile of so many is off by about 3%
_WINDOWS = 20  # doublings looked at: 10 packets become ten million
_SHORT = 4  # packets: fewer leave too few acknowledgements to notice a loss at once
AT_ONCE = 100  # requests on one connection at a time; RFC 9113, section 6.5.2: no smaller than that


@dataclass(frozen=True)
class Sent:
    """A request of a client: which operation, what it waits for, how often, bytes, server time.

    `law` is None where `took` gives the time of each view, found elsewhere.
    """

    name: str
    after: str
    times: int
    up: float
    down: float
    law: Law | None
    took: Vector | None = None


class View:
    """Draws of many views of one screen on one network, the same for every style."""

    def __init__(self, network: Profile, seed: int, draws: int = DRAWS) -> None:
        self.network, self.draws = network, draws
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self.base = network.rtt.value * self._around(network.between.value, (draws,))

    def _around(self, deviation: float, shape: tuple[int, ...]) -> Vector:
        """Log-normal factors of mean one."""
        sigma = math.sqrt(math.log(1 + deviation * deviation))
        return np.exp(sigma * self.rng.standard_normal(shape) - sigma * sigma / 2)

    def trip(self, times: int = 1) -> Vector:
        """Round trips of so many requests of each view."""
        return self.base[:, None] * self._around(self.network.within.value, (self.draws, times))

    def complete_s(self, sent: Sequence[Sent]) -> Vector:
        """When everything has arrived, for each view; the connection is opened first."""
        opened = sum(self.trip()[:, 0] for _ in range(round(OPENING.value))) + HANDSHAKE_CPU.value
        window = np.full(self.draws, FIRST_WINDOW.value * PACKET.value)
        done: dict[str, Vector] = {}
        last = np.asarray(opened)
        for group in _together(sent):
            start = done.get(group[0].after, np.asarray(opened))
            arrived, window = self._group(group, start, window)
            done |= {one.name: arrived for one in group}
            last = np.maximum(last, arrived)
        return last

    def _group(self, group: list[Sent], start: Vector, window: Vector) -> tuple[Vector, Vector]:
        network = self.network
        up = sum(one.up * one.times for one in group) / network.up.value
        answered = np.zeros(self.draws)
        for one in group:
            waves = math.ceil(one.times / AT_ONCE)
            each = min(one.times, AT_ONCE)
            took = one.took[:, None] if one.took is not None else self._served(one, each)
            answered = np.maximum(answered, waves * (self.trip(each) + took).max(axis=1))
        body = sum(one.down * one.times for one in group)
        trip = self.trip()[:, 0]
        moved, window = transfer(body, trip, network.down.value, window)
        lost = self._lost(group, trip)
        return start + up + answered + moved + lost, window

    def _served(self, one: Sent, each: int) -> Vector:
        assert one.law is not None
        return one.law.draw(self.rng.standard_normal((self.draws, each)))

    def _lost(self, group: list[Sent], trip: Vector) -> Vector:
        """What lost packets cost: one round trip where others follow, the probe's wait at the end
        of a short answer or of a request."""
        chance = self.network.loss.value
        asked = sum(one.times for one in group)
        packets = sum(one.times * math.ceil(one.down / PACKET.value) for one in group)
        short = packets / asked < _SHORT
        answers = self.rng.binomial(packets, chance, self.draws) > 0
        requests = self.rng.binomial(asked, chance, self.draws) > 0
        waits = TAIL_PROBE.value if short else 1.0
        return np.asarray(trip * (answers * waits + requests * TAIL_PROBE.value))


def _together(sent: Sequence[Sent]) -> list[list[Sent]]:
    """Requests by what they wait for, in the order in which they can begin."""
    groups: dict[str, list[Sent]] = {}
    for one in sent:
        groups.setdefault(one.after, []).append(one)
    return list(groups.values())


def transfer(body: float, trip: Vector, rate: float, window: Vector) -> tuple[Vector, Vector]:
    """Time from the first byte to the last, and the window after it.

    A window of packets leaves per round trip and doubles each time until the line is full; from
    there on the line's rate counts. The first window needs no wait: it comes with the first byte.
    """
    left = np.full(trip.shape, body)
    spent = np.zeros(trip.shape)
    window = window.copy()
    for _ in range(_WINDOWS):
        pipe = np.maximum(rate * trip, PACKET.value)
        full = (window >= pipe) | (left <= window)
        if bool(full.all()):
            break
        spent = np.where(full, spent, spent + trip)
        left = np.where(full, left, left - window)
        window = np.where(full, window, window * 2)
    return spent + left / rate, window
