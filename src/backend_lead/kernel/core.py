"""The compiled event kernel. The laws it follows are in `laws.md`; the tables in `layout.py`.

One file on purpose: numba's cache does not notice changes in imported modules. Everything lives
behind one integer, the address of a state record; small intrinsics turn (address, row) into
records, so no call copies tables and nothing here allocates. `run.py` owns the memory and calls
`run`.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backend_lead.kernel import layout as L

# --- running tables (private to the compiled kernel) ----------------------------------------------
frame_t = np.dtype(
    [
        ("rng", "u8"),
        ("t0", "i8"),  # when it began (root: was created)
        ("ts", "i8"),  # when it got its worker
        ("tq", "i8"),  # when its present wait began
        ("dur", "i8"),  # sampled core time, while it waits for a core
        ("deadline", "i8"),
        ("pool_epoch", "i8"),
        ("serial", "i8"),  # root: number within its source
        ("parent", "i4"),  # NONE for a root
        ("call", "i4"),  # call row that made it; root: source row
        ("ep", "i4"),
        ("pc", "i4"),
        ("replica", "i4"),
        ("group", "i4"),  # group row it went to
        ("epoch", "i4"),
        ("pool", "i4"),  # pool row whose slot it holds or waits for, NONE
        ("state", "i4"),
        ("attempt", "i4"),
        ("pending", "i4"),
        ("outcome", "i4"),
        ("fail", "i4"),  # outcome of a child that fails the frame, 0 = none
        ("miss", "i4"),  # 1: the last call failed and was optional
        ("hit_group", "i4"),  # group row the last call went to
        ("orphan", "i4"),
        ("next", "i4"),
        ("lane_prev", "i4"),
        ("lane_next", "i4"),
        ("in_lane", "i4"),
    ]
)
event_t = np.dtype([("t", "i8"), ("key", "i8")])  # key = sequence << ID_BITS | id
ID_BITS = 24
ID_MASK = (1 << ID_BITS) - 1
stat_t = np.dtype(  # per endpoint, after warm-up; sums in ns
    [
        ("n", "i8"), ("ok", "i8"), ("failed", "i8"), ("timed_out", "i8"), ("refused", "i8"),
        ("wait_pool", "i8"), ("wait_worker", "i8"), ("wait_core", "i8"), ("busy", "i8"),
        ("held", "i8"), ("latency", "i8"),
    ]
)  # fmt: skip
window_t = np.dtype(  # per window and root, by the time a request started
    [("started", "i8"), ("ok", "i8"), ("failed", "i8"), ("timed_out", "i8"), ("latency", "i8")]
)
TABLES = (
    "op", "dist", "endpoint", "call", "service", "replica", "group", "live", "pool", "cache", "hit",
    "lane", "source", "segment", "mix", "fault", "frame", "heap", "stat", "hist", "slot", "window",
    "whist", "trace",
)  # fmt: skip
state_t = np.dtype(
    [(name, "i8") for name in TABLES]  # addresses
    + [
        (name, "i8")
        for name in (
            "n_source", "n_lane", "n_fault", "base", "now", "stop", "seq", "n_heap", "cap_frames",
            "n_frames", "free", "live_frames", "max_live", "full", "ready_head", "ready_tail",
            "warmup", "window_ns", "n_windows", "n_roots", "n_trace", "cap_trace", "events",
            "started", "ok", "failed", "timed_out", "in_flight",
        )
    ]
)  # fmt: skip

DONE, FULL, TRACE_FULL = 0, 1, 2

ST_FREE, ST_BEGIN, ST_SLOT, ST_START, ST_RUN = 0, 1, 2, 3, 4
ST_POOLQ, ST_WORKQ, ST_COREQ, ST_CPU, ST_DELAY = 5, 6, 7, 8, 9
ST_CALLING, ST_BACKOFF, ST_REPLY, ST_LOST, ST_GONE = 10, 11, 12, 13, 14

NONE = L.NONE
OP_END, OP_CPU, OP_DELAY, OP_CALL = L.OP_END, L.OP_CPU, L.OP_DELAY, L.OP_CALL
OP_PAR, OP_CHANCE, OP_HIT = L.OP_PAR, L.OP_CHANCE, L.OP_HIT
GOLDEN, MIX1, MIX2 = np.uint64(L.GOLDEN), np.uint64(L.MIX1), np.uint64(L.MIX2)
S12, S27, S30, S31 = np.uint64(12), np.uint64(27), np.uint64(30), np.uint64(31)
INNER = {"nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
         "error_model": "numpy"}  # fmt: skip


def _record_at(dtype: np.dtype) -> Any:
    """Intrinsic (address, row) -> record of `dtype` in place."""
    record, size = nb.from_dtype(dtype), dtype.itemsize

    @intrinsic
    def at(typingctx, base, row):
        def codegen(context, builder, signature, args):
            offset = builder.mul(args[1], ir.Constant(ir.IntType(64), size))
            return builder.inttoptr(builder.add(args[0], offset), context.get_value_type(record))

        return record(types.int64, types.int64), codegen

    return at


def _scalar_at(number: Any, width: int, floating: bool) -> tuple[Any, Any]:
    """Intrinsics to load and store plain numbers at (address, index)."""
    low = ir.DoubleType() if floating else ir.IntType(8 * width)

    def pointer(builder, args):
        offset = builder.mul(args[1], ir.Constant(ir.IntType(64), width))
        return builder.inttoptr(builder.add(args[0], offset), low.as_pointer())

    @intrinsic
    def load(typingctx, base, row):
        def codegen(context, builder, signature, args):
            return builder.load(pointer(builder, args))

        return number(types.int64, types.int64), codegen

    @intrinsic
    def store(typingctx, base, row, value):
        def codegen(context, builder, signature, args):
            builder.store(args[2], pointer(builder, args))
            return context.get_dummy_value()

        return types.none(types.int64, types.int64, number), codegen

    return load, store


@intrinsic
def leading_zeros(typingctx, value):
    """Leading zero bits of an int64."""

    def codegen(context, builder, signature, args):
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), codegen


state_at = _record_at(state_t)
op_at, dist_at, endpoint_at = _record_at(L.op_t), _record_at(L.dist_t), _record_at(L.endpoint_t)
call_at, service_at = _record_at(L.call_t), _record_at(L.service_t)
replica_at, group_at, pool_at = _record_at(L.replica_t), _record_at(L.group_t), _record_at(L.pool_t)
cache_at, lane_at, source_at = _record_at(L.cache_t), _record_at(L.lane_t), _record_at(L.source_t)
segment_at, mix_at, fault_at = _record_at(L.segment_t), _record_at(L.mix_t), _record_at(L.fault_t)
frame_at, event_at, stat_at = _record_at(frame_t), _record_at(event_t), _record_at(stat_t)
window_at, trace_at = _record_at(window_t), _record_at(L.trace_t)
load_i8, store_i8 = _scalar_at(types.int64, 8, False)
load_i4, store_i4 = _scalar_at(types.int32, 4, False)
load_f8, _store_f8 = _scalar_at(types.float64, 8, True)


# --- random numbers -------------------------------------------------------------------------------
@nb.njit(**INNER)
def mix64(z):
    z = (z ^ (z >> S30)) * MIX1
    z = (z ^ (z >> S27)) * MIX2
    return z ^ (z >> S31)


@nb.njit(**INNER)
def hash2(a, b):
    return mix64((np.uint64(a) ^ (np.uint64(b) * GOLDEN)) + GOLDEN)


@nb.njit(**INNER)
def draw(F):
    """Next uniform of a record's stream, in (0, 1)."""
    F.rng = F.rng + GOLDEN
    return (np.float64(mix64(F.rng) >> S12) + 0.5) * 2.220446049250313e-16  # 2^-52


