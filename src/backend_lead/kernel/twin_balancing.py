"""The plain reading of Balancing and Hops: which replica an attempt goes to, and the way there."""

from __future__ import annotations

from types import SimpleNamespace

from . import layout as lay
from .layout import NONE
from .twin_chance import hash2
from .twin_state import Attempt, Frame, Group, Machine, Replica

LOSS_WAIT = 200_000_000  # ns until the first packet lost is sent again
SENDINGS = 6
WEIGHT_SHARE_MIN = 0.1  # of a replica just shown


def weight_of(replica: Replica, now: int) -> float:
    slow_start: int = replica.service.slow_start
    age = now - replica.shown_at
    if slow_start > 0 and replica.shown_at > 0 and age < slow_start:
        return replica.weight * max(WEIGHT_SHARE_MIN, age / slow_start)
    return replica.weight


class Balancing(Machine):
    """Chooses replicas, and looks at the network on the way to them."""

    def set_balancing(self, hops: list[SimpleNamespace]) -> None:
        self.hops = hops

    def choose(self, group: Group, frame: Frame, zone: int | None) -> Replica:
        """Choose among the live replicas, of which there is at least one."""
        live, service = group.live, group.replicas[0].service
        if service.near and zone is not None:
            live = [replica for replica in live if replica.zone == zone] or live
        if service.balance == lay.LB_ROUND_ROBIN:
            group.turn += 1
            return live[(group.turn - 1) % len(live)]
        if len(live) == 1:
            return live[0]
        if service.balance == lay.LB_LEAST:
            i = frame.stream.below(len(live))
            return min(live[i:] + live[:i], key=self.score)
        if service.balance == lay.LB_P2C:
            return min(self.some_of(live, service, frame), key=self.score)
        if service.balance == lay.LB_WEIGHTED:
            return self.by_weight(live, frame)
        if service.balance == lay.LB_HASH and frame.key != NONE:
            return max(live, key=lambda replica: hash2(frame.key + 1, replica.row))
        return live[frame.stream.below(len(live))]

    def score(self, replica: Replica) -> float:
        if replica.service.weigh:
            return (replica.sent + 1) / weight_of(replica, self.now)
        return replica.sent

    def some_of(self, live: list[Replica], service: SimpleNamespace, frame: Frame) -> list[Replica]:
        n, below = len(live), frame.stream.below
        i, j = below(n), below(n - 1)
        j += j >= i
        if service.choices < 3 or n < 3:
            return [live[i], live[j]]
        k = below(n - 2)
        k += k >= min(i, j)
        k += k >= max(i, j)
        return [live[i], live[j], live[k]]

    def by_weight(self, live: list[Replica], frame: Frame) -> Replica:
        sums, total = [], 0.0
        for replica in live:
            total += weight_of(replica, self.now)
            sums.append(total)
        u = frame.stream.u()
        return next((r for r, upto in zip(live, sums, strict=True) if upto > u * total), live[-1])

    def gets_through(self, frame: Attempt, chosen: Replica) -> bool:
        call = frame.call
        if call.hop == NONE:
            return True
        hop = self.hops[call.hop + frame.zone * call.zones + chosen.zone]
        if hop.cut:
            return False
        if hop.loss > 0 and not self.is_heard(frame, hop.loss):
            return False
        frame.hop_wait += hop.rtt
        return True

    def is_heard(self, frame: Attempt, loss: float) -> bool:
        for i in range(SENDINGS):
            if frame.stream.u() >= loss:
                return True
            frame.hop_wait += LOSS_WAIT * 2**i
        return False
