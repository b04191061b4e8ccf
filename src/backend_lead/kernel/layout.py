"""The tables of the kernel: every column with its meaning, unit and sentinel, in this one file.

A *program* is a handful of tables of plain integers and floats, made once per model and patched.
Times are int64 nanoseconds, counted from the start of the run. Index columns use NONE for "none".
What happens to a request is said in `laws.md` beside this file; `core.py` and `twin.py` are two
independent readings of it.
"""

from __future__ import annotations

import numpy as np

NONE = -1
NS_PER_S = 1_000_000_000

# --- operations -----------------------------------------------------------------------------------
OP_END = 0  # the frame replies OK
OP_CPU = 1  # a: dist row. Hold one core of the frame's replica for the sampled time
OP_DELAY = 2  # a: dist row. Let time pass, holding only the worker
OP_CALL = 3  # a: call row. Send one child, wait for its outcome
OP_PAR = 4  # a: first call row, b: number of consecutive call rows. Send all, wait for all
OP_CHANCE = 5  # p: probability, a: op row to jump to when the draw is below p
OP_HIT = 6  # a: cache row, b: op row to jump to on a hit. Follows the OP_CALL to the cache

# --- distributions --------------------------------------------------------------------------------
DIST_CONST = 0  # mean
DIST_EXP = 1  # mean
DIST_LOGNORMAL = 2  # p0: mu of ln(ns), p1: sigma of ln(ns)
DIST_HYPER2 = 3  # p0: probability of the first branch, p1/p2: mean ns of first/second exponential
DIST_ERLANG = 4  # p0: number of stages (whole), mean: total mean ns
DIST_UNIFORM = 5  # p0: low ns, p1: high ns

# --- balancing ------------------------------------------------------------------------------------
LB_RANDOM = 0
LB_ROUND_ROBIN = 1
LB_LEAST = 2  # least outstanding
LB_P2C = 3  # power of two choices

# --- faults ---------------------------------------------------------------------------------------
FAULT_DOWN = 0  # replica stops; x = 0: refuses at once, x = 1: silence (black hole)
FAULT_UP = 1  # replica serves again, empty
FAULT_HIDE = 2  # the balancer stops choosing it
FAULT_SHOW = 3  # the balancer chooses it again
FAULT_SLOW = 4  # service times of the replica are multiplied by x from now on
FAULT_FLUSH = 5  # the cache group that owns this replica forgets everything: its age restarts at 0

# --- outcomes of a request ------------------------------------------------------------------------
OK = 0
FAILED = 1  # an error came back: refused, rejected by a full queue, killed with its replica
TIMED_OUT = 2  # the last attempt's time ran out

