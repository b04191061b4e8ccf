"""How a run is told in words: what became of its requests, how many instances there were."""

from __future__ import annotations

from backend_lead.model.design import StationLoad


def requests_line(asked: dict[str, int], left: str, *, warm_up: bool) -> str:
    """What became of all requests of a run; that those of its warm-up are among them."""
    refused = f", {asked['refused']:,} refused at the door" if asked["refused"] else ""
    told = " (those of the warm-up too)" if warm_up else ""
    return (
        f"  {asked['started']:,} requests{told}: {asked['ok']:,} answered{refused}, "
        f"{asked['failed']:,} failed, {asked['timed_out']:,} timed out, "
        f"{asked['in_flight']:,} {left}"
    )


def replicas_text(s: StationLoad) -> str:
    """How many there are; where scaling changes that, how many there were."""
    if s.mean is None or s.most is None:
        return str(s.replicas)
    return f"{s.mean:.1f} on the mean, {s.most} at most"