@nb.njit(**INNER)
def below(F, n):
    return np.int64(draw(F) * n)


@nb.njit(**INNER)
def sample(S, d, F, slow):
    """A time from distribution row d, in ns."""
    D = dist_at(state_at(S, 0).dist, d)
    kind = D.kind
    if kind == L.DIST_EXP:
        x = -D.mean * math.log(draw(F))
    elif kind == L.DIST_CONST:
        x = D.mean
    elif kind == L.DIST_LOGNORMAL:
        u1 = draw(F)
        u2 = draw(F)
        x = math.exp(D.p0 + D.p1 * math.sqrt(-2.0 * math.log(u1)) * math.cos(2.0 * math.pi * u2))
    elif kind == L.DIST_HYPER2:
        mean = D.p1 if draw(F) < D.p0 else D.p2
        x = -mean * math.log(draw(F))
    elif kind == L.DIST_ERLANG:
        stages = np.int64(D.p0)
        total = 0.0
        for _ in range(stages):
            total += math.log(draw(F))
        x = -(D.mean / D.p0) * total
    else:
        x = D.p0 + (D.p1 - D.p0) * draw(F)
    return np.int64(x * slow)


# --- event queue: 4-ary heap ordered by (time, sequence) ------------------------------------------
@nb.njit(**INNER)
def schedule(S, t, ident):
    st = state_at(S, 0)
    heap = st.heap
    key = (st.seq << ID_BITS) | ident
    st.seq += 1
    i = st.n_heap
    st.n_heap = i + 1
    while i > 0:
        p = (i - 1) >> 2
        P = event_at(heap, p)
        pt = P.t
        if pt < t or (pt == t and P.key < key):
            break
        E = event_at(heap, i)
        E.t = pt
        E.key = P.key
        i = p
    E = event_at(heap, i)
    E.t = t
    E.key = key


