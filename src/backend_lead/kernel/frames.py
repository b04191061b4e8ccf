"""Frames, the ready list, timeout lanes and connection pools."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.chance import mix64
from backend_lead.kernel.layout import SAME
from backend_lead.kernel.memory import (
    APART,
    GOLDEN,
    INNER,
    NONE,
    ST_FREE,
    ST_GONE,
    ST_SLOT,
    call_at,
    endpoint_at,
    frame_at,
    lane_at,
    load_i4,
    pool_at,
    replica_at,
    service_at,
    stat_at,
    state_at,
    window_at,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import close_span, note_pool_wait, sample_attempt


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
    F.next = NONE
    F.replica = NONE
    F.group = NONE
    F.pool = NONE
    F.hit_group = NONE
    F.hit_replica = NONE
    F.part = NONE
    F.link = NONE
    F.circuit = NONE
    F.mate = NONE
    F.pending = 0
    F.outcome = 0
    F.fail = 0
    F.miss = 0
    F.orphan = 0
    F.in_lane = 0
    F.due = 0
    F.attempt = 0
    F.window = 0
    F.count = 1
    if st.rich != 0:
        enrich(F)
    return f


@nb.njit(**INNER)
def enrich(F):
    """Set what only a rich program needs, but for `gen`."""
    F.lock = NONE
    F.key = NONE
    F.fetch = NONE
    F.drawer = NONE
    F.span = NONE
    F.child = NONE
    F.rank = 1
    F.need = 0
    F.got = 0
    F.hedge = 0
    F.more = 0
    F.waited = 0


@nb.njit(**INNER)
def free_frame(S, f):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.state = ST_FREE
    if st.rich != 0:
        close_span(S, f, NONE, st.now)
        F.gen += 1
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


@nb.njit(**APART)
def take_group(S, F, P):
    """Give an attempt the group that its caller's replica has within its own service."""
    st = state_at(S, 0)
    home = service_at(st.service, endpoint_at(st.endpoint, P.ep).service)
    away = service_at(st.service, endpoint_at(st.endpoint, F.ep).service)
    own = replica_at(st.replica, P.replica).group - replica_at(st.replica, home.replica).group
    F.group = np.int32(replica_at(st.replica, away.replica).group + own)


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
    F.count = P.count
    if st.rich != 0:
        F.join = P.gen
        F.window = np.int32(replica_at(st.replica, P.replica).zone)
        rank = endpoint_at(st.endpoint, F.ep).rank
        F.rank = rank if rank != 0 else P.rank
        F.key = P.key
        if call_at(st.call, c).group == SAME:
            take_group(S, F, P)
        sample_attempt(S, f, st.now)
    return f


@nb.njit(**INNER)
def count_started(S, f, now):
    """Count a request in the window it starts in, and note the row that counts it."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if now >= st.window_end:
        st.window_now = min(now // st.window_ns, st.n_windows - 1)
        st.window_end = (st.window_now + 1) * st.window_ns
    w = st.window_now * st.n_roots + load_i4(st.slot, F.ep)
    F.window = np.int32(w)
    window_at(st.window, w).started += 1


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
        if st.rich != 0:
            note_pool_wait(S, g, now - G.tq)
        make_ready(S, g, ST_SLOT)
        return
    P.in_use -= 1
