"""Bytes on the wire: in and out at peak, what leaves in a month, and what each machine moves."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import bits, byte_words, line, people
from backend_lead.model.design import Sum
from backend_lead.model.units import trim
from backend_lead.views.flow import SECONDS_MONTH, Flow
from backend_lead.views.steps import endpoint_of
from backend_lead.views.traffic import direct_bytes_month
from backend_lead.views.transfers import Moved, across_zones, moved

GROUP = "Bandwidth"
PLACE = 40
WORTH = 0.05  # of what a machine sustains: below it only the busiest machine has a line,
LEAST = 0.005  # and none below this


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """Clients' bytes, then machines, then zones."""
    out = into = 0.0
    for root, rate in flow.root_rates().items():
        endpoint = endpoint_of(flow.system, flow.roots[root].target)
        out += rate * (endpoint.response.value if endpoint.response else 0.0)
        into += rate * (endpoint.request.value if endpoint.request else 0.0)
    yield line(GROUP, "Responses at peak", "request rate x response size, per endpoint", out, "B/s",
               f"{byte_words(out)}/s ({trim(out * 8 / 1e9, 3)} Gbit/s)")  # fmt: skip
    yield line(GROUP, "Requests at peak", "request rate x request size, per endpoint", into, "B/s",
               f"{byte_words(into)}/s ({trim(into * 8 / 1e9, 3)} Gbit/s)")  # fmt: skip
    month = out / flow.system.workload.peak.factor.value * SECONDS_MONTH
    yield line(
        GROUP, "Responses a month", "peak / peak factor x 730 h", month, "B", byte_words(month)
    )
    direct = direct_bytes_month(flow)
    if abs(direct - month) > 1:
        yield line(GROUP, "Of these past the CDN", "endpoints that a CDN may not hold", direct, "B",
                   byte_words(direct))  # fmt: skip
    yield from _machines(flow)
    yield from _zones(flow)


def _machines(flow: Flow) -> Iterator[Sum]:
    ranked = sorted(moved(flow), key=lambda one: (-one.busy, one.station))
    for one in ranked:
        if one.busy >= WORTH or (one is ranked[0] and one.busy >= LEAST):
            yield _machine(flow, one)


def _machine(flow: Flow, one: Moved) -> Sum:
    """Of the busier direction: a machine sustains as much in each (AWS counts them apart)."""
    station = flow.stations[one.station]
    outward = one.out >= one.into
    whole = one.most * station.replicas / one.over
    uneven = f" x {one.over:.2f}, of the busiest" if one.over > 1 + LEAST else ""
    return line(
        GROUP, f"{one.station}: per machine, {'out' if outward else 'in'}",
        f"calls x (content + headers) = {byte_words(whole)}/s / {station.replicas}{uneven}; "
        f"the machine sustains {bits(one.limit)}: {one.busy:.1%} in use",
        one.most, "B/s", f"{byte_words(one.most)}/s ({bits(one.most)})",
    )  # fmt: skip


def _zones(flow: Flow) -> Iterator[Sum]:
    charged = across_zones(flow)
    if not charged:
        return
    month = charged / flow.system.workload.peak.factor.value * SECONDS_MONTH
    yield line(
        GROUP, "Between zones, a month",
        f"calls between parts x share that changes zone x bytes = {people(charged)}B/s at peak, in "
        "each direction that is charged / peak factor x 730 h", month, "B", byte_words(month),
    )  # fmt: skip
