"""A finished run: which rows of it are which requests, and which windows count."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.lowering import Lowered
from backend_lead.kernel.run import RunResult
from backend_lead.views.flow import Flow

if TYPE_CHECKING:
    from backend_lead.analysis.faults.fault import Fault


@dataclass
class Ran:
    """A finished run with the way back from rows to names.

    `removed_s` is the warm-up where a rule found it; None: the run's own. `counted_s` is how long
    attempts were counted, where that is not from the run's own warm-up to its end. `behind`
    (n_windows, n_streams) is how far each stream was behind (s), where windows are runs of their
    own that do not follow each other.
    """

    kind: str
    flow: Flow
    lowered: Lowered
    result: RunResult
    fault_at_s: float = 0.0
    removed_s: float | None = None
    counted_s: float | None = None
    fault: Fault | None = None  # as it was played
    behind: NDArray[np.float64] | None = None

    @property
    def warmup_s(self) -> float:
        """What requests that started before it are not counted in percentiles and rates."""
        return self.result.warmup_s if self.removed_s is None else self.removed_s

    @property
    def attempts_s(self) -> float:
        """How long attempts were counted."""
        r = self.result
        return max(1e-9, r.reached_s - r.warmup_s) if self.counted_s is None else self.counted_s


def slots_of(ran: Ran) -> dict[str, list[int]]:
    """Root slots of a run by the endpoint that is asked for; what nobody asks for has none."""
    out: dict[str, list[int]] = {}
    for key, slot in asked_roots(ran):
        out.setdefault(ran.flow.roots[key].target, []).append(slot)
    return out


def asked_roots(ran: Ran) -> Iterator[tuple[str, int]]:
    """Each root that has a share in the load, with its slot."""
    slots = {row: slot for slot, row in enumerate(ran.result.roots)}
    for key, row in ran.lowered.roots.items():
        if row in slots:
            yield key, slots[row]


def lost_requests(windows: NDArray[Any], slots: list[int]) -> NDArray[np.int64]:
    """Requests that ended badly, per window; whom a limit at the door refused is not among them."""
    w = windows[:, slots]
    lost: NDArray[np.int64] = (w["failed"] + w["timed_out"] - w["refused"]).sum(axis=1)
    return lost


def seen_windows(ran: Ran) -> slice:
    """Windows after the warm-up that were simulated to their end."""
    r = ran.result
    return slice(math.ceil(ran.warmup_s / r.window_s), max(1, int(r.reached_s / r.window_s)))
