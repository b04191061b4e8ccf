"""What is assumed of analyses where a model does not say, and what stores for them can do."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

DAY_S = 86_400.0
MACHINE = "r7g.large"  # of a replica or of one machine, the smallest of its family
NODE = "m7g.4xlarge"  # of a cluster
LATE = Fact(
    "late", "how long rows are waited for that come late", 3 * DAY_S, 3_600.0, 14 * DAY_S, "s",
    "assumed", "devices without a network and retries of a weekend; engineering judgement",
)  # fmt: skip
FRESH = Fact(
    "fresh", "age of a data product where the model does not say", DAY_S, 300.0, DAY_S, "s",
    "assumed", "reports of yesterday are usual; engineering judgement",
)  # fmt: skip
QUERIES = Fact(
    "queries", "questions a day to a data product where the model does not say", 200.0, 20.0,
    5_000.0, "1/day", "assumed", "a dashboard of ten tiles opened by ten people twice a day",
)  # fmt: skip
ANSWER_WITHIN = Fact(
    "answer-within", "how long somebody waits for the answer of an analysis", 10.0, 2.0, 60.0, "s",
    "assumed", "a person keeps attention for some ten seconds (J. Nielsen 1993, Usability "
    "Engineering, chapter 5)",
)  # fmt: skip
ROW_SCAN = Fact(
    "row-scan", "bytes a second that one core of a row store scans and adds up", 150e6, 55e6,
    500e6, "B/s", "assumed",
    "2ndQuadrant, 'Parallel aggregate - getting the most out of your CPUs': TPC-H query 1 over "
    "600M rows of a 100 GB scale in 1,375 s on one core, some 55 MB/s; T. Munro, message to "
    "pgsql-hackers on parallel sequential scans: count(*) at 500 MB/s on one",
)  # fmt: skip
ROW_WORKERS = Fact(
    "row-workers", "cores that a row store puts on one question", 4.0, 2.0, 16.0, "cores",
    "assumed", "PostgreSQL documentation, max_parallel_workers_per_gather: 2 where nothing is set, "
    "up to max_parallel_workers (8); 2ndQuadrant measured almost linear gains up to 10",
)  # fmt: skip
COLUMN_SCAN = Fact(
    "column-scan", "bytes a second (not compressed) that one core of a column store scans", 400e6,
    125e6, 1.25e9, "B/s", "assumed",
    "ClickHouse documentation, 'Performance': 2 to 10 GB/s of uncompressed data on one server for "
    "a query that is not too complex, in memory; taken to be one of 8 to 16 cores",
)  # fmt: skip
COLUMNS_READ = Fact(
    "columns-read", "share of a row's bytes that an analysis needs", 0.2, 0.05, 0.5, "ratio",
    "assumed", "a time, two groups and two measures of some twenty columns",
)  # fmt: skip
COLUMNS_PACKED = Fact(
    "columns-packed", "bytes on disk of a column store per byte of rows", 0.3, 0.1, 0.45, "ratio",
    "assumed",
    "DuckDB, 'Benchmark results for DuckDB v1.4 LTS': 27 TB for TPC-H of 100 TB of text; "
    "architecture-performance.fr, TPC-H on Parquet: 40 GB for 100 GB of text",
)  # fmt: skip
ROW_STORE_BYTES = Fact(
    "row-store-analyses", "bytes of rows that a row store is used for analyses of", 1e12, 200e9,
    4e12, "B", "assumed",
    "vacuum, backup and restore take hours from there on; engineering judgement",
)  # fmt: skip
ROW_STORE_ROWS = Fact(
    "row-store-rows", "rows a second that one primary takes in beside its users", 20e3, 5e3, 100e3,
    "1/s", "assumed",
    "Timescale, 'Testing Postgres ingest: INSERT vs. batch INSERT vs. COPY', and others: 5 to 15 "
    "thousand rows a second singly, some 100 thousand by COPY in batches, before indexes",
)  # fmt: skip
ROW_STORE_BUSY = Fact(
    "row-store-busy", "share of a replica's cores that analyses may take", 0.5, 0.3, 0.7, "ratio",
    "assumed", "the rest replays the log, which a long query holds up; engineering judgement",
)  # fmt: skip
PRIMARY_CORES = Fact(
    "primary-cores", "cores of the primary that analyses may take, on the mean", 0.2, 0.05, 0.5,
    "cores", "assumed", "a tenth of the smallest machine taken here, two cores; what users ask "
    "comes first; engineering judgement",
)  # fmt: skip
NIGHT = Fact(
    "night", "how long the sums of all closed days may take to be made", 6 * 3_600.0, 3_600.0,
    8 * 3_600.0, "s", "assumed", "the quiet hours of a day; engineering judgement",
)  # fmt: skip
REPLICA_CORES = Fact(
    "replica-cores", "cores of a replica for analyses", 16.0, 4.0, 64.0, "cores", "assumed",
    "db.r7g.4xlarge; beyond it a store for analyses costs less than a larger replica",
)  # fmt: skip
FILE_STORE_BYTES = Fact(
    "file-store-bytes", "bytes on disk that one DuckDB file is used for", 10e12, 1e12, 15e12, "B",
    "assumed", "DuckDB documentation, 'Limits': files of 15 TB and more work; their checkpoints "
    "and starts take longer",
)  # fmt: skip
FILE_STORE_FRESH = Fact(
    "file-store-fresh", "age below which one file is not kept up to date while it is asked", 60.0,
    10.0, 300.0, "s", "assumed",
    "DuckDB documentation, 'Concurrency': one process writes, or several only read; readers in "
    "other processes get a copy after each batch",
)  # fmt: skip
FILE_STORE_ROWS = Fact(
    "file-store-rows", "rows a second that one DuckDB process takes in", 100e3, 30e3, 1e6, "1/s",
    "assumed", "batches by one writer, transformations included; engineering judgement",
)  # fmt: skip
FILE_STORE_CORES = Fact(
    "file-store-cores", "cores of the machine that DuckDB runs on", 16.0, 4.0, 96.0, "cores",
    "assumed", "r7g.4xlarge; machines of up to 64 cores are priced here",
)  # fmt: skip
CLUSTER_ROWS = Fact(
    "cluster-rows", "rows a second that one ClickHouse node takes in, merges included", 300e3,
    100e3, 1e6, "1/s", "assumed",
    "ClickHouse documentation, 'Bulk inserts': 10 to 100 thousand rows an insert, about one insert "
    "a second; one to several at once. No figure for a given machine is known",
)  # fmt: skip
CLUSTER_CORES = Fact(
    "cluster-cores", "cores of a ClickHouse node", 16.0, 8.0, 64.0, "cores", "assumed",
    "m7g.4xlarge; engineering judgement",
)  # fmt: skip
CLUSTER_COPIES = Fact(
    "cluster-copies", "copies of each row in a cluster", 2.0, 1.0, 3.0, "copies", "assumed",
    "a node may be lost while it is asked; engineering judgement",
)  # fmt: skip
CLUSTER_BYTES = Fact(
    "cluster-bytes", "bytes on disk that a ClickHouse node holds", 5e12, 1e12, 20e12, "B",
    "assumed", "what is restored or copied within a working day; engineering judgement",
)  # fmt: skip
BUSY = Fact(
    "busy", "share of its cores that a store for analyses uses at peak", 0.5, 0.3, 0.7, "ratio",
    "assumed", "questions come in bursts; engineering judgement",
)  # fmt: skip
BATCH_CPU_S = Fact(
    "batch-cpu", "core time of a batch, whatever its size", 2.0, 0.3, 10.0, "s", "assumed",
    "start, plan, commit, and its part of later merges, for each fact table; engineering judgement",
)  # fmt: skip
LOAD_CPU = Fact(
    "load-cpu", "bytes a second that one core reads, joins and writes when rows are taken in",
    30e6, 10e6, 100e6, "B/s", "assumed", "no general figure; engineering judgement",
)  # fmt: skip
BATCH_FILES = Fact(
    "batch-files", "objects written for a batch of one fact table, merges included", 3.0, 2.0, 10.0,
    "objects", "assumed", "a data file, its part in merges, and a manifest; engineering judgement",
)  # fmt: skip
HOT_S = Fact(
    "hot", "age up to which rows lie on disks of the store", 90 * DAY_S, 30 * DAY_S, 365 * DAY_S,
    "s", "assumed", "a quarter is compared with the one before; engineering judgement",
)  # fmt: skip
WARM_S = Fact(
    "warm", "age up to which rows lie in an object store, ready to be read", 730 * DAY_S,
    365 * DAY_S, 1_100 * DAY_S, "s", "assumed", "this year and the last; engineering judgement",
)  # fmt: skip
COLD_USD = Fact(
    "cold-usd", "a GB kept a month in an archive that answers at once", 0.004, 0.004, 0.005,
    "USD/GB-month", "assumed",
    "blog.pesky.moe, 'Deciding on an instant access S3 class' (2025-09): 0.0050 in eu-central-1; "
    "0.004 is taken where S3 Standard costs 0.023",
)  # fmt: skip
COLD_READ_USD = Fact(
    "cold-read-usd", "a GB read from that archive", 0.03, 0.03, 0.03, "USD/GB", "catalogue",
    "blog.pesky.moe, 'Deciding on an instant access S3 class' (2025-09), eu-central-1",
)  # fmt: skip
FACTS = (
    LATE, FRESH, QUERIES, ANSWER_WITHIN, ROW_SCAN, ROW_WORKERS, COLUMN_SCAN, COLUMNS_READ,
    COLUMNS_PACKED, ROW_STORE_BYTES, ROW_STORE_ROWS, ROW_STORE_BUSY, PRIMARY_CORES, NIGHT,
    REPLICA_CORES, FILE_STORE_BYTES, FILE_STORE_FRESH, FILE_STORE_ROWS, FILE_STORE_CORES,
    CLUSTER_ROWS, CLUSTER_CORES, CLUSTER_COPIES, CLUSTER_BYTES, BUSY, BATCH_CPU_S, LOAD_CPU,
    BATCH_FILES, HOT_S, WARM_S, COLD_USD, COLD_READ_USD,
)  # fmt: skip
