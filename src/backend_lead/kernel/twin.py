"""The plain reading of `laws.md`: slow, short, and independent of the compiled kernel.

It is the oracle the compiled kernel is compared with, request by request. Objects stand for frames,
queues are deques, and the code follows the order of the page.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from types import SimpleNamespace
from typing import Any

from . import layout as lay
from .layout import FAILED, NONE, OK, TIMED_OUT
from .program import Program
from .twin_policies import Policies
from .twin_state import (
    Attempt,
    Batch,
    Frame,
    Group,
    Lane,
    Pool,
    Replica,
    Root,
    Source,
    Stream,
    TwinResult,
    hash2,
    records,
    sample,
)


def run(program: Program, *, seed: int, until_ns: int, warmup_ns: int = 0) -> TwinResult:
    """Run the program from time 0 to `until_ns`, both included; the program is left untouched."""
    twin = _Twin(program, seed, warmup_ns)
    twin.run(until_ns)
    return twin.result


class _Twin(Policies):
    def __init__(self, program: Program, seed: int, warmup: int) -> None:
        self.ops, self.dists = records(program.op), records(program.dist)
        self.endpoints, self.calls = records(program.endpoint), records(program.call)
        self.services, self.caches = records(program.service), records(program.cache)
        self.mix, self.hit = records(program.mix), program.hit.tolist()
        self.pools = [Pool(row.size) for row in records(program.pool)]
        groups = [Group(row) for row in records(program.group)]
        self.replicas = [
            Replica(row, self.services[row.service], groups[row.group], self.pools)
            for row in records(program.replica)
        ]
        self.lanes = [Lane() for _ in program.lane]
        segments = records(program.segment)
        self.sources = [
            Source(k, row, segments, seed) for k, row in enumerate(records(program.source))
        ]
        self.faults = records(program.fault)
        self.warmup = warmup
        self.set_policies(program, seed)
        self.now = 0
        self.created = 0
        self.events: list[Any] = []  # heap of (time, number of creation, action)
        self.ready: deque[Callable[[], None]] = deque()
        self.result = TwinResult()

    # Events.

    def run(self, until: int) -> None:
        for source in self.sources:
            self.schedule_arrival(source)
        for fault in self.faults:
            self.at(fault.at, self.strike, fault)
        for controller in self.controllers:
            self.at(controller.period, self.look, controller)
        while self.events and self.events[0][0] <= until:
            self.now, _, action = heappop(self.events)
            self.result.events += 1
            action()
            while self.ready:
                self.ready.popleft()()
        self.result.limiters = [(limiter.passed, limiter.refused) for limiter in self.limiters]

    def at(self, time: int, action: Callable[..., None], *args: Any) -> None:
        heappush(self.events, (time, self.created, partial(action, *args)))
        self.created += 1

    def when_ready(self, step: Callable[[Any], None], frame: Frame) -> None:
        self.ready.append(partial(step, frame))

    # Sources.

    def schedule_arrival(self, source: Source) -> None:
        rate, later = source.rate(), source.segments[source.current + 1 :]
        source.idle = rate <= 0 and not later
        if rate > 0:
            time = self.now + int(-math.log(source.arrivals.u()) / rate)
            if not later or time < later[0].start:
                self.at(time, self.candidate, source)
                return
        if later:
            self.at(later[0].start, self.turn, source)

    def turn(self, source: Source) -> None:
        source.current += 1
        self.schedule_arrival(source)

    def candidate(self, source: Source) -> None:
        users = source.users()
        thinks = source.row.closed == lay.CLOSED
        if not thinks or source.arrivals.u() * users < users - source.in_flight:
            self.start_request(source)
        self.schedule_arrival(source)

    def start_request(self, source: Source) -> None:
        u = source.arrivals.u()
        mix = self.mix[source.row.mix : source.row.mix + source.row.n_mix]
        root = next((m.root for m in mix if u < m.upto), mix[-1].root)
        frame = Root(
            endpoint=root,
            stream=Stream(hash2(source.requests, source.serial)),
            source=source,
            serial=source.serial,
            start=self.now,
        )
        source.serial += 1
        source.in_flight += 1
        self.result.started += 1
        self.when_ready(self.begin_root, frame)

    # Begin.

    def begin_root(self, frame: Root) -> None:
        self.join(frame, self.replicas[self.service_of(frame).replica])

    def begin(self, frame: Attempt) -> None:
        call = frame.call
        if call.deadline:
            due = [t for t in (frame.caller.due, frame.timeout and self.now + frame.timeout) if t]
            frame.due = min(due, default=0)
        if frame.number == 0:
            self.earn(call.budget)
        if call.breaker != NONE:
            self.draw_group(frame)
            breaker = self.breakers[call.breaker + frame.group]
            if not breaker.admits(self.now):
                frame.outcome = FAILED
                self.settle(frame)
                return
            frame.breaker = breaker
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
        if frame.call.group != NONE:
            frame.group = frame.call.group
        else:
            frame.group = 0 if groups == 1 else frame.stream.below(groups)

    def place(self, frame: Attempt) -> None:
        if frame.group == NONE:
            self.draw_group(frame)
        service = self.service_of(frame)
        first = self.replicas[service.replica + frame.group * service.per_group]
        if first.group.live:
            chosen = first.group.choose(service.balance, frame.stream)
            chosen.sent += 1
            frame.sent_to = chosen
            self.join(frame, chosen)
        else:
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
            replica.waiting.append(frame)

    def is_refused(self, frame: Frame, waiting: int) -> bool:
        service = self.service_of(frame)
        if service.queue != NONE and waiting >= service.queue:
            return True
        low = self.endpoints[frame.endpoint].low
        return bool(low and service.shed != NONE and waiting >= service.shed)

    def start_late(self, frame: Frame) -> None:
        """Start a frame that waited for its worker, unless it waited too long."""
        patience = frame.replica.service.patience
        if 0 < patience < self.now - frame.queued_at:
            frame.epoch = frame.replica.epoch
            self.end(frame, FAILED)
        else:
            self.start(frame)

    def start(self, frame: Frame) -> None:
        frame.epoch = frame.replica.epoch
        if frame.due and self.now >= frame.due:
            self.end(frame, FAILED)
            return
        frame.next_op = self.endpoints[frame.endpoint].op
        self.advance(frame)

    # Advance.

    def resume(self, frame: Frame) -> None:
        if frame.dead():
            if not (frame.replica.silent and frame.timeout):
                self.end_unserved(frame)
        elif frame.failure != OK:
            self.end(frame, frame.failure)
        elif frame.due and self.now >= frame.due:
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
                time = int(sample(self.dists[op.a], frame.stream) * frame.replica.slow)
                self.use_cpu(frame, time * frame.count)
            case lay.OP_DELAY:
                time = int(sample(self.dists[op.a], frame.stream))
                self.at(self.now + time, self.when_ready, self.resume, frame)
            case lay.OP_CALL:
                self.send(frame, self.calls[op.a : op.a + 1])
            case lay.OP_PAR:
                self.send(frame, self.calls[op.a : op.a + op.b])
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
            case lay.OP_END:
                self.end(frame, OK)
        return True

    def use_cpu(self, frame: Frame, time: int) -> None:
        replica = frame.replica
        replica.service.work += time
        if replica.service.limited:
            if replica.cores_busy >= replica.service.cores:
                replica.for_core.append((frame, time))
                return
            replica.cores_busy += 1
        self.at(self.now + time, self.cpu_done, frame)

    def cpu_done(self, frame: Frame) -> None:
        replica = frame.replica
        if replica.service.limited and not frame.dead():
            if replica.for_core:
                other, time = replica.for_core.popleft()
                self.at(self.now + time, self.cpu_done, other)
            else:
                replica.cores_busy -= 1
        self.when_ready(self.resume, frame)

    def send(self, frame: Frame, calls: list[SimpleNamespace]) -> None:
        frame.pending = len(calls)
        for call in calls:
            self.when_ready(self.begin, self.attempt(frame, call, 0))

    def attempt(self, caller: Frame, call: SimpleNamespace, number: int) -> Attempt:
        return Attempt(
            endpoint=call.endpoint,
            stream=Stream(caller.stream.next()),
            timeout=call.timeout,
            count=caller.count,
            caller=caller,
            call=call,
            number=number,
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
        if replica.service.limited:
            if replica.waiting:
                self.when_ready(self.start_late, replica.waiting.popleft())
            else:
                replica.busy -= 1
        self.answer(frame, outcome)

    def end_unserved(self, frame: Frame) -> None:
        """End with FAILED a frame that holds no worker: it never started, or it is dead."""
        self.answer(frame, FAILED)

    def answer(self, frame: Frame, outcome: int) -> None:
        frame.outcome = outcome
        if isinstance(frame, Root):
            self.record(frame)
            self.opened(frame)
        elif isinstance(frame, Batch):
            self.batch_ended(frame)
        elif isinstance(frame, Attempt) and not frame.orphan:
            if frame.call.rtt > 0:
                self.at(self.now + frame.call.rtt, self.deliver, frame)
            else:
                self.deliver(frame)

    def record(self, frame: Root) -> None:
        source, result = frame.source, self.result
        source.in_flight -= 1
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
        if frame.breaker is not None:
            frame.breaker.hear(frame.outcome == OK, self.now)
        left = frame.outcome != OK and frame.number < call.retries and not caller.dead()
        if left and self.pay(call.budget):
            again = self.attempt(caller, call, frame.number + 1)
            u = again.stream.u()
            if call.backoff > 0:
                wait = int(u * min(call.backoff * 2**frame.number, call.backoff_cap))
                self.at(self.now + wait, self.when_ready, self.begin, again)
            else:
                self.when_ready(self.begin, again)
            return
        if frame.outcome != OK and not call.optional:
            caller.failure = frame.outcome
        caller.call_failed = frame.outcome != OK and bool(call.optional)
        caller.call_group = frame.group
        caller.call_replica = frame.sent_to
        self.child_gone(caller)

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

    def take_down(self, replica: Replica, silent: bool) -> None:
        replica.up, replica.silent = False, silent
        replica.epoch += 1
        replica.busy = replica.cores_busy = 0
        queued, replica.waiting = replica.waiting, deque()
        for frame in queued:
            if not (silent and frame.timeout):
                self.end_unserved(frame)
        for frame, _ in replica.for_core:
            self.when_ready(self.resume, frame)
        replica.for_core.clear()
        for pool in replica.pools:
            waiting, pool.waiting = pool.waiting, deque()
            pool.epoch += 1
            pool.in_use = 0
            for frame in waiting:
                self.leave_lane(frame)
                self.child_gone(frame.caller)
