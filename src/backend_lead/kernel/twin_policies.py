"""The plain reading of what `laws.md` says beyond calls: tokens, breakers, links, controllers."""

from __future__ import annotations

import math
from types import SimpleNamespace

from . import layout as lay
from .layout import NONE, OK
from .program import Program
from .twin_state import Attempt, Machine, Replica, Root, records


class Breaker:
    """A circuit breaker: closed, open, or letting one probe through."""

    def __init__(self, row: SimpleNamespace) -> None:
        self.row = row
        self.state = lay.CLOSED_CIRCUIT
        self.since = 0
        self.outcomes: list[bool] = []
        self.probing = False
        self.asked = self.good = 0
        self.probes: list[bool] = []  # outcomes of probes that are decided jointly

    def admits(self, now: int) -> bool:
        if self.state == lay.CLOSED_CIRCUIT:
            return True
        if self.state == lay.HALF_OPEN and self.asked < self.row.probes:
            self.asked += 1
            return True
        waited = now - self.since >= self.row.pause
        if waited and (self.state == lay.OPEN_CIRCUIT or self.probing):
            self.state, self.probing, self.since = lay.HALF_OPEN, True, now
            self.asked, self.good, self.probes = 1, 0, []
            return True
        return False

    def hear(self, good: bool, now: int) -> None:
        if self.state == lay.HALF_OPEN and self.row.jointly:
            self.probes.append(good)
            if len(self.probes) == max(1, self.row.probes):
                bad = self.probes.count(False)
                opens = bad >= self.row.share * max(1, self.row.probes)
                self.turn(lay.OPEN_CIRCUIT if opens else lay.CLOSED_CIRCUIT, now)
        elif self.state == lay.HALF_OPEN:
            self.good += good
            if good and self.good < self.row.probes:
                return
            self.turn(lay.CLOSED_CIRCUIT if good else lay.OPEN_CIRCUIT, now)
        elif self.state == lay.CLOSED_CIRCUIT:
            if self.row.last == 0 and now - self.since >= self.row.window:
                self.outcomes, self.since = [], now
            self.outcomes.append(good)
            if self.row.last > 0:
                self.outcomes = self.outcomes[-self.row.last :]
            n, bad = len(self.outcomes), self.outcomes.count(False)
            if n >= self.row.least and bad >= self.row.share * n:
                self.turn(lay.OPEN_CIRCUIT, now)

    def turn(self, state: int, now: int) -> None:
        self.state, self.since = state, now
        self.probing, self.outcomes = False, []


class Limiter:
    """A bucket of tokens, counted in whole parts of a token."""

    def __init__(self, row: SimpleNamespace) -> None:
        self.row = row
        self.level: int = row.level
        self.filled_at = 0
        self.passed = self.refused = 0

    def allows(self, now: int, counted: bool) -> bool:
        row = self.row
        self.level = min(row.cap, self.level + (now - self.filled_at) * row.earn)
        self.filled_at = now
        if self.level < row.price:
            self.refused += counted
            return False
        self.level -= row.price
        self.passed += counted
        return True


