"""The analytic solver: approximate latencies and loads of a flow in about two milliseconds.

Waits come from M/G/c with Allen-Cunneen's correction; workers and pooled connections are layers
whose holding times include what happens below (as in layered queueing: Franks et al., IEEE TSE 35,
2009). Distributions are carried as stratified samples, so sums, cache mixtures and joins need no
fitted shape. It is used to search; verdicts come from the kernel, and its error against the kernel
is reported with every design.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from backend_lead.analysis.queues import FULL
from backend_lead.analysis.queues import wait as wait_of
from backend_lead.analysis.samples import SAMPLES, STREAMS, Vector, stock
from backend_lead.catalog.kind import Station
from backend_lead.views.flow import (
    Bucket,
    Call,
    Consumer,
    Cpu,
    DiskRead,
    Flow,
    FlowStep,
    Held,
    Node,
    Par,
    Pool,
    Publish,
    Wait,
)
from backend_lead.views.rates import unloaded_s
from backend_lead.views.weights import bursts, weighted_calls


@dataclass
class Use:
    """One limited resource at this load: its share in use and mean wait."""

    id: str
    component: str
    resource: str
    busy: float
    wait_s: float = 0.0
    servers: int = 1


@dataclass
class Solution:
    """What the solver says. Latencies are of requests as the edge answers them, in seconds;
    `age_s` is the p99 of the time from a message's publication until a handler is done with it."""

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

    @property
    def limit(self) -> Use:
        """The busiest resource."""
        return max(self.uses, key=lambda use: (use.busy, use.id))