@nb.njit(**INNER)
def drop_first(S):
    """Remove the earliest event (its fields were read before)."""
    st = state_at(S, 0)
    heap = st.heap
    n = st.n_heap - 1
    st.n_heap = n
    if n == 0:
        return
    last = event_at(heap, n)
    lt = last.t
    lk = last.key
    i = 0
    while True:
        c = (i << 2) + 1
        if c >= n:
            break
        m = c
        M = event_at(heap, c)
        mt = M.t
        mk = M.key
        end = min(c + 4, n)
        for k in range(c + 1, end):
            K = event_at(heap, k)
            kt = K.t
            if kt < mt or (kt == mt and K.key < mk):
                m = k
                mt = kt
                mk = K.key
        if lt < mt or (lt == mt and lk < mk):
            break
        E = event_at(heap, i)
        E.t = mt
        E.key = mk
        i = m
    E = event_at(heap, i)
    E.t = lt
    E.key = lk


# --- frames ---------------------------------------------------------------------------------------
@nb.njit(**INNER)
def new_frame(S):
    st = state_at(S, 0)
    f = st.free
    if f != NONE:
        st.free = frame_at(st.frame, f).next
    else:
        f = st.n_frames
        st.n_frames = f + 1
    st.live_frames += 1
    if st.live_frames > st.max_live:
        st.max_live = st.live_frames
    F = frame_at(st.frame, f)
    F.attempt = 0
    F.pending = 0
    F.outcome = 0
    F.fail = 0
    F.miss = 0
    F.hit_group = NONE
    F.orphan = 0
    F.next = NONE
    F.in_lane = 0
    F.pool = NONE
    F.replica = NONE
    F.group = NONE
    return f


@nb.njit(**INNER)
def free_frame(S, f):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.state = ST_FREE
    F.next = np.int32(st.free)
    st.free = f
    st.live_frames -= 1


@nb.njit(**INNER)
def make_ready(S, f, how):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.state = how
    F.next = NONE
    if st.ready_tail == NONE:
        st.ready_head = f
    else:
        frame_at(st.frame, st.ready_tail).next = np.int32(f)
    st.ready_tail = f


@nb.njit(**INNER)
def new_attempt(S, parent, c, number):
    """Create attempt `number` of call row c for frame `parent`; it is not yet on any list."""
    st = state_at(S, 0)
    f = new_frame(S)
    P = frame_at(st.frame, parent)
    F = frame_at(st.frame, f)
    P.rng = P.rng + GOLDEN
    F.rng = mix64(P.rng)
    F.parent = np.int32(parent)
    F.call = np.int32(c)
    F.ep = call_at(st.call, c).endpoint
    F.attempt = np.int32(number)
    return f


# --- timeout lanes --------------------------------------------------------------------------------
@nb.njit(**INNER)
def enter_lane(S, f, lane, timeout, now):
    st = state_at(S, 0)
    A = lane_at(st.lane, lane)
    F = frame_at(st.frame, f)
    F.deadline = now + timeout
    F.in_lane = 1
    F.lane_prev = A.tail
    F.lane_next = NONE
    if A.tail == NONE:
        A.head = np.int32(f)
    else:
        frame_at(st.frame, A.tail).lane_next = np.int32(f)
    A.tail = np.int32(f)
    if A.armed == 0:
        A.armed = 1
        schedule(S, F.deadline, st.n_source + lane)


@nb.njit(**INNER)
def leave_lane(S, f):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.in_lane == 0:
        return
    F.in_lane = 0
    A = lane_at(st.lane, call_at(st.call, F.call).lane)
    if F.lane_prev == NONE:
        A.head = F.lane_next
    else:
        frame_at(st.frame, F.lane_prev).lane_next = F.lane_next
    if F.lane_next == NONE:
        A.tail = F.lane_prev
    else:
        frame_at(st.frame, F.lane_next).lane_prev = F.lane_prev


