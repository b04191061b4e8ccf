"""Sessions: how often each step of a journey is asked, and how long a user is at it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend_lead.model.system import System
from backend_lead.model.workload import Client, Journey


@dataclass(frozen=True)
class Visit:
    """A class of callers who make a journey as a session; `steps` are the roots they ask, one after
    the other.

    After step i the share `goes_on[i]` asks the next one, or `first_again` after the last. They
    think `think_s` before it. Of those whose request failed the share `leaves` is gone.
    """

    client: str
    journey: str
    steps: tuple[str, ...]
    goes_on: tuple[float, ...]
    think_s: float
    leaves: float
    first_again: str | None = None

    @property
    def after(self) -> tuple[str | None, ...]:
        """After each step, the root that is asked next, if any is."""
        return (*self.steps[1:], self.first_again)

    @property
    def times(self) -> list[float]:
        """How often each step is asked by one who begins, where no request fails."""
        return _times(self.goes_on)

    def asked(self, step: int) -> list[str]:
        """The roots by which a step is asked: the first one also by that of who begins anew."""
        anew = [self.first_again] if step == 0 and self.first_again is not None else []
        return [self.steps[step], *anew]


def shares_on(journey: Journey) -> tuple[float, ...]:
    """After each step, the share that asks on: the next one, after the last the first one."""
    said = journey.session
    assert said is not None
    between = len(journey.steps) - 1
    stated = [share.value for share in said.goes_on] or [1.0]
    shares = stated * between if len(stated) == 1 else stated
    return (*shares, said.again.value if said.again else 0.0)


def again(journey: Journey) -> float:
    """Of those who begin a session, how often each begins anew on the mean."""
    if journey.session is None:
        return 0.0
    return _again(shares_on(journey))


def _again(goes_on: tuple[float, ...]) -> float:
    once = math.prod(goes_on)
    return once / (1 - once) if once < 1 else math.inf


def times_asked(journey: Journey) -> list[float]:
    """How often each step is asked by one who begins the journey, where no request fails."""
    if journey.session is None:
        return [1.0] * len(journey.steps)
    return _times(shares_on(journey))


def _times(goes_on: tuple[float, ...]) -> list[float]:
    times = [1 + _again(goes_on)]
    for share in goes_on[:-1]:
        times.append(times[-1] * share)
    return times


def requests_of(journey: Journey) -> float:
    """Requests of one who begins the journey, on the mean."""
    return sum(times_asked(journey))


def thinking_s(journey: Journey) -> float:
    """Time that one who began a session thinks until the end of it, on the mean."""
    if journey.session is None:
        return 0.0
    return (requests_of(journey) - 1) * journey.session.think.value


def begun_per_s(system: System, client: Client) -> float:
    """Journeys that a class of callers begins a second, where nobody waits."""
    journeys = [(system.journeys[name], share.value) for name, share in client.journeys.items()]
    requests = sum(share * requests_of(journey) for journey, share in journeys)
    if client.users is None:
        if client.every is not None:
            return 1 / client.every.value / sum(share * begins(one) for one, share in journeys)
        return client.rate.value / requests if client.rate is not None and requests else 0.0
    assert client.think_time is not None
    at_it = sum(share * (begins(one) * client.think_time.value + thinking_s(one))
                for one, share in journeys)  # fmt: skip
    return client.users.value / at_it if at_it else 0.0


def begins(journey: Journey) -> float:
    """How often one who makes the journey comes of himself: once, or for each request."""
    return 1.0 if journey.session is not None else float(len(journey.steps))