class _Pass:
    """One evaluation: rates fixed, latencies from the leaves up."""

    def __init__(self, flow: Flow, load: float, response_s: float) -> None:
        self.flow = flow
        base, now = flow.requests_per_s, sum(flow.root_rates(response_s).values()) * load
        self.scale = now / base if base > 0 else 0.0
        self.requests_per_s = now
        self.stream = 0
        self.samples: dict[str, Vector] = {}
        self.core_wait: dict[str, tuple[float, float]] = {}
        self.worker_wait: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        self.pool_wait: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        self.disk_wait: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        self.disk_s: dict[str, float] = {}
        self.stream_wait: dict[str, tuple[float, float]] = {}
        # batches under way are bounded by the places in their partitions; they grow instead
        self.places = {c.handler: c.partitions * c.slots for c in flow.consumers}
        self.held: dict[str, float] = defaultdict(float)
        self.uses: dict[str, Use] = {}
        self.stable = True

    def next(self, which: int) -> Vector:
        self.stream = (self.stream + 1) % STREAMS
        out: Vector = stock()[which][self.stream]
        return out

    # cores ----------------------------------------------------------------------------------------
    def cores(self) -> None:
        rate: dict[str, float] = defaultdict(float)
        work: dict[str, float] = defaultdict(float)
        square: dict[str, float] = defaultdict(float)
        for node in self.flow.nodes.values():
            visits = self.flow.visits.get(node.key, 0.0) * self.scale
            each = self.flow.batch.get(node.key, 1.0)
            for weight, mean in bursts(node.steps, self.flow, 1.0):
                cpu = mean * each
                rate[node.station] += visits * weight
                work[node.station] += visits * weight * cpu
                square[node.station] += visits * weight * 2 * cpu * cpu
        for sid, station in self.flow.stations.items():
            if not station.limited or work[sid] <= 0:
                self.core_wait[sid] = (0.0, 0.0)
                continue
            n = station.replicas
            mean = work[sid] / rate[sid]
            scv = max(0.0, square[sid] / rate[sid] / (mean * mean) - 1)
            waiting, wait = wait_of(
                rate[sid] / n, mean * station.slow, scv, min(station.cores, station.workers),
                station.balance, station.per_group,
            )  # fmt: skip
            self.core_wait[sid] = (waiting, wait)
            busy = work[sid] * station.slow / (n * station.cores)
            self.note(f"{sid} cores", station, "CPU", busy, wait, station.cores)

    def disks(self) -> None:
        """Waits for the disk of each replica: M/G/c with reads that take a log-normal time."""
        reads: dict[str, tuple[float, float]] = {}
        for node in self.flow.nodes.values():
            for step in node.steps:
                if isinstance(step, DiskRead):
                    rate = self.flow.visits.get(node.key, 0.0) * self.scale * step.chance
                    before = reads.get(node.station, (0.0, 0.0))[0]
                    reads[node.station] = (before + rate, step.mean_s)
        for sid, (rate, mean_s) in reads.items():
            station = self.flow.stations[sid]
            if station.disk_iops <= 0 or rate <= 0:
                continue
            servers, read_s = station.disk_queue(mean_s)
            per = rate / station.replicas
            self.disk_s[sid] = read_s
            self.disk_wait[sid] = wait_of(per, read_s, 1.0, servers, "random", 1)
            self.note(f"{sid} disk", station, "disk", per / station.disk_iops,
                      self.disk_wait[sid][1], servers)  # fmt: skip

    def limits(self) -> None:
        """Calls a second against what a part allows, commits against what its log takes.

        The latter is a bound that sizes stay a fifth below: nobody queues for it, here or in the
        kernel, which does not know it; a write's own `wait` is its flush.
        """
        for sid, rate in self.flow.commits.items():
            station = self.flow.stations[sid]
            busy = rate * self.scale / station.commits_per_s
            self.note(f"{sid} commits", station, "commits", busy, 0.0, 1)
        for node in self.flow.nodes.values():
            for step in node.steps:
                if isinstance(step, Bucket):
                    rate = sum(
                        self.flow.visits.get(other.key, 0.0)
                        for other in self.flow.nodes.values()
                        if any(isinstance(s, Bucket) and s.key == step.key for s in other.steps)
                    )
                    self.uses[f"{step.key} limit"] = Use(
                        f"{step.key} limit", node.component, "limit",
                        rate * self.scale / step.rate_per_s,
                    )  # fmt: skip

    def note(
        self, key: str, station: Station, what: str, busy: float, wait: float, servers: int
    ) -> None:
        self.uses[key] = Use(key, station.component, what, busy, wait, servers)
        if busy >= FULL or math.isinf(wait):
            self.stable = False

    # latencies ------------------------------------------------------------------------------------
    def delay(self, waiting: float, mean: float) -> Vector | float:
        """Samples of a wait that is zero with probability 1 - waiting, else exponential."""
        if mean <= 1e-9 or waiting <= 1e-6:
            return 0.0
        if math.isinf(mean):
            return math.inf
        return np.where(self.next(0) < waiting, self.next(1) * (mean / waiting), 0.0)

    def node(self, node: Node) -> None:
        station = self.flow.stations[node.station]
        own = self.steps(node.steps, station, self.flow.batch.get(node.key, 1.0))
        held = float(np.mean(own))
        rate = self.flow.visits.get(node.key, 0.0) * self.scale
        self.held[node.station] += min(rate * held, self.places.get(node.key, math.inf))
        self.samples[node.key] = own + self.delay(*self.worker_wait[node.station])

    def steps(self, steps: tuple[FlowStep, ...], station: Station, each: float = 1.0) -> Vector:
        """Samples of the time of a program; compute counts for `each` message."""
        total = np.zeros(SAMPLES)
        for step in steps:
            if isinstance(step, Cpu):
                total += self.next(1) * (step.mean_s * each * station.slow)
                total += self.delay(*self.core_wait[station.id])
            elif isinstance(step, Wait):
                wait = self.next(2) * step.mean_s
                total += (
                    wait if step.chance == 1 else np.where(self.next(0) < step.chance, wait, 0.0)
                )
            elif isinstance(step, DiskRead):
                read = self.next(2) * self.disk_s.get(station.id, step.mean_s)
                read = read + self.delay(*self.disk_wait[station.id])
                total += np.where(self.next(0) < step.chance, read, 0.0)
            elif isinstance(step, Call):
                total += self.call(step)
            elif isinstance(step, Publish):
                total += self.call(step.call)
            elif isinstance(step, Bucket | Held):
                continue  # who finds a token does not wait for it; waits for rows are not solved
            elif isinstance(step, Par):
                if step.need and step.calls:
                    answers = np.sort([self.call(call) for call in step.calls], axis=0)
                    total += answers[step.need - 1]
                elif step.calls:
                    longest = self.call(step.calls[0])
                    for call in step.calls[1:]:
                        longest = np.maximum(longest, self.call(call))
                    total += longest
            else:
                total += self.call(step.call)
                curve = self.flow.hits[step.cache, step.entity]
                miss = self.steps(step.miss, station, each)
                total += np.where(self.next(0) < curve.steady, 0.0, miss)
                if curve.joining > 0:
                    joined = self.next(1) * curve.joined_s
                    total += np.where(self.next(0) < curve.joining, joined, 0.0)
        return total

    def call(self, call: Call) -> Vector:
        (_, plain), *others = call.ways
        out = self.sent(plain)
        for share, way in others:
            out = np.where(self.next(0) < share, self.sent(way), out)
        return out

    def sent(self, call: Call) -> Vector:
        callee = self.samples[call.target]
        # another order of the callee's samples keeps calls independent of each other
        self.stream = (self.stream + 1) % STREAMS
        out = np.roll(callee, 1 + 131 * self.stream) + call.rtt_s
        if call.pool is not None:
            out = out + self.delay(*self.pool_wait[call.pool.key])
        if call.hedge_s > 0:
            second = np.roll(callee, 3 + 257 * self.stream) + call.rtt_s
            out = np.minimum(out, call.hedge_s + second)
        return out

    # layers above ---------------------------------------------------------------------------------
    def layers(self) -> None:
        """Waits for workers and pooled connections from the holding times just found."""
        flow = self.flow
        asked: dict[str, float] = defaultdict(float)
        for node in flow.nodes.values():
            asked[node.station] += flow.visits.get(node.key, 0.0)
        for sid, station in flow.stations.items():
            arrivals = asked[sid] * self.scale / station.replicas
            if not station.limited or arrivals <= 0:
                continue
            held = self.held[sid] / station.replicas / arrivals
            busy = arrivals * held / station.workers
            waiting, wait = (0.0, 0.0)
            if station.workers > station.cores or busy >= FULL:
                waiting, wait = wait_of(
                    arrivals, held, 1.0, station.workers, station.balance, station.per_group
                )
            self.worker_wait[sid] = (waiting, wait)
            self.note(f"{sid} workers", station, "workers", busy, wait, station.workers)
        for key, (pool, callers, rate, held) in self.pools().items():
            servers = pool.size
            per = rate * self.scale / callers
            busy = per * held / servers
            waiting, wait = wait_of(per, held, 1.0, servers, "random", 1)
            self.pool_wait[key] = (waiting, wait)
            self.uses[key] = Use(key, key.split(" ")[0], "pool", busy, wait, servers)
            if busy >= FULL or math.isinf(wait):
                self.stable = False
        for key, (pool, callers, rate, held) in self.pools(limits=True).items():
            busy = rate * self.scale / callers * held / pool.size  # who finds it full is refused
            self.uses[key] = Use(key, key.split(" ")[0], "calls at once", busy, 0.0, pool.size)
        for consumer in flow.consumers:
            self.partitions(consumer)

    def partitions(self, consumer: Consumer) -> None:
        """Waits of messages for a free place in their partition.

        With batches, a message that finds its places busy waits for the rest of one of them, and
        is in the next; without, a partition is a queue of its own.
        """
        key, samples = consumer.handler, self.samples[consumer.handler]
        frames = self.flow.visits.get(key, 0.0) * self.scale
        if frames <= 0:
            return
        each, hold = self.flow.batch.get(key, 1.0), float(np.mean(samples))
        places = self.places[key]
        full_s = hold + (consumer.batch - each) * unloaded_s(self.flow, key)[0]
        busy = frames * each * full_s / (places * consumer.batch)
        if consumer.batch == 1:
            waiting, wait = wait_of(
                frames / consumer.partitions, hold, 1.0, consumer.slots, "random", 1
            )
        else:
            waiting = min(1.0, frames * hold / places)
            wait = waiting * float(np.mean(samples**2)) / (2 * hold)
        self.stream_wait[key] = (waiting, wait)
        station = self.flow.stations[self.flow.nodes[consumer.topic].station]
        self.note(f"{key} partitions", station, "partitions", busy, wait, places)

    def pools(self, limits: bool = False) -> dict[str, tuple[Pool, int, float, float]]:
        """(pool, callers, calls a second, time each is held) of pools, or of limits of calls."""
        found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        meta: dict[str, tuple[Pool, int]] = {}
        for node in self.flow.nodes.values():
            visits = self.flow.visits.get(node.key, 0.0)
            for weight, call in weighted_calls(node.steps, self.flow, 1.0):
                pool = call.limit if limits else call.pool
                if pool is None:
                    continue
                callee = self.flow.stations[self.flow.nodes[call.target].station]
                callers = callee.groups
                if not pool.shared:
                    callers *= self.flow.stations[node.station].replicas
                meta[pool.key] = (pool, callers)
                rate = visits * weight
                mean = float(np.mean(self.samples[call.target])) + call.rtt_s
                if limits and call.pool is not None:
                    mean += self.pool_wait[call.pool.key][1]
                if node.key in self.places and rate > 0:
                    mean = min(mean, self.places[node.key] / (rate * self.scale))
                found[pool.key][0] += rate
                found[pool.key][1] += rate * mean
        return {
            key: (*meta[key], rate, held / rate if rate else 0.0)
            for key, (rate, held) in found.items()
        }


