"""From users to requests: rates at peak, on the mean, a month, and requests under way."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import line, people, rate_words
from backend_lead.model.design import Sum
from backend_lead.model.units import trim
from backend_lead.views.flow import SECONDS_MONTH, Flow

GROUP = "Users to requests"
PLACE = 10


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """Per class of callers, then all of them."""
    total = 0.0
    for source in flow.sources:
        rate = source.offered_per_s(response_s)
        total += rate
        if source.closed:
            formula = (
                f"N / (Z + R) = {people(source.users)} users / ({trim(source.think_s)} s think + "
                f"{trim(response_s, 3)} s answer), Little's law"
            )
            if source.starts:
                formula = (
                    f"N L / (Z + L R + T) = {people(source.users)} users x "
                    f"{trim(source.per_start)} requests / ({trim(source.think_s)} s think + "
                    f"{trim(source.per_start)} x {trim(response_s, 3)} s answer + "
                    f"{trim(source.between_s)} s think within sessions), Little's law"
                )
        elif source.beats:
            link = next(link for link in flow.links if link.beat in source.mix)
            formula = (
                f"{people(link.users)} connections / {trim(link.every_s)} s between heartbeats"
            )
        else:
            formula = "arrival rate as stated"
        yield line(GROUP, f"{source.client} at peak", formula, rate, "1/s", rate_words(rate))
    yield line(GROUP, "All requests at peak", "sum over clients", total, "1/s", rate_words(total))
    factor = flow.system.workload.peak.factor.value
    mean = total / factor
    yield line(GROUP, "Daily mean", f"peak / {trim(factor)} (peak factor)", mean, "1/s",
               rate_words(mean))  # fmt: skip
    month = mean * SECONDS_MONTH
    yield line(GROUP, "Requests a month", "daily mean x 730 h", month, "count", people(month))
    under_way = total * response_s
    yield line(GROUP, "Requests in progress at once", "X x R, Little's law", under_way, "count",
               people(under_way))  # fmt: skip