# --- pools ----------------------------------------------------------------------------------------
@nb.njit(**INNER)
def give_slot_back(S, f, now):
    """Return the pool slot frame f holds, to the next in line if there is one."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.pool == NONE:
        return
    P = pool_at(st.pool, F.pool)
    F.pool = NONE
    if P.epoch != F.pool_epoch:
        return
    while P.head != NONE:
        g = P.head
        G = frame_at(st.frame, g)
        P.head = G.next
        if P.head == NONE:
            P.tail = NONE
        if G.state == ST_GONE:
            free_frame(S, g)
            continue
        P.waiting -= 1
        if now >= st.warmup:
            stat_at(st.stat, G.ep).wait_pool += now - G.tq
        make_ready(S, g, ST_SLOT)
        return
    P.in_use -= 1


# --- the life of an attempt -----------------------------------------------------------------------
@nb.njit(**INNER)
def begin(S, f, now):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.t0 = now
    if F.parent == NONE:
        route(S, f, now)
        return
    C = call_at(st.call, F.call)
    if C.timeout > 0:
        enter_lane(S, f, C.lane, C.timeout, now)
    if C.pool != NONE:
        if C.pool_scope == 1:
            p = C.pool + draw_group(S, f, C.group)
        elif C.pool_scope == 2:
            own = replica_at(st.replica, frame_at(st.frame, F.parent).replica).pool
            p = own + C.pool + draw_group(S, f, C.group)
        else:
            p = replica_at(st.replica, frame_at(st.frame, F.parent).replica).pool + C.pool
        P = pool_at(st.pool, p)
        F.pool = np.int32(p)
        F.pool_epoch = P.epoch
        if P.in_use >= P.size:
            F.state = ST_POOLQ
            F.tq = now
            F.next = NONE
            P.waiting += 1
            if P.tail == NONE:
                P.head = np.int32(f)
            else:
                frame_at(st.frame, P.tail).next = np.int32(f)
            P.tail = np.int32(f)
            return
        P.in_use += 1
    route(S, f, now)


@nb.njit(**INNER)
def draw_group(S, f, fixed):
    """The group (0, 1, ..) within the callee's service, noted in the frame as a group row."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    V = service_at(st.service, endpoint_at(st.endpoint, F.ep).service)
    g = np.int64(fixed)
    if g == NONE:
        g = np.int64(0)
        if V.groups > 1:
            g = below(F, V.groups)
    F.group = replica_at(st.replica, V.replica + g * V.per_group).group
    return g


@nb.njit(**INNER)
def choose(S, f, G, balance):
    """A replica row among the group's visible ones (at least one)."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    n = np.int64(G.n_live)
    live = G.live
    if balance == L.LB_ROUND_ROBIN:
        k = G.turn % n
        G.turn += 1
        return np.int64(load_i4(st.live, live + k))
    if n == 1:
        return np.int64(load_i4(st.live, live))
    if balance == L.LB_RANDOM:
        return np.int64(load_i4(st.live, live + below(F, n)))
    if balance == L.LB_P2C:
        i = below(F, n)
        j = below(F, n - 1)
        if j >= i:
            j += 1
        a = np.int64(load_i4(st.live, live + i))
        b = np.int64(load_i4(st.live, live + j))
        A = replica_at(st.replica, a)
        B = replica_at(st.replica, b)
        return b if B.sent < A.sent else a
    k = below(F, n)
    best = np.int64(NONE)
    least = np.int64(0)
    for _ in range(n):
        r = np.int64(load_i4(st.live, live + k))
        R = replica_at(st.replica, r)
        load = R.sent
        if best == NONE or load < least:
            best = r
            least = load
            if load == 0:
                break
        k += 1
        if k == n:
            k = 0
    return best


@nb.njit(**INNER)
def route(S, f, now):
    """Steps 3 to 6 of Begin: pick group and replica, get a worker or wait for one."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    V = service_at(st.service, endpoint_at(st.endpoint, F.ep).service)
    if F.group == NONE:
        if F.parent == NONE:
            F.group = replica_at(st.replica, V.replica).group
        else:
            draw_group(S, f, call_at(st.call, F.call).group)
    G = group_at(st.group, F.group)
    if G.n_live == 0 and F.parent != NONE:
        end(S, f, L.FAILED, False, now)
        return
    r = np.int64(V.replica) if F.parent == NONE else choose(S, f, G, V.balance)
    F.replica = np.int32(r)
    R = replica_at(st.replica, r)
    if F.parent != NONE:
        R.sent += 1
    if R.up == 0:
        if R.silent != 0:
            lose(S, f, now)
        else:
            end(S, f, L.FAILED, False, now)
        return
    if V.limited != 0:
        if R.busy >= V.workers:
            if V.queue != NONE and R.waiting >= V.queue:
                if now >= st.warmup:
                    stat_at(st.stat, F.ep).refused += 1
                end(S, f, L.FAILED, False, now)
                return
            R.waiting += 1
            F.state = ST_WORKQ
            F.tq = now
            F.next = NONE
            if R.q_tail == NONE:
                R.q_head = np.int32(f)
            else:
                frame_at(st.frame, R.q_tail).next = np.int32(f)
            R.q_tail = np.int32(f)
            return
        R.busy += 1
    start(S, f, now)


