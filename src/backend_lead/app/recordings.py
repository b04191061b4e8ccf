"""Recorded arrivals, to be played again: when one client's requests came, one time a line."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend_lead.intake.backend_yaml.words import did_you_mean, listed
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.system import System

TIMES_MAX = 5_000_000  # of one recording
LATEST_S = 3 * 86_400.0


@dataclass(frozen=True)
class Recording:
    """When the requests of a client came: seconds from the first on, ascending."""

    client: str
    file: str
    times_s: tuple[float, ...]

    @property
    def name(self) -> str:
        """What it is called in the id of a run."""
        return f"{self.client}-{re.sub('[^A-Za-z0-9]+', '-', Path(self.file).stem)[:40]}"


def read_recording(text: str, system: System) -> Recording:
    """Read `CLIENT=FILE`: the first column of a CSV file holds times in seconds, a head may be
    there. They are put in order and counted from the first. Raises InvalidInput."""
    client, _, name = text.partition("=")
    clients = list(system.workload.clients)
    if client not in clients or not name:
        hint = did_you_mean(client, clients) or f"--replay {clients[0]}=arrivals.csv"
        raise _wrong("this is no client and file", Place("--replay"), text,
                     f"CLIENT=FILE, CLIENT one of {listed(clients)}", hint)  # fmt: skip
    try:
        with Path(name).open(encoding="utf-8", newline="") as file:
            times = sorted(_times(file, name))
    except (OSError, UnicodeDecodeError) as err:
        why = err.strerror if isinstance(err, OSError) and err.strerror else "it is no text"
        raise _wrong(f"the recording cannot be read: {why}", Place(name), name, "a CSV file",
                     "one time in seconds a line") from None  # fmt: skip
    if not times:
        raise _wrong("the recording holds no time", Place(name), "nothing", "a time a line",
                     "one time in seconds a line, for example 0.25")  # fmt: skip
    if times[-1] - times[0] > LATEST_S:
        raise _wrong("the recording is too long", Place(name), f"{times[-1] - times[0]:,.0f} s",
                     f"up to {LATEST_S:,.0f} s", "cut it; times are in seconds")  # fmt: skip
    return Recording(client, name, tuple(time - times[0] for time in times))


def _times(lines: Iterator[str], name: str) -> Iterator[float]:
    for number, row in enumerate(csv.reader(lines), 1):
        if not row or not row[0].strip():
            continue
        try:
            time_s = float(row[0])
        except ValueError:
            time_s = math.nan
        if math.isfinite(time_s) and number <= TIMES_MAX:
            yield time_s
        elif number > 1:
            seen = row[0][:40] if number <= TIMES_MAX else f"line {number:,}"
            raise _wrong("this is no time of a recording", Place(name, number), seen,
                         f"seconds, in up to {TIMES_MAX:,} lines", "for example 0.25")  # fmt: skip


def _wrong(message: str, place: Place, seen: str, allowed: str, hint: str) -> InvalidInput:
    return InvalidInput([Finding("recording", "error", message, place, seen, allowed, hint)])
