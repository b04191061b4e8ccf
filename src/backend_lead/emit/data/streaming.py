"""data/streaming/README.md: what streams, how it is captured, keyed, kept, taken and watched."""

from __future__ import annotations

from backend_lead.catalog import streams as facts
from backend_lead.emit.data.streaming_guard import erasure, online, security
from backend_lead.emit.data.streaming_none import none_needed
from backend_lead.emit.data.streaming_reading import (
    OUTAGES_S,
    StreamReading,
    code,
    fact_row,
    key_words,
    spelled,
    stream_reading,
)
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, count, data, rate, seconds, sentence
from backend_lead.model.design import Design
from backend_lead.views.data.freshness import backlog, waits
from backend_lead.views.data.streams import DUAL_WRITE

ID = "streaming"
GROUP = "data"
FILES = ()
MORE = r"data/streaming/README\.md"
RUNS = False


def emit(design: Design) -> dict[str, str]:
    """Nothing where no entity with fields is changed by a statement."""
    read = stream_reading(design)
    if read is None:
        return {}
    if not read.found.needed:
        return {"data/streaming/README.md": none_needed(read)}
    parts = [
        f"# Streams of {cell(design.system.title or read.name)}",
        f"Written from the model {design.digest}; change the model, not this file. Rates are those "
        "at the stated peak, computed from who calls; times are computed from costs that the last "
        "section lists, with what they are at both ends of what is believed of them.",
        _needed(read), _capture(read), _streams(read), _order(read), _consumers(read),
        _outages(read), _late(read), online(read), security(read), erasure(read), _proof(read),
        _objections(read), _assumed(),
    ]  # fmt: skip
    return {"data/streaming/README.md": "\n\n".join(part for part in parts if part) + "\n"}


def _needed(read: StreamReading) -> str:
    found = read.found
    why = "\n".join(f"- {sentence(reason)}" for reason in found.why)
    there = f"{read.broker.title}, which the design has" if read.owned else read.broker.title
    return f"## Needed, because\n\n{why}\n\nBroker: {there}."


def _capture(read: StreamReading) -> str:
    rows = [[f"`{c.store}`", _HOW[c.how], rate(c.rate_per_s), sentence(c.why)]
            for c in read.found.captures]  # fmt: skip
    refused = dict.fromkeys(text for c in read.found.captures for text in c.refused)
    told = "\n".join(f"- {sentence(text)}" for text in refused or {DUAL_WRITE: None})
    return ("## How changes leave the stores\n\n"
            + table(["store", "by", "events at peak", "why"], rows)
            + f"\n\nRefused:\n\n{told}")  # fmt: skip


_HOW = {
    "outbox": "an outbox, written by triggers ([outbox.sql](outbox.sql))",
    "cdc": "the store's own log, by logical replication ([outbox.sql](outbox.sql), last part)",
    "log": "the stream itself: services append to it first",
}


def _streams(read: StreamReading) -> str:
    rows = [
        [f"`{s.topic}`", code(t.name for t in s.tables), key_words(s), rate(s.rate_per_s),
         data(s.message_b), f"{data(s.bytes_per_s)}/s", str(s.partitions), s.by,
         data(s.bytes_per_s * s.keep_s), cell("; ".join(s.why))]
        for s in read.found.streams
    ]  # fmt: skip
    head = ["topic", "tables", "key", "events at peak", "each", "bytes", "partitions", "set by",
            "kept at most", "for"]  # fmt: skip
    use, row, bulk = facts.USE, facts.ROW_S, facts.PARTITION_B
    keep = read.found.streams[0].keep_s
    return (
        "## Streams\n\n" + table(head, rows) + "\n\n"
        f"Partitions = the larger of events x {seconds(row.value)} / {use.value:.0%} and bytes / "
        f"({data(bulk.value)}/s x {use.value:.0%}), rounded up to a number that divides well, "
        "because more of them later moves keys, and with them their order. Events are kept for "
        f"{seconds(keep)}: the longest outage ({seconds(facts.OUTAGE_MOST.value)}), the time in "
        f"which it is made up for, and {seconds(facts.REPLAY_S.value)} to replay from. `kept at "
        "most` is at the peak's rate all the time, one copy."
    )


