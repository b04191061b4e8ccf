"""What is assumed of streams of changes where a model does not say, and what their brokers do."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

DAY_S = 86_400.0

JSON_TIMES = Fact(
    "json-times", "bytes of a change as JSON beside those of its row", 1.6, 1.1, 3.0, "ratio",
    "assumed", "names are repeated and numbers spelled out; compression takes most of it back; "
    "engineering judgement",
)  # fmt: skip
ENVELOPE_B = Fact(
    "envelope", "bytes of an event beside its row: id, subject, time, kind of change", 250.0, 150.0,
    500.0, "B", "assumed", "the headers and fields that the outbox of this design writes, counted",
)  # fmt: skip
OUTBOX_MOST = Fact(
    "outbox-most", "events a second that an outbox of one primary carries", 5_000.0, 1_000.0,
    20_000.0, "1/s", "assumed",
    "each event is one more row written, read, marked and dropped, some three times the work of "
    "the row itself; no published figure; to be measured on the machine that is chosen",
)  # fmt: skip
POLL_COST_S = Fact(
    "poll-cost", "a look of the relay: its transaction, without the messages", 5e-3, 1e-3, 30e-3,
    "s", "assumed", "three statements and a commit; the running proof measures it",
)  # fmt: skip
PUBLISH_S = Fact(
    "publish", "reading, publishing and marking one event", 100e-6, 20e-6, 500e-6, "s", "assumed",
    "acknowledgements awaited together; the running proof measures it",
)  # fmt: skip
LOAD_S = Fact(
    "load", "a load of the warehouse: its transaction, without the rows", 50e-3, 5e-3, 500e-3, "s",
    "assumed", "a commit of a column store on a disk; the running proof measures it on DuckDB",
)  # fmt: skip
ROW_S = Fact(
    "load-row", "taking, parsing and loading one event", 100e-6, 20e-6, 500e-6, "s", "assumed",
    "in batches of some hundred; the running proof measures it on DuckDB",
)  # fmt: skip
PARTITION_B = Fact(
    "partition-bytes", "bytes a second that one partition takes", 10e6, 5e6, 50e6, "B/s",
    "catalogue",
    "J. Rao, 'How to choose the number of topics/partitions in a Kafka cluster?' (Confluent, "
    "2015): tens of MB a second on a single partition; the formula max(t/p, t/c) is from there",
)  # fmt: skip
USE = Fact(
    "stream-use", "share of what a partition, relay or consumer can do that the peak may take", 0.5,
    0.3, 0.7, "ratio", "assumed",
    "the other half works off what waits after an outage, and a growth to twice the load; "
    "engineering judgement",
)  # fmt: skip
CATCH_UP = Fact(
    "catch-up", "rate at which a consumer that is behind works, as a multiple of the peak", 3.0,
    2.0, 10.0, "ratio", "assumed",
    "an outage at peak is made up for in half its time; larger loads, not more of them, so that "
    "the warehouse keeps answering; engineering judgement",
)  # fmt: skip
OUTAGE_MOST = Fact(
    "outage-most", "longest outage of a consumer that must lose nothing", 3 * DAY_S, DAY_S,
    7 * DAY_S, "s", "assumed", "a consumer that breaks on Friday evening is mended on Monday",
)  # fmt: skip
REPLAY_S = Fact(
    "replay", "time of events that can be replayed after a mistake was found", 2 * DAY_S, DAY_S,
    7 * DAY_S, "s", "assumed", "a wrong transformation is seen in the next day's figures",
)  # fmt: skip
OUTBOX_KEPT = Fact(
    "outbox-kept", "time that published rows stay in the outbox", DAY_S, 3600.0, 3 * DAY_S, "s",
    "assumed", "a broker that was lost with its disks is filled from here; then its parts drop",
)  # fmt: skip
LATE_S = Fact(
    "late", "how late an event may come and still be counted in its window", 600.0, 60.0, DAY_S,
    "s", "assumed", "covers a relay that was restarted; phones that were offline need more",
)  # fmt: skip
FRESH_S = Fact(
    "fresh", "age that analyses accept where none is stated", 300.0, 5.0, 3600.0, "s", "assumed",
    "people look at dashboards minutes apart; engineering judgement",
)  # fmt: skip
REFRESH_LEAST = Fact(
    "refresh-least", "shortest time between refreshes of views that a store bears beside its load",
    300.0, 60.0, 3600.0, "s", "assumed",
    "a refresh reads whole tables; engineering judgement",
)  # fmt: skip
ONLINE_MOST = Fact(
    "online-most", "events a second of which a store adds up windows itself when asked", 500.0,
    100.0, 2_000.0, "1/s", "assumed",
    "a range of an index for each decision; how many rows a window of one key has decides; "
    "engineering judgement",
)  # fmt: skip
LOAD_EVERY_LEAST = Fact(
    "load-every", "shortest time between loads of a column store", 1.0, 0.5, 5.0, "s", "catalogue",
    "ClickHouse documentation, 'Bulk inserts': around one insert query a second, of at least "
    "1,000 rows each",
)  # fmt: skip
POLL_MOST, POLL_LEAST = 1.0, 0.05  # s: slower gains nothing, faster is an idle load on the store
MARK_WINDOW_S = Fact(
    "mark-window", "time in which a broker recognises an event id that it has", 120.0, 120.0, 120.0,
    "s", "catalogue",
    "NATS documentation, JetStream streams: the default of duplicate_window is two minutes",
)  # fmt: skip
ACK_WAIT_S = Fact(
    "ack-wait", "time after which what was not acknowledged is given out again", 30.0, 30.0, 30.0,
    "s", "catalogue", "NATS documentation, JetStream consumers: the default of ack_wait",
)  # fmt: skip
TRIES = Fact(
    "tries", "times an event is tried before it is put aside", 5.0, 3.0, 20.0, "tries", "assumed",
    "enough for a restart in between; more only holds up what comes after",
)  # fmt: skip
