"""How often each node is asked when second attempts are sent and some requests are refused."""

from __future__ import annotations

import math
from collections import defaultdict

from backend_lead.views.flow import Cached, Call, Flow, FlowStep, Par, Publish

Refused = dict[str, float]
Late = dict[tuple[str, float], float]


class VisitRates:
    """Visits (1/s) of each node and the share of them that end well.

    `late`: of calls to a node with a hedge, by (node, hedge in s), the share that is asked twice;
    `lost`: by station, the share of requests that it refuses or that leave its queue; `refused`: by
    gate, the share of calls that find it full and are not sent. A call that fails ends its caller,
    if it is not optional; retries after that are not counted.
    """

    def __init__(
        self, flow: Flow, scale: float, late: Late, lost: dict[str, float], refused: Refused
    ) -> None:
        self.flow, self.late, self.lost, self.refused = flow, late, lost, refused
        self.ok: dict[str, float] = {}
        self.visits: dict[str, float] = defaultdict(float)
        for key in flow.order():
            node = flow.nodes[key]
            self.ok[key] = (1 - lost.get(node.station, 0.0)) * self._through(node.steps, None)
        for consumer in flow.consumers:
            self.visits[consumer.handler] += flow.visits.get(consumer.handler, 0.0) * scale
        for root, rate in flow.root_rates().items():
            found = flow.roots[root]
            self.visits[found.target] += rate * scale * (1 - found.edge_hit)
        for key in reversed(flow.order()):
            node = flow.nodes[key]
            taken = self.visits[key] * (1 - lost.get(node.station, 0.0))
            self._through(node.steps, taken)

    def _through(self, steps: tuple[FlowStep, ...], rate: float | None) -> float:
        """The share that gets through a program; with a `rate`, who is asked is counted."""
        share = 1.0
        for step in steps:
            now = None if rate is None else rate * share
            if isinstance(step, Call | Publish):
                share *= self._call(step if isinstance(step, Call) else step.call, now)
            elif isinstance(step, Par) and step.calls:
                share *= _enough([self._call(call, now) for call in step.calls], step.need)
            elif isinstance(step, Cached):
                self._call(step.call, now)
                answered = 1 - self.refused.get(step.call.gate, 0.0)
                miss = 1 - self.flow.hits[step.cache, step.entity].steady * answered
                below = self._through(step.miss, None if now is None else now * miss)
                share *= 1 - miss * (1 - below)
        return share

    def _call(self, call: Call, rate: float | None) -> float:
        """The share of a call's answers that are good (an optional one's all are)."""
        good = 0.0
        for share, branch in call.branches:
            share *= 1 - self.refused.get(branch.gate, 0.0)
            good += share * self.ok[branch.target]
            if rate is not None:
                twice = (
                    self.late.get((branch.target, branch.hedge_s), 0.0) if branch.hedge_s else 0.0
                )
                self.visits[branch.target] += rate * share * (1 + twice)
        return 1.0 if call.optional else good


def _enough(good: list[float], need: int) -> float:
    """The chance that all of some answers are good, or `need` of them, alike on the mean."""
    if not need or need >= len(good):
        return math.prod(good)
    n, p = len(good), sum(good) / len(good)
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(need, n + 1))
