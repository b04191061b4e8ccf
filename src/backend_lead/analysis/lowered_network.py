"""The network between parts, as the kernel is told of it: hops, and what sending takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend_lead.analysis.lowered_manners import replicas_of
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.kernel.builder import Builder
from backend_lead.views.flow import Flow, Node
from backend_lead.views.network import places, way

ONE_WAY = 0.5  # of a round trip


class Links:
    """The network between components: hops by zones where it is stated, or is to be broken.

    `broken` are pairs of components between which something happens in this run.
    """

    def __init__(self, b: Builder, flow: Flow) -> None:
        self.b, self.flow = b, flow
        self.broken: set[tuple[str, str]] = set()
        self.made: dict[tuple[str, str], tuple[int, int]] = {}
        self.handed: dict[tuple[str, str], tuple[int, int]] = {}  # for messages, one way only

    def place(self, station: Station, service: int) -> None:
        """Put the replicas of a station into their zones, where zones count."""
        near = any(s.serving is not None and s.serving.near for s in self.flow.stations.values())
        if not station.zones or not (near or self.flow.system.topology.network or self.broken):
            return
        for i, row in enumerate(replicas_of(self.b, service)):
            self.b.zone(row, station.zone_of(i) or 0)

    def of(self, caller: str, node: Node, rtt_s: float, one_way: bool = False) -> dict[str, Any]:
        """How the builder is told of the network of a call, or of what comes one way."""
        pair = (caller, node.component)
        stated = self.flow.system.topology.network
        if not caller or (stated is None and pair not in self.broken):
            return {"rtt_s": rtt_s}
        made = self.handed if one_way else self.made
        if pair not in made:
            made[pair] = self._hops(ONE_WAY if one_way else 1.0)
        return {"rtt_s": rtt_s if stated is None else 0.0, "hops": made[pair]}

    def struck(
        self, caller: str, callee: str, action: int, x: float, around: int = 0
    ) -> Iterator[tuple[int, float]]:  # fmt: skip
        """The hop rows between two components, or of these the ones into and out of the zone of
        this number, none where no call leads, and what becomes of each: it loses no less than it
        does by itself."""
        stated = self.flow.system.topology.network is not None
        for made, part in ((self.made, 1.0), (self.handed, ONE_WAY)):
            first, n = made.get((caller, callee), (0, 0))
            for i in range(n * n):
                ends = divmod(i, n)
                if around and ends.count(around - 1) != 1:
                    continue
                own = way(self.flow.system, *ends)[1] if stated else 0.0
                if action == L.FAULT_LOSS:
                    yield first + i, max(x, own)
                else:
                    yield first + i, x * part if action == L.FAULT_LAG else x

    def _hops(self, part: float) -> tuple[int, int]:
        system = self.flow.system
        if system.topology.network is None:
            n = 1 + max((max(s.zones, default=0) for s in self.flow.stations.values()), default=0)
            return self.b.hops([[0.0] * n] * n)
        every = range(places(system))
        ways = [[way(system, i, j) for j in every] for i in every]
        return self.b.hops([[rtt * part for rtt, _ in row] for row in ways],
                           [[loss for _, loss in row] for row in ways])  # fmt: skip
