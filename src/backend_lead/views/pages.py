"""What of a store's data is not in memory: the share of statements that must read from disk.

A statement touches a page of the entity it names. Memory keeps the pages touched last; the share
that is missing follows from popularity, the number of rows and the memory for pages (Che). What a
cache in front has answered already never reaches the store, and that was the popular part.
"""

from __future__ import annotations

from collections import defaultdict
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
        shares = _shares(flow, station, direct, missed)
        read_s = kind_of(flow.system.components[station.component].kind).fact("disk-read")
        for key, node in flow.nodes.items():
            operation = operation_of(flow.system, key)
            if node.station != station.id or operation is None or operation.entity is None:
                continue
            share = shares.get(operation.entity, 0.0)
            flow.page_miss[key] = share
            if share > 0:
                steps = (*node.steps, DiskRead(share, read_s))
                flow.nodes[key] = replace(node, steps=steps)


def disk_reads(flow: Flow, station: Station) -> float:
    """Reads from disk per second of one replica of a station."""
    total = sum(
        flow.visits.get(node.key, 0.0) * flow.page_miss.get(node.key, 0.0)
        for node in flow.nodes.values()
        if node.station == station.id
    )
    return total / station.replicas


def _shares(
    flow: Flow, station: Station, direct: dict[str, float], missed: Missed
) -> dict[str, float]:
    kind = kind_of(flow.system.components[station.component].kind)
    asked: dict[str, float] = defaultdict(float)
    after: dict[str, list[tuple[float, tuple[str, str]]]] = defaultdict(list)
    for node in flow.nodes.values():
        operation = operation_of(flow.system, node.key)
        if node.station != station.id or operation is None or operation.entity is None:
            continue
        asked[operation.entity] += direct.get(node.key, 0.0)
        after[operation.entity] += [(rate, key) for key, rate in missed.get(node.key, {}).items()]
    parts: list[Touches] = []
    for name in sorted(asked):
        entity = flow.system.entities.get(name)
        if entity is None:
            continue
        parts.append(
            Touches(
                name,
                entity.rows.value,
                entity.skew.value if entity.skew else 0.0,
                max(entity.row.value, kind.fact("row-page")),
                asked[name],
                tuple((rate, flow.hits[key]) for rate, key in after[name]),
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
                for share, way in call.ways:
                    if cache is None:
                        direct[way.target] += rate * share
                    else:
                        missed[way.target][cache] += rate * share
            if isinstance(step, Cached):
                key = (step.cache, step.entity)
                hit = flow.hits[key].steady if key in flow.hits else 0.0
                walk(step.miss, rate * (1 - hit), key)

    for key, node in flow.nodes.items():
        walk(node.steps, flow.visits.get(key, 0.0), None)
    return direct, missed
