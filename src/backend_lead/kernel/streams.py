"""Streams: publishing, waking partitions, batches under way, and who owns a partition."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import below, hash2
from backend_lead.kernel.frames import free_frame, make_ready, new_frame
from backend_lead.kernel.joins import begin_anew
from backend_lead.kernel.keys import PARTITION_HASH, by_key
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_AGAIN,
    ST_BEGIN,
    ST_WAKING,
    endpoint_at,
    frame_at,
    group_at,
    leading_zeros,
    load_i4,
    load_i8,
    partition_at,
    replica_at,
    service_at,
    state_at,
    store_i4,
    store_i8,
    stream_at,
    stream_window_at,
)
from backend_lead.kernel.queue import schedule


@nb.njit(**INNER)
def bucket(v):
    """Histogram bucket of a duration in ns."""
    if v < 1 << L.HIST_LOW:
        return v >> (L.HIST_LOW - L.HIST_BITS) if v > 0 else np.int64(0)
    e = 63 - leading_zeros(v)
    b = (e - L.HIST_LOW + 1) * L.HIST_SUB + ((v >> (e - L.HIST_BITS)) & (L.HIST_SUB - 1))
    return min(b, np.int64(L.HIST_BUCKETS - 1))


@nb.njit(**INNER)
def window_of(S, k, now):
    """Row of stream k's window at a time."""
    st = state_at(S, 0)
    return min(now // st.window_ns, st.n_windows - 1) * st.n_stream + k


@nb.njit(**INNER)
def publish(S, f, k, now):
    """Append the frame's messages to stream k."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    K = stream_at(st.stream, k)
    stream_window_at(st.swindow, window_of(S, k, now)).published += F.count
    for _ in range(F.count):
        p = np.int64(K.first)
        if K.by_key != 0 and F.key != NONE:
            p += by_key(S, f, PARTITION_HASH, np.int64(K.partitions))
        elif K.partitions > 1:
            p += below(F, K.partitions)
        P = partition_at(st.partition, p)
        if P.published - P.taken >= P.room:
            st.full = 1
            return
        store_i8(st.ring, P.ring + P.published % P.room, now)
        P.published += 1
        wake(S, p)


@nb.njit(**INNER)
def wake(S, p):
    """Start as many batches of partition p as it may have under way, unless it stands still."""
    st = state_at(S, 0)
    P = partition_at(st.partition, p)
    if st.now < P.until:
        return
    K = stream_at(st.stream, P.stream)
    while P.under_way < K.slots and P.taken < P.published:
        f = new_frame(S)
        F = frame_at(st.frame, f)
        F.parent = NONE
        F.call = NONE
        F.ep = K.endpoint
        F.part = np.int32(p)
        F.rng = hash2(K.rng, K.serial)
        K.serial += 1
        F.count = min(np.int64(K.batch), P.published - P.taken)
        F.t0 = load_i8(st.ring, P.ring + P.taken % P.room)
        P.taken += F.count
        P.under_way += 1
        make_ready(S, f, ST_BEGIN)


@nb.njit(**INNER)
def batch_over(S, f, outcome, now):
    """A batch is done or given up, or is tried again after a pause."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    p = np.int64(F.part)
    P = partition_at(st.partition, p)
    k = np.int64(P.stream)
    K = stream_at(st.stream, k)
    W = stream_window_at(st.swindow, window_of(S, k, now))
    if outcome != L.OK:
        F.attempt += 1
        if K.tries > 0 and F.attempt >= K.tries:
            K.dead += F.count
            W.dead += F.count
            W.behind = max(W.behind, now - F.t0)
            P.under_way -= 1
            return True
        W.again += F.count
        begin_anew(F)
        F.state = ST_AGAIN
        schedule(S, now + K.backoff, st.base + f)
        return False
    W.done += F.count
    W.behind = max(W.behind, now - F.t0)
    base = st.shist + window_of(S, k, F.t0) * (4 * L.HIST_BUCKETS)
    b = bucket(now - F.t0)
    store_i4(base, b, np.int32(load_i4(base, b) + F.count))
    P.under_way -= 1
    return True


@nb.njit(**APART)
def new_owners(S, v):
    """Share the partitions consumed by service v among its visible replicas."""
    st = state_at(S, 0)
    V = service_at(st.service, v)
    G = group_at(st.group, replica_at(st.replica, V.replica).group)
    if G.n_live == 0:
        return
    for k in range(st.n_stream):
        K = stream_at(st.stream, k)
        if endpoint_at(st.endpoint, K.endpoint).service == v:
            changed = False
            for i in range(K.partitions):
                P = partition_at(st.partition, K.first + i)
                owner = load_i4(st.live, G.live + i % G.n_live)
                if P.owner != owner:
                    changed = True
                    if K.pause > 0 and K.all_pause == 0:
                        stand_still(S, np.int64(K.first) + i)
                P.owner = owner
            if changed and K.pause > 0 and K.all_pause != 0:
                for i in range(K.partitions):
                    stand_still(S, np.int64(K.first) + i)


@nb.njit(**APART)
def stand_still(S, p):
    """Partition p changes hands, or others of its stream do: it starts nothing for a while."""
    st = state_at(S, 0)
    P = partition_at(st.partition, p)
    pause = stream_at(st.stream, P.stream).pause
    P.until = st.now + pause
    f = new_frame(S)
    F = frame_at(st.frame, f)
    F.part = np.int32(p)
    F.state = ST_WAKING
    schedule(S, P.until, st.base + f)


@nb.njit(**APART)
def waking(S, f):
    """The pause that event frame f stands for is over; the partition may have a later one."""
    p = np.int64(frame_at(state_at(S, 0).frame, f).part)
    free_frame(S, f)
    wake(S, p)
