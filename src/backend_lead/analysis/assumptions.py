"""The numbers nobody stated: where they sit, how far they may be off, and which may weigh most.

The order estimates the influence on the work the system must do, without judging a design: how much
of a component's core time hangs on a demand, or of the request rate on a think time, times how far
the range reaches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from backend_lead.model.design import Assumption
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System
from backend_lead.views.flow import Flow

_PROMISE = re.compile(r"slos\[(\d+)\]\.(\w+)")
_LOADLESS = re.compile(r"\.access\.|\.pattern\.|\.partition\.|^data\.|\.legal_hold$")


def quantities(part: Any, path: str = "") -> Iterator[tuple[str, Quantity]]:
    """Every quantity of a model with its path."""
    if isinstance(part, Quantity):
        yield path, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            value = getattr(part, name)
            if value is not None:
                yield from quantities(value, f"{path}.{name}" if path else name)
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from quantities(value, f"{path}.{name}")
    elif isinstance(part, list | tuple):
        for i, value in enumerate(part):
            yield from quantities(value, f"{path}[{i}]")


def assumed(system: System) -> Iterator[tuple[str, Quantity]]:
    """Every number of a model that nobody stated and that has a range, with its path; how callers
    reach the API, what a statement finds, and what is made of the data make no load."""
    for path, quantity in quantities(system):
        if _LOADLESS.search(path):
            continue
        if quantity.origin in ("assumed", "catalogue") and quantity.range is not None:
            yield path, quantity


def assumptions(system: System, flow: Flow) -> list[Assumption]:
    """Assumed and catalogue numbers of a model, by an estimate of what weighs most."""
    out: list[tuple[float, str, Assumption]] = []
    for path, quantity in assumed(system):
        low, high = quantity.range or (quantity.value, quantity.value)
        out.append(
            (
                -_influence(flow, path, quantity), path,
                Assumption(
                    path, _label(path, system), quantity.text, quantity.dimension.format(low),
                    quantity.dimension.format(high), quantity.why or "", quantity.source or "",
                ),
            )
        )  # fmt: skip
    return [a for _, _, a in sorted(out, key=lambda row: (row[0], row[1]))]


def _label(path: str, system: System) -> str:
    if found := _PROMISE.fullmatch(path):  # its path counts the objectives instead of naming them
        journey = system.slos[int(found[1])].journey
        of = "" if journey == "*" else f" of {journey}"
        return f"promised {found[2].replace('_', ' ')}{of}"
    words = (
        path.replace("components.", "").replace("workload.clients.", "").replace("entities.", "")
    )
    return words.replace(".endpoints.", ".").replace(".operations.", ".")


def _spread(quantity: Quantity) -> float:
    low, high = quantity.range or (quantity.value, quantity.value)
    value = max(quantity.value, 1e-12)
    return max(high / value, value / max(low, value / 100)) - 1


def _influence(flow: Flow, path: str, quantity: Quantity) -> float:
    parts = path.split(".")
    spread = _spread(quantity)
    if parts[-1] in ("think_time", "users", "rate"):
        source = next((s for s in flow.sources if s.client in parts), None)
        share = source.offered_per_s() / flow.requests_per_s if source else 0.0
        return 10 + share * spread
    if path == "workload.peak.factor":
        return 5 + spread
    if parts[-1] == "cpu" and len(parts) > 4 and parts[0] == "components":
        return 4 * _work_share(flow, parts[1], parts[3], quantity.value) * spread
    if "journeys" in parts:
        return 1 + quantity.value * spread
    if parts[-1] in ("response", "rows", "row", "skew", "edge_cache"):
        return 0.5 * spread / (1 + spread)
    return 0.1 * spread / (1 + spread)


def _work_share(flow: Flow, component: str, name: str, cpu_s: float) -> float:
    """Share of all core-seconds that one demand causes, times the number of components."""
    total = 0.0
    for node in flow.nodes.values():
        for step in node.steps:
            mean = getattr(step, "mean_s", 0.0)
            if node.component == component:
                total += flow.visits.get(node.key, 0.0) * mean
    mine = flow.visits.get(f"{component}.{name}", 0.0) * cpu_s
    return mine / total if total else 0.0
