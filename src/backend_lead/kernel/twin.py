"""The plain reading of `laws.md`: slow, short, and independent of the compiled kernel.

It is the oracle the compiled kernel is compared with, request by request. Objects stand for frames,
queues are deques, and the code follows the order of the page.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from types import SimpleNamespace
from typing import Any

from . import layout as lay
from .layout import FAILED, NONE, OK, SAME, TIMED_OUT
from .program import Program
from .twin_balancing import Balancing
from .twin_chance import Stream, hash2, sample
from .twin_hosts import Hosts
from .twin_joins import Joins
from .twin_keys import Keys
from .twin_logs import Logs
from .twin_policies import Policies
from .twin_sources import Sources
from .twin_state import (
    Attempt,
    Batch,
    Frame,
    Group,
    Lane,
    Pool,
    Replica,
    Root,
    TwinResult,
    Waiting,
    records,
)
from .twin_streams import Streams
from .twin_watches import Watches


def run(program: Program, *, seed: int, until_ns: int, warmup_ns: int = 0) -> TwinResult:
    """Run the program from time 0 to `until_ns`, both included; the program is left untouched."""
    twin = _Twin(program, seed, warmup_ns)
    twin.run(until_ns)
    return twin.result


def backoff(frame: Attempt, u: float) -> int:
    """Give the ns to wait after an attempt that failed."""
    call = frame.call
    longest = min(call.backoff * 2**frame.number, call.backoff_cap)
    match call.shape:
        case lay.JITTER_NONE:
            return int(float(longest))
        case lay.JITTER_EQUAL:
            return int(longest / 2 + u * (longest / 2))
        case lay.JITTER_DECORRELATED:
            first, cap = float(call.backoff), float(call.backoff_cap)
            before = float(frame.waited) if frame.number > 0 else first
            return int(min(cap, first + u * (before * 3 - first)))
        case _:
            return int(u * longest)


class _Twin(Sources, Policies, Streams, Logs, Balancing, Hosts, Keys, Joins, Watches):
    def __init__(self, program: Program, seed: int, warmup: int) -> None:
        self.ops, self.dists = records(program.op), records(program.dist)
        self.endpoints, self.calls = records(program.endpoint), records(program.call)
        self.services, self.caches = records(program.service), records(program.cache)
        self.hit = program.hit.tolist()
        self.pools = [Pool(row.size) for row in records(program.pool)]
        groups = [Group(row) for row in records(program.group)]
        self.replicas = [
            Replica(number, row, self.services[row.service], groups[row.group], self.pools)
            for number, row in enumerate(records(program.replica))
        ]
        self.lanes = [Lane() for _ in program.lane]
        self.set_sources(program, seed)
        self.faults = records(program.fault)
        self.warmup = warmup
        self.set_policies(program)
        self.set_streams(program, seed)
        self.set_logs(program)
        self.set_balancing(records(program.hop))
        self.set_hosts(program)
        self.set_keys(program)
        self.set_watches(program)
        self.now = 0
        self.created = 0
        self.events: list[Any] = []  # heap of (time, number of creation, action)
        self.ready: deque[Callable[[], None]] = deque()
        self.result = TwinResult()

    # Events.

    def run(self, until: int) -> None:
        for source in self.sources:
            if source.phases:
                source.begin_phase(0, 0)
            self.schedule_arrival(source)
        self.begin_thinking()
        for fault in self.faults:
            self.at(fault.at, self.strike, fault)
        for controller in self.controllers:
            self.at(controller.period, self.look, controller)
        for watch in self.watches:
            if watch.period > 0:
                self.at(watch.period, self.check, watch)
        while self.events and self.events[0][0] <= until:
            self.now, _, action = heappop(self.events)
            self.result.events += 1
            action()
            while self.ready:
                self.ready.popleft()()
        self.result.limiters = [(limiter.passed, limiter.refused) for limiter in self.limiters]
        self.result.logs = [(log.written, log.read, log.stale) for log in self.logs]
        self.result.dead = [stream.dead for stream in self.streams]

    def at(self, time: int, action: Callable[..., None], *args: Any) -> None:
        heappush(self.events, (time, self.created, partial(action, *args)))
        self.created += 1

    def when_ready(self, step: Callable[[Any], None], frame: Frame) -> None:
        self.ready.append(partial(step, frame))

    # Begin.

    def begin_root(self, frame: Root) -> None:
        self.join(frame, self.replicas[self.service_of(frame).replica])

    def begin(self, frame: Attempt) -> None:
        call = frame.call
        if frame.stray():
            return
        if call.deadline:
            due = [t for t in (frame.caller.due, frame.timeout and self.now + frame.timeout) if t]
            frame.due = min(due, default=0)
        if frame.number == 0 and not frame.is_hedge:
            self.earn(frame)
        if call.breaker != NONE:
            self.draw_group(frame)
            if not self.is_admitted(frame):
                frame.outcome = FAILED
                self.settle(frame)
                return
        if call.hedge > 0 and not frame.is_hedge:
            self.pair_up(frame)
        if frame.timeout > 0:
            self.enter_lane(frame)
        if call.pool == NONE:
            self.place(frame)
            return
        if call.pool_scope == 1:
            self.draw_group(frame)
            pool = self.pools[call.pool + frame.group]
        elif call.pool_scope == 2:
            self.draw_group(frame)
            pool = frame.caller.replica.pools[call.pool + frame.group]
        else:
            pool = frame.caller.replica.pools[call.pool]
        if pool.in_use >= pool.size and call.room != NONE and len(pool.waiting) >= call.room:
            self.leave_lane(frame)
            frame.outcome = FAILED
            self.settle(frame)
        elif pool.in_use >= pool.size:
            frame.waits_for = pool
            pool.waiting.append(frame)
        else:
            pool.in_use += 1
            frame.take_slot(pool)
            self.place(frame)

    def service_of(self, frame: Frame) -> SimpleNamespace:
        service: SimpleNamespace = self.services[self.endpoints[frame.endpoint].service]
        return service

    def draw_group(self, frame: Attempt) -> None:
        groups = self.service_of(frame).groups
        if frame.group != NONE:
            return
        if frame.call.by_key and frame.key != NONE:
            frame.group = hash2(frame.key, 1) % groups
        else:
            frame.group = 0 if groups == 1 else frame.stream.below(groups)

    def place(self, frame: Attempt) -> None:
        if frame.group == NONE:
            self.draw_group(frame)
        service = self.service_of(frame)
        first = self.replicas[service.replica + frame.group * service.per_group]
        if not first.group.live:
            self.end_unserved(frame)
            return
        chosen = self.choose(first.group, frame, None if frame.stray() else frame.zone)
        chosen.sent += not frame.orphan
        frame.sent_to = chosen
        if self.gets_through(frame, chosen):
            self.join(frame, chosen)
        elif not frame.timeout:
            self.end_unserved(frame)

    def join(self, frame: Frame, replica: Replica) -> None:
        frame.replica, service = replica, replica.service
        if not replica.up:
            if not (replica.silent and frame.timeout):
                self.end_unserved(frame)
        elif not service.limited:
            self.start(frame)
        elif replica.busy < service.workers:
            replica.busy += 1
            self.start(frame)
        elif self.is_refused(frame, len(replica.waiting)):
            self.end_unserved(frame)
        else:
            frame.queued_at = self.now
            frame.patience = None
            replica.waiting.join(frame)
            if service.give_up != NONE:
                frame.patience = int(sample(self.dists[service.give_up], frame.stream))

    def is_refused(self, frame: Frame, waiting: int) -> bool:
        service = self.service_of(frame)
        if service.queue != NONE and waiting >= service.queue:
            return True
        low = self.endpoints[frame.endpoint].low
        return bool(low and service.shed != NONE and waiting >= service.shed)

    def start_late(self, frame: Frame) -> None:
        """Start a frame that waited for its worker, unless it waited too long."""
        patience, waited = frame.replica.service.patience, self.now - frame.queued_at
        if 0 < patience < waited or (frame.patience is not None and frame.patience < waited):
            frame.epoch = frame.replica.epoch
            self.end(frame, FAILED)
        else:
            self.start(frame)

    def start(self, frame: Frame) -> None:
        replica = frame.replica
        frame.epoch = replica.epoch
        if self.is_useless(frame) or (replica.errors > 0 and frame.stream.u() < replica.errors):
            self.end(frame, FAILED)
            return
        frame.next_op = self.endpoints[frame.endpoint].op
        self.advance(frame)

    def is_useless(self, frame: Frame) -> bool:
        return bool(frame.due and self.now >= frame.due) or frame.cancelled()

    # Advance.

    def resume(self, frame: Frame) -> None:
        if frame.dead():
            if frame.replica.silent and frame.timeout:
                self.let_loose(frame)
            else:
                self.end_unserved(frame)
        elif frame.failure != OK:
            self.end(frame, frame.failure)
        elif self.is_useless(frame):
            self.end(frame, FAILED)
        else:
            self.advance(frame)

    def advance(self, frame: Frame) -> None:
        blocked = False
        while not blocked:
            op = self.ops[frame.next_op]
            frame.next_op += 1
            blocked = self.step(frame, op)

    def step(self, frame: Frame, op: SimpleNamespace) -> bool:
        """Take one step; true when the frame now waits for something, or has ended."""
        match op.code:
            case lay.OP_CPU:
                self.use_cpu(frame, self.cpu_time(frame, op.a) * frame.count)
            case lay.OP_DELAY:
                time = int(sample(self.dists[op.a], frame.stream))
                self.at(self.now + time, self.when_ready, self.resume, frame)
            case lay.OP_CALL:
                self.send(frame, self.calls[op.a : op.a + 1])
            case lay.OP_PAR:
                self.send(frame, self.calls[op.a : op.a + op.b], op.need)
            case lay.OP_PUBLISH:
                self.publish(frame, op.a)
                return False
            case lay.OP_LIMIT:
                allowed = self.limiters[op.a].allows(self.now, self.now >= self.warmup)
                if not allowed:
                    self.end(frame, FAILED)
                return not allowed
            case lay.OP_CHANCE:
                if frame.stream.u() < op.p:
                    frame.next_op = op.a
                return False
            case lay.OP_HIT:
                if not frame.call_failed and frame.stream.u() < self.hit_ratio(frame, op.a):
                    frame.next_op = op.b
                return False
            case lay.OP_KEY:
                self.draw_key(frame, op.a)
                return False
            case lay.OP_GET:
                return self.look_up(frame, op)
            case lay.OP_PUT:
                self.keep(frame, op)
                return False
            case lay.OP_DROP:
                self.drop(frame, op.a)
                return False
            case lay.OP_LOCK:
                return self.take_lock(frame, op)
            case lay.OP_UNLOCK:
                self.unlock(frame)
                return False
            case lay.OP_NOTE:
                self.note(frame, op.a)
                return False
            case lay.OP_LOOK:
                self.look_behind(frame, op.a)
                return False
            case lay.OP_END:
                self.end(frame, OK)
        return True

    def cpu_time(self, frame: Frame, dist: int) -> int:
        service, n = frame.replica.service, frame.replica.busy
        time = sample(self.dists[dist], frame.stream) * frame.replica.slow
        if service.stretched:
            time *= 1 + service.contention * (n - 1) + service.coherency * n * (n - 1)
        return int(time)

    def use_cpu(self, frame: Frame, time: int) -> None:
        replica = frame.replica
        replica.service.work += time
        if replica.host != NONE:
            self.enter_host(frame, time)
        elif not replica.service.limited:
            self.at(self.now + time, self.when_ready, self.resume, frame)
        elif replica.cores_busy >= replica.service.cores:
            replica.for_core.append((frame, time))
        else:
            replica.cores_busy += 1
            self.use_core(frame, time)

    def use_core(self, frame: Frame, time: int) -> None:
        replica = frame.replica
        self.at(max(self.now, replica.frozen_until) + time, self.cpu_done, frame, replica.frozen)

    def cpu_done(self, frame: Frame, frozen: int) -> None:
        replica = frame.replica
        if not frame.dead():
            if replica.frozen > frozen:
                late = replica.frozen - frozen
                self.at(self.now + late, self.cpu_done, frame, replica.frozen)
                return
            if replica.for_core:
                self.use_core(*replica.for_core.popleft())
            else:
                replica.cores_busy -= 1
        self.when_ready(self.resume, frame)

    def send(self, frame: Frame, calls: list[SimpleNamespace], need: int = 0) -> None:
        frame.pending, frame.need, frame.got = len(calls), need, 0
        for call in calls:
            self.when_ready(self.begin, self.attempt(frame, call, 0))

    def attempt(self, caller: Frame, call: SimpleNamespace, number: int) -> Attempt:
        named = call.group if call.group != SAME else caller.replica.group_number
        return Attempt(
            endpoint=call.endpoint,
            stream=Stream(caller.stream.next()),
            timeout=call.timeout,
            count=caller.count,
            key=caller.key,
            rank=self.endpoints[call.endpoint].rank or caller.rank,
            caller=caller,
            call=call,
            number=number,
            of_join=caller.joins,
            zone=caller.replica.zone,
            group=named,
        )

    def hit_ratio(self, frame: Frame, cache_row: int) -> float:
        cache = self.caches[cache_row]
        service = self.services[cache.service]
        replica = self.replicas[service.replica + frame.call_group * service.per_group]
        age = self.now - replica.group.flushed_at
        return float(self.hit[cache.first + min(age // cache.step, cache.n - 1)])

    # End of a frame.

    def end(self, frame: Frame, outcome: int) -> None:
        replica = frame.replica
        self.let_loose(frame)
        if replica.service.limited:
            if replica.waiting:
                self.when_ready(self.start_late, replica.waiting.next())
            else:
                replica.busy -= 1
        self.answer(frame, outcome)

    def end_unserved(self, frame: Frame) -> None:
        """End with FAILED a frame that holds no worker: it never started, or it is dead."""
        self.let_loose(frame)
        self.answer(frame, FAILED)

    def answer(self, frame: Frame, outcome: int) -> None:
        frame.outcome = outcome
        if isinstance(frame, Root):
            self.record(frame)
            self.move_on(frame)
            self.opened(frame)
        elif isinstance(frame, Batch):
            self.batch_ended(frame)
        elif isinstance(frame, Attempt) and not frame.orphan:
            wait = frame.call.rtt + frame.hop_wait
            if wait > 0:
                self.at(self.now + wait, self.deliver, frame)
            else:
                self.deliver(frame)

    def record(self, frame: Root) -> None:
        source, result = frame.source, self.result
        result.ok += frame.outcome == OK
        result.failed += frame.outcome == FAILED
        result.timed_out += frame.outcome == TIMED_OUT
        if frame.start >= self.warmup:
            request = (source.number, frame.endpoint, frame.serial)
            result.outcomes.append((*request, frame.start, self.now, frame.outcome))

    # Deliver.

    def deliver(self, frame: Attempt) -> None:
        if frame.orphan:
            return
        self.leave_lane(frame)
        self.give_back(frame)
        self.settle(frame)

    def give_back(self, frame: Attempt) -> None:
        pool, frame.slot = frame.slot, None
        if pool is None or pool.epoch != frame.slot_epoch:
            return
        if pool.waiting:
            other = pool.waiting.popleft()
            other.take_slot(pool)
            self.when_ready(self.place, other)
        else:
            pool.in_use -= 1

    def settle(self, frame: Attempt) -> None:
        """Try again, or tell the caller."""
        caller, call = frame.caller, frame.call
        if frame.sent_to is not None:
            frame.sent_to.sent -= 1
        self.eject(frame)
        if frame.breaker is not None:
            frame.breaker.hear(frame.outcome == OK, self.now)
        if frame.stray() or not self.part(frame):
            return
        self.tell(frame)
        left = frame.outcome != OK and frame.number < call.retries and not caller.dead()
        if left and self.pay(frame):
            self.try_again(frame)
        elif isinstance(caller, Batch) and caller.fetching:
            self.batch_fetched(caller, frame.outcome)
        elif caller.need > 0:
            self.count_answer(frame)
        else:
            if frame.outcome != OK and not call.optional:
                caller.failure = frame.outcome
            caller.call_failed = frame.outcome != OK and bool(call.optional)
            caller.call_group = frame.group
            caller.call_replica = frame.sent_to
            self.child_gone(caller)

    def try_again(self, frame: Attempt) -> None:
        call = frame.call
        again = self.attempt(frame.caller, call, frame.number + 1)
        again.waited = backoff(frame, again.stream.u())
        if call.backoff > 0:
            self.at(self.now + again.waited, self.when_ready, self.begin, again)
        else:
            self.when_ready(self.begin, again)

    def child_gone(self, caller: Frame) -> None:
        caller.pending -= 1
        if caller.pending == 0:
            self.when_ready(self.resume, caller)

    # Timeouts.

    def enter_lane(self, frame: Attempt) -> None:
        lane = self.lanes[frame.call.lane]
        lane.deadlines[frame] = self.now + frame.timeout
        self.arm(lane)

    def leave_lane(self, frame: Attempt) -> None:
        if frame.timeout > 0:
            del self.lanes[frame.call.lane].deadlines[frame]

    def arm(self, lane: Lane) -> None:
        if lane.deadlines and not lane.armed:
            self.at(lane.head()[1], self.lane_due, lane)
            lane.armed = True

    def lane_due(self, lane: Lane) -> None:
        lane.armed = False
        while lane.deadlines and lane.head()[1] <= self.now:
            frame, _ = lane.head()
            self.time_out(frame)
        self.arm(lane)

    def time_out(self, frame: Attempt) -> None:
        self.leave_lane(frame)
        if frame.waits_for is not None:
            frame.waits_for.waiting.remove(frame)
        frame.orphan = True
        frame.outcome = TIMED_OUT
        self.give_back(frame)
        self.settle(frame)

    # Faults.

    def strike(self, fault: SimpleNamespace) -> None:
        replica = self.replicas[fault.replica]
        match fault.action:
            case lay.FAULT_DOWN:
                self.take_down(replica, silent=fault.x == 1)
                self.lose_connections(replica)
            case lay.FAULT_DRAIN:
                self.lose_connections(replica, int(fault.x))
            case lay.FAULT_UP:
                replica.up = True
            case lay.FAULT_HIDE | lay.FAULT_SHOW:
                self.show(replica, fault.action == lay.FAULT_SHOW)
            case lay.FAULT_SLOW:
                replica.slow = fault.x
            case lay.FAULT_FLUSH:
                replica.group.flushed_at = self.now
            case lay.FAULT_ERRORS:
                replica.errors = fault.x
            case lay.FAULT_FREEZE:
                replica.freeze(self.now, int(fault.x))
            case lay.FAULT_LEAST:
                self.controllers[fault.row].least = int(fault.x)
            case lay.FAULT_CUT:
                self.hops[fault.row].cut = int(fault.x)
            case lay.FAULT_LOSS:
                self.hops[fault.row].loss = fault.x
            case lay.FAULT_LAG:
                self.hops[fault.row].rtt += int(fault.x)
            case lay.FAULT_BEHIND:
                self.logs[fault.row].lag = int(fault.x)

    def take_down(self, replica: Replica, silent: bool) -> None:
        replica.up, replica.silent = False, silent
        replica.epoch += 1
        replica.forget()
        replica.busy = replica.cores_busy = 0
        queued, replica.waiting = replica.waiting, Waiting(replica.service.order)
        for frame in (frame for line in queued.lines for frame in line):
            if not (silent and frame.timeout):
                self.end_unserved(frame)
        for frame, _ in replica.for_core:
            self.when_ready(self.resume, frame)
        replica.for_core.clear()
        self.leave_host(replica)
        for pool in replica.pools:
            waiting, pool.waiting = pool.waiting, deque()
            pool.epoch += 1
            pool.in_use = 0
            for frame in waiting:
                self.vanish_from_pool(frame)
