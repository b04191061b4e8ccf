"""Runs a model as its text says it: read, resolved, lowered, simulated, and looked into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.lowering import Lowered, lower
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.kernel.run import COMPLETE, RunResult, simulate
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

SERVICE = """\
backend: small
workload:
  clients:
    api: {rate: 300/s, journeys: {ask: 100%}}
  peak: {factor: 1}
journeys:
  ask: {steps: [app.ask]}
components:
  app:
    kind: http-service
    instance: m7g.large
    count: 3
    zones: 3
    endpoints:
      ask: {does: [cpu: 2 ms, {query: db.read}]}
  db:
    kind: postgres
    instance: db.m7g.xlarge
    zones: 3
    operations:
      read: {type: read, cpu: 1 ms, wait: 0 ms}
slos:
  - {journey: "*", p99: 300 ms, availability: 99%}
topology: {provider: aws, region: us-east-1, zones: 3}
"""


def changed(*changes: tuple[str, str], text: str = SERVICE) -> str:
    """The small model with each old text replaced by a new one, once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


@dataclass
class Played:
    """A finished run of a model from its text, with what its `faults` say."""

    flow: Flow
    lowered: Lowered
    run: RunResult

    def endpoint(self, key: str) -> Any:
        """What is counted of an endpoint's or operation's attempts."""
        return self.run.stats[self.lowered.endpoints[key]]

    def served_per_s(self, since_s: float, until_s: float) -> float:
        """Requests a second, of those that came then, that ended well."""
        windows = self.run.windows["ok"][int(since_s) : int(until_s)]
        return float(windows.sum() / (until_s - since_s))

    def share(self, column: str) -> float:
        """Share of all requests that ended so."""
        return float(self.run.windows[column].sum() / self.run.windows["started"].sum())

    @cached_property
    def spans(self) -> NDArray[Any]:
        assert self.run.spans is not None and not self.run.spans_full
        return self.run.spans

    def spans_of(self, key: str) -> NDArray[Any]:
        """Attempts at an endpoint or operation."""
        return self.spans[self.spans["endpoint"] == self.lowered.endpoints[key]]

    def sent_to(self, key: str, replica: int) -> NDArray[np.float64]:
        """When (s) the replica of this number was sent something for an endpoint."""
        station = self.flow.nodes[key].station
        first = self.lowered.program.service["replica"][self.lowered.services[station]]
        rows = self.spans_of(key)
        times: NDArray[np.float64] = rows["begun"][rows["replica"] == first + replica] / L.NS_PER_S
        return times


def play(
    text: str, until_s: float, *, warmup_s: float = 0.0, seed: int = 1, spans: bool = False,
    window_s: float = 1.0, progress: Callable[[float], None] | None = None, trace: int = 0,
) -> Played:  # fmt: skip
    """Run a model for so long, with its faults from the start of the run on."""
    flow = resolve(read_checked_text(text).system)
    stated = FAULTS["stated"]
    lowered = lower(flow, stated.events(flow, 0.0) if stated.applies(flow) else [])
    run = simulate(
        lowered.program, seed=seed, until_s=until_s, warmup_s=warmup_s, window_s=window_s,
        sample_every=int(spans), progress=progress, trace=trace,
    )  # fmt: skip
    assert run.status == COMPLETE
    assert run.conserved
    return Played(flow, lowered, run)