@nb.njit(**INNER)
def start(S, f, now):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.epoch = replica_at(st.replica, F.replica).epoch
    F.ts = now
    F.pc = endpoint_at(st.endpoint, F.ep).op
    advance(S, f, now)


@nb.njit(**INNER)
def advance(S, f, now):
    """Run the program of a started frame until it blocks or ends."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    while True:
        O = op_at(st.op, F.pc)  # noqa: E741  # the letter of an op, as F is of a frame
        code = O.code
        if code == OP_CPU:
            R = replica_at(st.replica, F.replica)
            V = service_at(st.service, R.service)
            d = sample(S, O.a, F, R.slow)
            F.pc += 1
            if now >= st.warmup:
                stat_at(st.stat, F.ep).busy += d
            if V.limited == 0:
                F.state = ST_DELAY
                schedule(S, now + d, st.base + f)
                return
            if R.cores_busy < V.cores:
                R.cores_busy += 1
                F.state = ST_CPU
                schedule(S, now + d, st.base + f)
                return
            F.dur = d
            F.tq = now
            F.state = ST_COREQ
            F.next = NONE
            if R.c_tail == NONE:
                R.c_head = np.int32(f)
            else:
                frame_at(st.frame, R.c_tail).next = np.int32(f)
            R.c_tail = np.int32(f)
            return
        if code == OP_CALL:
            F.pc += 1
            F.pending = 1
            F.state = ST_CALLING
            make_ready(S, new_attempt(S, f, O.a, 0), ST_BEGIN)
            return
        if code == OP_HIT:
            pc = F.pc + 1
            if F.miss == 0:
                H = cache_at(st.cache, O.a)
                age = now - group_at(st.group, F.hit_group).flushed_at
                row = min(age // H.step, np.int64(H.n) - 1)
                if draw(F) < load_f8(st.hit, H.first + row):
                    pc = O.b
            F.miss = 0
            F.pc = np.int32(pc)
        elif code == OP_CHANCE:
            F.pc = O.a if draw(F) < O.p else np.int32(F.pc + 1)
        elif code == OP_DELAY:
            d = sample(S, O.a, F, 1.0)
            F.pc += 1
            F.state = ST_DELAY
            schedule(S, now + d, st.base + f)
            return
        elif code == OP_PAR:
            F.pc += 1
            F.pending = O.b
            F.state = ST_CALLING
            first = O.a
            for k in range(O.b):
                make_ready(S, new_attempt(S, f, first + k, 0), ST_BEGIN)
            return
        else:
            end(S, f, L.OK, True, now)
            return


@nb.njit(**INNER)
def resume(S, f, now):
    """A started frame continues after a wait: it may be dead, or failed by a child."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    if R.epoch != F.epoch:
        if R.silent != 0 and F.parent != NONE:
            lose(S, f, now)
        else:
            end(S, f, L.FAILED, False, now)
        return
    if F.fail != 0:
        end(S, f, F.fail, True, now)
        return
    advance(S, f, now)


