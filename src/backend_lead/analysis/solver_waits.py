"""The solver's layers: waits for workers, pooled connections, rows and partitions."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from backend_lead.analysis.moments import Moments
from backend_lead.analysis.queues import FULL, erlang_b, erlang_c, refusing, wait_or_leave
from backend_lead.analysis.queues import wait as wait_of
from backend_lead.analysis.row_shares import row_shares
from backend_lead.analysis.shared_cores import ranked
from backend_lead.analysis.solver_cores import NOBODY, Cores, Use
from backend_lead.analysis.uneven import ALIKE, Groups, compared, groups, mixed, partitions, pooled
from backend_lead.catalog.kind import Station
from backend_lead.views.flow import Consumer, Held, Pool, gates
from backend_lead.views.rates import unloaded_s
from backend_lead.views.weights import weighted_calls

LOST_MIN = 1e-6  # a share of requests refused below this is none


@dataclass
class Places:
    """What so many calls of one caller hold at once, for how long, and how many more may wait for a
    place (None: any number). `caller`: the station each of whose replicas has a pool of its own."""

    pool: Pool
    caller: str = ""
    callers: int = 1
    parts: Groups = ALIKE
    held: Moments = field(default_factory=Moments)
    room: int | None = None
    optional: bool = True


class Waits(Cores):
    """Cores, disks and limits, and the layers above them."""

    def layers(self) -> None:
        """Waits for workers, pooled connections and rows from the holding times just found."""
        flow = self.flow
        self.worker_wait, self.pool_wait = defaultdict(lambda: NOBODY), defaultdict(lambda: NOBODY)
        for sid, station in flow.stations.items():
            if station.limited and self.held[sid].rate > 0:
                self._workers(sid, station)
        sheds = gates(flow)
        for key, of in self.pools().items():
            self._pool(key, of, sheds.get(key, False))
        for key, of in self.pools(limits=True).items():
            # who finds it full is refused
            load = of.held.sum / of.callers
            if key in sheds:
                self._full(key, *mixed(of.parts, lambda over: (
                    erlang_b(of.pool.size, over * load),  # noqa: B023
                )))  # fmt: skip
            if not of.optional:
                busy = load / of.pool.size * max(over for _, over in of.parts)
                self.uses[key] = Use(key, key.split(" ")[0], "calls at once", busy, 0.0,
                                     of.pool.size)  # fmt: skip
        for consumer in flow.consumers:
            self.partitions(consumer)
        for entity, held in self.row_held.items():
            self._rows(entity, held)

    def _pool(self, key: str, of: Places, sheds: bool) -> None:
        """The wait for a pooled connection; with `sheds`, only calls that go on without one come,
        and none waits where the line is full."""
        servers, per, mean, scv = of.pool.size, of.held.rate / of.callers, of.held.mean, of.held.scv
        busy = per * mean / servers * max(over for _, over in of.parts)
        if of.room is not None:
            waiting, line, lost = mixed(of.parts, lambda over: refusing(
                over * per * mean, servers, of.room or 0
            ))  # fmt: skip
            self._full(key, lost)
        if sheds:
            busy, wait = busy * (1 - lost), line * mean
        else:
            balance, beside, away = self._balanced(key, of, per)
            waiting, wait = mixed(of.parts, lambda over: wait_of(
                over * per, mean, scv, servers, balance, beside, over * away
            ))  # fmt: skip
        self.pool_wait[key] = (waiting, wait)
        self.uses[key] = Use(key, key.split(" ")[0], "pool", busy, wait, servers, sheds)
        if not sheds and (busy >= FULL or math.isinf(wait)):
            self.stable = False

    def _balanced(self, key: str, of: Places, per: float) -> tuple[str, int, float]:
        """How calls come to one of the pools: as a balancer sends those who call, if each of these
        has a pool of its own; with what it sees of them elsewhere."""
        station = self.flow.stations.get(of.caller)
        if station is None:
            return "random", 1, 0.0
        before = 0.0 if self.last is None else self.last.pool_wait[key][1]
        here = per * (of.held.mean + before)
        away = max(0.0, self.held[station.id].sum / station.replicas - here)
        return station.balance, compared(self.flow, station.id), away

    def _full(self, key: str, lost: float) -> None:
        if lost > LOST_MIN:
            self.finds_full[key] = lost

    def _workers(self, sid: str, station: Station) -> None:
        """The wait for a worker, and who is refused or leaves instead."""
        held, said, most = self.held[sid], station.serving, self.most(sid)
        arrivals = held.rate / station.replicas
        busy = held.sum / station.replicas / station.workers * most
        waiting, wait, lost = (0.0, 0.0, 0.0)
        gives_up_s = said.gives_up.value if said is not None and said.gives_up else 0.0
        loses = gives_up_s > 0 or _refuses(station, held.sum / station.replicas * most)
        scv = held.scv + self.more.get(sid, 0.0)
        if station.workers > station.cores or busy >= FULL or self.held_longer(station) or loses \
                or sid in self.shares:  # fmt: skip
            if loses:
                waiting, wait, lost = mixed(groups(self.flow, sid), lambda over: wait_or_leave(
                    over * arrivals, held.mean, scv, station.workers, station.balance,
                    compared(self.flow, sid), station.queue, gives_up_s,
                ))  # fmt: skip
            else:
                waiting, wait = mixed(groups(self.flow, sid), lambda over: wait_of(
                    over * arrivals, held.mean, scv, station.workers, station.balance,
                    compared(self.flow, sid),
                ))  # fmt: skip
        if not loses:
            waiting, wait = max((waiting, wait), self.instead[sid], key=lambda each: each[1])
        self.worker_wait[sid] = (waiting, wait)
        if lost > LOST_MIN:
            self.lost[sid] = lost
        if said is not None and said.order == "priority":
            self._ranks(sid, station, busy)
        self.note(f"{sid} workers", station, "workers", busy, wait, station.workers)

    def _ranks(self, sid: str, station: Station, busy: float) -> None:
        """Waits of those of each priority over those in turn. Source: Cobham 1954, whose formula
        holds for several servers where all are served alike."""
        ranks = ranked(self.flow)
        share: dict[int, float] = defaultdict(float)
        nodes = [node.key for node in self.flow.nodes.values() if node.station == sid]
        for key in nodes:
            share[ranks[key]] += self.rate(key) * self.own_s[key]
        whole = sum(share.values()) or 1.0
        for key in nodes:
            first = sum(part for rank, part in share.items() if rank < ranks[key]) / whole * busy
            upto = first + share[ranks[key]] / whole * busy
            self.ahead[key] = (1 - busy) / ((1 - first) * (1 - upto))

    def _rows(self, entity: str, held: Moments) -> None:
        """The wait for a row that is locked: each row is M/G/1, the popular ones are hot."""
        shares = row_shares(self.flow, entity)
        busy = np.minimum(held.sum * shares, FULL)
        wait = busy * held.mean * (1 + held.scv) / 2 / (1 - busy)
        self.row_wait[entity] = (np.cumsum(shares), busy, wait)
        most, mean = held.sum * float(shares.max()), float((shares * wait).sum())
        name = f"{entity or 'any'} rows"
        self.uses[name] = Use(name, self._keeper(entity), "rows", most, mean, len(shares))
        if most >= FULL:
            self.stable = False

    def _keeper(self, entity: str) -> str:
        """The component whose statements lock rows of an entity."""
        return next(
            node.component for node in self.flow.nodes.values()
            if any(isinstance(step, Held) and step.entity == entity for step in node.steps)
        )  # fmt: skip

    def partitions(self, consumer: Consumer) -> None:
        """Waits of messages for a free place in their partition.

        With batches, a message that finds its places busy waits for the rest of one of them, and
        is in the next; without, a partition is a queue of its own.
        """
        key = consumer.handler
        samples = self.samples[key] + self.fetched_s(key)
        frames = self.rate(key)
        if frames <= 0:
            return
        each, hold = self.flow.batch.get(key, 1.0), float(np.mean(samples))
        places = self.places[key]
        sent_s = sum(send.mean_s for send in consumer.fetch.over) if consumer.fetch else 0.0
        full_s = hold + (consumer.batch - each) * (unloaded_s(self.flow, key)[0] + sent_s)
        parts = partitions(self.flow, key)
        busy = frames * each * full_s / (places * consumer.batch) * max(x for _, x in parts)
        if consumer.batch == 1:
            scv = float(np.var(samples)) / hold**2 if hold > 0 else 0.0
            waiting, wait = mixed(parts, lambda over: wait_of(
                over * frames / consumer.partitions, hold, scv, consumer.slots, "random", 1
            ))  # fmt: skip
        else:
            waiting = min(1.0, frames * hold / places)
            wait = waiting * float(np.mean(samples**2)) / (2 * hold)
        self.stream_wait[key] = (waiting, wait)
        station = self.flow.stations[self.flow.nodes[consumer.topic].station]
        self.note(f"{key} partitions", station, "partitions", busy, wait, places)

    def pools(self, limits: bool = False) -> dict[str, Places]:
        """Pools of connections, or limits of calls, with the calls that ask for a place."""
        found: dict[str, Places] = {}
        for node in self.flow.nodes.values():
            for weight, call in weighted_calls(node.steps, self.flow, 1.0):
                pool = call.limit if limits else call.pool
                if pool is None:
                    continue
                callee = self.flow.stations[self.flow.nodes[call.target].station]
                replicas = self.flow.stations[node.station].replicas
                of = found.setdefault(pool.key, Places(pool))
                alone = not pool.shared and callee.groups == 1
                of.caller = node.station if alone else ""
                of.callers = callee.groups * (1 if pool.shared else replicas)
                of.parts = pooled(self.flow, None if pool.shared else node.station, callee.id)
                of.optional = of.optional and call.optional
                if call.limit is not None:
                    most = call.limit.size * (replicas if pool.shared else 1)
                    of.room = max(0, most - pool.size)
                rate = self.rate(node.key) * weight
                if call.hedge_s:
                    rate *= 1 + self.late.get((call.target, call.hedge_s), 0.0)
                times = self.samples[call.target] + self.away_s(call, node.key)
                if limits and call.pool is not None:
                    times = times + self.pool_wait[call.pool.key][1]
                if call.gate and call.optional and call.timeout_s > 0:
                    times = np.minimum(times, call.timeout_s)
                mean = float(np.mean(times))
                most_s = self.places[node.key] / rate if node.key in self.places and rate else mean
                part = min(1.0, most_s / mean) if mean > 0 else 1.0
                square = float(np.mean(times * times)) * part * part
                of.held.moments(rate, mean * part, square)
        return found


def _refuses(station: Station, load: float) -> bool:
    """Whether a full queue refuses a share of requests that counts: by the tail of M/M/c."""
    if station.queue is None or not 0 < load < station.workers * FULL:
        return False
    rho = load / station.workers
    return erlang_c(station.workers, load) * rho**station.queue > LOST_MIN
