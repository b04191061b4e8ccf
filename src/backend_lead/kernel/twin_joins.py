"""The plain reading of Joins and Hedges: several attempts of which one or some are enough."""

from __future__ import annotations

from .layout import FAILED, OK
from .twin_state import Attempt, Machine


class Joins(Machine):
    """Counts answers where not all are waited for, and lets go those that are not."""

    def count_answer(self, frame: Attempt) -> None:
        """Deliver an attempt to a caller that goes on after so many answers."""
        caller = frame.caller
        caller.pending -= 1
        if frame.outcome == OK:
            caller.got += 1
            caller.call_group, caller.call_replica = frame.group, frame.sent_to
        if caller.got < caller.need and caller.pending + caller.got >= caller.need:
            return
        if caller.got < caller.need:
            if frame.call.optional:
                caller.call_failed = True
            else:
                caller.failure = frame.outcome
        caller.joins += 1
        caller.pending = 0
        self.when_ready(self.resume, caller)

    # Hedges.

    def pair_up(self, frame: Attempt) -> None:
        """Put a second attempt beside one that begins, asleep for now."""
        hedge = self.attempt(frame.caller, frame.call, frame.number)
        hedge.is_hedge = hedge.asleep = True
        hedge.waited = frame.waited
        frame.mate, hedge.mate = hedge, frame
        self.at(self.now + frame.call.hedge, self.wake_up, hedge)

    def wake_up(self, hedge: Attempt) -> None:
        hedge.asleep = False
        if hedge.mate is not None:
            self.when_ready(self.begin, hedge)

    def part(self, frame: Attempt) -> bool:
        """Dissolve the pair of an attempt, if any; true if it now goes on as if it were alone."""
        other, frame.mate = frame.mate, None
        if other is None:
            return True
        other.mate = None
        if frame.outcome != OK and not other.asleep:
            return False
        self.let_go(other)
        return True

    def let_go(self, frame: Attempt) -> None:
        if frame.asleep:
            return
        self.leave_lane(frame)
        if frame.waits_for is not None:
            frame.waits_for.waiting.remove(frame)
        frame.orphan = True
        self.give_back(frame)
        if frame.sent_to is not None:
            frame.sent_to.sent -= 1

    def vanish_from_pool(self, frame: Attempt) -> None:
        """Vanish with the pool of a caller that was killed."""
        self.leave_lane(frame)
        frame.outcome = FAILED
        if not frame.stray() and self.part(frame):
            self.child_gone(frame.caller)