def _order(read: StreamReading) -> str:
    how = read.found.captures[0].how if read.found.captures else "log"
    lanes, again, numbered = {
        "outbox": (
            f"A relay takes a lane of the outbox ({read.found.lanes} here) with a lock and "
            "publishes what waits in it by id, and a key keeps its lane",
            "A relay that dies between publishing and marking publishes again", "the outbox gave",
        ),
        "cdc": ("The store's log has them in the order of their commits",
                "A relay that dies before it confirms its place in the log reads it again",
                "its place in the log gives"),
        "log": ("The service appends them itself, one append after the other for a key",
                "A service that gets no answer appends again with the same id",
                "its place in the stream gives"),
    }[how]  # fmt: skip
    return (
        "## Order, and what comes twice\n\n"
        f"- **Order** holds for the events of one key, not between keys. {lanes}; "
        "events of one key share a partition. Events of one transaction about several "
        "keys may be seen one without the other for a moment; what must be seen together is one "
        "key.\n"
        f"- **At least once.** {again}; a "
        "sink that dies between committing and acknowledging is given the same again. The broker "
        f"recognises an event id for {seconds(facts.MARK_WINDOW_S.value)} and drops it; what comes "
        "later than that reaches the consumer a second time.\n"
        "- **Counted once.** Every consumer's load is one transaction that writes events by "
        "`event_id` (a second one changes nothing), and rows by `version`, the number that "
        f"{numbered}: an older one never replaces a newer. The acknowledgement comes after the "
        "commit. So an event is delivered once or more and has its effect once.\n"
        "- **What is not covered**: effects outside the load's transaction (a mail, a call of "
        "somebody else's API) may happen twice unless the other side takes `event_id` as its "
        "idempotency key.\n"
        "- **What cannot be read** is put aside at first sight, what cannot be loaded after "
        f"{facts.TRIES.value:.0f} tries, and holds up nothing ([runbook.md](runbook.md): dead "
        "letters, replay, a lost broker)."
    )


def _consumers(read: StreamReading) -> str:
    rows = []
    for c in read.found.consumers:
        p50, p99 = read.fresh(c, 0.5), read.fresh(c, 0.99)
        most = p99.high if p99.high is not None else p99.value
        verdict = "holds" if most <= c.fresh_s else "holds as assumed" if (
            p99.value <= c.fresh_s) else "**missed**"  # fmt: skip
        asked = f"{seconds(c.fresh_s)} ({c.origin})"
        rows.append([
            cell(c.title), rate(c.rate_per_s), f"each {seconds(c.every_s)}", count(c.batch),
            str(c.instances), asked, spelled(p50), spelled(p99), verdict,
        ])  # fmt: skip
    head = ["consumer", "events at peak", "takes", "at most", "instances", "fresh within",
            "p50", "p99", "verdict"]  # fmt: skip
    share = waits(read.line(read.found.consumers[0]))
    return (
        "## Consumers, and how fresh they are at peak\n\n" + table(head, rows) + "\n\n"
        f"The relay looks each {seconds(read.found.poll_s)}. An event waits for the next look, is "
        "published, waits for the next load, and can be asked for when the load is committed; "
        f"{share:.0%} of the median age is waiting for the next look or load, which is chosen, and "
        "the rest is work. `holds as assumed`: not at the slow end of what is assumed."
    )


