"""What of a store's data is not in memory: the share of statements that must read from disk.

A statement touches a page of the entity it names. Memory keeps the pages touched last; the share
that is missing follows from popularity, the number of rows and the memory for pages (Che). What a
cache in front has answered already never reaches the store, and that was the popular part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.views.flow import Cached, DiskRead, Flow, FlowStep, calls_of
from backend_lead.views.hits import Touches, page_misses
from backend_lead.views.steps import operation_of

Missed = dict[str, dict[tuple[str, str], float]]


def read_from_disk(flow: Flow) -> None:
    """Set `page_miss` and add the reads to the programs of store operations."""
    direct, missed = _asked(flow)
    for station in flow.stations.values():
        if station.page_bytes <= 0:
            continue
        touched = list(_touched(flow, station))
        shares = _shares(flow, station, touched, direct, missed)
        read_s = kind_of(flow.system.components[station.component].kind).fact("disk-read")
        for key, entity in touched:
            node, share = flow.nodes[key], shares.get(entity, 0.0)
            flow.page_miss[key] = share
            if share > 0:
                steps = (*node.steps, DiskRead(share, read_s))
                flow.nodes[key] = replace(node, steps=steps)


def _touched(flow: Flow, station: Station) -> Iterator[tuple[str, str]]:
    """Keys of the statements of a station that touch rows, each with the entity it names."""
    for key in flow.keys_of(station.component):
        if flow.nodes[key].station == station.id:
            operation = operation_of(flow.system, key)
            if operation is not None and operation.entity is not None:
                yield key, operation.entity


def disk_reads(flow: Flow, station: Station) -> float:
    """Reads from disk per second of one replica of a station."""
    total = sum(
        flow.visits.get(key, 0.0) * flow.page_miss.get(key, 0.0)
        for key in flow.keys_of(station.component)
        if flow.nodes[key].station == station.id
    )
    return total / station.replicas


def _shares(
    flow: Flow, station: Station, touched: list[tuple[str, str]], direct: dict[str, float],
    missed: Missed,
) -> dict[str, float]:  # fmt: skip
    kind = kind_of(flow.system.components[station.component].kind)
    asked: dict[str, float] = defaultdict(float)
    after: dict[str, list[tuple[float, tuple[str, str]]]] = defaultdict(list)
    for key, entity in touched:
        asked[entity] += direct.get(key, 0.0)
        after[entity] += [(rate, cache) for cache, rate in missed.get(key, {}).items()]
    parts: list[Touches] = []
    for name in sorted(asked):
        rows = flow.system.entities.get(name)
        if rows is None:
            continue
        parts.append(
            Touches(
                name,
                rows.rows.value,
                rows.skew.value if rows.skew else 0.0,
                max(rows.row.value, kind.fact("row-page")),
                asked[name],
                tuple((rate, flow.hits[cache]) for rate, cache in after[name]),
            )
        )
    if not parts:
        return {}
    return dict(page_misses(tuple(parts), station.page_bytes, station.groups, station.per_group))


def _asked(flow: Flow) -> tuple[dict[str, float], Missed]:
    """Visits of each node that come directly, and those that come after a cache had no answer."""
    direct: dict[str, float] = defaultdict(float)
    missed: Missed = defaultdict(lambda: defaultdict(float))

    def walk(steps: tuple[FlowStep, ...], rate: float, cache: tuple[str, str] | None) -> None:
        for step in steps:
            for call in calls_of((step,)) if not isinstance(step, Cached) else ():
                for share, branch in call.branches:
                    if cache is None:
                        direct[branch.target] += rate * share
                    else:
                        missed[branch.target][cache] += rate * share
            if isinstance(step, Cached):
                key = (step.cache, step.entity)
                hit = flow.hits[key].steady if key in flow.hits else 0.0
                walk(step.miss, rate * (1 - hit), key)

    for key, node in flow.nodes.items():
        walk(node.steps, flow.visits.get(key, 0.0), None)
    return direct, missed
