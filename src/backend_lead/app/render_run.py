"""How a run is told in words: what became of its requests, how many instances there were."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backend_lead.model.design import Latency, StationLoad
from backend_lead.model.units import per_of, rate_digits, trim
from backend_lead.model.ways import WayLoad

if TYPE_CHECKING:
    from backend_lead.analysis.series import RunWindow
    from backend_lead.views.flow import Flow


def ms(value: float | None) -> str:
    """A time in ms; "-" where there is none, "no answer" where it has no end."""
    if value is None or math.isnan(value):
        return "-"
    return "no answer" if math.isinf(value) else f"{trim(value * 1e3, 3)} ms"


def requests_line(asked: dict[str, int], left: str, *, warm_up: bool) -> str:
    """What became of all requests of a run; that those of its warm-up are among them."""
    refused = f", {asked['refused']:,} refused at the door" if asked["refused"] else ""
    told = " (those of the warm-up too)" if warm_up else ""
    return (
        f"  {asked['started']:,} requests{told}: {asked['ok']:,} answered{refused}, "
        f"{asked['failed']:,} failed, {asked['timed_out']:,} timed out, "
        f"{asked['in_flight']:,} {left}"
    )


def partial_line(until: str) -> str:
    """That a run was interrupted, and what its numbers are worth."""
    return f"Interrupted: {until}; the numbers are of that part alone."


def windows_lines(windows: list[RunWindow]) -> list[str]:
    """How far apart p99 and load of a run's windows are, and when each was highest; of fewer than
    two with an answer, nothing."""
    from backend_lead.app.figures import time_text  # with what it takes to read runs

    told = [w for w in windows if not math.isnan(w.p99_s)]
    if len(told) < 2:
        return []
    slow, full = max(told, key=lambda w: w.p99_s), max(windows, key=lambda w: w.per_s)
    best, least = min(w.p99_s for w in told), min(w.per_s for w in windows)
    per = per_of(full.per_s)
    return [
        f"  by {windows[0].lasts_s:g} s: p99 of all requests {time_text(best)} to "
        f"{time_text(slow.p99_s)} (highest from {slow.t_s:g} s); {per.number(least)} to "
        f"{per.text(full.per_s, 'requests')} (highest from {full.t_s:g} s)"
    ]


def latency_rows(latencies: list[Latency], flow: Flow) -> list[list[str]]:
    """A table of the percentiles of what was asked, and of what nobody asks yet."""
    from backend_lead.analysis.simulation import unasked  # with what it takes to read runs

    rows = [["request", "p50", "p95", "p99", "95 % interval", "objective", ""]]
    for x in latencies:
        between = f"{ms(x.p99_s.low)} to {ms(x.p99_s.high)}"
        if not (math.isfinite(x.p99_s.low) and math.isfinite(x.p99_s.high)):
            between = "too few for an interval" if math.isfinite(x.p99_s.value) else "-"
        times = [ms(t.value) for t in (x.p50_s, x.p95_s, x.p99_s)]
        rows.append([x.endpoint, *times, between, ms(x.objective_p99_s), x.verdict])
    for name in unasked(flow):
        rows.append([name, "-", "-", "-", "no requests", ms(flow.system.p99_of(name)), ""])
    return rows


def station_rows(loads: list[StationLoad]) -> list[list[str]]:
    """A table of the stations: how many replicas there were, how busy, and what ended there."""
    rows = [["station", "replicas", "cores busy", "workers held", "ended/s"]]
    for s in loads:
        rows.append([s.station, _replicas_text(s), f"{s.busy:.1%}", f"{s.held:.1%}",
                     rate_digits(s.ended_per_s)])  # fmt: skip
    return rows


def _replicas_text(s: StationLoad) -> str:
    """How many there are; where scaling changes that, how many there were."""
    if s.mean is None or s.most is None:
        return str(s.replicas)
    return f"{s.mean:.1f} on the mean, {s.most} at most"


def way_rows(ways: list[WayLoad]) -> list[list[str]]:
    """A table of the ways between regions: how much of each is in use, and what it carries."""
    from backend_lead.analysis.arithmetic.line import byte_words  # with what it takes to read runs

    rows = [["way between regions", "in use", "carries", "of", "ended/s"]]
    for w in ways:
        rows.append([w.way, f"{w.busy:.1%}", f"{byte_words(w.bytes_per_s)}/s",
                     f"{byte_words(w.bandwidth_bytes_per_s)}/s",
                     rate_digits(w.ended_per_s)])  # fmt: skip
    return rows
