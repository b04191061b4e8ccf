"""verify: what is to be told of views over a store's tables, made and refreshed on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from backend_lead.app.figures import thousands
from backend_lead.model.finding import Finding, Place
from backend_lead.model.units import trim
from backend_lead.trial.analysing import Views
from backend_lead.trial.pipeline.proof import ALLOWED

PLACE = Place(path="data.products")
MINUTE_S = 60.0


def views_findings(seen: Views) -> Iterator[Finding]:
    """Sums that differ are an error; ages that were not predicted, and refreshes that would not be
    done in time, are told."""
    for one in seen.added:
        if one.differing:
            yield Finding(
                "views-differ", "error", f"{one.name} is not what the tables add up to: "
                f"{', '.join(one.differing)}", PLACE, str(one.view), str(one.tables),
            )  # fmt: skip
    if seen.at_once is False:
        yield Finding(
            "views-late", "error", "a row of today is not in the sums by day before a refresh",
            PLACE, "not there", "sums of closed days, and the rows since",
        )  # fmt: skip
    if seen.missed:
        yield Finding(
            "views-late", "error", f"{seen.missed} of {seen.changes} changes of closed days are in "
            "no refresh after them", PLACE, f"{seen.missed} missing", "every change",
        )  # fmt: skip
    elif not seen.within:
        yield Finding(
            "views-off", "warning", "a change is not in the sums when it was predicted to be",
            PLACE, f"{_time(seen.age_mean_s)} on the mean, {_time(seen.age_most_s)} at most",
            f"{_time(seen.mean_s)} and {_time(seen.most_s)}, within {ALLOWED:.0%}",
            "run it again where nothing else runs",
        )  # fmt: skip
    if not seen.in_time:
        yield Finding(
            "refresh-unknown", "note", "at the rates seen here a refresh of all rows of a year is "
            "not done before the next one", PLACE, _time(max(seen.due_s, seen.assumed_s)),
            _time(seen.due_every_s),
            "more --rows: of few rows most of the time does not grow with them",
        )  # fmt: skip


def views_lines(seen: Views) -> Iterator[str]:
    """What a terminal shows."""
    rate = seen.read_bytes / max(seen.scan_s, 1e-9) / 1e6
    yield (f"  views of sums by day, {seen.asked_of} over {seen.rows:,} rows: made in "
           f"{_time(seen.first_s)}, refreshed while they are asked in {_time(seen.refresh_s)} (of "
           f"it {_time(seen.scan_s)} reading, from memory, {thousands(rate)} MB/s)")  # fmt: skip
    yield (f"    refreshed each {_time(seen.every_s)}, {seen.changes} changes of closed days are "
           f"in them after {_time(seen.age_mean_s)} on the mean, {_time(seen.mean_s)} predicted "
           f"({seen.off:+.1%}); {_time(seen.age_most_s)} at most, {_time(seen.most_s)} "
           "predicted")  # fmt: skip
    yield (f"    asked {seen.asked:,} times meanwhile: p50 {_time(seen.asked_p50_s)}, most "
           f"{_time(seen.asked_most_s)}{_TODAY[seen.at_once]}")  # fmt: skip
    for one in seen.added:
        same = [n for n in one.view if n not in one.differing]
        parts = [f"{name} {_number(one.view[name])} on both sides" for name in same]
        parts += [f"{n} {one.view[n]}, and {one.tables[n]} in the tables" for n in one.differing]
        yield f"    {one.name}: {', '.join(parts)}"
    verdict = "pass" if seen.in_time else "unknown, few rows say little of many; more --rows"
    slower = max(seen.due_s, seen.assumed_s)
    yield (f"    the design's {thousands(seen.due_bytes / 1e9)} GB in a year: a refresh takes "
           f"{_time(seen.due_s)} at that rate, {_time(seen.assumed_s)} at those assumed, of the "
           f"{_time(seen.due_every_s)} between two ({verdict}); a change is then in the sums after "
           f"at most {_time(seen.due_every_s + slower)}")  # fmt: skip


_TODAY = {
    True: "; a row of today was in them before any refresh",
    False: "; a row of today was NOT in them before a refresh", None: "",
}  # fmt: skip


def views_evidence(seen: Views) -> dict[str, Any]:
    """Everything that was seen, with what was predicted."""
    return asdict(seen) | {
        "age_mean_predicted_s": seen.mean_s, "age_most_predicted_s": seen.most_s,
        "off": round(seen.off, 4), "within": seen.within, "holds": seen.holds,
        "due_s": seen.due_s, "due_assumed_s": seen.assumed_s, "in_time": seen.in_time,
    }  # fmt: skip


def _number(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(seconds: float) -> str:
    for size, unit in ((MINUTE_S, "min"), (1.0, "s"), (1e-3, "ms")):
        if seconds >= size * (1 if unit != "min" else 2):
            return f"{trim(seconds / size, 3)} {unit}"
    return f"{trim(seconds * 1e6, 3)} µs"
