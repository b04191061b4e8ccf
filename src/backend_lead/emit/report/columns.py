"""The columns of the records of a design that become figures, and what each is called."""

from __future__ import annotations

BUDGET_COLUMNS = ("p99_s", "together_s", "alone_s")
HOP_COLUMNS = ("visits_per_s", "p50_s", "p99_s", "wait_worker_s", "wait_pool_s", "wait_core_s")
LOAD_COLUMNS = ("ended_per_s", "busy", "held")
SESSION_COLUMNS = ("requests", "per_session", "answered")
COPY_COLUMNS = ("read", "stale_share", "to_primary", "avoided")
WAY_COLUMNS = {"ended_per_s": ("transfers that ended per second", "1/s"),
               "bytes_per_s": ("bytes carried per second", "B/s"),
               "busy": ("share of its bandwidth in use", "ratio")}  # fmt: skip
CAPACITY_COLUMNS = ("max_users", "max_requests_per_s", "knee_users")
NECK_COLUMNS = ("at_users", "at_requests_per_s", "busy_at_target")
TRIAL_COLUMNS = ("recover_s", "hurt_s", "users_affected", "failed_share", "p99_before_s",
                 "p99_worst_s", "p99_after_s")  # fmt: skip
MEASURE_COLUMNS = ("max_users", "requests_per_s", "p99_s", "availability", "usd_month")
MEASURE_UNITS = {"requests_per_s": "1/s", "p99_s": "s", "availability": "ratio",
                  "usd_month": "USD/month"}  # fmt: skip
_COLUMN_WORDS = {
    "visits_per_s": "visits per second", "p50_s": "median",
    "wait_worker_s": "wait for a worker", "wait_pool_s": "wait for a connection",
    "wait_core_s": "wait for a core", "ended_per_s": "visits that ended per second",
    "busy": "share of cores busy", "held": "share of workers held",
    "max_users": "Most users within objectives", "max_requests_per_s": "Requests per second then",
    "requests_per_s": "most requests per second within objectives",
    "knee_users": "Users at the knee", "at_users": "users at which it binds",
    "at_requests_per_s": "requests per second at which it binds",
    "busy_at_target": "busy at the target", "recover_s": "time to recover",
    "hurt_s": "time until all was well", "users_affected": "users affected in the worst second",
    "failed_share": "requests failed",
    "p99_before_s": "p99 of all requests before",
    "p99_worst_s": "worst p99 of all requests", "p99_after_s": "p99 of all requests after",
    "availability": "availability", "usd_month": "cost per month", "p99_s": "99th percentile",
    "requests": "requests", "per_session": "requests a session", "answered": "share answered",
    "read": "reads at replicas", "stale_share": "share of reads at replicas that were stale",
    "to_primary": "reads at the primary after an own write",
    "avoided": "stale reads avoided so, at least", "put_aside": "messages put aside",
    "aside_share": "share of messages put aside",
    "together_s": "budget, all together", "alone_s": "budget, alone",
}  # fmt: skip


def column_words(column: str) -> str:
    """What a column holds."""
    return _COLUMN_WORDS[column]