def loads(flow: Flow, load: float = 1.0) -> list[Use]:
    """Only how busy cores and disks are: the cheap half of `solve`."""
    one = _Pass(flow, load, 0.0)
    one.cores()
    one.disks()
    one.limits()
    return list(one.uses.values())


def solve(flow: Flow, load: float = 1.0, rounds: int = 2) -> Solution:
    """Evaluate a flow at `load` times its stated load. `stable` False: some queue has no end."""
    response = 0.0
    order = flow.order()
    last: _Pass | None = None
    result: Solution | None = None
    for _ in range(rounds):
        one = _Pass(flow, load, response)
        if last is not None:
            one.worker_wait, one.pool_wait = last.worker_wait, last.pool_wait
        one.cores()
        one.disks()
        one.limits()
        if not one.stable:
            return Solution(False, one.requests_per_s, math.inf, list(one.uses.values()))
        for key in order:
            one.node(flow.nodes[key])
        one.layers()
        if not one.stable:
            return Solution(False, one.requests_per_s, math.inf, list(one.uses.values()))
        last = one
        result = _roots(one)
        response = result.response_s
    assert result is not None
    return result


def _roots(one: _Pass) -> Solution:
    flow = one.flow
    out = Solution(True, one.requests_per_s, 0.0, list(one.uses.values()))
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
        n = len(joined)
        out.p50_s[target] = float(joined[int(0.50 * n)])
        out.p95_s[target] = float(joined[int(0.95 * n)])
        out.p99_s[target] = float(joined[int(0.99 * n)])
        out.mean_s[target] = float(joined.mean())
    for consumer in flow.consumers:
        if consumer.handler in one.stream_wait:
            age = one.samples[consumer.handler] + one.delay(*one.stream_wait[consumer.handler])
            out.age_s[consumer.handler] = float(np.quantile(age, 0.99))
    out.node_s = {key: float(np.mean(v)) for key, v in one.samples.items()}
    return out
