"""The tables of the kernel: every column with its meaning, unit and sentinel, in this one file.

A *program* is a handful of tables of plain integers and floats, made once per model and patched.
Times are int64 nanoseconds, counted from the start of the run. Index columns use NONE for "none".
What happens to a request is said in `laws.md` beside this file; `core.py` and `twin.py` are two
independent readings of it.
"""

from __future__ import annotations

import numpy as np

NONE = -1
SAME = -2  # of a call's group: that of the replica which calls
NS_PER_S = 1_000_000_000

# --- operations -----------------------------------------------------------------------------------
OP_END = 0  # the frame replies OK
OP_CPU = 1  # a: dist row. Hold one core of the frame's replica for the sampled time
OP_DELAY = 2  # a: dist row. Let time pass, holding only the worker
OP_CALL = 3  # a: call row. Send one child, wait for its outcome
OP_PAR = 4  # a: first call row, b: number of consecutive call rows. Send all, wait for `need`
OP_CHANCE = 5  # p: probability, a: op row to jump to when the draw is below p
OP_HIT = 6  # a: cache row, b: op row to jump to on a hit. Follows the OP_CALL to the cache
OP_PUBLISH = 7  # a: stream row. Append one message for each that the frame stands for
OP_LIMIT = 8  # a: limiter row. Take a token and go on; without one the frame ends, refused
OP_KEY = 9  # a: keys row. Draw the key that this frame, and those it calls, are about
OP_GET = (
    10  # a: shelf row, b: op row to jump to on a hit. Looks the key up where the last call went
)
OP_PUT = 11  # a: shelf row. Keeps the key there, in place of another if it is full
OP_LOCK = 12  # a: first lock row, b: number of rows, one of them by key. Wait for it, and hold it
OP_UNLOCK = 13  # give the lock back
OP_NOTE = 14  # a: log row. The key was written just now
OP_LOOK = 15  # a: log row. The key is read from a copy that may be behind
OP_DROP = 16  # a: shelf row. Where the last call went the key is kept no longer

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
LB_P2C = 3  # power of two choices, or of `choices`
LB_WEIGHTED = 4  # at random, by weight
LB_HASH = 5  # by key, so that few keys move when replicas come or go (rendezvous hashing)

# --- order of the queue for workers ---------------------------------------------------------------
FIFO, LIFO, RANKED = 0, 1, 2  # ranked: by rank, first in, first out within one
RANKS = 4  # 1 is served first

# --- backoff --------------------------------------------------------------------------------------
JITTER_FULL, JITTER_NONE, JITTER_EQUAL, JITTER_DECORRELATED = 0, 1, 2, 3

# --- what a full shelf gives up -------------------------------------------------------------------
LRU, LFU = 0, 1  # what was used longest ago; what was used least since it was kept

# --- faults ---------------------------------------------------------------------------------------
FAULT_DOWN = 0  # replica stops; x = 0: refuses at once, x = 1: silence (black hole)
FAULT_UP = 1  # replica serves again, empty
FAULT_HIDE = 2  # the balancer stops choosing it
FAULT_SHOW = 3  # the balancer chooses it again
FAULT_SLOW = 4  # service times of the replica are multiplied by x from now on
FAULT_FLUSH = 5  # the cache group that owns this replica forgets everything: its age restarts at 0
FAULT_DRAIN = 6  # the connections it holds are closed one by one over x ns and come back elsewhere
FAULT_ERRORS = 7  # a share x of what starts at the replica fails
FAULT_FREEZE = (
    8  # for x ns its cores stand still; what waits or is in work there goes on afterwards
)
FAULT_LEAST = 9  # controller `row` keeps at least x replicas from now on
FAULT_CUT = 10  # hop `row`: x = 1 nothing comes through, x = 0 it does again
FAULT_LOSS = 11  # hop `row` loses a share x of the packets
FAULT_LAG = 12  # hop `row` adds x ns
FAULT_BEHIND = 13  # log `row` is x ns behind from now on

# --- sources --------------------------------------------------------------------------------------
OPEN, CLOSED, BEATS = 0, 1, 2  # arrivals; users who think; heartbeats of held connections
REPLAY, EVERY = 3, 4  # arrivals at recorded times; one at each `think`

# --- circuit breakers -----------------------------------------------------------------------------
CLOSED_CIRCUIT, OPEN_CIRCUIT, HALF_OPEN = 0, 1, 2
TOKEN = 1000  # a retry costs so many of its budget's tokens