@nb.njit(**INNER)
def lose(S, f, now):
    """Nobody will answer: only the timeout notices; without one the attempt fails."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.orphan != 0:
        free_frame(S, f)
    elif F.parent == NONE or call_at(st.call, F.call).timeout == 0:
        end(S, f, L.FAILED, False, now)
    else:
        F.state = ST_LOST


@nb.njit(**INNER)
def end(S, f, outcome, working, now):
    """The frame is over; `working` says it holds a worker of a living replica."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if working:
        R = replica_at(st.replica, F.replica)
        V = service_at(st.service, R.service)
        if now >= st.warmup:
            stat_at(st.stat, F.ep).held += now - F.ts
        if V.limited != 0:
            g = R.q_head
            if g != NONE:
                G = frame_at(st.frame, g)
                R.q_head = G.next
                if G.next == NONE:
                    R.q_tail = NONE
                R.waiting -= 1
                if now >= st.warmup:
                    stat_at(st.stat, G.ep).wait_worker += now - G.tq
                make_ready(S, g, ST_START)
            else:
                R.busy -= 1
    if F.parent == NONE:
        over(S, f, outcome, now)
        return
    if now >= st.warmup:
        T = stat_at(st.stat, F.ep)
        T.n += 1
        T.latency += now - F.t0
        if outcome == L.OK:
            T.ok += 1
            bump(st.hist + F.ep * (8 * L.HIST_BUCKETS), bucket(now - F.t0))
        elif outcome == L.FAILED:
            T.failed += 1
        else:
            T.timed_out += 1
    if F.orphan != 0:
        free_frame(S, f)
        return
    rtt = call_at(st.call, F.call).rtt
    F.outcome = np.int32(outcome)
    if rtt > 0:
        F.state = ST_REPLY
        schedule(S, now + rtt, st.base + f)
        return
    deliver(S, f, now)


@nb.njit(**INNER)
def deliver(S, f, now):
    leave_lane(S, f)
    give_slot_back(S, f, now)
    answer(S, f, frame_at(state_at(S, 0).frame, f).outcome)
    settle(S, f, now)


@nb.njit(**INNER)
def answer(S, f, outcome):
    frame_at(state_at(S, 0).frame, f).outcome = np.int32(outcome)


@nb.njit(**INNER)
def settle(S, f, now):
    """Tell the caller the attempt's outcome: try again, or count it. Frees the attempt unless it
    is an orphan that still works."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    C = call_at(st.call, F.call)
    p = F.parent
    P = frame_at(st.frame, p)
    outcome = F.outcome
    if F.replica != NONE:
        replica_at(st.replica, F.replica).sent -= 1
    if outcome != L.OK and F.attempt < C.retries:
        alive = replica_at(st.replica, P.replica).epoch == P.epoch
        if alive:
            k = F.attempt
            n = new_attempt(S, p, F.call, k + 1)
            u = draw(frame_at(st.frame, n))
            if C.backoff > 0:
                longest = min(np.float64(C.backoff) * 2.0**k, np.float64(C.backoff_cap))
                frame_at(st.frame, n).state = ST_BACKOFF
                schedule(S, now + np.int64(u * longest), st.base + n)
            else:
                make_ready(S, n, ST_BEGIN)
            if F.orphan == 0:
                free_frame(S, f)
            return
    P.pending -= 1
    if outcome == L.OK:
        P.miss = 0
    elif C.optional != 0:
        P.miss = 1
    else:
        P.fail = outcome
    P.hit_group = F.group
    if P.pending == 0:
        make_ready(S, p, ST_RUN)
    if F.orphan == 0:
        free_frame(S, f)


@nb.njit(**INNER)
def time_out(S, f, now):
    """The attempt's time is up (it has left its lane)."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    answer(S, f, L.TIMED_OUT)
    if F.state == ST_POOLQ:
        P = pool_at(st.pool, F.pool)
        P.waiting -= 1
        if now >= st.warmup:
            T = stat_at(st.stat, F.ep)
            T.n += 1
            T.timed_out += 1
            T.wait_pool += now - F.tq
        F.orphan = 1
        settle(S, f, now)
        F.state = ST_GONE  # its place in the pool's line is skipped and freed later
        return
    if F.state == ST_LOST:
        give_slot_back(S, f, now)
        if now >= st.warmup:
            T = stat_at(st.stat, F.ep)
            T.n += 1
            T.timed_out += 1
        settle(S, f, now)
        return
    F.orphan = 1
    give_slot_back(S, f, now)
    settle(S, f, now)


# --- requests -------------------------------------------------------------------------------------
@nb.njit(**INNER)
def bucket(v):
    """Histogram bucket of a duration in ns."""
    if v < 1 << L.HIST_LOW:
        return v >> (L.HIST_LOW - 6) if v > 0 else np.int64(0)
    e = 63 - leading_zeros(v)
    b = (e - L.HIST_LOW + 1) * L.HIST_SUB + ((v >> (e - 6)) & (L.HIST_SUB - 1))
    return min(b, np.int64(L.HIST_BUCKETS - 1))


@nb.njit(**INNER)
def bump(address, k):
    store_i8(address, k, load_i8(address, k) + 1)


