"""What runs found of users and their data, in sentences for the page in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.report.objectives import VERDICT_WORDS
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import data, seconds
from backend_lead.model.design import Design


def sessions(design: Design, read: Readings) -> Iterator[str]:
    """How often each step of a session was asked, and answered."""
    for row in design.sessions:
        requests, each, answered = (
            read.session(row, column).text for column in ("requests", "per_session", "answered")
        )
        yield (f"Session `{row.journey}` of {row.client}, step {row.step}, `{row.endpoint}`: "
               f"{requests} asked, {each} a session; {answered} answered.")  # fmt: skip


def aside(design: Design, read: Readings) -> Iterator[str]:
    """Messages that handlers gave up."""
    for row in design.put_aside:
        many, share = (read.aside(row, column).text for column in ("put_aside", "aside_share"))
        yield (f"`{row.handler}` put {many} messages of `{row.topic}` aside in the run "
               f"`{row.run}`, {share} of those that were over.")  # fmt: skip


def copies(design: Design, read: Readings) -> Iterator[str]:
    """Reads from replicas that were stale."""
    for row in design.copies:
        stale = read.copy(row, "stale_share")
        reads, own, avoided = (
            figure.text if figure else "0"
            for figure in (read.copy(row, c) for c in ("read", "to_primary", "avoided"))
        )
        late = f", {seconds(row.most_s)} at its most" if row.most_s > row.lag_s else ""
        told = f"{stale.text} of {reads} reads were stale" if stale else "no reads"
        more = f"; {own} after an own write went to the primary" if row.to_primary else ""
        more += f", of which {avoided} or more would have been" if row.to_primary else ""
        yield (f"Replicas of `{row.store}` at a lag of {seconds(row.lag_s)}{late}: {told}{more} "
               f"(run `{row.run}`).")  # fmt: skip


def ways(design: Design, read: Readings) -> Iterator[str]:
    """How busy the ways between regions are."""
    for row in design.links:
        busy, carried = read.way(row, "busy").text, read.way(row, "bytes_per_s").text
        yield (f"The way from {row.way} is {busy} in use: {carried} of "
               f"{data(row.bandwidth_bytes_per_s)}/s.")  # fmt: skip


def lost(design: Design, read: Readings) -> Iterator[str]:
    """Acknowledged writes that failovers lost, against what may be lost."""
    for row in design.lost_writes:
        may, held = read.may_lose(row)
        against = f" ({may}{f': {VERDICT_WORDS[held]}' if held else ''})" if may else ""
        many = f"some {read.lost(row).text} acknowledged writes are" if row.writes else (
            "no acknowledged write is")  # fmt: skip
        yield (f"In the failover of `{row.store}` at {row.at_s:g} s (run `{row.run}`) its {row.by} "
               f"serves {seconds(row.after_s)} later; {many} lost{against}.")  # fmt: skip
