"""What a fault has to say: where it applies, its timeline, and what becomes of the load."""

from __future__ import annotations

from typing import ClassVar

from backend_lead.analysis.lowering import Event
from backend_lead.views.flow import Flow

AFTER_S = 25.0  # how long a run goes on after the last stand-in has taken over


class Fault:
    """Base of all faults.

    `in_design`: every design is tried with it; else only on demand. `rank` orders the trials.
    `trigger` names what ends by itself, for faults after whose end recovery is counted. What goes
    `by_chance` throughout is judged by the share of requests that are answered, not by recovery.
    `lacks` says what a model needs where it does not apply.
    What is `on_timeline` has times of its own, from the start of the run on.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    in_design: ClassVar[bool] = True
    rank: ClassVar[int] = 5
    trigger: ClassVar[str] = ""
    by_chance: ClassVar[bool] = False
    lacks: ClassVar[str] = "spread over zones, or add the part first"
    on_timeline: ClassVar[bool] = False

    def applies(self, flow: Flow) -> bool:
        raise NotImplementedError

    def events(self, flow: Flow, at: float) -> list[Event]:
        """What breaks and is mended when the fault strikes at a time (s)."""
        return []

    def crowd(self, flow: Flow, at: float) -> list[tuple[float, float]]:
        """The load as (start in s, multiple of the stated one); empty: as stated throughout."""
        return []

    def seeded(self, seed: int) -> Fault:
        """The fault as chance has it with a seed, where it is up to chance."""
        return self

    def lasting(self, span_s: float) -> Fault:
        """The fault over so long, where it goes on by chance for as long as it is watched."""
        return self

    def altered(self, flow: Flow) -> Flow:
        """The flow with callers behaving as they do in this fault."""
        return flow

    def lasts_s(self, flow: Flow) -> float:
        """Time until all stand-ins serve, or until the trigger is over and could be seen to be."""
        return 0.0

    def begins_s(self, flow: Flow) -> list[float]:
        """Times from the strike at which something breaks, ascending."""
        return [0.0]

    def over_s(self, flow: Flow) -> float:
        """Time from the strike until nothing is broken any more by itself."""
        return self.ends_s(flow)

    def ends_s(self, flow: Flow) -> float:
        """Time from the strike from which recovery is counted: 0, or when the trigger ends."""
        return 0.0

    def words(self, flow: Flow) -> str:
        """What happens, for people."""
        raise NotImplementedError
