"""How often each primary must make its log durable: once for a write, however many rows it has."""

from __future__ import annotations

from collections import defaultdict

from backend_lead.model.system import Operation
from backend_lead.views.flow import Flow
from backend_lead.views.rates import visits_in_full_batches
from backend_lead.views.steps import operation_of


def commits(operation: Operation) -> bool:
    """Whether an operation is a transaction of its own: a write is, unless its `wait` is stated as
    zero, by which it is part of a transaction that commits anyway."""
    own = operation.wait is None or operation.wait.value > 0
    return operation.type == "write" and own


def set_commits(flow: Flow) -> None:
    """Set the commits a second at each replica of the stations whose log limits them.

    A write that stands for a batch is one commit. Batches count as full, as in what partitions
    carry: while a log is busy more messages come for the next batch, so a log is full only when
    batches are. Each shard has a log of its own; a write without the key commits on all of them.
    """
    visits = visits_in_full_batches(flow)
    rate: dict[str, float] = defaultdict(float)
    for key, node in flow.nodes.items():
        operation = operation_of(flow.system, key)
        if operation is not None and commits(operation):
            rate[node.station] += visits.get(key, 0.0)
    flow.commits = {
        sid: rate[sid] / station.replicas
        for sid, station in flow.stations.items()
        if station.commits_per_s > 0 and rate[sid] > 0
    }