@nb.njit(**INNER)
def over(S, f, outcome, now):
    """A request is over: count it by the window it started in."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    source_at(st.source, F.call).in_flight -= 1
    st.in_flight -= 1
    slot = load_i4(st.slot, F.ep)
    w = min(F.t0 // st.window_ns, st.n_windows - 1) * st.n_roots + slot
    W = window_at(st.window, w)
    if outcome == L.OK:
        st.ok += 1
        W.ok += 1
        W.latency += now - F.t0
        base = st.whist + w * (4 * L.HIST_BUCKETS)
        k = bucket(now - F.t0)
        store_i4(base, k, np.int32(load_i4(base, k) + 1))
    elif outcome == L.FAILED:
        st.failed += 1
        W.failed += 1
    else:
        st.timed_out += 1
        W.timed_out += 1
    if st.cap_trace > 0:
        T = trace_at(st.trace, st.n_trace)
        T.source = F.call
        T.root = F.ep
        T.serial = F.serial
        T.start = F.t0
        T.end = now
        T.outcome = outcome
        st.n_trace += 1
    free_frame(S, f)


@nb.njit(**INNER)
def intensity(S, k):
    """Rate per ns at which source k's events come in its present segment."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    factor = segment_at(st.segment, Q.segment + Q.current).factor
    return Q.users * factor / Q.think if Q.closed != 0 else Q.rate * factor


@nb.njit(**INNER)
def schedule_source(S, k, now):
    """Put source k's next event: a candidate, or the turn into its next segment."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    r = intensity(S, k)
    more = Q.current + 1 < Q.segments
    turn = segment_at(st.segment, Q.segment + Q.current + 1).start if more else np.int64(0)
    if r <= 0.0:
        if more:
            Q.turning = 1
            schedule(S, turn, k)
        return
    t = now + np.int64(-math.log(draw(Q)) / r)
    if more and t >= turn:
        Q.turning = 1
        schedule(S, turn, k)
        return
    schedule(S, t, k)


@nb.njit(**INNER)
def source_event(S, k, now):
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    if Q.turning != 0:
        Q.turning = 0
        Q.current += 1
        schedule_source(S, k, now)
        return
    if Q.closed != 0:
        users = Q.users * segment_at(st.segment, Q.segment + Q.current).factor
        if not draw(Q) * users < users - Q.in_flight:
            schedule_source(S, k, now)
            return
    u = draw(Q)
    m = Q.mix
    last = Q.mix + Q.n_mix - 1
    while m < last and u >= mix_at(st.mix, m).upto:
        m += 1
    f = new_frame(S)
    F = frame_at(st.frame, f)
    F.parent = NONE
    F.call = np.int32(k)
    F.ep = np.int32(mix_at(st.mix, m).root)
    F.serial = Q.serial
    F.rng = hash2(Q.stream, Q.serial)
    F.t0 = now
    Q.serial += 1
    Q.in_flight += 1
    st.in_flight += 1
    st.started += 1
    w = min(now // st.window_ns, st.n_windows - 1) * st.n_roots + load_i4(st.slot, F.ep)
    window_at(st.window, w).started += 1
    make_ready(S, f, ST_BEGIN)
    schedule_source(S, k, now)


# --- faults ---------------------------------------------------------------------------------------
@nb.njit(**INNER)
def kill(S, r, silent, now):
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    R.up = 0
    R.silent = np.int32(silent)
    R.epoch += 1
    R.busy = 0
    R.waiting = 0
    R.cores_busy = 0
    f = R.q_head
    R.q_head = NONE
    R.q_tail = NONE
    while f != NONE:
        n = frame_at(st.frame, f).next
        if silent:
            lose(S, f, now)
        else:
            end(S, f, L.FAILED, False, now)
        f = n
    f = R.c_head
    R.c_head = NONE
    R.c_tail = NONE
    while f != NONE:
        n = frame_at(st.frame, f).next
        make_ready(S, f, ST_RUN)
        f = n
    for p in range(R.pool, R.pool + R.pools):
        P = pool_at(st.pool, p)
        P.epoch += 1
        P.in_use = 0
        P.waiting = 0
        f = P.head
        P.head = NONE
        P.tail = NONE
        while f != NONE:
            F = frame_at(st.frame, f)
            n = F.next
            if F.state != ST_GONE:
                leave_lane(S, f)
                caller = F.parent
                C = frame_at(st.frame, caller)
                C.pending -= 1
                if C.pending == 0:
                    make_ready(S, caller, ST_RUN)
            free_frame(S, f)
            f = n


@nb.njit(**INNER)
def refresh_live(S, r):
    """Rebuild the visible list of replica r's group, ascending."""
    st = state_at(S, 0)
    g = replica_at(st.replica, r).group
    G = group_at(st.group, g)
    V = service_at(st.service, G.service)
    first = replica_at(st.replica, r).group - group_first(S, G.service)
    lo = V.replica + first * V.per_group
    n = 0
    for k in range(lo, lo + V.per_group):
        if replica_at(st.replica, k).visible != 0:
            store_i4(st.live, G.live + n, np.int32(k))
            n += 1
    G.n_live = np.int32(n)


