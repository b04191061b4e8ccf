"""What the system says of itself: log lines, traces, metric series."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import byte_words, count, line, people
from backend_lead.catalog.telemetry import (
    LOG_DAYS,
    LOG_LINE_BYTES,
    LOG_LINES,
    LOGGED,
    SERIES_ENDPOINT,
    SERIES_MACHINE,
    SPAN_BYTES,
    TRACE_SHARE,
)
from backend_lead.model.design import Sum
from backend_lead.model.units import trim
from backend_lead.views.flow import Flow
from backend_lead.views.growth import DAY_S
from backend_lead.views.logs import logs, metric_series, spans_per_request

GROUP = "Logs, traces, metrics"
PLACE = 60
WORTH_B_DAY = 1e9  # below a GB of logs a day nothing of this has to be planned
WORTH_SERIES = 20_000.0  # one small Prometheus takes these without thought


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """Log volume always, as it is paid for; the rest where it has to be planned."""
    told = logs(flow)
    day = told.bytes_per_s * DAY_S
    sampled = (
        f" (of {people(told.requests_per_s, '/s')}, successes sampled above {people(LOGGED.value)})"
        if told.kept_per_s < told.requests_per_s
        else ""
    )
    yield line(
        GROUP, "Log lines a day",
        f"{people(told.kept_per_s)} requests/s on the mean{sampled} x {trim(LOG_LINES.value)} line "
        f"x {byte_words(LOG_LINE_BYTES.value)} x 86,400 s; kept {trim(LOG_DAYS.value)} days", day,
        "B", byte_words(day),
    )  # fmt: skip
    if day >= WORTH_B_DAY:
        yield _traces(flow, told.requests_per_s)
    series, machines, endpoints = metric_series(flow)
    if series >= WORTH_SERIES:
        yield line(
            GROUP, "Metric series",
            f"{count(machines, 'machine')} x {SERIES_MACHINE.value:.0f} + "
            f"{count(endpoints, 'endpoint')} on instances x {SERIES_ENDPOINT.value:.0f}", series,
            "count", people(series),
        )  # fmt: skip


def _traces(flow: Flow, mean_per_s: float) -> Sum:
    spans = spans_per_request(flow)
    day = mean_per_s * TRACE_SHARE.value * spans * SPAN_BYTES.value * DAY_S
    return line(
        GROUP, "Traces a day",
        f"{people(mean_per_s)} requests/s x {TRACE_SHARE.value:.1%} traced x {trim(spans, 3)} "
        f"spans (visits of a request in this design) x {byte_words(SPAN_BYTES.value)} x 86,400 s",
        day, "B", byte_words(day),
    )  # fmt: skip
