"""What each part is asked for: requests, statements, commands, messages, per replica too."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import count, line, people, rate_words
from backend_lead.catalog import kind_of
from backend_lead.model.design import Sum
from backend_lead.views.flow import Flow

GROUP = "Load per component"
PLACE = 20
WORDS = {
    "call": "requests", "read": "commands", "query": "statements", "publish": "messages appended",
}  # fmt: skip


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """What passes the entry, hit ratios of caches, then stations."""
    for name in flow.system.workload.entry:
        rate = flow.traffic[name].requests_per_s
        yield line(GROUP, name, "requests that pass through it", rate, "1/s", rate_words(rate))
    for (cache, entity), curve in sorted(flow.hits.items()):
        yield line(
            GROUP, f"{cache}: hit ratio of {entity or 'all'}",
            "Che's approximation over Zipf popularity, memory and invalidations",
            curve.steady, "ratio", f"{curve.steady:.1%}",
        )  # fmt: skip
    for station in flow.stations.values():
        nodes = [n for n in flow.nodes.values() if n.station == station.id]
        rate = sum(flow.visits.get(n.key, 0.0) for n in nodes)
        kind = kind_of(flow.system.components[station.component].kind)
        yield line(
            GROUP, f"{station.id}: {WORDS.get(kind.asked_with, 'requests')}",
            "calls per request x request rate, over " + count(len(nodes), "operation"),
            rate, "1/s", rate_words(rate),
        )  # fmt: skip
        each = rate / station.replicas
        yield line(
            GROUP, f"{station.id}: per replica",
            f"{people(rate, '/s')} / {station.replicas}"
            + (f" ({station.groups} shards x {station.per_group})" if station.groups > 1 else ""),
            each, "1/s", rate_words(each),
        )  # fmt: skip