op_t = np.dtype([("code", "i4"), ("a", "i4"), ("b", "i4"), ("pad", "i4"), ("p", "f8")])
dist_t = np.dtype(
    [("kind", "i8"), ("mean", "f8"), ("p0", "f8"), ("p1", "f8"), ("p2", "f8")]  # ns
)
endpoint_t = np.dtype(
    [
        ("service", "i4"),  # service row that runs it
        ("op", "i4"),  # first op row of its program
    ]
)
call_t = np.dtype(
    [
        ("endpoint", "i4"),  # endpoint row that is called
        ("group", "i4"),  # replica group within the service, NONE = drawn uniformly per call
        ("pool", "i4"),  # NONE; or slot of the caller replica's pools (pool_scope 0);
        #                  or first pool row, one per group of the callee (pool_scope 1);
        #                  or first of the caller replica's slots, one per group (pool_scope 2)
        ("pool_scope", "i4"),
        ("retries", "i4"),  # attempts after the first
        ("optional", "i4"),  # 1: a failure does not fail the caller
        ("timeout", "i8"),  # ns per attempt, pool wait included; 0 = none
        ("lane", "i4"),  # timeout lane row, NONE when timeout = 0
        ("pad", "i4"),
        ("rtt", "i8"),  # ns, added between the callee's end and the caller's resumption
        ("backoff", "i8"),  # ns; attempt k (1, 2, ..) waits u * min(backoff * 2^(k-1), backoff_cap)
        ("backoff_cap", "i8"),
    ]
)
service_t = np.dtype(
    [
        ("replica", "i4"),  # first replica row
        ("groups", "i4"),
        ("per_group", "i4"),  # replicas per group; row = replica + group * per_group + i
        ("balance", "i4"),
        ("limited", "i4"),  # 0: infinite workers and cores (delay station), no queues
        ("pad", "i4"),
        ("workers", "i8"),  # concurrent requests per replica
        ("queue", "i8"),  # waiting requests per replica before refusing; NONE = unbounded
        ("cores", "i8"),
    ]
)
replica_t = np.dtype(
    [
        ("service", "i4"),
        ("group", "i4"),  # group row (see group_t)
        ("up", "i4"),
        ("visible", "i4"),
        ("silent", "i4"),  # how it fails while down: 1 = silence, 0 = refusal
        ("epoch", "i4"),  # counts kills
        ("pool", "i4"),  # first pool row owned by this replica, NONE
        ("pools", "i4"),  # number of them
        ("busy", "i8"),  # workers held
        ("waiting", "i8"),  # requests in the worker queue
        ("sent", "i8"),  # attempts sent here that their callers still wait for
        ("q_head", "i4"),
        ("q_tail", "i4"),
        ("cores_busy", "i8"),
        ("c_head", "i4"),  # queue for a core
        ("c_tail", "i4"),
        ("slow", "f8"),  # factor on service times
    ]
)
group_t = np.dtype(
    [
        ("service", "i4"),
        ("live", "i4"),  # offset of this group's slice in the live table
        ("n_live", "i4"),  # visible replicas; live[live : live + n_live] are their rows, ascending
        ("pad", "i4"),
        ("turn", "i8"),  # round robin position: next choice is live[turn % n_live], then turn += 1
        ("flushed_at", "i8"),  # ns; age of the cache group = now - flushed_at
    ]
)
pool_t = np.dtype(
    [
        ("size", "i8"),
        ("in_use", "i8"),
        ("waiting", "i8"),
        ("head", "i4"),
        ("tail", "i4"),
        ("epoch", "i8"),  # counts resets
    ]
)
cache_t = np.dtype(
    [
        ("service", "i4"),  # whose groups keep the age
        ("first", "i4"),  # first row of its slice in the hit table
        ("n", "i4"),  # rows of the slice; the last one holds for ever
        ("pad", "i4"),
        ("step", "i8"),  # ns between rows; hit ratio at age a = hit[first + min(a // step, n - 1)]
    ]
)
lane_t = np.dtype(
    [("timeout", "i8"), ("head", "i4"), ("tail", "i4"), ("armed", "i4"), ("pad", "i4")]
)
source_t = np.dtype(
    [
        ("closed", "i4"),  # 1: users who think; 0: open arrivals
        ("segment", "i4"),  # first rate segment
        ("segments", "i4"),
        ("current", "i4"),  # running: index of the segment in force
        ("mix", "i4"),  # first row of its slice in the mix table
        ("n_mix", "i4"),
        ("users", "f8"),  # closed: users at multiplier 1
        ("think", "f8"),  # closed: mean think time, ns (exponential)
        ("rate", "f8"),  # open: arrivals per ns at multiplier 1
        ("in_flight", "i8"),
        ("serial", "i8"),  # requests started so far (accepted candidates)
        ("rng", "u8"),  # running: state of its arrival stream
        ("stream", "u8"),  # running: from which its requests' streams are made
        ("turning", "i8"),  # running: 1 when its pending event is a turn into the next segment
    ]
)
segment_t = np.dtype([("start", "i8"), ("factor", "f8")])  # ns; multiplier from here on
mix_t = np.dtype([("upto", "f8"), ("root", "i8")])  # cumulative share; root endpoint row
fault_t = np.dtype(
    [("at", "i8"), ("action", "i4"), ("replica", "i4"), ("x", "f8")]
)  # sorted by at, stable
trace_t = np.dtype(
    [
        ("source", "i4"),
        ("root", "i4"),  # root endpoint row
        ("serial", "i8"),  # number of the request within its source
        ("start", "i8"),
        ("end", "i8"),
        ("outcome", "i8"),
    ]
)

# --- histogram ------------------------------------------------------------------------------------
HIST_BITS = 7
HIST_SUB = 1 << HIST_BITS  # buckets per octave: a bucket is at most 1/128 = 0.78 % of its values
HIST_LOW = 10  # values below 2^10 ns (about 1 us) share the first octave
HIST_OCTAVES = 31  # up to 2^40 ns (about 1,100 s); longer values fall into the last bucket
HIST_BUCKETS = HIST_SUB * HIST_OCTAVES
HIST_ERROR = 1 / HIST_SUB  # a quantile lies somewhere in its bucket

# --- random numbers -------------------------------------------------------------------------------
# splitmix64 (Steele, Lea, Flood, OOPSLA 2014). Each frame carries its own stream, so what a request
# draws does not depend on what other requests do.
GOLDEN = 0x9E3779B97F4A7C15
MIX1 = 0xBF58476D1CE4E5B9
MIX2 = 0x94D049BB133111EB
