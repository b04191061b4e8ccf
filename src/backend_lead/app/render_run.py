"""How a run is told in words: what became of its requests, how many instances there were."""

from __future__ import annotations

from backend_lead.model.design import StationLoad
from backend_lead.model.ways import WayLoad


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


def replicas_text(s: StationLoad) -> str:
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
                     f"{w.ended_per_s:,.0f}"])  # fmt: skip
    return rows
