"""What a system writes about itself: log lines, spans, metric series."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.telemetry import (
    LOG_DAYS,
    LOG_LINE_BYTES,
    LOG_LINES,
    LOG_PACKED,
    LOGGED,
    SERIES_ENDPOINT,
    SERIES_MACHINE,
)
from backend_lead.views.flow import Flow


@dataclass(frozen=True)
class Logs:
    """Requests a second on the mean of a day, those whose lines are kept, bytes a second of lines.

    `least` and `most` say how far the bytes may be off, as multiples.
    """

    requests_per_s: float
    kept_per_s: float
    bytes_per_s: float
    least: float
    most: float

    @property
    def stored_bytes(self) -> float:
        """Bytes kept at any time, packed."""
        return self.bytes_per_s * LOG_DAYS.value * 86_400.0 * LOG_PACKED.value


def logs(flow: Flow, load: float = 1.0) -> Logs:
    """Log lines of requests; heartbeats write none, and above a rate a sample is kept."""
    offered = sum(source.offered_per_s() for source in flow.sources if not source.beats)
    mean = load * offered / flow.system.workload.peak.factor.value
    kept = min(mean, LOGGED.value)
    ends = []
    for logged, lines, size in (
        (LOGGED.low, LOG_LINES.low, LOG_LINE_BYTES.low),
        (LOGGED.high, LOG_LINES.high, LOG_LINE_BYTES.high),
    ):
        # three independent guesses are not all wrong the same way: distances add as squares
        apart = (min(mean, logged) / kept if kept else 1.0, lines / LOG_LINES.value,
                 size / LOG_LINE_BYTES.value)  # fmt: skip
        ends.append(math.sqrt(sum(math.log(x) ** 2 for x in apart)))
    return Logs(mean, kept, kept * LOG_LINES.value * LOG_LINE_BYTES.value,
                math.exp(-ends[0]), math.exp(ends[1]))  # fmt: skip


def spans_per_request(flow: Flow) -> float:
    """Visits of endpoints, statements, commands, messages that a request causes, itself first."""
    beaten = {flow.roots[link.beat].target for link in flow.links if link.beat}
    rate = sum(source.offered_per_s() for source in flow.sources if not source.beats)
    visits = sum(v for key, v in flow.visits.items() if key not in beaten)
    return visits / rate if rate else 0.0


def metric_series(flow: Flow) -> tuple[float, int, int]:
    """Series of all machines and endpoints; how many machines, how many endpoints on them."""
    machines = endpoints = 0
    for part in flow.system.components.values():
        n = kind_of(part.kind).instances(part)
        machines += n
        endpoints += n * len(part.endpoints)
    series = machines * SERIES_MACHINE.value + endpoints * SERIES_ENDPOINT.value
    return series, machines, endpoints
