"""Which answers may be kept, by whom, and what that saves."""

from __future__ import annotations

from backend_lead.catalog.api_policies import UNCHANGED
from backend_lead.emit.api.reading import Reading, data, rate, share
from backend_lead.emit.report.tables import table
from backend_lead.views.api.keeping import cache_control


def caching(read: Reading) -> str:
    """Which answers may be kept, by whom, and what that saves."""
    rows = []
    saved = 0.0
    for op in read.found.operations.values():
        if op.nature != "query":
            continue
        ref = op.said.endpoint
        endpoint = None
        if ref is not None:
            home, _, name = ref.partition(".")
            endpoint = read.design.system.components[home].endpoints.get(name)
        edge = endpoint.edge_cache if endpoint else None
        size = (read.plan.answers or {}).get(op.name)
        asked = read.rate(op)
        reval = op.does == "get"
        if size and reval:
            saved += asked * UNCHANGED.value * size
        rows.append([f"`{op.id}`", f"`{cache_control(op)}`", "yes" if reval else "no: pages change",
                     edge.text if edge else "not at the edge", rate(asked),
                     data(size) if size else "not said"])  # fmt: skip
    if not rows:
        return ""
    head = ["query", "Cache-Control", "ETag", "edge hits (model)", "asked", "answer"]
    asked_told = (
        "*Asked*: with the screens built as recommended; an endpoint that answers several "
        "operations is divided between them by the screens. *Answer*: as large as it may be."
    )
    told = (
        f"{share(UNCHANGED.value)} of repeated reads answered 304 is assumed "
        f"({share(UNCHANGED.low)} to {share(UNCHANGED.high)}); on those with an ETag it saves "
        f'{data(saved)}/s of answers at peak. Measure `http_responses_total{{status="304"}}` per '
        "operation before counting on it."
    )
    parts = ["## Caching", table(head, rows), asked_told, *([told] if saved else [])]
    return "\n\n".join(parts)
