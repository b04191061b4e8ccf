"""What replicas of a store may not have yet: writes are noted by row, reads of copies look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.lowered_keys import GOLDEN
from backend_lead.kernel import layout as L
from backend_lead.kernel.bounds import TIME_MAX
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.views.flow import Flow, Key, Node
from backend_lead.views.keyed import keyed, row_popularity, rows_apart
from backend_lead.views.lagging import lagging

Steps = list[tuple[object, ...]]


class Copies:
    """Logs of writes, for each entity of a store whose replicas are `lag` behind.

    They have the rows that are told apart: of one that stands for many, who reads finds the row
    that was written a moment ago too rarely to count. Beside each there is a second one, in which
    reads look that go to the primary because their caller has just written: as often as they would
    have been stale, that was avoided.
    """

    def __init__(self, b: Builder, flow: Flow) -> None:
        self.b, self.flow = b, flow
        self.logs: dict[tuple[str, str], tuple[int, int]] = {}

    def around(self, node: Node, steps: Steps) -> Steps:
        """The steps of a statement, with its note of a write or its look before a read."""
        told = lagging(self.flow, node)
        if told is None:
            return steps
        entity, part = told
        logs = self._of(node.component, entity)
        if part == "write":
            return [*steps, *(("note", log) for log in logs)]
        look = ("look", logs[0] if part == "read" else logs[1])
        drawn = 1 if steps and steps[0][0] == "key" else 0
        return [*steps[:drawn], look, *steps[drawn:]]

    def rows(self) -> dict[str, list[tuple[int, int]]]:
        """Log rows by store: of reads from its replicas, and of those that go to the primary."""
        out: dict[str, list[tuple[int, int]]] = {}
        for (store, _), logs in self.logs.items():
            out.setdefault(store, []).append(logs)
        return out

    def of(self, store: str) -> list[int]:
        """All log rows of a store."""
        return [log for pair in self.rows().get(store, []) for log in pair]

    def fill(self, program: Program, load: float) -> None:
        """Let a run begin as it goes on: each row was last written some time before.

        Writes of a row are Poisson, so that time is exponential; of all rows they are spread
        evenly, so that runs with every seed begin alike.
        """
        for (store, entity), logs in self.logs.items():
            writes_per_s = load * sum(
                self.flow.visits.get(key, 0.0)
                for key in self.flow.keys_of(store)
                if lagging(self.flow, self.flow.nodes[key]) == (entity, "write")
            )
            shares = row_popularity(self.flow, Key(entity), keyed(self.flow).uses.get(
                entity, frozenset()))  # fmt: skip
            for log in logs:
                first, n = int(program.log["first"][log]), int(program.log["keys"][log])
                program.noted[first : first + n] = _last_writes(shares[:n] * writes_per_s)

    def _of(self, store: str, entity: str) -> tuple[int, int]:
        if (store, entity) not in self.logs:
            lag = self.flow.system.components[store].lag
            keys, lag_s = rows_apart(self.flow, entity), lag.value if lag else 0.0
            self.logs[store, entity] = self.b.log(keys, lag_s), self.b.log(keys, lag_s)
        return self.logs[store, entity]


def _last_writes(rate: NDArray[np.float64]) -> NDArray[np.int64]:
    """When rows of such rates (1/s) were written last, in ns before 0."""
    u = np.clip((np.arange(1, len(rate) + 1) * GOLDEN) % 1.0, 1e-9, 1 - 1e-9)
    ago = -np.log(u) / np.maximum(rate, 1e-200) * L.NS_PER_S
    at = -np.round(np.clip(ago, -L.NONE + 1, TIME_MAX)).astype(np.int64)
    out: NDArray[np.int64] = np.where(rate > 0, at, L.NONE)
    return out
