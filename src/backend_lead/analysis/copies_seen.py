"""What copies of stores gave and lost in a run: stale reads, and writes gone with a primary."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from backend_lead.analysis.faults.failing_over import (
    copies_of,
    lag_at,
    most_behind,
    taken_over_s,
)
from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.model.serving import Happening
from backend_lead.views.flow import Flow, Source
from backend_lead.views.rates import visits_at
from backend_lead.views.steps import OWN, operation_of

if TYPE_CHECKING:
    from backend_lead.analysis.ran import Ran

STATED = "stated"  # the fault that plays what the model says will happen


def copy_reads(ran: Ran, run_id: str = "") -> list[CopyReads]:
    """For each store with a stated lag, its reads and writes after the warm-up."""
    out = []
    for store, pairs in ran.lowered.logs.items():
        logs = [ran.result.logs[first] for first, _ in pairs]
        own = [ran.result.logs[second] for _, second in pairs]
        lag = ran.flow.system.components[store].lag
        lag_s = lag.value if lag else 0.0
        played_s = ran.result.reached_s - ran.fault_at_s
        most_s = most_behind(ran.flow, store, played_s) if ran.kind == STATED else lag_s
        written, read, stale = (_counted(logs, column) for column in ("written", "read", "stale"))
        to_primary, avoided = (_counted(own, column) for column in ("read", "stale"))
        out.append(CopyReads(store, lag_s, most_s, written, read, stale, to_primary, avoided,
                             run_id))  # fmt: skip
    return out


def _counted(logs: list[Any], column: str) -> int:
    """What logs counted, together."""
    return sum(int(log[column]) for log in logs)


def lost_writes(ran: Ran, run_id: str = "") -> list[LostWrites]:
    """What each failover of the model's timeline lost."""
    if ran.kind != STATED:
        return []
    return [
        replace(_lost(ran, one), run=run_id)
        for one in ran.flow.system.faults
        if one.what == "failover" and ran.fault_at_s + one.at.value <= ran.result.reached_s
    ]


def _lost(ran: Ran, one: Happening) -> LostWrites:
    flow, store = ran.flow, str(one.where)
    at_s = ran.fault_at_s + one.at.value
    after_s, station = taken_over_s(flow, one), flow.stations[store]
    if station.standby or copies_of(flow, store) is None:
        return LostWrites(store, at_s, "standby", after_s, 0.0, 0.0, "computed",
                          "the standby has every write that was acknowledged")  # fmt: skip
    lag_s = lag_at(flow, store, one.at.value)
    if one.command:
        return LostWrites(store, at_s, "replica", after_s, lag_s, 0.0, "computed",
                          "by command: the replica has caught up before it serves")  # fmt: skip
    struck = min(one.instances or station.groups, station.groups) / station.groups
    return LostWrites(
        store, at_s, "replica", after_s, lag_s, struck * _written(ran, store, at_s - lag_s, at_s),
        "simulated", f"requests of the last {lag_s:g} s before it that were answered, times the "
        "writes that each makes" + _only(flow, store),
    )  # fmt: skip


def _only(flow: Flow, store: str) -> str:
    """What is not played of a failover to a replica that has no other beside it."""
    copies = copies_of(flow, store)
    if copies is None or copies.per_group > 1:
        return ""
    return "; its only replica is played as answering reads as before, as if another had come"


def _written(ran: Ran, store: str, since_s: float, until_s: float) -> float:
    """Writes that requests made which began in a time of the run and were answered."""
    r, total = ran.result, 0.0
    for key, row in ran.lowered.roots.items():
        if row not in r.roots:
            continue
        each = writes_of(ran.flow, key, store)
        ok = r.windows["ok"][:, r.roots.index(row)] if each else ()
        for w, answered in enumerate(ok):
            begin, end = w * r.window_s, (w + 1) * r.window_s
            inside = max(0.0, min(end, until_s) - max(begin, since_s))
            total += each * float(answered) * inside / r.window_s
    return total


def writes_of(flow: Flow, root: str, store: str) -> float:
    """Writes of one request, those that follow from its messages included."""
    alone = replace(flow, sources=[Source("one", 0.0, 0.0, 1.0, {root: 1.0})])
    visits = visits_at(alone, {key: curve.steady for key, curve in flow.hits.items()})
    return sum(
        rate
        for key, rate in visits.items()
        if key.partition(".")[0] == store
        and (operation := operation_of(flow.system, key.removesuffix(OWN))) is not None
        and operation.type == "write"
    )
