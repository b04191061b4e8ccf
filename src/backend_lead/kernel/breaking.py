"""Faults: replicas go down and up, are hidden and shown, slowed; caches are flushed."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.control import show
from backend_lead.kernel.cores import freeze
from backend_lead.kernel.frames import free_frame, leave_lane, make_ready
from backend_lead.kernel.hedges import missed
from backend_lead.kernel.hosts import leave_host
from backend_lead.kernel.lines import first_in_line
from backend_lead.kernel.links import lose_connections
from backend_lead.kernel.memory import (
    APART,
    NONE,
    ST_GONE,
    ST_RUN,
    controller_at,
    fault_at,
    frame_at,
    group_at,
    hop_at,
    link_at,
    log_at,
    pool_at,
    replica_at,
    service_at,
    state_at,
)
from backend_lead.kernel.running import fail, lose


@nb.njit(**APART)
def kill(S, r, silent, now):
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    R.up = 0
    R.silent = np.int32(silent)
    R.epoch += 1
    R.lives += 1
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
            fail(S, f, np.int64(L.FAILED), False, now)
        f = n
    if st.rich != 0:
        kill_lines(S, r, silent, now)
    f = R.c_head
    R.c_head = NONE
    R.c_tail = NONE
    while f != NONE:
        n = frame_at(st.frame, f).next
        make_ready(S, f, ST_RUN)
        f = n
    if st.rich != 0:
        leave_host(S, r, now)
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
                if st.rich == 0 or missed(S, f):
                    caller = F.parent
                    C = frame_at(st.frame, caller)
                    C.pending -= 1
                    if C.pending == 0:
                        make_ready(S, caller, ST_RUN)
            free_frame(S, f)
            f = n


@nb.njit(**APART)
def kill_lines(S, r, silent, now):
    """Those who wait in the lines of ranks of a replica that was killed."""
    f = first_in_line(S, r)
    while f != NONE:
        if silent:
            lose(S, f, now)
        else:
            fail(S, f, np.int64(L.FAILED), False, now)
        f = first_in_line(S, r)


@nb.njit(**APART)
def link_spread(S, v):
    """Over how long the clients of service v come back (ns); 0 where it holds no connections."""
    st = state_at(S, 0)
    k = service_at(st.service, v).link
    return np.int64(0) if k == NONE else link_at(st.link, k).spread


@nb.njit(**APART)
def fault_event(S, i, now):
    st = state_at(S, 0)
    X = fault_at(st.fault, i)
    r = X.replica
    R = replica_at(st.replica, r)
    if X.action == L.FAULT_DOWN:
        kill(S, r, X.x != 0.0, now)
        lose_connections(S, r, link_spread(S, R.service), now)
    elif X.action == L.FAULT_UP:
        R.up = 1
    elif X.action == L.FAULT_HIDE:
        show(S, r, 0, now)
    elif X.action == L.FAULT_SHOW:
        R.out = 0
        show(S, r, 1, now)
    elif X.action == L.FAULT_SLOW:
        R.slow = X.x
    elif X.action == L.FAULT_DRAIN:
        lose_connections(S, r, np.int64(X.x), now)
    elif X.action == L.FAULT_LEAST:
        controller_at(st.controller, X.row).least = np.int32(X.x)
    elif X.action == L.FAULT_FLUSH:
        group_at(st.group, R.group).flushed_at = now
    elif X.action == L.FAULT_ERRORS:
        R.errors = X.x
    elif X.action == L.FAULT_FREEZE:
        freeze(S, r, np.int64(X.x), now)
    elif X.action == L.FAULT_CUT:
        hop_at(st.hop, X.row).cut = np.int64(X.x)
    elif X.action == L.FAULT_LOSS:
        hop_at(st.hop, X.row).loss = X.x
    elif X.action == L.FAULT_LAG:
        hop_at(st.hop, X.row).rtt += np.int64(X.x)
    elif X.action == L.FAULT_BEHIND:
        log_at(st.log, X.row).lag = np.int64(X.x)
