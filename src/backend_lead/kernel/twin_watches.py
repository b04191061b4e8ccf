"""The plain reading of Watches: checks of health, and ejection of outliers."""

from __future__ import annotations

from types import SimpleNamespace

from .layout import OK
from .program import Program
from .twin_state import Attempt, Machine, Replica, records

FAILED_CHECKS, EJECTED = 1, 2  # why a replica is out


class Watches(Machine):
    """Hides replicas that fail, and shows them again."""

    def set_watches(self, program: Program) -> None:
        self.watches = records(program.watch)
        self.watch_of = {watch.service: watch for watch in self.watches}

    def check(self, watch: SimpleNamespace) -> None:
        service = self.services[watch.service]
        for replica in self.replicas[service.replica :][: service.groups * service.per_group]:
            if replica.up:
                replica.fails = min(replica.fails, 0) - 1
                if replica.out == FAILED_CHECKS and -replica.fails >= watch.passes:
                    self.show(replica, True)
            else:
                replica.fails = max(replica.fails, 0) + 1
                if replica.visible and replica.fails >= watch.fails:
                    self.hide(replica, FAILED_CHECKS)
        self.at(self.now + watch.period, self.check, watch)

    def hide(self, replica: Replica, why: int) -> None:
        replica.out = why
        self.show(replica, False)

    def eject(self, frame: Attempt) -> None:
        """Note how an attempt fared at its replica, and hide that one if it fails too often."""
        replica = frame.sent_to
        watch = None if replica is None else self.watch_of.get(replica.service_row)
        if replica is None or watch is None or watch.eject == 0:
            return
        if frame.outcome == OK:
            replica.bad = 0
            return
        replica.bad += 1
        ejected = sum(other.out == EJECTED for other in replica.group.replicas)
        room = ejected + 1 <= watch.share * replica.service.per_group
        if replica.bad >= watch.eject and replica.visible and room:
            replica.bad = 0
            self.hide(replica, EJECTED)
            self.at(self.now + watch.pause, self.readmit, replica)

    def readmit(self, replica: Replica) -> None:
        if replica.out == EJECTED and replica.up:
            self.show(replica, True)
        elif replica.out == EJECTED:
            replica.out = FAILED_CHECKS