# --- outcomes of a request ------------------------------------------------------------------------
OK = 0
FAILED = 1  # an error came back: refused, rejected by a full queue, killed with its replica
TIMED_OUT = 2  # the last attempt's time ran out

op_t = np.dtype(
    [
        ("code", "i4"),
        ("a", "i4"),
        ("b", "i4"),
        ("need", "i4"),  # OP_PAR: answers OK after which it goes on; 0: waits for all
        ("p", "f8"),
    ]
)
dist_t = np.dtype(
    [("kind", "i8"), ("mean", "f8"), ("p0", "f8"), ("p1", "f8"), ("p2", "f8")]  # ns
)
endpoint_t = np.dtype(
    [
        ("service", "i4"),  # service row that runs it
        ("op", "i4"),  # first op row of its program
        ("low", "i4"),  # 1: its requests are refused first when the service sheds load
        ("rank", "i4"),  # 1..RANKS; 0: its caller's (root: 1)
        ("follow", "i4"),  # of a root: first row of its slice in the follow table
        ("follows", "i4"),  # rows of it; 0 = nothing follows
        ("leaves", "f8"),  # of a root: share of users who leave when a request did not end OK
    ]
)
call_t = np.dtype(
    [
        ("endpoint", "i4"),  # endpoint row that is called
        ("group", "i4"),  # replica group within the service, NONE = drawn uniformly per call, SAME
        ("pool", "i4"),  # NONE; or slot of the caller replica's pools (pool_scope 0);
        #                  or first pool row, one per group of the callee (pool_scope 1);
        #                  or first of the caller replica's slots, one per group (pool_scope 2)
        ("pool_scope", "i4"),
        ("room", "i4"),  # attempts that may wait in the pool before it is refused; NONE = any
        ("retries", "i4"),  # attempts after the first
        ("optional", "i4"),  # 1: a failure does not fail the caller
        ("timeout", "i8"),  # ns per attempt, pool wait included; 0 = none
        ("lane", "i4"),  # timeout lane row, NONE when timeout = 0
        ("deadline", "i4"),  # 1: the attempt's work ends with its time, or its caller's
        ("budget", "i4"),  # budget row its retries are paid from, NONE
        ("breaker", "i4"),  # breaker row, NONE
        ("rtt", "i8"),  # ns, added between the callee's end and the caller's resumption
        ("backoff", "i8"),  # ns; attempt k (1, 2, ..) waits u * min(backoff * 2^(k-1), backoff_cap)
        ("backoff_cap", "i8"),
        ("shape", "i4"),  # of the backoff: JITTER_*
        ("cancel", "i4"),  # 1: work for it stops when nobody waits for it any more
        ("by_key", "i4"),  # 1: the group is chosen by key
        ("hop", "i4"),  # first hop row of its zones x zones; NONE: no network but `rtt`
        ("zones", "i4"),
        ("pad", "i4"),
        ("hedge", "i8"),  # ns after which a second attempt is sent beside the first; 0 = none
    ]
)
service_t = np.dtype(
    [
        ("replica", "i4"),  # first replica row
        ("groups", "i4"),
        ("per_group", "i4"),  # replicas per group; row = replica + group * per_group + i
        ("balance", "i4"),
        ("limited", "i4"),  # 0: infinite workers and cores (delay station), no queues
        ("link", "i4"),  # link row of the connections it holds, NONE
        ("workers", "i8"),  # concurrent requests per replica
        ("queue", "i8"),  # waiting requests per replica before refusing; NONE = unbounded
        ("shed", "i8"),  # waiting requests before those of low priority are refused; NONE
        ("patience", "i8"),  # ns; who waited longer for a worker is refused; 0 = any wait
        ("cores", "i8"),
        ("work", "i8"),  # running: core time given out so far, ns
        ("order", "i4"),  # of the queue for workers: FIFO, LIFO, RANKED
        ("give_up", "i4"),  # dist row: who waits longer for a worker than drawn is refused; NONE
        ("choices", "i4"),  # replicas that LB_P2C compares: 2 or 3 (0 means 2)
        ("near", "i4"),  # 1: replicas in the caller's zone are chosen while there are any
        ("weigh", "i4"),  # 1: LB_LEAST and LB_P2C divide by weight
        ("stretched", "i4"),  # 1: CPU times grow with the requests in progress, as follows
        ("before", "i4"),  # service row that it stands before: its groups count as that one's; NONE
        ("pad", "i4"),
        ("contention", "f8"),  # per other request in progress at the replica
        ("coherency", "f8"),  # per pair of these
        ("slow_start", "i8"),  # ns over which the weight of a replica shown anew rises; 0 = none
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
        ("starting", "i4"),  # 1: a controller has ordered it, it is not visible yet
        ("lives", "i4"),  # running: counts how often it began anew, knowing nothing
        ("held", "i8"),  # connections held
        ("busy", "i8"),  # workers held
        ("waiting", "i8"),  # requests in the worker queue
        ("sent", "i8"),  # attempts sent here that their callers still wait for
        ("q_head", "i4"),
        ("q_tail", "i4"),
        ("cores_busy", "i8"),
        ("c_head", "i4"),  # queue for a core
        ("c_tail", "i4"),
        ("slow", "f8"),  # factor on service times
        ("host", "i4"),  # host row whose cores it shares, NONE: it has cores of its own
        ("zone", "i4"),
        ("lines", "i4"),  # first of its RANKS rows in the line table, for a RANKED service; NONE
        ("out", "i4"),  # running: 1 hidden by its watch's checks, 2 ejected by it
        ("weight", "f8"),
        ("errors", "f8"),  # share of what starts here that fails
        ("frozen", "i8"),  # running: ns its cores have stood still, or will have at `until`
        ("until", "i8"),  # running: end of the last freeze
        ("shown_at", "i8"),  # running: when it was shown last
        ("bad", "i4"),  # running: failures in a row, as its callers see them
        ("fails", "i4"),  # running: checks failed in a row; negative: passed in a row
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
budget_t = np.dtype(  # of the calls of one service, each replica of which saves for itself
    [
        ("tokens", "i8"),  # what a replica has saved when it begins
        ("earn", "i8"),  # tokens a first attempt brings
        ("cap", "i8"),
        ("spend", "i8"),  # tokens that each attempt not OK takes; 0 = only retries are paid
        ("reward", "i8"),  # tokens that each attempt OK brings, where failures are paid
        ("first", "i4"),  # first savings row, one per replica of the service that calls
        ("callers", "i4"),  # rows of it
    ]
)
savings_t = np.dtype(  # running: of one replica
    [
        ("tokens", "i8"),
        ("life", "i8"),  # 1 + the replica's `lives` when it was last touched; 0 = never
    ]
)
limiter_t = np.dtype(
    [
        ("level", "i8"),  # what is in the bucket, in parts of a token
        ("cap", "i8"),  # what it holds at most
        ("price", "i8"),  # parts that make a token
        ("earn", "i8"),  # parts that come in per ns
        ("since", "i8"),  # running: ns up to which `level` has been filled
        ("passed", "i8"),  # running: tokens taken since the warm-up
        ("refused", "i8"),  # running: requests since the warm-up that found none
    ]
)
breaker_t = np.dtype(  # of the calls of one service, each replica of which has its own circuits
    [
        ("first", "i4"),  # first circuit row; row = first + replica * groups + group, both from 0
        ("callers", "i4"),  # replicas of the service that calls, or more
        ("groups", "i4"),  # of the callee
        ("pad", "i4"),
        ("window", "i8"),  # ns
        ("least", "i8"),  # attempts in a window below which it stays closed
        ("share", "f8"),  # it opens at this share of bad ones
        ("pause", "i8"),  # ns it stays open before it lets probes through
        ("last", "i8"),  # it looks at so many last attempts, at most 128; 0: at a window of time
        ("probes", "i8"),  # probes of a half-open one (0 means 1)
        ("jointly", "i8"),  # 1: a half-open one is decided by all its probes, not by the first
    ]
)
circuit_t = np.dtype(  # running: a breaker of one replica, to one group; one cache line
    [
        ("since", "i8"),  # ns: begin of the window, of being open, or of the probe
        ("n", "i8"),  # attempts delivered in the window
        ("bad", "i8"),  # of these not OK
        ("newest", "u8"),  # the last 64 outcomes, 1 = not OK, the newest lowest
        ("older", "u8"),  # the 64 before
        ("state", "i4"),  # CLOSED_CIRCUIT, OPEN_CIRCUIT, HALF_OPEN
        ("probing", "i4"),
        ("asked", "i4"),  # probes let through
        ("good", "i4"),  # of these OK
        ("ended", "i4"),  # probes delivered
        ("life", "i4"),  # 1 + the replica's `lives` when it was last asked; 0 = never
    ]
)
stream_t = np.dtype(
    [
        ("first", "i4"),  # first partition row
        ("partitions", "i4"),
        ("endpoint", "i4"),  # what handles a batch; on a limited service of one group
        ("batch", "i4"),  # most messages in a batch
        ("slots", "i4"),  # batches under way at once per partition
        ("spread", "i4"),  # 1: each batch goes to a replica of the balancer's choice; 0: the owner
        ("by_key", "i4"),  # 1: the partition is chosen by key
        ("tries", "i4"),  # attempts after which a batch is given up; 0 = it is tried for ever
        ("fetch", "i4"),  # call row by which a batch is fetched before it is handled, NONE
        ("pad", "i4"),
        ("backoff", "i8"),  # ns before a batch that failed is tried again
        ("pause", "i8"),  # ns for which a partition that changes hands stands still
        ("all_pause", "i8"),  # 1: when owners change all its partitions stand still
        ("dead", "i8"),  # running: messages given up
        ("serial", "i8"),  # batches so far
        ("rng", "u8"),  # running: from which its batches' streams are made
    ]
)
partition_t = np.dtype(
    [
        ("stream", "i4"),
        ("owner", "i4"),  # replica row that handles its batches
        ("under_way", "i8"),  # batches
        ("published", "i8"),  # messages
        ("taken", "i8"),  # of these taken into a batch
        ("ring", "i8"),  # running: first entry of its publish times
        ("room", "i8"),  # running: number of entries
        ("until", "i8"),  # running: it stands still until then
    ]
)
link_t = np.dtype(
    [
        ("service", "i4"),  # whose replicas hold the connections; one group
        ("root", "i4"),  # root endpoint that opens one
        ("source", "i4"),  # source row without arrivals, for which reconnects are counted
        ("beats", "i4"),  # source row of the heartbeats, NONE
        ("spread", "i8"),  # ns over which clients come back
    ]
)
controller_t = np.dtype(
    [
        ("service", "i4"),
        ("least", "i4"),  # visible replicas it keeps
        ("starting", "i8"),  # ordered, not visible yet
        ("period", "i8"),  # ns between looks
        ("target", "f8"),  # share of the cores in use it aims at
        ("delay", "i8"),  # ns from order to visible
        ("cool", "i8"),  # ns after a change before one is taken away
        ("calm_at", "i8"),  # running: not before is one taken away
        ("seen", "i8"),  # running: the service's work at the last look
        ("step", "i8"),  # replicas it orders at most in one look, 0 = any number
        ("grow", "f8"),  # or this share of those there are, if more; 0 = no such rule
        ("past", "i4"),  # first of its `looks` rows in the past table
        ("looks", "i4"),  # periods over which the use is averaged (0 means 1)
        ("looked", "i8"),  # running: looks so far
        ("tolerance", "f8"),  # share by which the use may miss the target without a change
        ("down", "i8"),  # replicas it takes away at most in one look (0 means 1)
    ]
)
watch_t = np.dtype(  # checks of health, and ejection of outliers, for a service
    [
        ("service", "i4"),
        ("eject", "i4"),  # failures in a row after which a replica is hidden for a while; 0 = none
        ("period", "i8"),  # ns between checks; 0 = none
        ("fails", "i8"),  # checks in a row that fail before a replica is hidden
        ("passes", "i8"),  # checks in a row that pass before it is shown again
        ("pause", "i8"),  # ns an ejected replica stays hidden
        ("share", "f8"),  # of a group's replicas may be ejected at once
    ]
)
host_t = np.dtype(  # cores that their jobs share evenly
    [
        ("speed", "i4"),  # first row of its slice in the speed table
        ("n", "i4"),  # rows of it: row k is the speed of each of k + 1 jobs; see laws.md for more
        ("v", "f8"),  # running: ns of work each job has got since the host was last empty
        ("since", "i8"),  # running: when that was so
        ("jobs", "i8"),  # running
        ("entered", "i8"),  # running: jobs so far
        ("due", "i8"),  # running: sequence number of the event that counts
        ("root", "i4"),  # running: the job that is done first
        ("pad", "i4"),
    ]
)
line_t = np.dtype([("head", "i4"), ("tail", "i4")])  # of one rank, at one replica
hop_t = np.dtype(  # the network from one zone to another
    [("rtt", "i8"), ("loss", "f8"), ("cut", "i8")]  # ns; share of packets; 1: nothing comes through
)
lock_t = np.dtype([("holder", "i4"), ("head", "i4"), ("tail", "i4"), ("pad", "i4")])  # frames
keys_t = np.dtype(  # keys are numbered 0, 1, ..
    [("first", "i4"), ("n", "i4")]  # rows of the popularity table: cumulative shares
)
shelf_t = np.dtype(  # what the groups of a cache service keep, key by key
    [
        ("service", "i4"),
        ("keys", "i4"),  # number of keys there are
        ("first", "i4"),  # first item row; item = first + group * keys + key, group from 0
        ("drawer", "i4"),  # first drawer row; one per group
        ("capacity", "i8"),  # items a group keeps
        ("policy", "i4"),  # LRU, LFU
        ("coalesce", "i4"),  # 1: while one frame fetches a key, others wait for it
        ("ttl", "i8"),  # ns an item is good for, 0 = for ever
        ("renew", "i4"),  # 1: each hit begins the time to live anew
        ("pad", "i4"),
    ]
)
drawer_t = np.dtype(  # running: of one group
    [
        ("head", "i4"),  # item used last
        ("tail", "i4"),  # item used longest ago
        ("n", "i8"),  # items kept
        ("flushed_at", "i8"),  # its group's, when the drawer was last touched
    ]
)
item_t = np.dtype(
    [
        ("at", "i8"),  # ns: when it was put there or renewed; NONE: it is not there
        ("uses", "i8"),  # since it was put there
        ("prev", "i4"),  # towards the head
        ("next", "i4"),
        ("fetcher", "i4"),  # frame that fetches it, NONE
        ("head", "i4"),  # frames that wait for it
        ("tail", "i4"),
        ("pad", "i4"),
    ]
)
log_t = np.dtype(  # what was written when, key by key, for copies that are behind
    [
        ("first", "i4"),  # first row of its slice in the noted table
        ("keys", "i4"),  # rows of it
        ("lag", "i8"),  # ns the copies are behind
        ("written", "i8"),  # running: writes since the warm-up
        ("read", "i8"),  # running: reads from copies since the warm-up
        ("stale", "i8"),  # running: of these of a key that was written less than `lag` before
    ]
)
follow_t = np.dtype(  # what a user asks next, and after how long
    [("upto", "f8"), ("root", "i4"), ("think", "i4")]  # cumulative share; root endpoint; dist row
)
start_t = np.dtype(  # users in the middle of a session at time 0
    [("source", "i4"), ("follow", "i4"), ("n", "i8")]  # n users think before that follow row
)
phase_t = np.dtype([("factor", "f8"), ("mean", "f8")])  # of a source: on its rate; mean length, ns
source_t = np.dtype(
    [
        ("closed", "i4"),  # OPEN arrivals, CLOSED: users who think, BEATS of connections held
        ("segment", "i4"),  # first rate segment
        ("segments", "i4"),
        ("current", "i4"),  # running: index of the segment in force
        ("mix", "i4"),  # first row of its slice in the mix table
        ("n_mix", "i4"),
        ("users", "f8"),  # closed: users at multiplier 1; beats: connections held
        ("think", "f8"),  # closed: mean think time, ns (exponential); beats: between two of one
        ("rate", "f8"),  # open: arrivals per ns at multiplier 1
        ("in_flight", "i8"),
        ("serial", "i8"),  # requests started so far (accepted candidates)
        ("rng", "u8"),  # running: state of its arrival stream
        ("stream", "u8"),  # running: from which its requests' streams are made
        ("turning", "i8"),  # running: 1 when its pending event is a turn into the next segment
        ("idle", "i8"),  # running: 1 when it has no pending event
        ("phase", "i4"),  # open: first phase row; they follow each other in a circle
        ("phases", "i4"),  # 0 = none
        ("in_phase", "i4"),  # running: index of the phase in force
        ("pad", "i4"),
        ("phase_ends", "i8"),  # running: ns
        ("first", "i8"),  # REPLAY: first row of its slice in the arrival table
        ("n", "i8"),
    ]
)
segment_t = np.dtype([("start", "i8"), ("factor", "f8")])  # ns; multiplier from here on
mix_t = np.dtype([("upto", "f8"), ("root", "i8")])  # cumulative share; root endpoint row
fault_t = np.dtype(  # sorted by at, stable; `row`: of a hop or a controller
    [("at", "i8"), ("action", "i4"), ("replica", "i4"), ("x", "f8"), ("row", "i4"), ("pad", "i4")]
)
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
