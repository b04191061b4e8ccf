"""Builds the small cases whose answer can be worked out by hand."""

from __future__ import annotations

from typing import Any

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.builder import Builder

MS = 0.001
NS_PER_MS = 1_000_000


class Case(Builder):
    """A builder that speaks milliseconds and sends single requests as the run begins."""

    home: int | None = None  # service of all roots, once there is one

    def cpu(self, ms: float) -> tuple[str, int]:
        return ("cpu", self.dist_const(ms * MS))

    def wait(self, ms: float) -> tuple[str, int]:
        return ("delay", self.dist_const(ms * MS))

    def station(self, ms: float, **options: Any) -> int:
        """An endpoint that works for so long, on one replica with one worker unless said."""
        options = {"per_group": 1, "workers": 1, "cores": 64} | options
        return self.endpoint(self.service(**options), [self.cpu(ms)])

    def slow_thing(self, ms: float) -> int:
        """An endpoint that takes so long, for any number of callers at once."""
        return self.endpoint(self.delay_service(), [self.wait(ms)])

    def ask(self, *steps: Any) -> int:
        """Send one request that takes these steps, within 50 ns of time 0; all from one place."""
        if self.home is None:
            self.home = self.delay_service()
        root = self.endpoint(self.home, steps)
        self.closed(1, 1e-9, {root: 1}, segments=[(0, 1), (50e-9, 0)])
        return root

    def ask_at(self, ms: float, endpoint: int, **options: Any) -> int:
        """Send one request at so many ms, which calls the endpoint."""
        return self.ask(self.wait(ms), ("call", self.call(endpoint, **options)))

    def down(self, ms: float, endpoint: int, *, silent: bool = False, index: int = 0) -> None:
        self.fault(ms * MS, lay.FAULT_DOWN, self.replica_of(endpoint, index), int(silent))

    def replica_of(self, endpoint: int, index: int = 0) -> int:
        return self.replica(self.service_of(endpoint), index=index)

    def service_of(self, endpoint: int) -> int:
        return int(self._rows["endpoint"][endpoint]["service"])

    def answers(self, seed: int = 1, until_ms: float = 10_000) -> list[tuple[float, int]]:
        """Give (end in ms to the microsecond, outcome) of each request, in order of asking."""
        result = twin.run(self.build(), seed=seed, until_ns=round(until_ms * NS_PER_MS))
        ends = {o[0]: (round(o[4] / NS_PER_MS, 3), o[5]) for o in result.outcomes}
        assert len(ends) == result.started
        return [ends[source] for source in sorted(ends)]
