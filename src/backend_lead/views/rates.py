"""How often each node is visited and how often caches hit; each depends on the other."""

from __future__ import annotations

from collections import defaultdict

from backend_lead.catalog import kind_of
from backend_lead.views.flow import Cached, Call, Flow, FlowStep, Par
from backend_lead.views.hits import EntityReads, HitCurve, hit_curves
from backend_lead.views.steps import operation_of


def set_rates(flow: Flow) -> None:
    """Visit rates and hit curves together: what a cache holds depends on what is asked of it."""
    callers_first = list(reversed(flow.order()))
    hits: dict[tuple[str, str], float] = {}
    for _ in range(12):
        visits: dict[str, float] = defaultdict(float)
        reads: dict[tuple[str, str], float] = defaultdict(float)
        for root, rate in flow.root_rates().items():
            visits[flow.roots[root].target] += rate * (1 - flow.roots[root].edge_hit)
        for key in callers_first:
            _spread(flow.nodes[key].steps, visits[key], visits, reads, hits)
        flow.visits = dict(visits)
        if not reads:
            return
        flow.hits = _hit_curves(flow, reads, visits)
        new = {key: curve.steady for key, curve in flow.hits.items()}
        if hits and all(abs(new[key] - hits.get(key, 0.0)) < 1e-4 for key in new):
            return
        hits = new


def visits_after_flush(flow: Flow, age_s: float) -> dict[str, float]:
    """Visit rates when every cache was emptied `age_s` ago and nothing was lost since."""
    return visits_at(flow, {key: curve.at(age_s) for key, curve in flow.hits.items()})


def visits_at(flow: Flow, hits: dict[tuple[str, str], float]) -> dict[str, float]:
    """Visit rates at given hit ratios, by cache and entity."""
    visits: dict[str, float] = defaultdict(float)
    reads: dict[tuple[str, str], float] = defaultdict(float)
    for root, rate in flow.root_rates().items():
        visits[flow.roots[root].target] += rate * (1 - flow.roots[root].edge_hit)
    for key in reversed(flow.order()):
        _spread(flow.nodes[key].steps, visits[key], visits, reads, hits)
    return dict(visits)


def _spread(
    steps: tuple[FlowStep, ...],
    rate: float,
    visits: dict[str, float],
    reads: dict[tuple[str, str], float],
    hits: dict[tuple[str, str], float],
) -> None:
    for step in steps:
        if isinstance(step, Call):
            visits[step.target] += rate
        elif isinstance(step, Par):
            for call in step.calls:
                visits[call.target] += rate
        elif isinstance(step, Cached):
            visits[step.call.target] += rate
            key = (step.cache, step.entity)
            reads[key] += rate
            _spread(step.miss, rate * (1 - hits.get(key, 0.8)), visits, reads, hits)


def _hit_curves(
    flow: Flow, reads: dict[tuple[str, str], float], visits: dict[str, float]
) -> dict[tuple[str, str], HitCurve]:
    curves: dict[tuple[str, str], HitCurve] = {}
    for cache in sorted({cache for cache, _ in reads}):
        component = flow.system.components[cache]
        kind = kind_of(component.kind)
        held = {entity: rate for (name, entity), rate in reads.items() if name == cache}
        if component.hit_ratio is not None:
            for entity in held:
                curves[cache, entity] = HitCurve.constant(component.hit_ratio.value)
            continue
        entities = [
            EntityReads(
                entity,
                rate,
                _invalidations(flow, cache, entity, visits),
                flow.system.entities[entity].rows.value,
                skew.value if (skew := flow.system.entities[entity].skew) else 0.0,
                flow.system.entities[entity].row.value + kind.fact("entry-overhead"),
            )
            for entity, rate in sorted(held.items())
        ]
        ttl = component.ttl.value if component.ttl else 0.0
        memory = kind.memory_bytes(component)  # type: ignore[attr-defined]
        for entity, curve in hit_curves(entities, memory, ttl).items():
            curves[cache, entity] = curve
    return curves


def _invalidations(flow: Flow, cache: str, entity: str, visits: dict[str, float]) -> float:
    """Writes to an entity per second by endpoints that invalidate this cache."""
    total = 0.0
    for name, component in flow.system.components.items():
        for end_name, endpoint in component.endpoints.items():
            if not any(step.invalidate == cache for step in endpoint.does):
                continue
            for step in endpoint.does:
                operation = operation_of(flow.system, step.query) if step.query else None
                if operation and operation.type == "write" and operation.entity == entity:
                    total += visits.get(f"{name}.{end_name}", 0.0)
    return total
