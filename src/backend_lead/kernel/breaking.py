"""Faults: replicas go down and up, are hidden and shown, slowed; caches are flushed."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.frames import free_frame, leave_lane, make_ready
from backend_lead.kernel.memory import (
    INNER,
    NONE,
    ST_GONE,
    ST_RUN,
    fault_at,
    frame_at,
    group_at,
    pool_at,
    replica_at,
    service_at,
    state_at,
    store_i4,
)
from backend_lead.kernel.running import end, lose


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
