"""The load arithmetic, every line with its formula: users, requests, components, bytes, storage."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog import kind_of
from backend_lead.model.design import Sum
from backend_lead.model.figure import Figure
from backend_lead.model.units import trim
from backend_lead.views.flow import SECONDS_MONTH, Flow
from backend_lead.views.growth import DAY_S, YEAR_S, rows_per_s
from backend_lead.views.steps import endpoint_of
from backend_lead.views.traffic import direct_bytes_month, stored_bytes


def people(value: float, unit: str = "") -> str:
    """Three significant digits with k, M, G."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995:
            return f"{trim(value / size, 3)}{letter}{unit}"
    return f"{trim(value, 3)}{unit}"


def byte_words(value: float) -> str:
    for size, unit in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size * 0.9995:
            return f"{trim(value / size, 3)} {unit}"
    return f"{trim(value, 3)} B"


def _sum(group: str, label: str, formula: str, value: float, unit: str, text: str) -> Sum:
    slug = "".join(c if c.isalnum() else "-" for c in f"{group} {label}".lower())
    figure = Figure(f"sum-{slug}", label, value, unit, text, "computed", formula,
                    repeat="backend-lead check backend.yaml")  # fmt: skip
    return Sum(group, label, formula, figure)


def arithmetic(flow: Flow, response_s: float) -> list[Sum]:
    """Every step from users to bytes; `response_s` is the measured mean response time."""
    return [
        *_requests(flow, response_s), *_components(flow), *_bandwidth(flow), *_storage(flow),
    ]  # fmt: skip


def _requests(flow: Flow, response_s: float) -> Iterator[Sum]:
    group = "Users to requests"
    total = 0.0
    for source in flow.sources:
        rate = source.offered_per_s(response_s)
        total += rate
        if source.closed:
            formula = (
                f"N / (Z + R) = {people(source.users)} users / ({trim(source.think_s)} s think + "
                f"{trim(response_s, 3)} s answer), Little's law"
            )
        else:
            formula = "arrival rate as stated"
        yield _sum(group, f"{source.client} at peak", formula, rate, "1/s", people(rate, "/s"))
    yield _sum(group, "All requests at peak", "sum over clients", total, "1/s", people(total, "/s"))
    factor = flow.system.workload.peak.factor.value
    mean = total / factor
    yield _sum(group, "Daily mean", f"peak / {trim(factor)} (peak factor)", mean, "1/s",
               people(mean, "/s"))  # fmt: skip
    month = mean * SECONDS_MONTH
    yield _sum(group, "Requests a month", "daily mean x 730 h", month, "count", people(month))
    in_flight = total * response_s
    yield _sum(group, "Requests in progress at once", "X x R, Little's law", in_flight, "count",
               people(in_flight))  # fmt: skip


_ASKED = {"call": "requests", "read": "commands", "publish": "messages"}


def _components(flow: Flow) -> Iterator[Sum]:
    group = "Load per component"
    for name in flow.system.workload.entry:
        rate = flow.traffic[name].requests_per_s
        yield _sum(group, name, "requests that pass through it", rate, "1/s", people(rate, "/s"))
    for (cache, entity), curve in sorted(flow.hits.items()):
        yield _sum(
            group, f"{cache}: hit ratio of {entity or 'all'}",
            "Che's approximation over Zipf popularity, memory and invalidations",
            curve.steady, "ratio", f"{curve.steady:.1%}",
        )  # fmt: skip
    for station in flow.stations.values():
        nodes = [n for n in flow.nodes.values() if n.station == station.id]
        rate = sum(flow.visits.get(n.key, 0.0) for n in nodes)
        kind = kind_of(flow.system.components[station.component].kind)
        what = _ASKED.get(kind.asked_with, "statements")
        yield _sum(
            group, f"{station.id}: {what}",
            "calls per request x request rate, over " + _count(len(nodes), "operation"),
            rate, "1/s", people(rate, "/s"),
        )  # fmt: skip
        per = rate / station.replicas
        yield _sum(
            group, f"{station.id}: per replica",
            f"{people(rate, '/s')} / {station.replicas}"
            + (f" ({station.groups} shards x {station.per_group})" if station.groups > 1 else ""),
            per, "1/s", people(per, "/s"),
        )  # fmt: skip


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'s' if n != 1 else ''}"


def _bandwidth(flow: Flow) -> Iterator[Sum]:
    group = "Bandwidth"
    out = into = 0.0
    for root, rate in flow.root_rates().items():
        endpoint = endpoint_of(flow.system, flow.roots[root].target)
        out += rate * (endpoint.response.value if endpoint.response else 0.0)
        into += rate * (endpoint.request.value if endpoint.request else 0.0)
    yield _sum(group, "Responses at peak", "request rate x response size, per endpoint", out, "B/s",
               f"{byte_words(out)}/s ({trim(out * 8 / 1e9, 3)} Gbit/s)")  # fmt: skip
    yield _sum(group, "Requests at peak", "request rate x request size, per endpoint", into, "B/s",
               f"{byte_words(into)}/s ({trim(into * 8 / 1e9, 3)} Gbit/s)")  # fmt: skip
    month = out / flow.system.workload.peak.factor.value * SECONDS_MONTH
    yield _sum(
        group, "Responses a month", "peak / peak factor x 730 h", month, "B", byte_words(month)
    )
    direct = direct_bytes_month(flow)
    if abs(direct - month) > 1:
        yield _sum(group, "Of these past the CDN", "endpoints that a CDN may not hold", direct, "B",
                   byte_words(direct))  # fmt: skip


def _storage(flow: Flow) -> Iterator[Sum]:
    group = "Storage"
    system = flow.system
    added = rows_per_s(flow)
    for name in system.components:
        today = stored_bytes(system, name)
        if not today:
            continue
        yield _sum(
            group,
            f"{name}: rows today",
            "rows x row size, before indexes and copies",
            today,
            "B",
            byte_words(today),
        )
        growth = 0.0
        parts = []
        for entity_name, entity in system.entities.items():
            if entity.store != name or entity_name not in added:
                continue
            rate = added[entity_name]
            growth += rate * entity.row.value
            parts.append(f"{people(rate, '/s')} {entity_name} x {byte_words(entity.row.value)}")
        if growth:
            yield _sum(group, f"{name}: growth a day", " + ".join(parts) + " x 86,400 s",
                       growth * DAY_S, "B", byte_words(growth * DAY_S))  # fmt: skip
            yield _sum(group, f"{name}: growth a year", "growth a day x 365", growth * YEAR_S, "B",
                       byte_words(growth * YEAR_S))  # fmt: skip
