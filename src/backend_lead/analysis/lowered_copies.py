"""What replicas of a store may not have yet: writes are noted by row, reads of copies look."""

from __future__ import annotations

import numpy as np

from backend_lead.analysis.row_shares import COLD_ROWS, HOT_ROWS, row_weights
from backend_lead.kernel.builder import Builder
from backend_lead.model.system import Component
from backend_lead.views.flow import Flow, Node
from backend_lead.views.steps import OWN

LOG_KEYS = HOT_ROWS + COLD_ROWS + 1  # the last one is read where one of many cold rows is

Steps = list[tuple[object, ...]]


class Copies:
    """Logs of writes, for each entity of a store whose replicas are `lag` behind.

    Beside each there is a second one, in which reads look that go to the primary because their
    caller has just written: as often as they would have been stale, that was avoided.
    """

    def __init__(self, b: Builder, flow: Flow) -> None:
        self.b, self.flow = b, flow
        self.logs: dict[tuple[str, str], tuple[int, int]] = {}
        self.drawn: dict[tuple[str, bool], int] = {}

    def around(self, node: Node, steps: Steps) -> Steps:
        """The steps of a statement, with its note of a write or its look before a read."""
        part = self.flow.system.components[node.component]
        operation = part.operations.get(node.name.removesuffix(OWN))
        if part.lag is None or not part.replicas or operation is None:
            return steps
        if operation.entity is None:
            return steps
        logs = self._of(node.component, operation.entity, part)
        if operation.type == "write":
            if not operation.locks:  # else its row is drawn already
                steps = [("key", self._keys(operation.entity, read=False)), *steps]
            return [*steps, *(("note", log) for log in logs)]
        own = node.name.endswith(OWN)
        if not own and node.station == node.component:
            return steps
        look = ("look", logs[1] if own else logs[0])
        return [("key", self._keys(operation.entity, read=True)), look, *steps]

    def rows(self) -> dict[str, list[tuple[int, int]]]:
        """Log rows by store: of reads from its replicas, and of those that go to the primary."""
        out: dict[str, list[tuple[int, int]]] = {}
        for (store, _), logs in self.logs.items():
            out.setdefault(store, []).append(logs)
        return out

    def of(self, store: str) -> list[int]:
        """All log rows of a store."""
        return [log for pair in self.rows().get(store, []) for log in pair]

    def _of(self, store: str, entity: str, part: Component) -> tuple[int, int]:
        if (store, entity) not in self.logs:
            assert part.lag is not None
            first, second = (self.b.log(LOG_KEYS, part.lag.value) for _ in range(2))
            self.logs[store, entity] = (first, second)
        return self.logs[store, entity]

    def _keys(self, entity: str, *, read: bool) -> int:
        """The rows of an entity as they are asked for, the hottest first.

        Those that stand for many rows each are written, but never read: a read finds the one row
        of many that was written a moment ago too rarely to count.
        """
        if (entity, read) not in self.drawn:
            weights = row_weights(self.flow, entity)
            if read and len(weights) > HOT_ROWS:
                cold = np.zeros(LOG_KEYS - HOT_ROWS)
                cold[-1] = weights[HOT_ROWS:].sum()
                weights = np.concatenate([weights[:HOT_ROWS], cold])
            self.drawn[entity, read] = self.b.keys(weights.tolist())
        return self.drawn[entity, read]
