"""How a run is told in words: what became of its requests, how many instances there were."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backend_lead.model.design import Interval, Latency, StationLoad
from backend_lead.model.units import per_of, rate_digits, trim
from backend_lead.model.ways import WayLoad
from backend_lead.model.windows import Window, known

if TYPE_CHECKING:
    from backend_lead.analysis.series import RunWindow
    from backend_lead.app.replicate import Replicated
    from backend_lead.views.flow import Flow

ROWS_TOLD = 12  # of a table of windows; what is more is in the JSON


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


def removed_text(seconds: float, settled: bool) -> str:
    """How much of a run was left out as its warm-up."""
    if not settled:
        return "the warm-up had not ended: no part of the run can be called steady"
    return f"{seconds:g} s of warm-up removed (MSER-5)"


def replications_end(found: list[Replicated]) -> list[str]:
    """What is above capacity, ended early, or was not finished."""
    lines = [f"\nLoad {one.load:g}: {one.above}." for one in found if one.above]
    early = [f"{one.load:g}" for one in found if one.pooled.ran.result.status != "complete"]
    if early:
        lines += ["", f"Runs at load {', '.join(early)} ended early: more requests were under way "
                  "than fit in memory. That is beyond what this design can carry."]  # fmt: skip
    if any(one.partial for one in found):
        done = sum(len(one.pooled.seeds) for one in found)
        lines += ["", partial_line(f"{done} replications were finished")]
    return lines


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
    rows = [["request", "p50", "p95", "p99", "95 % interval", "objective", ""]]
    for x in latencies:
        between = f"{ms(x.p99_s.low)} to {ms(x.p99_s.high)}"
        if not (math.isfinite(x.p99_s.low) and math.isfinite(x.p99_s.high)):
            between = "too few for an interval" if math.isfinite(x.p99_s.value) else "-"
        times = [ms(t.value) for t in (x.p50_s, x.p95_s, x.p99_s)]
        rows.append([x.endpoint, *times, between, ms(x.objective_p99_s), x.verdict])
    for name in flow.unasked():
        rows.append([name, "-", "-", "-", "no requests", ms(flow.system.p99_of(name)), ""])
    return rows


def known_lines(windows: list[Window]) -> list[str]:
    """The least and the highest p99 of a run's windows with their intervals, how many have no
    interval, and how many no p99; of fewer than two with one, nothing."""
    told = [w for w in windows if math.isfinite(w.p99_s.value)]
    if len(told) < 2:
        return []
    low, high = (end(told, key=lambda w: w.p99_s.value) for end in (min, max))
    without, lost = sum(not known(w.p99_s) for w in told), len(windows) - len(told)
    more = f"; {without} of {len(windows)} hold too little for one" if without else ""
    more += f"; {lost} of {len(windows)} {'has' if lost == 1 else 'have'} no p99" if lost else ""
    return [
        f"  by {windows[0].lasts_s:g} s, with 95 % intervals: p99 {_interval_text(low.p99_s)} from "
        f"{low.t_s:g} s, {_interval_text(high.p99_s)} from {high.t_s:g} s{more}"
    ]


def window_rows(windows: list[Window]) -> list[list[str]]:
    """A table of the first ROWS_TOLD windows: load, failures, mean and p99, these with an
    interval where they have one."""
    rows = [["from", "for", "requests/s", "failed", "mean", "95 % interval", "p99",
             "95 % interval"]]  # fmt: skip
    for w in windows[:ROWS_TOLD]:
        failed = w.failed_share.value
        rows.append([
            f"{w.t_s:g} s", f"{w.lasts_s:g} s", rate_digits(w.per_s),
            "-" if math.isnan(failed) else f"{failed:.1%}",
            *(text for x in (w.mean_s, w.p99_s) for text in (_value(x), _between(x) or "-")),
        ])  # fmt: skip
    return rows


def left_out(windows: list[Window]) -> list[str]:
    """How many windows a table leaves out."""
    more = len(windows) - ROWS_TOLD
    return [f"  and {more} more, in the JSON"] if more > 0 else []


def _value(x: Interval) -> str:
    from backend_lead.app.figures import time_text  # with what it takes to read runs

    return "-" if math.isnan(x.value) else time_text(x.value)


def _between(x: Interval) -> str:
    """From where to where it is; nothing where that is not known."""
    from backend_lead.app.figures import time_text

    return f"{time_text(x.low)} to {time_text(x.high)}" if known(x) else ""


def _interval_text(x: Interval) -> str:
    return _value(x) + (f" ({_between(x)})" if known(x) else "")


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
