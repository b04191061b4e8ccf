"""fit: contention and coherency of a part, from throughputs measured at several loads."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

from backend_lead.analysis.scalability import Scalability, fit
from backend_lead.model.finding import Finding, InvalidInput, Place

SHOWN = "two columns, load and throughput, one measurement a line: 8, 6531"
ROWS_MAX = 100_000


def fit_file(path: Path) -> Scalability:
    """The universal scalability law of the measurements in a CSV file.

    Raises InvalidInput where the file cannot be read so.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise _wrong(path, 0, "cannot be read", str(err)) from err
    points: list[tuple[float, float]] = []
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in next(csv.reader([line.replace(";", ",")]), [])]
        if not any(cells) or cells[0].startswith("#"):
            continue
        try:
            load, throughput = map(float, cells)
        except ValueError:
            if points or number > 1:  # the first line may be a head
                raise _wrong(path, number, "is no measurement", line) from None
            continue
        if not (0 < load < math.inf and 0 < throughput < math.inf):
            raise _wrong(path, number, "must have a load and a throughput above zero", line)
        points.append((load, throughput))
        if len(points) > ROWS_MAX:
            raise _wrong(path, number, f"is one line more than {ROWS_MAX:,}", line)
    try:
        return fit(points)
    except ValueError as err:
        raise _wrong(path, 0, str(err), f"{len(points)} measurements") from err


def _wrong(path: Path, line: int, message: str, seen: str) -> InvalidInput:
    what = f"line {line} {message}" if line else message
    return InvalidInput([Finding("fit-input", "error", what, Place(str(path), line), seen,
                                 SHOWN)])  # fmt: skip


def as_text(found: Scalability) -> str:
    """What was found, with the words to put into a model."""
    peak = "throughput never falls"
    if found.peak < math.inf:
        peak = f"at most {found.limit:,.5g}, at a load of {found.peak:.3g}; beyond it less"
    elif found.limit < math.inf:
        peak = f"never more than {found.limit:,.5g}"
    return (
        f"throughput of one alone  {found.rate:,.5g}\n"
        f"contention               {found.contention:.3%}\n"
        f"coherency                {found.coherency:.4%}\n"
        f"of the variation         {found.r_squared:.1%} is explained\n"
        f"throughput               {peak}\n\n"
        "in a model: "
        f"serving: {{contention: {found.contention:.4%}, coherency: {found.coherency:.5%}}}"
    )


def as_json(found: Scalability) -> str:
    """The same for machines; what is infinite is null."""
    values = {
        "rate": found.rate, "contention": found.contention, "coherency": found.coherency,
        "r_squared": found.r_squared, "peak_load": found.peak, "limit": found.limit,
    }  # fmt: skip
    return json.dumps({k: v if math.isfinite(v) else None for k, v in values.items()}, indent=2)
