"""Connections to stores: instances x pool against what each server accepts."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import line
from backend_lead.catalog.sockets import PORTS
from backend_lead.model.design import Sum
from backend_lead.views.connections import connections, opened
from backend_lead.views.flow import Flow

GROUP = "Connections to stores"
PLACE = 35
WORTH = 0.1  # of the ports towards one address: below it they have no line


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """Per server what all pools may open, then what one address opens where ports are few."""
    for sid, (parts, limit) in connections(flow).items():
        total = sum(part.total for part in parts)
        terms = " + ".join(f"{part.callers} {part.who} x {part.each}" for part in parts)
        yield line(
            GROUP, f"{sid}: a server",
            f"{terms} = {total:,}; a server accepts {limit:,} (memory / memory of one)",
            float(total), "count", f"{total:,} of {limit:,}",
        )  # fmt: skip
    for sid, parts in sorted(opened(flow).items()):
        most = max(parts, key=lambda part: part.each)
        if most.each >= WORTH * PORTS.value:
            yield line(
                GROUP, f"{sid}: ports of one {most.who.removesuffix('s')}",
                f"{most.each:,} connections to one address and port; it has {PORTS.value:,.0f} "
                "ephemeral ports for it", float(most.each), "count",
                f"{most.each:,} of {PORTS.value:,.0f}",
            )  # fmt: skip
