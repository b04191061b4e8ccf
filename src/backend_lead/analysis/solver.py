"""The analytic solver: approximate latencies and loads of a flow in about two milliseconds.

Waits come from M/G/c with Allen-Cunneen's correction, where long bursts share cores with short ones
from M/H2/c; workers and pooled connections are layers whose holding times include what happens
below (as in layered queueing: Franks et al., IEEE TSE 35, 2009). Distributions are carried as
stratified samples, so sums, cache mixtures and joins need no fitted shape. It is used to search;
verdicts come from the kernel, and its error against the kernel is reported with every design.

Domain of validity: a steady state with every part below its capacity. Load that comes in bursts,
lost packets, queues served last come first, and retries are not known to it. What it knows of full
queues, of who gives up, priorities, locked rows, contention, shared cores and second attempts is in
docs/solver.md, with the error of each over random models.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from backend_lead.analysis.refusals import Refusals
from backend_lead.analysis.samples import Vector
from backend_lead.analysis.solver_cores import Cores, Use
from backend_lead.analysis.solver_times import Times
from backend_lead.views.flow import Flow, Held, calls_of, gates

__all__ = ["Solution", "Use", "loads", "solve"]
ROUNDS = 2  # enough where nothing but the rate of closed users follows from the answer
ROUNDS_MAX, NEAR = 30, 1e-3  # where laws feed on their own result: until the mean stays so near


@dataclass
class Solution:
    """What the solver says. Latencies are of requests as the edge answers them, in seconds;
    `age_s` is the p99 of the time from a message's publication until a handler is done with it.
    `lost` are shares of requests that some queue on their way refused; they are never answered.
    `refused` are shares of calls that find their gate full, by gate; `cut_short` those of calls
    that end by their timeout, by who asks and who is asked, though all answers are waited for.
    Of `unasked` requests no client makes any yet: their times are what the first one would take."""

    stable: bool
    requests_per_s: float
    response_s: float
    uses: list[Use]
    p50_s: dict[str, float] = field(default_factory=dict)
    p95_s: dict[str, float] = field(default_factory=dict)
    p99_s: dict[str, float] = field(default_factory=dict)
    mean_s: dict[str, float] = field(default_factory=dict)
    node_s: dict[str, float] = field(default_factory=dict)
    age_s: dict[str, float] = field(default_factory=dict)
    lost: dict[str, float] = field(default_factory=dict)
    refused: dict[str, float] = field(default_factory=dict)
    cut_short: dict[tuple[str, str], float] = field(default_factory=dict)
    samples: dict[str, Vector] = field(default_factory=dict, repr=False)  # of times (s), by node
    unasked: frozenset[str] = frozenset()

    @property
    def asked_p99_s(self) -> dict[str, float]:
        """The p99 of each request that some client makes."""
        return {ref: p99_s for ref, p99_s in self.p99_s.items() if ref not in self.unasked}

    @property
    def limit(self) -> Use:
        """The busiest resource."""
        return max(self.uses, key=lambda use: (use.busy, use.id))

    def later_than(self, node: str, seconds: float) -> float:
        """Share of the answers of a node that take longer than that; 0 where it is not known."""
        return float((self.samples[node] > seconds).mean()) if node in self.samples else 0.0


def loads(flow: Flow, load: float = 1.0) -> list[Use]:
    """Only how busy cores and disks are: the cheap half of `solve`, where nothing is refused."""
    one = Cores(flow, load, 0.0, None, solve(flow, load).refused if gates(flow) else None)
    one.cores()
    one.disks()
    one.network()
    one.limits()
    return list(one.uses.values())


def solve(flow: Flow, load: float = 1.0) -> Solution:
    """Evaluate a flow at `load` times its stated load. `stable` False: some queue has no end."""
    response, refusals = 0.0, Refusals(flow)
    feeds = _feeds_on_itself(flow)
    rounds = ROUNDS_MAX if refusals.sheds or feeds else ROUNDS
    last: Times | None = None
    result: Solution | None = None
    for i in range(rounds):
        one = Times(flow, load, response, last, refusals.shares)
        if not _evaluated(one):
            if refusals.refuse_more():
                continue
            uses = list(one.uses.values())
            return Solution(False, one.requests_per_s, math.inf, uses, refused=one.refused)
        one.last, last = None, one
        result = _roots(one)
        feeds = feeds or bool(one.finds_full)
        near = not feeds or abs(result.response_s - response) < NEAR * result.response_s
        response = result.response_s
        if refusals.follow(one.finds_full) and near and i + 1 >= ROUNDS:
            break
    return result or Solution(False, one.requests_per_s, math.inf, list(one.uses.values()))


def _evaluated(one: Times) -> bool:
    """Whether every part is below its capacity at these rates; then with its times."""
    one.cores()
    one.disks()
    one.network()
    one.limits()
    if not one.stable:
        return False
    for key in one.flow.order():
        one.node(one.flow.nodes[key])
    one.layers()
    return one.stable


def _feeds_on_itself(flow: Flow) -> bool:
    """Whether loads follow from waits: contention, locks, second attempts, refusals, priorities."""
    if any(station.serving is not None for station in flow.stations.values()):
        return True
    return any(
        any(isinstance(step, Held) for step in node.steps)
        or any(call.hedge_s for call in calls_of(node.steps))
        for node in flow.nodes.values()
    )


def _roots(one: Times) -> Solution:
    flow = one.flow
    out = Solution(True, one.requests_per_s, 0.0, list(one.uses.values()), refused=one.refused,
                   cut_short=one.cut_short, unasked=frozenset(flow.unasked()))  # fmt: skip
    rates = flow.root_rates()
    total = sum(rates.values()) or 1.0
    by_target: dict[str, list[tuple[float, Vector]]] = defaultdict(list)
    for key, root in flow.roots.items():
        through = one.samples[root.target] + root.pass_s
        if root.edge_hit > 0:
            through = np.where(one.next(0) < root.edge_hit, 0.0, through)
        through = through + root.edge_delay_s
        out.response_s += rates.get(key, 0.0) / total * float(np.mean(through))
        by_target[root.target].append((rates.get(key, 0.0), through))
    for target, parts in by_target.items():
        joined = np.sort(np.concatenate([v for _, v in parts]))
        out.lost[target] = lost = 1 - one.ok.get(target, 1.0)
        out.p50_s[target] = _quantile(joined, 0.50, lost)
        out.p95_s[target] = _quantile(joined, 0.95, lost)
        out.p99_s[target] = _quantile(joined, 0.99, lost)
        out.mean_s[target] = float(joined.mean())
    for consumer in flow.consumers:
        if consumer.handler in one.stream_wait:
            age = one.samples[consumer.handler] + one.delay(*one.stream_wait[consumer.handler])
            age = age + one.fetched(consumer.handler)
            out.age_s[consumer.handler] = float(np.quantile(age, 0.99))
    out.samples = one.samples
    out.node_s = {key: float(np.mean(v)) for key, v in one.samples.items()}
    return out


def _quantile(times: Vector, q: float, lost: float) -> float:
    """A quantile of sorted times of those answered; the share `lost` never is."""
    at = int(q / (1 - lost) * len(times)) if lost < 1 else len(times)
    return float(times[at]) if at < len(times) else math.inf
