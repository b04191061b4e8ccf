"""Hosts: cores that the jobs of several replicas share evenly. Their jobs wait in a pairing heap.

Source of the heap: Fredman, Sedgewick, Sleator, Tarjan, Algorithmica 1 (1986).
"""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.frames import make_ready
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_HOSTED,
    ST_RUN,
    frame_at,
    host_at,
    load_f8,
    replica_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import note_core_wait

FURTHEST = 4.0e18  # ns; an event so far away is never handled, and `now` can be added to it


@nb.njit(**INNER)
def speed(S, h):
    """How fast host h works on each of its jobs; it has at least one."""
    st = state_at(S, 0)
    H = host_at(st.host, h)
    n = np.int64(H.jobs)
    m = np.int64(H.n)
    if n <= m:
        return load_f8(st.speed, H.speed + n - 1)
    return load_f8(st.speed, H.speed + m - 1) * m / n


@nb.njit(**INNER)
def bring_up(S, h, now):
    H = host_at(state_at(S, 0).host, h)
    if H.jobs > 0:
        H.v += np.float64(now - H.since) * speed(S, h)
    H.since = now


@nb.njit(**INNER)
def aim(S, h, now):
    """Let the event come at which the first job is done."""
    st = state_at(S, 0)
    H = host_at(st.host, h)
    if H.jobs == 0:
        H.v = 0.0
        H.due = NONE
        return
    if st.n_heap >= st.cap_frames:  # events that no longer count pile up before a very long job
        st.full = 1
        return
    left = (frame_at(st.frame, H.root).finish - H.v) / speed(S, h)
    H.due = st.seq
    wait = np.int64(min(np.ceil(max(left, 0.0)), FURTHEST))
    schedule(S, now + wait, st.base - st.n_host + h)


@nb.njit(**INNER)
def meld(S, a, b):
    """Make one heap of two; gives its root."""
    st = state_at(S, 0)
    if a == NONE:
        return b
    if b == NONE:
        return a
    A = frame_at(st.frame, a)
    B = frame_at(st.frame, b)
    if B.finish < A.finish or (B.finish == A.finish and B.dur < A.dur):
        A.next = B.child
        B.child = np.int32(a)
        return b
    B.next = A.child
    A.child = np.int32(b)
    return a


@nb.njit(**APART)
def without_root(S, f):
    """The heap below frame f, which leaves: pairs of children, then all of these, last first."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    a = np.int64(F.child)
    F.child = NONE
    pairs = np.int64(NONE)
    while a != NONE:
        A = frame_at(st.frame, a)
        b = np.int64(A.next)
        A.next = NONE
        rest = np.int64(NONE)
        if b != NONE:
            B = frame_at(st.frame, b)
            rest = np.int64(B.next)
            B.next = NONE
        a = meld(S, a, b)
        frame_at(st.frame, a).next = np.int32(pairs)
        pairs = a
        a = rest
    root = np.int64(NONE)
    while pairs != NONE:
        P = frame_at(st.frame, pairs)
        after = np.int64(P.next)
        P.next = NONE
        root = meld(S, root, pairs)
        pairs = after
    return root


@nb.njit(**APART)
def enter_host(S, f, d, now):
    """Frame f has d ns of work for its replica's host."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    h = np.int64(replica_at(st.replica, F.replica).host)
    bring_up(S, h, now)
    H = host_at(st.host, h)
    F.finish = H.v + d
    F.dur = H.entered
    F.tq = now + d
    F.state = ST_HOSTED
    F.child = NONE
    F.next = NONE
    root = np.int64(H.root) if H.jobs > 0 else np.int64(NONE)
    H.entered += 1
    H.jobs += 1
    H.root = np.int32(meld(S, root, f))
    aim(S, h, now)


@nb.njit(**APART)
def leave(S, h, now):
    """The first job of host h leaves."""
    st = state_at(S, 0)
    H = host_at(st.host, h)
    f = np.int64(H.root)
    H.root = np.int32(without_root(S, f))
    H.jobs -= 1
    F = frame_at(st.frame, f)
    if now > F.tq:
        if now >= st.warmup:
            stat_at(st.stat, F.ep).wait_core += now - F.tq
        note_core_wait(S, f, now - F.tq)
    make_ready(S, f, ST_RUN)


@nb.njit(**APART)
def host_event(S, h, number, now):
    """The first job of host h is done, if the event still counts; those done with it too."""
    st = state_at(S, 0)
    H = host_at(st.host, h)
    if number != H.due:
        return
    bring_up(S, h, now)
    leave(S, h, now)
    while H.jobs > 0 and frame_at(st.frame, H.root).finish <= H.v:
        leave(S, h, now)
    aim(S, h, now)


@nb.njit(**APART)
def leave_host(S, r, now):
    """Replica r is killed: its jobs leave its host, in the order in which they would be done."""
    st = state_at(S, 0)
    h = np.int64(replica_at(st.replica, r).host)
    if h == NONE:
        return
    H = host_at(st.host, h)
    if H.jobs == 0:
        return
    jobs = np.int64(H.jobs)
    stay = np.int64(NONE)  # the others', linked by `next`
    left = 0
    f = np.int64(H.root)
    while f != NONE:
        rest = without_root(S, f)
        F = frame_at(st.frame, f)
        if F.replica == r:
            make_ready(S, f, ST_RUN)
            left += 1
        else:
            F.next = np.int32(stay)
            stay = f
        f = rest
    if left > 0:
        bring_up(S, h, now)
    root = np.int64(NONE)
    while stay != NONE:
        F = frame_at(st.frame, stay)
        after = np.int64(F.next)
        F.next = NONE
        root = meld(S, root, stay)
        stay = after
    H.root = np.int32(root)
    H.jobs = jobs - left
    if left > 0:
        aim(S, h, now)
