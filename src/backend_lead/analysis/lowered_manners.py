"""How parts behave beyond plain requests, as the kernel is told of it."""

from __future__ import annotations

from typing import Any

from backend_lead.catalog.kind import Scaling, Station
from backend_lead.kernel import layout as L
from backend_lead.kernel.bounds import HELD_MAX
from backend_lead.kernel.builder import Builder
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.flow import Consumer, Flow, Node, Pauses, Root, Tokens

BALANCE = {
    "random": L.LB_RANDOM,
    "round-robin": L.LB_ROUND_ROBIN,
    "least-outstanding": L.LB_LEAST,
    "power-of-two": L.LB_P2C,
    "power-of-three": L.LB_P2C,
    "by-key": L.LB_HASH,
}
ORDER = {"fifo": L.FIFO, "lifo": L.LIFO, "priority": L.RANKED}
JITTER = {
    "full": L.JITTER_FULL, "none": L.JITTER_NONE, "equal": L.JITTER_EQUAL,
    "decorrelated": L.JITTER_DECORRELATED,
}  # fmt: skip
BACKOFF_S = 0.05  # assumed where none is stated: first pause before a retry, doubled, full jitter
BACKOFF_CAP_S = 1.0  # assumed likewise: the longest
BUDGET_S = 10.0  # retries not used are kept for so long, as in Finagle's RetryBudget
LOOK_S = (
    15.0  # between two looks of a controller; Kubernetes' horizontal-pod-autoscaler-sync-period
)


def backoff(pauses: Pauses | None) -> dict[str, Any]:
    """Pauses before retries: as stated, else those that are taken for granted."""
    if pauses is None:
        return {"backoff_s": BACKOFF_S, "backoff_cap_s": BACKOFF_CAP_S}
    return {"backoff_s": pauses.first_s, "backoff_cap_s": pauses.most_s,
            "shape": JITTER[pauses.jitter]}  # fmt: skip


def budgeted(b: Builder, root: Root, rate_per_s: float) -> int | None:
    """The retry budget of a class of callers: a share of its requests."""
    if root.retry_budget is None:
        return None
    return b.budget(root.retry_budget, max(1.0, BUDGET_S * rate_per_s * root.retry_budget))


def paying(b: Builder, made: dict[Tokens, int], tokens: Tokens | None, callers: int) -> int | None:
    """The budget for which failures pay: one for all calls of its key, and all its callers."""
    if tokens is None:
        return None
    if tokens not in made:
        made[tokens] = b.budget(0.0, tokens.most * callers, spend=1.0, reward=tokens.reward)
    return made[tokens]


def following(consumer: Consumer) -> dict[str, Any]:
    """How the builder is told who takes the messages of a stream."""
    return {
        "partitions": consumer.partitions, "batch": consumer.batch, "slots": consumer.slots,
        "spread": consumer.spread, "tries": consumer.tries, "pause_s": consumer.pause_s,
        "all_pause": consumer.all_pause,
    }  # fmt: skip


def scaled(scaling: Scaling) -> dict[str, Any]:
    """How the builder is told how replicas follow the load."""
    return {
        "least": scaling.least, "period_s": LOOK_S, "target": scaling.target,
        "delay_s": scaling.delay_s, "cool_s": scaling.cool_s,
        "looks": max(1, round((scaling.looks_s or LOOK_S) / LOOK_S)),
        "step": scaling.step or 0, "grow": scaling.grow or 0.0,
        "tolerance": scaling.tolerance, "down": scaling.down or 0,
    }  # fmt: skip


def serving(b: Builder, station: Station) -> dict[str, Any]:
    """How the builder is told how a station takes up work."""
    said = station.serving
    out: dict[str, Any] = {"choices": 3} if station.balance == "power-of-three" else {}
    if said is None:
        return out
    return out | {
        "order": ORDER[said.order],
        "give_up": b.dist_exp(said.gives_up.value) if said.gives_up else None,
        "near": said.near,
        "contention": said.contention.value if said.contention else 0.0,
        "coherency": said.coherency.value if said.coherency else 0.0,
        "slow_start_s": said.slow_start.value if said.slow_start else 0.0,
    }


