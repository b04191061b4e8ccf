"""The kernel's private tables, and the record that all of it lives behind.

Free of numba, so that a prebuilt kernel runs without it.
"""

from __future__ import annotations

import numpy as np

frame_t = np.dtype(  # four cache lines: what every step reads; what a new frame sets; the rest
    [
        ("rng", "u8"),
        ("t0", "i8"),  # when it began (root: was created)
        ("ts", "i8"),  # when it got its worker
        ("parent", "i4"),  # NONE for a root
        ("call", "i4"),  # call row that made it; root: source row
        ("ep", "i4"),
        ("pc", "i4"),
        ("state", "i4"),
        ("epoch", "i4"),
        # set in one go when a frame is made: NONE
        ("next", "i4"),
        ("replica", "i4"),
        ("group", "i4"),  # group row it went to
        ("pool", "i4"),  # pool row whose slot it holds or waits for, NONE
        ("hit_group", "i4"),  # group row the last call went to
        ("hit_replica", "i4"),  # replica row the last call went to
        ("part", "i4"),  # partition row, for the frame of a batch
        ("link", "i4"),  # link row, for a request that opens a connection
        ("circuit", "i4"),  # circuit row that counts it, NONE
        ("mate", "i4"),  # the other one of its pair, NONE
        # 0
        ("pending", "i4"),
        ("outcome", "i4"),
        ("fail", "i4"),  # outcome of a child that fails the frame, 0 = none
        ("miss", "i4"),  # 1: the last call failed and was optional
        ("orphan", "i4"),
        ("in_lane", "i4"),
        ("due", "i8"),  # when its work is of no use any more, 0 = never
        ("attempt", "i4"),
        ("window", "i4"),  # root: row that counts it; attempt (rich): zone of its caller
        ("count", "i8"),  # messages it stands for
        ("tq", "i8"),  # when its present wait began; host: when it would be done if alone
        ("dur", "i8"),  # queued: its patience, its core time; at a core: `frozen`; host: its number
        ("deadline", "i8"),
        ("pool_epoch", "i4"),
        ("life", "i4"),  # of its circuit when that let it through
        ("serial", "i8"),  # root: number within its source
        ("lane_prev", "i4"),
        ("lane_next", "i4"),
        # what only a rich program needs (`rich` of the state), set by `enrich`
        (
            "gen",
            "i4",
        ),  # its own number: +1 when it is freed and when its strays are left; never reset
        ("join", "i4"),  # its caller's number when it was created; another one now: it is a stray
        ("lock", "i4"),  # lock row it holds, NONE
        ("key", "i4"),  # NONE
        ("fetch", "i4"),  # item row it fetches, NONE
        ("drawer", "i4"),  # drawer row of its last GET, NONE
        ("span", "i4"),  # span row, NONE
        ("child", "i4"),  # first child in its host's heap (`next`: sibling), NONE
        ("rank", "i4"),
        ("need", "i4"),  # of its join; of a batch: FETCHING, FETCHED (`joins.py`)
        ("got", "i4"),
        ("hedge", "i4"),  # 1: it is the second one of a pair
        ("more", "i8"),  # ns its hop adds to the reply
        ("waited", "i8"),  # ns of backoff before it
        ("finish", "f8"),  # in its host's time
    ]
)
event_t = np.dtype([("t", "i8"), ("key", "i8")])  # key = sequence << ID_BITS | id
ID_BITS = 24
ID_MASK = (1 << ID_BITS) - 1
stat_t = np.dtype(  # per endpoint, after warm-up; sums in ns
    [
        ("n", "i8"), ("ok", "i8"), ("failed", "i8"), ("timed_out", "i8"), ("refused", "i8"),
        ("wait_pool", "i8"), ("wait_worker", "i8"), ("wait_core", "i8"), ("busy", "i8"),
        ("held", "i8"), ("latency", "i8"), ("wait_lock", "i8"),
    ]
)  # fmt: skip
window_t = np.dtype(  # per window and root, by the time a request started
    [("started", "i8"), ("ok", "i8"), ("failed", "i8"), ("timed_out", "i8"), ("latency", "i8"),
     ("refused", "i8")]  # those of the failed for which a limiter at the door had no token
)  # fmt: skip
stream_window_t = np.dtype(  # per window and stream: messages published, and done in it
    [
        ("published", "i8"),
        ("done", "i8"),
        ("again", "i8"),
        ("dead", "i8"),  # given up in it
        ("behind", "i8"),  # longest age (ns) of a batch that was done, or given up, in it
    ]
)
LONGEST = frozenset({"behind"})  # columns of windows of which two together are not the sum
span_t = np.dtype(  # an attempt of a sampled request; times in ns, NONE: that never came
    [
        ("row", "i4"),  # its own number
        ("parent", "i4"),  # row of its caller's, NONE for the request itself
        ("source", "i4"),
        ("call", "i4"),  # call row that made it, NONE for the request itself
        ("serial", "i8"),  # of the request, within its source
        ("endpoint", "i4"),
        ("replica", "i4"),  # NONE: it got to none
        ("attempt", "i4"),
        ("flags", "i4"),  # SPAN_*
        ("outcome", "i8"),  # NONE: under way at the end of the run or, with `ended`, it vanished
        ("created", "i8"),
        ("begun", "i8"),  # its backoff is over
        ("started", "i8"),  # it got its worker
        ("ended", "i8"),
        ("wait_pool", "i8"),
        ("wait_worker", "i8"),
        ("wait_core", "i8"),
        ("wait_lock", "i8"),  # for locks, and for keys that others fetch
        ("busy", "i8"),  # core time
        ("network", "i8"),  # how long its answer is on the way, what its hop adds included
    ]
)
SPAN_ORPHAN = 1  # its caller gave up before its end
SPAN_HEDGE = 2  # it is the second one of a pair
SPAN_STRAY = 4  # its caller went on without it
TABLES = (
    "op", "dist", "endpoint", "call", "service", "replica", "group", "live", "pool", "cache", "hit",
    "lane", "budget", "savings", "breaker", "circuit", "limiter", "stream", "partition", "link",
    "controller", "source", "segment", "mix", "fault", "past", "watch", "host", "speed", "line",
    "hop", "lock", "keys", "popularity", "shelf", "drawer", "item", "log", "noted", "follow",
    "start", "phase", "arrival",
    "frame", "heap", "stat", "hist", "slot", "window", "whist", "trace", "ring", "swindow", "shist",
    "span",
)  # fmt: skip
state_t = np.dtype(
    [(name, "i8") for name in TABLES]  # addresses
    + [
        (name, "i8")
        for name in (
            "n_source", "n_lane", "n_fault", "n_controller", "n_replica", "n_stream",
            "n_watch", "n_host", "n_start", "rich",
            "base", "now", "stop", "seq", "n_heap", "hole", "cap_frames",
            "window_now", "window_end",
            "n_frames", "free", "live_frames", "max_live", "thinking", "full",
            "ready_head", "ready_tail",
            "warmup", "window_ns", "n_windows", "n_roots", "n_trace", "cap_trace", "events",
            "started", "ok", "failed", "timed_out", "in_flight",
            "sample", "n_spans", "cap_spans", "spans_full",
        )
    ]
)  # fmt: skip

DONE, FULL, TRACE_FULL = 0, 1, 2
# What the tables of a run say beyond those of its program, so that plain rows need no second look:
FINE = 8  # added to the `balance` of a service whose choice is made in balancing.py
BY_KEY = -3  # the `group` of a call by key
PHASED = 5  # what an open source with phases is

# Of the state record: what is the same from the first event of a run to its last.
FIXED = frozenset(TABLES) | {
    "n_source", "n_lane", "n_fault", "n_controller", "n_replica", "n_stream", "n_watch", "n_host",
    "n_start", "rich", "base", "stop", "cap_frames", "warmup", "window_ns", "n_windows", "n_roots",
    "cap_trace", "sample", "cap_spans",
}  # fmt: skip