def _outages(read: StreamReading) -> str:
    rows = []
    for c in read.found.consumers:
        for outage in (*OUTAGES_S, facts.OUTAGE_MOST.value):
            waiting = backlog(read.line(c), outage) * max(c.instances, read.found.lanes)
            rows.append([cell(c.title), seconds(outage), count(waiting),
                         spelled(read.caught_up(c, outage))])  # fmt: skip
    return (
        "## After an outage at peak\n\n"
        + table(["consumer", "away for", "events that wait", "caught up after"], rows)
        + "\n\nA consumer that is behind takes larger loads, not more of them: up to "
        f"{facts.CATCH_UP.value:g} times what arrives in the time of one, so an outage is made up "
        f"for in {1 / (facts.CATCH_UP.value - 1):.0%} of its length while the peak lasts. Nothing "
        "is lost while the outage is shorter than what is kept; an alert tells at half of that."
    )


def _late(read: StreamReading) -> str:
    found = read.found
    p99 = read.fresh(found.sink, 0.99)
    return (
        "## Late events\n\n"
        "Windows go by `happened_at`, the time at the source, never by arrival. The watermark of a "
        f"stream is the latest `happened_at` seen less {seconds(found.late_s)} "
        f"({found.late_origin}); of a consumer of several streams the earliest of theirs. A window "
        "is given out when it is first asked for and marked open; it is closed when the watermark "
        "passes its end. An event that comes later is not dropped: it is loaded, the window is "
        "computed again, and `revised_at` says so. A stream in which nothing happens holds no "
        f"watermark back: after {seconds(max(found.late_s, 60.0))} without an event the time of "
        "the relay's last look counts. What streams need "
        f"{p99.text} (p99) is the machinery's part of lateness; the rest is the source's."
    )


def _proof(read: StreamReading) -> str:
    return (
        "## Proved, and not\n\n"
        "`backend-lead verify --only data backend.yaml` starts PostgreSQL, this outbox, a relay, "
        "NATS JetStream, a sink and DuckDB on this machine, measures what the parts cost, predicts "
        "freshness and catch-up from that by the same closed form, and measures them; it kills the "
        "sink, the relay between publishing and marking, and the store; then it compares events, "
        "rows and sums of both sides, and erases a person. Apache Kafka is not started: "
        "[kafka-topics.yaml](kafka-topics.yaml) is written and not proven. A network between the "
        "parts, copies of the broker, and the peak itself are not in that proof."
    )


def _objections(read: StreamReading) -> str:
    many = len(read.found.streams) > 1
    words = [
        "The costs above are assumed for machines nobody has chosen yet; measure them there.",
        "Triggers cost the store's cores for each change; the model's statements do not count "
        "them. Look at the store's load before and after.",
        "Tokens of persons in subjects: a broker keeps an index of subjects in memory, so millions "
        "of persons within what is kept need memory that is not in the bill here.",
        "The schema of events is that of the tables: renaming a column changes what consumers get. "
        "A contract between the two, checked where the table changes, is what a second team needs.",
        "The consumer adds up in its own process; windows and joins of streams beyond that ask for "
        "a stream processor, which is not designed here.",
    ]  # fmt: skip
    if many:
        words.append("Events of two streams are not seen at one moment; reports over both are as "
                     "old as the older one.")  # fmt: skip
    return "## What a data lead would still object\n\n" + "\n".join(f"- {w}" for w in words)


def _assumed() -> str:
    rows = [
        fact_row(f, spell(f.value), spell(f.low), spell(f.high))
        for f, spell in (
            (facts.POLL_COST_S, seconds), (facts.PUBLISH_S, seconds), (facts.LOAD_S, seconds),
            (facts.ROW_S, seconds), (facts.OUTBOX_MOST, rate), (facts.PARTITION_B, data),
            (facts.JSON_TIMES, count), (facts.ENVELOPE_B, data), (facts.OUTAGE_MOST, seconds),
            (facts.REPLAY_S, seconds), (facts.LATE_S, seconds), (facts.ONLINE_MOST, rate),
        )
    ]  # fmt: skip
    return "## What is assumed\n\n" + table(["what", "taken", "range", "origin", "why"], rows)
