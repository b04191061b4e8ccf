"""What is assumed of tables where a model does not say."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

ITEMS = Fact(
    "items", "items in a list of an entity, such as the lines of an order", 3.0, 1.0, 20.0,
    "items", "assumed", "no general figure; baskets hold 2 to 4 things; engineering judgement",
)  # fmt: skip
PARTS_KEPT = Fact(
    "parts-kept", "parts that a table by time is kept in", 30.0, 12.0, 120.0, "parts", "assumed",
    "PostgreSQL documentation, 5.12.6 Best practices for declarative partitioning: up to a few "
    "thousand are planned well where queries name the time; few enough to look at, many enough "
    "that dropping one frees what was kept too long; engineering judgement",
)  # fmt: skip
PAGE_ROWS = Fact(
    "page-rows", "rows of a list where neither the model nor its contract says", 20.0, 10.0, 100.0,
    "rows", "assumed", "a screen or page; engineering judgement",
)  # fmt: skip
OFFERED_ROWS = Fact(
    "offered-rows", "rows that a list may read for one page without an index of its own", 2_000.0,
    500.0, 10_000.0, "rows", "assumed", "some milliseconds of a core where they are in memory; "
    "more than that for each page costs more than an entry for each write; engineering judgement",
)  # fmt: skip
ROW_HEAD = Fact(
    "row-head", "bytes of a row beside its values", 28.0, 27.0, 36.0, "B", "catalogue",
    "PostgreSQL documentation, Database Page Layout: a header of 23 bytes, aligned to 24, and an "
    "item pointer of 4; a map of empty values takes 8 more",
)  # fmt: skip
ENTRY_HEAD = Fact(
    "entry-head", "bytes of an entry of a B-tree beside its values", 12.0, 12.0, 20.0, "B",
    "catalogue", "PostgreSQL documentation, Database Page Layout and B-Tree Indexes: an index "
    "tuple's header of 8 bytes and an item pointer of 4; equal keys share one entry",
)  # fmt: skip
ENTRY_FULL = Fact(
    "entry-full", "share of a B-tree's pages that holds entries", 0.9, 0.6, 0.9, "ratio",
    "catalogue", "PostgreSQL documentation, CREATE INDEX: fillfactor of B-trees is 90; keys that "
    "come in no order split pages and leave about two thirds full",
)  # fmt: skip
WORDS_SHARE = Fact(
    "words-share", "bytes of an index of words for each byte of text", 0.4, 0.15, 1.0, "ratio",
    "assumed", "no general figure: each word once with the rows it is in; engineering judgement",
)  # fmt: skip
LOG_FACTOR = Fact(
    "log-factor", "bytes of write-ahead log for each byte of rows written", 3.0, 1.5, 10.0,
    "factor", "assumed", "a record for the row and one for each index, and the whole page at the "
    "first change after a checkpoint (PostgreSQL documentation, full_page_writes); depends on how "
    "rows are scattered; engineering judgement",
)  # fmt: skip
HOT = Fact(
    "hot", "load of the busiest shard, as a multiple of the mean, at which sharding stops helping",
    2.0, 1.3, 3.0, "factor", "assumed", "all shards are bought for the busiest: at 2 half of what "
    "is paid for is idle; engineering judgement",
)  # fmt: skip
AUDIT_KEPT = Fact(
    "audit-kept", "how long a log of changes is kept where no law says", 365 * 86_400.0,
    90 * 86_400.0, 7 * 365 * 86_400.0, "s", "assumed",
    "PCI DSS 4.0, 10.5.1: audit logs for 12 months, the last three at hand; taken for others too",
)  # fmt: skip
VOLUME_MOST = Fact(
    "volume-most", "bytes that one database may hold", 64 * 2.0**40, 64 * 2.0**40, 64 * 2.0**40,
    "B", "catalogue", "Amazon RDS user guide, DB instance storage: up to 64 TiB for PostgreSQL",
)  # fmt: skip
BUSY_MOST = Fact(
    "busy-most", "share of a primary's cores in use at peak", 0.7, 0.5, 0.8, "ratio", "assumed",
    "beyond it waiting grows faster than load (M/M/c); room for a checkpoint, a vacuum, a surge; "
    "engineering judgement",
)  # fmt: skip
RESTORE_RATE = Fact(
    "restore-rate", "bytes a second at which a database comes back from a backup", 150e6, 40e6,
    500e6, "B/s", "assumed", "no general figure: volumes made from a snapshot are filled when "
    "first read (Amazon EBS user guide, Initialize volumes); a drill tells the own one",
)  # fmt: skip
REPLAY_RATE = Fact(
    "replay-rate", "bytes of log a second that one process replays", 50e6, 10e6, 300e6, "B/s",
    "assumed", "pgsql-general, 'Is there a way to speed up WAL replay?' (2018): 3 to 4 files of "
    "16 MiB a second, one process, the disk not full; scattered changes on cold pages are slower; "
    "a drill tells the own one",
)  # fmt: skip
BACKUP_EVERY = Fact(
    "backup-every", "time between two backups, whose log is replayed after the older one",
    86_400.0, 3_600.0, 7 * 86_400.0, "s", "catalogue", "Amazon RDS user guide, Introduction to "
    "backups: an automated backup is taken each day; who copies files alone often does it weekly",
)  # fmt: skip
SEGMENT = Fact(
    "segment", "bytes of a file of the log, archived when it is full", 2.0**24, 2.0**24, 2.0**30,
    "B", "catalogue", "PostgreSQL documentation, wal_segment_size: 16 MB unless made otherwise",
)  # fmt: skip
LOG_ARCHIVED = Fact(
    "log-archived", "seconds of writes that are in no backup yet", 300.0, 60.0, 300.0, "s",
    "catalogue", "Amazon RDS user guide, Restoring to a specified time: transaction logs are "
    "uploaded every five minutes",
)  # fmt: skip
REPLICA_LAG = Fact(
    "replica-lag", "how far a replica is behind, usually", 0.1, 0.01, 5.0, "s", "assumed",
    "asynchronous replication in a region is milliseconds behind; a long statement or a burst of "
    "writes makes it seconds; engineering judgement",
)  # fmt: skip