class Policies(Machine):
    """What goes beyond calls and replicas. The twin proper gives events, frames and replicas."""

    def set_policies(self, program: Program) -> None:
        self.budgets = records(program.budget)
        self.breakers = records(program.breaker)
        self.limiters = [Limiter(row) for row in records(program.limiter)]
        self.links = records(program.link)
        self.controllers = records(program.controller)
        self.past = program.past.tolist()

    # Budgets.

    def saved(self, frame: Attempt) -> int:
        """Tokens that the caller's replica has saved."""
        row = frame.call.budget
        return frame.caller.replica.savings.setdefault(row, self.budgets[row].tokens)

    def change(self, frame: Attempt, tokens: int) -> None:
        """Add tokens to those, or take some, within 0 and the cap."""
        row = frame.call.budget
        new = min(self.budgets[row].cap, max(0, self.saved(frame) + tokens))
        frame.caller.replica.savings[row] = new

    def earn(self, frame: Attempt) -> None:
        row = frame.call.budget
        if row != NONE and not frame.caller.dead():
            self.change(frame, self.budgets[row].earn)

    def tell(self, frame: Attempt) -> None:
        """Let a budget from which failures are paid know how an attempt fared."""
        row = frame.call.budget
        if row == NONE or self.budgets[row].spend == 0 or frame.caller.dead():
            return
        budget = self.budgets[row]
        self.change(frame, budget.reward if frame.outcome == OK else -budget.spend)

    def pay(self, frame: Attempt) -> bool:
        """Take what a retry costs; false where there is too little. The caller is not dead."""
        row = frame.call.budget
        if row == NONE:
            return True
        budget = self.budgets[row]
        if budget.spend > 0:
            return bool(2 * self.saved(frame) > budget.cap)
        if self.saved(frame) < lay.TOKEN:
            return False
        self.change(frame, -lay.TOKEN)
        return True

    # Breakers.

    def is_admitted(self, frame: Attempt) -> bool:
        """Ask the breaker of the caller's replica, which counts what it lets through."""
        row = frame.call.breaker
        if frame.caller.dead():
            return True
        own = frame.caller.replica.breakers
        if (row, frame.group) not in own:
            own[row, frame.group] = Breaker(self.breakers[row])
        breaker = own[row, frame.group]
        if not breaker.admits(self.now):
            return False
        frame.breaker = breaker
        return True

    # Links.

    def lose_connections(self, replica: Replica, spread: int | None = None) -> None:
        if replica.service.link == NONE:
            return
        link = self.links[replica.service.link]
        lost, replica.held = replica.held, 0
        if link.beats != NONE:
            self.sources[link.beats].held -= lost
        for _ in range(lost):
            self.come_back(link, link.spread if spread is None else spread)

    def come_back(self, link: SimpleNamespace, spread: int) -> None:
        frame = self.request(self.sources[link.source], link.root, link)
        self.at(self.now + int(frame.stream.u() * spread), self.opening, frame)

    def opening(self, frame: Root) -> None:
        frame.source.in_flight += 1
        self.begin_request(frame)

    def opened(self, frame: Root) -> None:
        """The request to open a connection is over."""
        link = frame.link
        if link is None:
            return
        home = frame.call_replica
        if frame.outcome != OK or home is None or not home.up:
            self.come_back(link, link.spread)
            return
        home.held += 1
        if link.beats != NONE:
            beats = self.sources[link.beats]
            beats.held += 1
            if beats.idle:
                self.schedule_arrival(beats)

    # Controllers.

    def show(self, replica: Replica, visible: bool) -> None:
        if visible:
            replica.out = 0
            if not replica.visible:
                replica.shown_at = self.now
        replica.visible = visible
        if replica.service.groups == 1:
            self.share_partitions(replica.service)

    def replicas_of(self, service: SimpleNamespace) -> list[Replica]:
        return self.replicas[service.replica : service.replica + service.per_group]

    def look(self, controller: SimpleNamespace) -> None:
        service = self.services[controller.service]
        live = [replica for replica in self.replicas_of(service) if replica.visible]
        n, use = len(live), 1.0
        looks = max(1, controller.looks)
        place = controller.past + controller.looked % looks
        seen = self.past[place] if controller.looked >= looks else 0
        if n > 0:
            time = controller.period * min(controller.looked + 1, looks)
            use = min(1.0, float(service.work - seen) / float(time * service.cores * n))
        self.past[place] = service.work
        controller.looked += 1
        want = max(controller.least, math.ceil(n * use / controller.target))
        near = abs(use / controller.target - 1) <= controller.tolerance
        if controller.tolerance > 0 and n > 0 and near:
            want = max(controller.least, n)
        if want > n + controller.starting:
            free = [r for r in self.replicas_of(service)
                    if r.up and not r.visible and not r.starting and r.out == 0]  # fmt: skip
            wanted = want - n - controller.starting
            if controller.step > 0 or controller.grow > 0:
                wanted = min(wanted, max(controller.step, math.floor(controller.grow * n)))
            for replica in free[:wanted]:
                replica.starting = True
                controller.starting += 1
                self.at(self.now + controller.delay, self.arrive, controller, replica)
            controller.calm_at = self.now + controller.cool
        elif want < n and controller.starting == 0 and self.now >= controller.calm_at:
            for replica in reversed(live[want - n :][-max(1, controller.down) :]):
                self.show(replica, False)
            controller.calm_at = self.now + controller.cool
        self.at(self.now + controller.period, self.look, controller)

    def arrive(self, controller: SimpleNamespace, replica: Replica) -> None:
        replica.starting = False
        controller.starting -= 1
        if replica.up:
            replica.forget()
            self.show(replica, True)
