"""Which answers may be kept, by whom, and what that saves."""

from __future__ import annotations

from backend_lead.catalog.api_policies import PUBLIC_AGE_S, UNCHANGED
from backend_lead.emit.api.reading import Reading, data, rate, share
from backend_lead.emit.report.tables import table
from backend_lead.views.api.parts import Operation


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
        size = endpoint.response.value if endpoint and endpoint.response else None
        asked = read.rate(op)
        kept = _kept(op)
        reval = op.does == "get"
        if size and reval:
            saved += asked * UNCHANGED.value * size
        rows.append([f"`{op.id}`", f"`{kept}`", "yes" if reval else "no: pages change",
                     edge.text if edge else "not at the edge", rate(asked),
                     data(size) if size else "not said"])  # fmt: skip
    if not rows:
        return ""
    head = ["query", "Cache-Control", "ETag", "edge hits (model)", "asked", "answer"]
    told = (
        f"{share(UNCHANGED.value)} of repeated reads answered 304 is assumed "
        f"({share(UNCHANGED.low)} to {share(UNCHANGED.high)}); on those with an ETag it saves "
        f'{data(saved)}/s of answers at peak. Measure `http_responses_total{{status="304"}}` per '
        "operation before counting on it."
    )
    return "## Caching\n\n" + table(head, rows) + ("\n\n" + told if saved else "")


def _kept(op: Operation) -> str:
    if op.said.public:
        return f"public, max-age={PUBLIC_AGE_S.value:.0f}, stale-while-revalidate=" \
               f"{PUBLIC_AGE_S.value:.0f}"  # fmt: skip
    return "private, no-cache" if op.does == "get" else "private, no-store"
