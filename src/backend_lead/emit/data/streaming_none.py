"""The page about streams where none is needed: why not, until when, and what leaves anyway."""

from __future__ import annotations

from backend_lead.catalog import streams as facts
from backend_lead.emit.data.real_time import limits
from backend_lead.emit.data.streaming_reading import StreamReading, code
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, rate, seconds, sentence

NONE_NEEDED = "## Not needed at this load"


def none_needed(read: StreamReading) -> str:
    """The page."""
    name = cell(read.design.system.title or read.name)
    parts = [
        f"# No streams: {name}",
        f"Written from the model {read.design.digest}; change the model, not this file.",
        f"{NONE_NEEDED}\n\n{sentence(read.found.why[0])} Nothing else runs beside the store.",
        table(["what is asked", "now", "a stream from"], limits(read)),
        "Raise one of these figures in the model and write this again: capture, topics, partitions "
        "and consumers are sized for the load that needs them, not before.",
        _events(read),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _events(read: StreamReading) -> str:
    """What the API promises its callers, out of the same store."""
    found = read.found
    if not found.leaves:
        return ""
    rows = [[f"`{s.entity}`", code(t.name for t in s.tables), rate(s.rate_per_s),
             cell("; ".join(s.why))] for s in found.leaving]  # fmt: skip
    kept = seconds(facts.OUTBOX_KEPT.value)
    return (
        "## Events that the API promises\n\n"
        + table(["of", "tables", "at peak", "for"], rows)
        + "\n\nThey are written by triggers into a table of the same store, the outbox "
        "([outbox.sql](outbox.sql)), in the transaction of their row: neither is there without the "
        "other. The part of the service that delivers webhooks and news takes them from there, in "
        "order of their id, and marks what was delivered; what it delivers twice has the same "
        f"`event_id`. What was delivered is kept for {kept}.\n\n"
        "Where events wait (`...OutboxWaits`): is the delivery running, and does a receiver hold "
        "it up? Requests go on meanwhile; the outbox grows at the rates above. `...OutboxParts`: "
        "run `CALL outbox_upkeep()`, then see why the job did not."
    )
