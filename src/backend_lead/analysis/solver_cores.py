"""The solver's cores, disks and limits: how busy each is at given rates, and how long one waits."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

from backend_lead.analysis.moments import Moments
from backend_lead.analysis.queues import FULL, RARE, shorter
from backend_lead.analysis.queues import wait as wait_of
from backend_lead.analysis.samples import Vector
from backend_lead.analysis.shared_cores import shared_cores
from backend_lead.analysis.two_kinds import Kinds, kinds, met, mixed_spread
from backend_lead.analysis.uneven import compared, groups, mixed
from backend_lead.analysis.visit_rates import Late, Refused, VisitRates
from backend_lead.catalog.kind import Station
from backend_lead.model.ways import limit_of
from backend_lead.views.flow import Bucket, Call, DiskRead, Flow, Par, Send
from backend_lead.views.sending import sender
from backend_lead.views.sharing_out import each
from backend_lead.views.weights import bursts, weighted_calls

Wait = tuple[float, float]  # probability of waiting, mean wait in s
NOBODY: Wait = (0.0, 0.0)


@dataclass
class Use:
    """One limited resource at this load: its share in use and mean wait. `sheds`: who finds it full
    goes on without it."""

    id: str
    component: str
    resource: str
    busy: float
    wait_s: float = 0.0
    servers: int = 1
    sheds: bool = False


class Cores:
    """Queues of one evaluation at fixed rates; what needs holding times takes them from `last`."""

    tells_waits = False  # whether waits are wanted, not only how busy parts are

    def __init__(
        self, flow: Flow, load: float, response_s: float, last: Cores | None,
        refused: Refused | None = None,
    ) -> None:  # fmt: skip
        self.flow, self.refused = flow, refused or {}
        base, now = flow.requests_per_s, sum(flow.root_rates(response_s).values()) * load
        self.scale = now / base if base > 0 else 0.0
        self.requests_per_s = now
        self.last = last
        self.samples: dict[str, Vector] = {}
        self.own_s: dict[str, float] = {}  # by node, without the wait for a worker
        self.late: Late = {}
        self.lost: dict[str, float] = {}  # by station
        self.finds_full: Refused = {}  # what is refused at these rates, by gate
        self.core_wait: dict[str, Wait] = {}
        self.kinds: dict[str, Kinds] = {}  # by station whose bursts are of two
        self.core_spread: dict[str, Vector | None] = {}  # of waits for cores; None: exponential
        self.stretch: dict[str, Wait] = {}  # of computing on shared cores
        self.instead: dict[str, Wait] = defaultdict(lambda: NOBODY)  # for a worker, not for a core
        self.slow: dict[str, float] = {}
        self.worker_wait: dict[str, Wait] = defaultdict(lambda: NOBODY)
        self.ahead: dict[str, float] = {}  # by node: its wait over that of its station
        self.pool_wait: dict[str, Wait] = defaultdict(lambda: NOBODY)
        self.row_wait: dict[str, tuple[Vector, Vector, Vector]] = {}
        self.row_held: dict[str, Moments] = defaultdict(Moments)
        if last is not None:
            self.worker_wait, self.pool_wait = last.worker_wait, last.pool_wait
            self.row_wait, self.ahead = last.row_wait, last.ahead
        self.disk_wait: dict[str, Wait] = defaultdict(lambda: NOBODY)
        self.disk_s: dict[str, float] = {}
        self.send_wait: dict[str, Wait] = defaultdict(lambda: NOBODY)  # by station or link
        self.link_busy: dict[str, float] = defaultdict(float)
        self.stream_wait: dict[str, Wait] = {}
        # batches under way are bounded by the places in their partitions; they grow instead
        self.places = {c.handler: c.partitions * c.slots for c in flow.consumers}
        self.fetches = {c.handler: c.fetch for c in flow.consumers if c.fetch is not None}
        self.held: dict[str, Moments] = defaultdict(Moments)
        self.uses: dict[str, Use] = {}
        self.stable = True
        self.ok: dict[str, float] = {}
        self.visits = {key: rate * self.scale for key, rate in flow.visits.items()}
        late, lost = (last.late, last.lost) if last is not None else ({}, {})
        if any(late.values()) or any(lost.values()) or any(self.refused.values()):
            rates = VisitRates(flow, self.scale, late, lost, self.refused)
            self.visits, self.ok = dict(rates.visits), rates.ok
        self.shares, self.more = shared_cores(flow), self.together()

    def rate(self, key: str) -> float:
        """Visits of a node a second."""
        return self.visits.get(key, 0.0)

    def note(
        self, key: str, station: Station, what: str, busy: float, wait: float, servers: int
    ) -> None:
        self.uses[key] = Use(key, station.component, what, busy, wait, servers)
        if busy >= FULL or math.isinf(wait):
            self.stable = False

    # cores ----------------------------------------------------------------------------------------
    def cores(self) -> None:
        rate: dict[str, float] = defaultdict(float)
        work: dict[str, float] = defaultdict(float)
        square: dict[str, float] = defaultdict(float)
        lengths: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for node in self.flow.nodes.values():
            visits = self.rate(node.key)
            each = self.flow.batch.get(node.key, 1.0)
            for weight, mean in bursts(node.steps, self.flow, 1.0):
                cpu = mean * each
                rate[node.station] += visits * weight
                work[node.station] += visits * weight * cpu
                square[node.station] += visits * weight * 2 * cpu * cpu
                lengths[node.station].append((visits * weight, cpu))
        homes = self.shares
        for sid, station in self.flow.stations.items():
            self.slow[sid] = station.slow * self._contention(station)
            self.core_wait[sid] = NOBODY
        for home in sorted(set(homes.values())):
            self._shared(home, [sid for sid, at in homes.items() if at == home], rate, work)
        for sid, station in self.flow.stations.items():
            if not station.limited or work[sid] <= 0 or sid in homes:
                continue
            n = station.replicas
            mean = work[sid] / rate[sid]
            scv = max(0.0, square[sid] / rate[sid] / (mean * mean) - 1)
            away = self._elsewhere(sid, rate[sid] * mean * self.slow[sid], rate[sid]) / n
            of = kinds(lengths[sid]) if self.tells_waits else None
            waiting, wait, full, other = mixed(groups(self.flow, sid), lambda over: self._wait(
                over * rate[sid] / n, mean, scv, station, over * away, of,  # noqa: B023
            ))  # fmt: skip
            if of is not None and waiting > RARE and not math.isinf(wait):
                self.kinds[sid] = of
                self.core_spread[sid] = self._spread(rate[sid] / n, of, station)
            self.instead[sid] = (full, other)
            if not self.held_longer(station):
                self.core_wait[sid] = (waiting, wait)
            few = station.cores
            if station.workers < few and math.isinf(wait):
                few = station.workers  # the rest of the cores cannot be used
            busy = work[sid] * self.slow[sid] / (n * few) * self.most(sid)
            what = "CPU" if few == station.cores else "workers"
            self.note(f"{sid} cores", station, what, busy, wait, few)

    def _elsewhere(self, sid: str, work: float, rate: float) -> float:
        """Requests at a station that neither compute nor wait for a core, on the mean."""
        if self.last is None:
            return 0.0
        here = work + rate * self.last.core_wait[sid][1]
        return max(0.0, self.last.held[sid].sum - here)

    def _wait(
        self, rate: float, mean: float, scv: float, station: Station, elsewhere: float,
        of: Kinds | None,
    ) -> tuple[float, float, float, float]:  # fmt: skip
        """Of one replica: the chance and the mean of waits for cores, and for workers instead."""
        mean_s = mean * self.slow[station.id]
        waiting, wait = wait_of(
            rate, mean_s, scv + self.more.get(station.id, 0.0),
            min(station.cores, station.workers), station.balance, compared(self.flow, station.id),
            elsewhere, of,
        )  # fmt: skip
        share, full = shorter(rate * mean_s, station.cores, station.workers)
        if math.isinf(wait):
            return waiting, wait, full, 0.0 if share == 1 else wait
        return waiting, wait * share, full, wait * (1 - share)

    def _spread(self, rate: float, of: Kinds, station: Station) -> Vector | None:
        """How the waits for cores of bursts of two kinds spread, over all replicas."""
        servers, slow = min(station.cores, station.workers), self.slow[station.id]
        return mixed_spread(
            (share, met(over * rate, of, servers, slow))
            for share, over in groups(self.flow, station.id)
        )

    def most(self, sid: str) -> float:
        """The load of the busiest replica of a station over that of all on the mean."""
        return groups(self.flow, sid)[0][1]

    def together(self) -> dict[str, float]:
        """By station, by how much its arrivals vary more because parallel calls come together: the
        mean square of a batch over its mean, less one, at one replica."""
        square: dict[str, float] = defaultdict(float)
        came: dict[str, float] = defaultdict(float)
        for node in self.flow.nodes.values():
            rate = self.rate(node.key)
            for step in node.steps:
                if not isinstance(step, Par) or rate <= 0:
                    continue
                sent = Counter(self.flow.nodes[call.target].station for call in step.calls)
                for sid, calls in sent.items():
                    replicas = self.flow.stations[sid].replicas
                    square[sid] += rate * calls * (calls - 1) / replicas
        for node in self.flow.nodes.values():
            came[node.station] += self.rate(node.key)
        return {sid: more / came[sid] for sid, more in square.items() if came[sid] > 0}

    def _contention(self, station: Station) -> float:
        """What compute takes longer because of others at work; they are taken to be Poisson."""
        said = station.serving
        if said is None or self.last is None or not (said.contention or said.coherency):
            return 1.0
        others = min(self.last.held[station.id].sum / station.replicas, station.workers - 1.0)
        return (
            1.0
            + (said.contention.value if said.contention else 0.0) * others
            + (said.coherency.value if said.coherency else 0.0) * (2 * others + others * others)
        )

    def _shared(
        self, home: str, sids: list[str], rate: dict[str, float], work: dict[str, float]
    ) -> None:
        """Cores that all who compute share evenly: how much longer each takes.

        Mean by insensitivity as M/M/c (Sakata, Noguchi and Oizumi 1971); the spread is that of
        M/M/1 processor sharing (Coffman, Muntz and Trotter 1970) at this chance to meet others.
        """
        station = self.flow.stations[home]
        on = [self._shared_by(i, station, sids, rate, work) for i in range(station.replicas)]
        for sid in sids:
            own = each(self.flow, sid)
            met = [(on[i % len(on)], over) for i, over in enumerate(own) if over > 0]
            self.stretch[sid] = (
                sum(chance * over for (chance, _, _, _), over in met) / len(own),
                sum(longer * over for (_, longer, _, _), over in met) / len(own),
            )
        busy = max(part for _, _, part, _ in on)
        wait = max(wait_s for _, _, _, wait_s in on)
        self.note(f"{home} cores", station, "CPU", busy, wait, station.cores)

    def _shared_by(
        self, i: int, home: Station, sids: list[str], rate: dict[str, float],
        work: dict[str, float],
    ) -> tuple[float, float, float, float]:  # fmt: skip
        """Of one host: the chance to be slowed, how much longer, its use, the wait in s."""
        all_rate = all_work = 0.0
        for sid in sids:
            own = each(self.flow, sid)
            here = float(own[i :: home.replicas].sum()) / len(own)
            all_rate += rate[sid] * here
            all_work += work[sid] * self.slow[sid] * here
        if all_work <= 0:
            return 0.0, 0.0, 0.0, 0.0
        mean = all_work / all_rate
        balance = home.balance if sids == [home.id] else "random"  # guests choose for themselves
        among, away = compared(self.flow, home.id), 0.0
        if self.last is not None:
            computing = all_work * (1 + self.last.stretch[home.id][1])
            away = max(0.0, self.last.held[home.id].sum / home.replicas - computing)
        waiting, wait = wait_of(all_rate, mean, 1.0, home.cores, balance, among, away)
        spread = waiting * (2 - waiting)
        return 2 * spread / (spread + 1), wait / mean, all_work / home.cores, wait

    def held_longer(self, station: Station) -> bool:
        """Whether each worker has a core of its own: one waits for a worker, never for a core."""
        return station.workers <= station.cores

    def disks(self) -> None:
        """Waits for the disk of each replica: M/G/c with reads that take a log-normal time."""
        reads: dict[str, tuple[float, float]] = {}
        for node in self.flow.nodes.values():
            for step in node.steps:
                if isinstance(step, DiskRead):
                    rate = self.rate(node.key) * step.chance
                    before = reads.get(node.station, (0.0, 0.0))[0]
                    reads[node.station] = (before + rate, step.mean_s)
        for sid, (rate, mean_s) in reads.items():
            station = self.flow.stations[sid]
            if station.disk_iops <= 0 or rate <= 0:
                continue
            servers, read_s = station.disk_queue(mean_s)
            per = rate / station.replicas
            self.disk_s[sid] = read_s
            waiting, wait = mixed(
                groups(self.flow, sid),
                lambda over: wait_of(over * per, read_s, 1.0, servers, "random", 1),  # noqa: B023
            )
            self.disk_wait[sid] = waiting, wait
            busy = per / station.disk_iops * self.most(sid)
            self.note(f"{sid} disk", station, "disk", busy, wait, servers)

    def network(self) -> None:
        """Waits for sending: each replica one after the other (M/G/1), links shared evenly."""
        found: dict[tuple[str, str], Moments] = defaultdict(Moments)
        for node in self.flow.nodes.values():
            rate, each = self.rate(node.key), self.flow.batch.get(node.key, 1.0)
            for step in node.steps:
                if isinstance(step, Send):
                    found[node.station, ""].moments(rate, step.mean_s, step.mean_s**2)
            for weight, call in weighted_calls(node.steps, self.flow):
                let_in = 1 - self.refused.get(call.gate, 0.0)
                often = rate * weight * let_in * self._attempts(call)
                for send, share in zip(call.over, (1.0, self.ok.get(call.target, 1.0))):
                    time_s = send.mean_s * each
                    found["", send.link].moments(often * share, time_s, time_s**2)
            for send in self.fetches[node.key].over if node.key in self.fetches else ():
                time_s = send.mean_s * each
                found["", send.link].moments(rate, time_s, time_s**2)
        for (sid, link), all_of in found.items():
            if all_of.rate <= 0:
                continue
            if link:
                self._link(link, all_of)
                continue
            station = self.flow.stations[sid]
            per, busy = all_of.rate / station.replicas, all_of.sum / station.replicas
            waiting, wait = mixed(
                groups(self.flow, sid),
                lambda over: wait_of(over * per, all_of.mean, all_of.scv, 1, "random", 1),  # noqa: B023
            )
            self.send_wait[sid] = waiting, wait
            self.note(f"{sid} sending", station, "sending", busy * self.most(sid), wait, 1)

    def away_s(self, call: Call, key: str) -> float:
        """What the network takes of an attempt of a node on the mean."""
        each = self.flow.batch.get(key, 1.0)
        return call.rtt_s + sum(
            send.mean_s * each * (1 + self.send_wait[send.link][1]) for send in call.over
        )

    def fetched_s(self, key: str) -> float:
        """How long a batch comes to the node that handles it, on the mean."""
        if key not in self.fetches:
            return 0.0
        fetch, each = self.fetches[key], self.flow.batch.get(key, 1.0)
        return fetch.rtt_s + sum(
            send.mean_s * each * (1 + self.fetch_wait(key, send)[1]) for send in fetch.over
        )

    def fetch_wait(self, key: str, send: Send) -> Wait:
        """How much longer than alone a batch is sent to the node that handles it.

        Of its own batches no more are under way than its partitions have places: it is sent no
        slower than if each place had the next one at once, a closed queue of as many jobs (mean
        value analysis, Reiser and Lavenberg 1980) beside what others send.
        """
        waiting, longer = self.send_wait[send.link]
        fetch, each = self.fetches[key], self.flow.batch.get(key, 1.0)
        alone_s = send.mean_s * each
        others = max(0.0, self.link_busy[send.link] - self.rate(key) * alone_s)
        if others >= FULL or alone_s <= 0:
            return waiting, longer
        away_s, sent_s, there = fetch.rtt_s + self.own_s.get(key, 0.0), alone_s / (1 - others), 0.0
        takes_s = sent_s
        for jobs in range(1, self.places[key] + 1):
            takes_s = sent_s * (1 + there)
            if takes_s >= alone_s * (1 + longer):
                return waiting, longer
            there = jobs * takes_s / (away_s + takes_s)
        return waiting, takes_s / alone_s - 1

    def _attempts(self, call: Call) -> float:
        """How often a call is sent, hedges included."""
        late = {} if self.last is None else self.last.late
        return 1.0 + (late.get((call.target, call.hedge_s), 0.0) if call.hedge_s else 0.0)

    def _link(self, link: str, all_of: Moments) -> None:
        """How much longer than alone sending between two regions takes: M/G/1 processor sharing."""
        busy = self.link_busy[link] = all_of.sum
        longer = busy / (1 - busy) if busy < FULL else math.inf
        spread = busy * (2 - busy)
        self.send_wait[link] = (2 * spread / (spread + 1), longer)
        station = self.flow.stations[sender(self.flow, link)]
        self.note(link, station, limit_of(link), busy, longer * all_of.mean, 1)

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
                        self.rate(other.key)
                        for other in self.flow.nodes.values()
                        if any(isinstance(s, Bucket) and s.key == step.key for s in other.steps)
                    )
                    self.uses[f"{step.key} limit"] = Use(
                        f"{step.key} limit", node.component, "limit", rate / step.rate_per_s
                    )