def watched(b: Builder, station: Station, service: int) -> None:
    """Tell who watches the replicas of a station, if anybody."""
    said = station.watch
    if said is not None:
        b.watch(
            service, period_s=said.every.value if said.every else 0.0, fails=said.fails,
            passes=said.passes, eject=said.eject or 0,
            pause_s=said.pause.value if said.pause else 0.0,
            share=said.share.value if said.share else 1.0,
        )  # fmt: skip


def share_hosts(b: Builder, flow: Flow, services: dict[str, int]) -> None:
    """Let replicas share cores: those of a station that is shared, and those of its guests."""
    guests: dict[str, list[Station]] = {}
    for station in flow.stations.values():
        said = station.serving
        if said is not None and said.host is not None:
            guests.setdefault(said.host, []).append(station)
    for station in flow.stations.values():
        said = station.serving
        home = station.component == station.id
        living = guests.get(station.component, []) if home else []
        if said is not None and said.host is not None:
            continue
        if not living and not (said is not None and said.share_cores):
            continue
        first = b.replica(services[station.id])
        most = len(_replicas(b, services[station.id]))
        for i in range(most):
            rows = [first + i]
            for guest in living:
                own = _replicas(b, services[guest.id])
                rows += [row for k, row in enumerate(own) if k % most == i]
            b.host(station.cores, rows)


def _replicas(b: Builder, service: int) -> range:
    first = b.replica(service)
    return range(first, first + b.replicas_of(service))


def followed(flow: Flow, load: float) -> None:
    """Raise InvalidInput where more connections are held than one run can follow."""
    users = sum(round(link.users * load) for link in flow.links)
    if users > HELD_MAX:
        who = ", ".join(link.client for link in flow.links)
        raise InvalidInput([Finding(
            "simulate-held", "error",
            f"more connections of {who} than one simulation can follow",
            Place("workload.clients"), f"{users:,} connections", f"up to {HELD_MAX:,}",
            "simulate a part of the load with --load; check and capacity take any number",
        )])  # fmt: skip


class Links:
    """The network between components: hops by zones where it is stated, or is to be broken.

    `broken` are pairs of components between which something happens in this run.
    """

    def __init__(self, b: Builder, flow: Flow) -> None:
        self.b, self.flow = b, flow
        self.broken: set[tuple[str, str]] = set()
        self.made: dict[tuple[str, str], tuple[int, int]] = {}

    def place(self, station: Station, service: int) -> None:
        """Put the replicas of a station into their zones, where zones count."""
        near = any(s.serving is not None and s.serving.near for s in self.flow.stations.values())
        if not station.zones or not (near or self.flow.system.topology.network or self.broken):
            return
        for i, row in enumerate(_replicas(self.b, service)):
            self.b.zone(row, station.zones[i % len(station.zones)])

    def of(self, caller: str, node: Node, rtt_s: float) -> dict[str, Any]:
        """How the builder is told of the network of a call."""
        pair = (caller, node.component)
        stated = self.flow.system.topology.network
        if not caller or (stated is None and pair not in self.broken):
            return {"rtt_s": rtt_s}
        if pair not in self.made:
            self.made[pair] = self._hops()
        return {"rtt_s": rtt_s if stated is None else 0.0, "hops": self.made[pair]}

    def rows(self, caller: str, callee: str) -> range:
        """The hop rows between two components; none where no call leads."""
        first, zones = self.made.get((caller, callee), (0, 0))
        return range(first, first + zones * zones)

    def _hops(self) -> tuple[int, int]:
        zones = 1 + max((max(s.zones, default=0) for s in self.flow.stations.values()), default=0)
        stated = self.flow.system.topology.network
        if stated is None:
            return self.b.hops([[0.0] * zones] * zones)
        same, other = stated.same_zone.value, stated.other_zone.value
        loss = stated.loss.value if stated.loss else 0.0
        rtt = [[same if i == j else other for j in range(zones)] for i in range(zones)]
        return self.b.hops(rtt, [[loss] * zones] * zones)