@nb.njit(**INNER)
def group_first(S, v):
    """First group row of service v."""
    st = state_at(S, 0)
    return replica_at(st.replica, service_at(st.service, v).replica).group


@nb.njit(**INNER)
def fault_event(S, i, now):
    st = state_at(S, 0)
    X = fault_at(st.fault, i)
    r = X.replica
    R = replica_at(st.replica, r)
    if X.action == L.FAULT_DOWN:
        kill(S, r, X.x != 0.0, now)
    elif X.action == L.FAULT_UP:
        R.up = 1
    elif X.action == L.FAULT_HIDE:
        R.visible = 0
        refresh_live(S, r)
    elif X.action == L.FAULT_SHOW:
        R.visible = 1
        refresh_live(S, r)
    elif X.action == L.FAULT_SLOW:
        R.slow = X.x
    else:
        group_at(st.group, R.group).flushed_at = now


# --- the loop -------------------------------------------------------------------------------------
@nb.njit(**INNER)
def lane_event(S, lane, now):
    st = state_at(S, 0)
    A = lane_at(st.lane, lane)
    A.armed = 0
    while A.head != NONE and frame_at(st.frame, A.head).deadline <= now:
        f = np.int64(A.head)
        leave_lane(S, f)
        time_out(S, f, now)
    if A.head != NONE:
        A.armed = 1
        schedule(S, frame_at(st.frame, A.head).deadline, st.n_source + lane)


@nb.njit(**INNER)
def frame_event(S, f, now):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    s = F.state
    if s == ST_CPU:
        R = replica_at(st.replica, F.replica)
        if F.epoch == R.epoch:
            g = R.c_head
            if g != NONE:
                G = frame_at(st.frame, g)
                R.c_head = G.next
                if G.next == NONE:
                    R.c_tail = NONE
                if now >= st.warmup:
                    stat_at(st.stat, G.ep).wait_core += now - G.tq
                G.state = ST_CPU
                schedule(S, now + G.dur, st.base + g)
            else:
                R.cores_busy -= 1
        make_ready(S, f, ST_RUN)
    elif s == ST_DELAY:
        make_ready(S, f, ST_RUN)
    elif s == ST_REPLY:
        if F.orphan != 0:
            free_frame(S, f)
        else:
            deliver(S, f, now)
    elif s == ST_BACKOFF:
        make_ready(S, f, ST_BEGIN)


@nb.njit(**INNER)
def run_ready(S, now):
    st = state_at(S, 0)
    while st.ready_head != NONE:
        f = st.ready_head
        F = frame_at(st.frame, f)
        st.ready_head = np.int64(F.next)
        if F.next == NONE:
            st.ready_tail = NONE
        F.next = NONE
        s = F.state
        if s == ST_RUN:
            resume(S, f, now)
        elif s == ST_BEGIN:
            begin(S, f, now)
        elif s == ST_START:
            start(S, f, now)
        elif s == ST_SLOT:
            route(S, f, now)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def prime(S):
    """Schedule what is known at time 0: each source's first event, then the faults."""
    st = state_at(S, 0)
    for k in range(st.n_source):
        schedule_source(S, k, np.int64(0))
    for i in range(st.n_fault):
        schedule(S, fault_at(st.fault, i).at, st.n_source + st.n_lane + i)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def run(S):
    """Handle events up to and including time `stop`. Returns DONE, FULL or TRACE_FULL."""
    st = state_at(S, 0)
    while st.n_heap > 0:
        E = event_at(st.heap, 0)
        now = E.t
        if now > st.stop:
            break
        if st.live_frames * 2 > st.cap_frames:
            return FULL
        if st.cap_trace > 0 and st.n_trace * 2 > st.cap_trace:
            return TRACE_FULL
        ident = E.key & ID_MASK
        drop_first(S)
        st.now = now
        st.events += 1
        if ident >= st.base:
            frame_event(S, ident - st.base, now)
        elif ident < st.n_source:
            source_event(S, ident, now)
        elif ident < st.n_source + st.n_lane:
            lane_event(S, ident - st.n_source, now)
        else:
            fault_event(S, ident - st.n_source - st.n_lane, now)
        if st.ready_head != NONE:
            run_ready(S, now)
    return DONE
