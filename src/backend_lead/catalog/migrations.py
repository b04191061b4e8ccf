"""How long changes of a table take and what traffic can bear: for plans, until they are measured.

The times are those of one process on a few million narrow rows in memory; a plan that is run on a
filled database replaces them with what was measured there.
"""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

SCAN = Fact(
    "scan-rate", "rows read by one process to check a rule", 3e6, 0.5e6, 10e6, "rows/s",
    "assumed", "a sequential scan from memory; from network storage at 125 MB/s (gp3 baseline, "
    "Amazon EBS user guide) some 0.6 M rows of 200 B",
)  # fmt: skip
REWRITE = Fact(
    "rewrite-rate", "rows rewritten by one process, indexes made anew", 0.3e6, 0.05e6, 1e6,
    "rows/s", "assumed", "ALTER TABLE that rewrites: read, convert, write, log, index; engineering "
    "judgement",
)  # fmt: skip
INDEX_BUILD = Fact(
    "index-rate", "rows put into a new B-tree by one process", 1e6, 0.2e6, 3e6, "rows/s",
    "assumed", "sort and write; CONCURRENTLY reads the table twice; engineering judgement",
)  # fmt: skip
BACKFILL = Fact(
    "backfill-rate", "rows updated in small batches", 10e3, 2e3, 50e3, "rows/s", "assumed",
    "batches of a thousand with a pause between, so that replicas and vacuum keep up; engineering "
    "judgement",
)  # fmt: skip
BLOCK_MOST = Fact(
    "block-most", "how long a statement may hold up others", 0.5, 0.1, 2.0, "s", "assumed",
    "a quarter of the two seconds after which callers here give up; what waits behind an ALTER "
    "TABLE waits in a queue, readers too (PostgreSQL documentation, 13.3 Explicit locking)",
)  # fmt: skip
LOCK_WAIT = Fact(
    "lock-wait", "how long a statement may wait for its lock before it gives up", 1.0, 0.2, 5.0,
    "s", "assumed", "while it waits, everything behind it waits: better to give up and try again",
)  # fmt: skip
BATCH = Fact(
    "batch-rows", "rows of a batch of a backfill", 1_000.0, 100.0, 10_000.0, "rows", "assumed",
    "short transactions: row locks are held for milliseconds; engineering judgement",
)  # fmt: skip
PAUSE = Fact(
    "batch-pause", "pause between batches", 0.05, 0.0, 1.0, "s", "assumed",
    "leaves the disk and the replicas time; engineering judgement",
)  # fmt: skip
