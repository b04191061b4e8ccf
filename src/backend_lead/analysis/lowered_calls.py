"""Calls of programs, as the kernel is told of them: where to, through which pools, how often."""

from __future__ import annotations

from typing import Any

from backend_lead.analysis.lowered_abroad import Fronts
from backend_lead.analysis.lowered_devices import Devices
from backend_lead.analysis.lowered_manners import backoff, paying
from backend_lead.analysis.lowered_network import Links
from backend_lead.kernel.builder import Builder
from backend_lead.views.flow import Call, Consumer, Flow, Pool, Tokens


class Calls:
    """What all calls share: pools by key, budgets of retries, and who asks.

    `endpoints[key]` are rows of what can be called so far; `replicas` and `components` are of
    service rows.
    """

    def __init__(
        self, b: Builder, flow: Flow, links: Links, devices: Devices, services: dict[str, int]
    ) -> None:
        self.b, self.flow, self.links, self.devices = b, flow, links, devices
        self.fronts = Fronts(b, links, devices, services)
        self.endpoints: dict[str, int] = {}
        self.replicas: dict[int, int] = {}
        self.components: dict[int, str] = {}
        self.pools: dict[str, int] = {}
        self.budgets: dict[tuple[Tokens, int], int] = {}

    def steps(
        self, calls: tuple[Call, ...], service: int, need: int = 0
    ) -> list[tuple[object, ...]]:
        """One call, or several sent together; where some may go elsewhere, all of these do."""
        if not calls:
            return []
        share = max(call.detour.share if call.detour else 0.0 for call in calls)
        for call in calls:  # first, for the rows of what is sent together lie beside each other
            for _, branch in call.branches:
                self.target(branch)
        plain = [self.row(call.branches[0][1], service) for call in calls]
        steps: list[tuple[object, ...]] = [_sent(plain, need)]
        if share > 0:
            other = [self.row(call.branches[-1][1], service) for call in calls]
            return [("either", share, [_sent(other, need)], steps)]
        return steps

    def row(self, call: Call, service: int) -> int:
        pool, room = call.pool, None
        callee, target = self.flow.nodes[call.target], self.target(call)
        if call.limit is not None:  # a connection pool that is full lets the others wait
            callers = self.replicas[service] if pool is not None and pool.shared else 1
            room = 0 if pool is None else max(0, call.limit.size * callers - pool.size)
            pool = pool or call.limit
        row = self.b.call(
            target, timeout_s=call.timeout_s, retries=call.retries,
            optional=call.optional, group=call.group, deadline=self.flow.system.workload.deadlines,
            breaker=self.breaker(call, target, service), room=room, hedge_s=call.hedge_s,
            budget=paying(self.b, self.budgets, call.tokens, service), by_key=call.by_key,
            cancel=self.flow.system.workload.cancels, **backoff(call.pauses),
            **self.links.of(self.components.get(service, ""), callee, call.rtt_s),
            **self.pool(pool, service),
        )  # fmt: skip
        if pool is not None:
            self.pools.setdefault(pool.key, row)
        return row

    def fetch(self, consumer: Consumer) -> int | None:
        """The call by which batches come to their handler, where a network is between the two."""
        handler, topic = (self.flow.nodes[key] for key in (consumer.handler, consumer.topic))
        call = consumer.fetch
        if call is None:
            if (handler.component, topic.component) not in self.links.broken:
                return None
            call = Call(consumer.topic)
        target = self.fronts.handed(call, self.flow.stations[topic.station])
        ways = self.links.of(handler.component, topic, call.rtt_s, one_way=True)
        return self.b.call(target, **ways)

    def target(self, call: Call) -> int:
        """The endpoint that a call goes to."""
        node = self.flow.nodes[call.target]
        if not call.over:
            return self.endpoints[node.key]
        return self.fronts.before(call, self.endpoints[node.key], self.flow.stations[node.station])

    def breaker(self, call: Call, target: int, service: int) -> int | None:
        """The breakers of a call: of each instance of its caller, for each group it may lead to."""
        rule = call.breaker
        if rule is None:
            return None
        return self.b.breaker(
            target, window_s=rule.window_s or 1.0, least=rule.least,
            share=rule.share, pause_s=rule.pause_s, last=rule.last, probes=rule.probes,
            jointly=rule.jointly, callers=self.b.replicas_of(service),
        )  # fmt: skip

    def pool(self, pool: Pool | None, service: int) -> dict[str, Any]:
        """How the builder is told of a pool: its first call makes it, later ones share it."""
        if pool is None:
            return {}
        if pool.key in self.pools:
            return {"pool_of": self.pools[pool.key]}
        if pool.shared:
            return {"shared_pool": pool.size}
        return {"pool_per_group": (service, pool.size)}


def _sent(calls: list[int], need: int) -> tuple[object, ...]:
    if need and need < len(calls):
        return ("some", calls, need)
    return ("call", calls[0]) if len(calls) == 1 else ("par", calls)
