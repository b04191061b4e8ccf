"""data/streaming/runbook.md: dead letters, replay, a sink, relay, broker or store that is away."""

from __future__ import annotations

from backend_lead.catalog import streams as facts
from backend_lead.emit.data.streaming_reading import StreamReading, code, spelled, stream_reading
from backend_lead.emit.report.wording import count, seconds
from backend_lead.model.design import Design
from backend_lead.views.data.freshness import backlog
from backend_lead.views.data.outbox import OLDEST

ID = "streaming-runbook"
GROUP = "data"
FILES = ()
MORE = r"data/streaming/runbook\.md"
RUNS = False
HOUR_S = 3600.0


def emit(design: Design) -> dict[str, str]:
    """Nothing where no stream is needed."""
    read = stream_reading(design)
    if read is None or not read.found.needed:
        return {}
    parts = [
        "# Runbook of the streams",
        f"Written from the model {design.digest}; change the model, not this file. Each part names "
        "the alert that leads here ([alerts](../watching/alerts.yaml)).",
        _dead_letters(read), _replay(read), _sink(read), _relay(read), _broker(read), _sums(),
        _people(),
    ]  # fmt: skip
    return {"data/streaming/runbook.md": "\n\n".join(parts) + "\n"}


def _dead_letters(read: StreamReading) -> str:
    return (
        "## An event was put aside (`...PutAside`)\n\n"
        "Where: the table `put_aside` of the consumer, with the id, the subject, the reason and "
        "the body. What came after it was handled; events of the same row that came later count, "
        "as they have a higher version.\n\n"
        "1. Read the reason. A new field or value that the consumer does not know: mend the "
        "consumer, then replay the event (below). Wrong at its source: mend the row there; that "
        "writes a new event, and the old one may be deleted from `put_aside`.\n"
        f"2. What was delivered {facts.TRIES.value:.0f} times and never acknowledged, because the "
        "process died each time, is told by the broker and stays in the stream: read it by its "
        "number, put it aside by hand.\n"
        "3. Nothing leaves `put_aside` unread. It holds rows of people: an erasure deletes from it "
        "by the subject's last part."
    )


def _replay(read: StreamReading) -> str:
    keep = seconds(read.found.streams[0].keep_s)
    return (
        "## Replay\n\n"
        f"The stream holds {keep}, the outbox {seconds(facts.OUTBOX_KEPT.value)} of what was "
        "published. Loading an event again changes nothing that is right, so a replay needs no "
        "care about what was loaded already.\n\n"
        "1. Mend what was wrong, and try it on a copy of the warehouse.\n"
        "2. Make a second consumer of the stream from the time before the mistake "
        "(`deliver_policy: by_start_time`), and let the mended sink take from it until it has "
        "caught up; then delete it. The first one goes on meanwhile.\n"
        "3. Where *loaded rows* are wrong (not missing), load into empty tables and exchange them "
        "for the old ones in one transaction: `version` keeps an equal event from replacing what "
        "it made before.\n"
        f"4. Older than {keep}: copy the tables of the store as they are, with the version of the "
        "last event as theirs, then let the stream go on from there.\n"
        "5. Erased persons stay erased: `erased` is kept when tables are exchanged."
    )


def _sink(read: StreamReading) -> str:
    rows = []
    for c in read.found.consumers:
        waiting = backlog(read.line(c), HOUR_S) * max(c.instances, read.found.lanes)
        rows.append(f"- {c.title}: after an hour at peak {count(waiting)} events wait, caught up "
                    f"{spelled(read.caught_up(c, HOUR_S))} after it is back.")  # fmt: skip
    keep = read.found.streams[0].keep_s
    return (
        "## A consumer stands or is behind (`...Stands`, `...Stale`, `...NearsLoss`)\n\n"
        + "\n".join(rows)
        + "\n\n1. Does it run, does it reach broker and warehouse? Start it again: it goes on "
        "where it acknowledged last; what it had taken comes again.\n"
        "2. It runs and falls behind: look at the time of a load against its interval. More "
        "instances help up to the number of partitions; larger loads help before that.\n"
        f"3. `NearsLoss`: {seconds(keep / 2)} are left. Raise `max_age` of the stream first, "
        "then mend."
    )


def _relay(read: StreamReading) -> str:
    stores = code(c.store for c in read.found.captures)
    return (
        "## Events wait in the outbox (`...OutboxWaits`, `...OutboxParts`)\n\n"
        f"`{OLDEST}` in {stores}.\n\n"
        "1. The relay is away: start it. What it had published and not marked is published again, "
        "and recognised by its id, at the broker or at the consumers.\n"
        "2. The broker refuses (full) or is away: requests go on, the outbox keeps. Its size is "
        "the rate times the outage; look at the disk of the store.\n"
        "3. A lane is locked by a connection that does nothing: end it; "
        "`idle_in_transaction_session_timeout` should have.\n"
        "4. `OutboxParts`: run `CALL outbox_upkeep()` by hand. Where rows lie in `outbox_rest` "
        "already, let relays empty it, delete its published rows, then run it."
    )


def _broker(read: StreamReading) -> str:
    return (
        "## The broker lost a stream\n\n"
        "1. Make it anew from its file ([nats/](nats)), consumers too.\n"
        f"2. `UPDATE outbox SET published_at = NULL WHERE published_at > now() - interval "
        f"'{facts.OUTBOX_KEPT.value:.0f} s'`, a part at a time: relays publish all of it again, "
        "consumers know what they have.\n"
        "3. Run the comparison of both sides. What is older and missing: replay, step 4.\n\n"
        "## The store failed over or was restored\n\n"
        "A standby that takes over may lack the last commits; their events may have been "
        "published. The comparison finds events that the outbox does not have: delete them in the "
        "warehouse and load the latest state of those rows from the store. Before relays start, "
        "set the sequence of `outbox.id` above the highest version any consumer has, or newer "
        "events would look older."
    )


def _sums() -> str:
    return (
        "## Counts or sums differ (`WarehouseIncomplete`, `WarehouseSumsDiffer`)\n\n"
        "The comparison takes both sides at one moment: events up to a number that all lanes have "
        "passed. It compares the ids of events, the number of rows, and the sums of the columns "
        "that can be added up, by table and day.\n\n"
        "1. Missing ids: set `published_at` of those rows to NULL; relays publish them again.\n"
        "2. All ids there and sums differ: a row's latest state is wrong. Load that row's events "
        "again in order of their version into an empty table, and compare.\n"
        "3. Write down what was wrong; a difference that goes away by itself was late, and then "
        "the alert's time is too short."
    )


def _people() -> str:
    return (
        "## Who does what\n\n"
        "Whoever owns an entity owns its events: names, meaning, and the trigger. Whoever runs "
        "the platform owns relay, broker and sink, and is called by alerts that page. A product's "
        "owner is told when it is stale, and decides whether its readers are."
    )
