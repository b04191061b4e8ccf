"""The solver's times: samples of how long each program takes, from the leaves up."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from backend_lead.analysis.queues import relaxation_s
from backend_lead.analysis.samples import SAMPLES, STREAMS, Vector, stock
from backend_lead.analysis.solver_cores import Cores
from backend_lead.analysis.solver_waits import Waits
from backend_lead.analysis.visit_rates import Refused
from backend_lead.catalog.kind import Station
from backend_lead.views.flow import (
    Bucket,
    Call,
    Cpu,
    DiskRead,
    Flow,
    FlowStep,
    Held,
    Key,
    Node,
    Par,
    Publish,
    Send,
    Wait,
)

# Long bursts with a larger share of the work are the rule: of the models drawn at random, those
# where it was 0.87 and more had smaller errors so; where it was 0.6, those who remember had.
RULE = 0.75
MOSTLY = 0.5  # of reads: above it what is done after the others was not done


class Times(Waits):
    """One evaluation: rates fixed, latencies from the leaves up."""

    tells_waits = True

    def __init__(
        self, flow: Flow, load: float, response_s: float, last: Cores | None,
        refused: Refused | None = None,
    ) -> None:  # fmt: skip
        super().__init__(flow, load, response_s, last, refused)
        self.stream = 0
        self.key = ""  # the node looked at
        self.each = 1.0  # messages that a visit of it stands for
        self.cut_short: dict[tuple[str, str], float] = {}  # share of its calls to another one
        self.states: dict[str, Vector] = {}  # by station of bursts of two kinds: its place in them
        self.first_wait: dict[str, Vector] = {}  # by node: of its samples, the first wait for cores
        self.met: dict[str, Vector] = {}  # by station: likewise of the visit at hand
        # by station: when the program at hand left it (s, mean), and what it had waited for cores
        self.been: dict[str, tuple[float, Vector]] = {}

    def next(self, which: int) -> Vector:
        self.stream = (self.stream + 1) % STREAMS
        out: Vector = stock()[which][self.stream]
        return out

    def delay(self, waiting: float, mean: float) -> Vector | float:
        """Samples of a wait that is zero with probability 1 - waiting, else exponential."""
        if mean <= 1e-9 or waiting <= 1e-6:
            return 0.0
        if math.isinf(mean):
            return math.inf
        return np.where(self.next(0) < waiting, self.next(1) * (mean / waiting), 0.0)

    def node(self, node: Node) -> None:
        station = self.flow.stations[node.station]
        self.been, self.met = {}, {}
        self.key, self.each = node.key, self.flow.batch.get(node.key, 1.0)
        own = self.steps(node.steps, station, self.each, node.key)
        self.own_s[node.key] = float(np.mean(own))
        self._hold(node, own)
        waiting, mean = self.worker_wait[node.station]
        self.samples[node.key] = own + self.delay(waiting, mean * self.ahead.get(node.key, 1.0))

    def _hold(self, node: Node, own: Vector) -> None:
        """Count what holds a worker; batches of a stream no longer than its places allow."""
        rate = self.rate(node.key)
        if rate <= 0:
            return
        mean = self.own_s[node.key]
        most = self.places.get(node.key, math.inf) / rate
        under_way = mean + self.fetched_s(node.key)
        part = min(1.0, most / under_way) if under_way > 0 else 1.0
        self.held[node.station].moments(rate, mean * part, float(np.mean(own * own)) * part * part)

    def steps(
        self, steps: tuple[FlowStep, ...], station: Station, each: float = 1.0, key: str = "",
        since: Vector | float = 0.0,
    ) -> Vector:  # fmt: skip
        """Samples of the time of a program, or of a part of one that starts `since` its start;
        compute counts for `each` message."""
        total = np.zeros(SAMPLES)
        for i, step in enumerate(steps):
            if isinstance(step, Cpu):
                mean_s = step.mean_s * each * self.slow[station.id]
                total += self.compute(mean_s, station, since + total, key)
                self.left((station.id,), since + total)
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
                total += self.asked(step, since + total)
            elif isinstance(step, Publish):
                total += self.asked(step.call, since + total)
            elif isinstance(step, Send):
                total += self.sending(step, station)
            elif isinstance(step, Bucket | Key):
                continue  # who finds a token does not wait for it
            elif isinstance(step, Held):
                begins = since + total + self.row_mean(step.entity)
                rest = self.steps(steps[i + 1 :], station, each, since=begins)
                self.row_held[step.entity].add(self.rate(key), rest)
                return total + self.row(step.entity) + rest
            elif isinstance(step, Par):
                turns: dict[str, int] = {}
                answers = [self.call(call, since + total, turns) for call in step.calls]
                if step.need and answers:
                    total += np.sort(answers, axis=0)[step.need - 1]
                elif answers:
                    total += np.max(answers, axis=0)
                self.left(turns, since + total)
            else:
                total += self.asked(step.call, since + total)
                curve = self.flow.hits[step.cache, step.entity]
                before = self.been.copy()
                miss = self.steps(step.miss, station, each, since=since + total)
                if curve.steady > MOSTLY:
                    self.been = before
                answered = 1 - self.refused.get(step.call.gate, 0.0)
                total += np.where(self.next(0) < curve.steady * answered, 0.0, miss)
                if curve.joining > 0:
                    joined = self.next(1) * curve.joined_s
                    total += np.where(self.next(0) < curve.joining, joined, 0.0)
        return total

    def asked(self, call: Call, total: Vector) -> Vector:
        """Samples of a call at a time of the program."""
        turns: dict[str, int] = {}
        out = self.call(call, total, turns)
        if turns:
            self.left(turns, total + out)
        return out

    def left(self, stations: Iterable[str], total: Vector) -> None:
        """Remember when stations of bursts of two kinds were left, and what was waited there."""
        for sid in stations:
            if sid in self.met:
                self.been[sid] = float(np.mean(total)), self.met.pop(sid)

    def compute(self, mean_s: float, station: Station, now: Vector, key: str) -> Vector:
        """Samples of a burst of compute and of its wait for a core, or its share of shared ones."""
        own = self.next(1) * mean_s
        if station.id in self.stretch:
            return own * (1.0 + self.delay(*self.stretch[station.id]))
        spread = self.core_spread.get(station.id)
        waiting, mean = self.core_wait[station.id]
        if spread is None or waiting <= 0:
            return own + self.delay(waiting, mean)
        if station.id not in self.states:
            self.states[station.id] = self.next(0)
        met = self.states[station.id] / waiting
        at = np.minimum(met * len(spread), len(spread) - 1).astype(np.intp)
        wait = np.where(met < 1, spread[at] * (mean / waiting), 0.0)
        if station.id in self.been:
            wait = np.roll(wait, 1 + 131 * self.stream)
            wait = self.again(wait, station.id, now, 1)
        elif key:
            self.first_wait[key] = wait
        self.met[station.id] = wait
        return own + wait

    def again(self, wait: Vector, sid: str, now: Vector, replicas: int) -> Vector:
        """Waits for cores of who was at a station before and comes to the same of so many replicas
        by chance.

        Who was just served knows that long bursts did not hold all cores. Who had waited for long
        ones finds those in the line who came meanwhile: in the order of arrival it left them
        behind, and they take their share of the cores. Both is forgotten as the queue forgets where
        it began; shorter waits are forgotten at once. Where long bursts are the rule it left the
        queue as anybody finds it (Burke, Operations Research 4, 1956, of equal ones).
        """
        of, slow, busy = self.kinds[sid], self.slow[sid], self.uses[f"{sid} cores"].busy
        if of.share * of.long_s > RULE * of.mean_s:
            return wait
        left, waited = self.been[sid]
        gap_s = max(0.0, float(np.mean(now)) - left)
        limit = math.sqrt(of.short_s * of.long_s) * slow  # longer waits are for long bursts
        short = busy * (1 - of.share) * of.short_s / of.mean_s
        calm = np.where(wait > limit, 0.0, wait)
        behind = np.where(waited > limit, waited * short, 0.0)
        forgets_s = relaxation_s(wait, calm + behind, busy)
        knows = math.exp(-gap_s / forgets_s) if forgets_s > 0 else 0.0
        same = self.next(0) < knows / replicas
        return np.where(same, calm + behind, wait)

    def sending(self, step: Send, station: Station) -> Vector:
        """Samples of sending behind others on the replica's network."""
        return np.full(SAMPLES, step.mean_s) + self.delay(*self.send_wait[station.id])

    def away(self, call: Call) -> Vector | float:
        """Samples of what the network takes of an attempt: beside others on links of regions."""
        out: Vector | float = call.rtt_s
        for send in call.over:
            mean_s = send.mean_s * self.each
            out = out + mean_s * (1.0 + self.delay(*self.send_wait[send.link]))
        return out

    def fetched(self, key: str) -> Vector | float:
        """Samples of how long a batch comes to the node that handles it."""
        if key not in self.fetches:
            return 0.0
        fetch, each = self.fetches[key], self.flow.batch.get(key, 1.0)
        out: Vector | float = fetch.rtt_s
        for send in fetch.over:
            out = out + send.mean_s * each * (1.0 + self.delay(*self.fetch_wait(key, send)))
        return out

    def row(self, entity: str) -> Vector | float:
        """Samples of the wait for a row: which one by popularity, then whether it is locked."""
        if entity not in self.row_wait:
            return 0.0
        upto, busy, wait = self.row_wait[entity]
        which = np.minimum(np.searchsorted(upto, self.next(0)), len(upto) - 1)
        locked = self.next(0) < busy[which]
        mean = wait[which] / np.maximum(busy[which], 1e-12)
        return np.where(locked, self.next(1) * mean, 0.0)

    def row_mean(self, entity: str) -> float:
        """The mean wait for a row, in s."""
        if entity not in self.row_wait:
            return 0.0
        upto, _, wait = self.row_wait[entity]
        return float((np.diff(upto, prepend=0.0) * wait).sum())

    def call(self, call: Call, now: Vector, turns: dict[str, int]) -> Vector:
        """Samples of a call at times `now`; `turns`: orders in which others met stations."""
        (_, plain), *others = call.branches
        out = self.sent(plain, now, turns)
        for share, way in others:
            out = np.where(self.next(0) < share, self.sent(way, now, turns), out)
        return out

    def sent(self, call: Call, now: Vector, turns: dict[str, int]) -> Vector:
        callee = self.samples[call.target]
        # another order of the callee's samples keeps calls independent of each other
        self.stream = (self.stream + 1) % STREAMS
        turn = 1 + 131 * self.stream
        out = np.roll(callee, turn) + self.away(call)
        wait = self.first_wait.get(call.target)
        if wait is not None:
            out += self._met(call, wait, turn, now, turns)
        if call.pool is not None:
            out = out + self.delay(*self.pool_wait[call.pool.key])
        if call.timeout_s > 0:
            pair = self.key, call.target
            late = float(np.mean(out > call.timeout_s))
            self.cut_short[pair] = max(late, self.cut_short.get(pair, 0.0))
        if call.hedge_s > 0:
            self.late[call.target, call.hedge_s] = float(np.mean(out > call.hedge_s))
            second = np.roll(callee, 3 + 257 * self.stream) + self.away(call)
            out = np.minimum(out, call.hedge_s + second)
        if call.optional and (refused := self.refused.get(call.gate, 0.0)) > 0:
            out = np.where(self.next(0) < refused, 0.0, out)  # it goes on at once
        return out

    def _met(
        self, call: Call, wait: Vector, turn: int, now: Vector, turns: dict[str, int]
    ) -> Vector | float:
        """How much longer than at random a call waits for cores: calls that come to a replica
        together meet the same, who comes again knows something of it."""
        sid = self.flow.nodes[call.target].station
        plain, replicas = np.roll(wait, turn), self.flow.stations[sid].replicas
        beside, own = turns.setdefault(sid, turn), plain
        if sid in self.been:
            own = self.again(plain, sid, now, replicas)
        elif beside != turn:
            together = self.next(0) < 1 / replicas
            own = np.where(together, np.roll(wait, beside), plain)
        self.met[sid] = own
        return own - plain
