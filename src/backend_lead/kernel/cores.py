"""Core time of rich programs: stretched by what is in progress, on hosts, on cores that freeze."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.hosts import enter_host
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_COREQ,
    ST_CPU,
    ST_DELAY,
    frame_at,
    replica_at,
    service_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import note_busy, note_core_wait
from backend_lead.kernel.times import lasts


@nb.njit(**INNER)
def occupy(S, f, d, now):
    """Frame f has got a core, for d ns."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.state = ST_CPU
    since = now
    if st.rich != 0:
        R = replica_at(st.replica, F.replica)
        F.dur = R.frozen
        if R.until > now:
            since = R.until
            if now >= st.warmup:
                stat_at(st.stat, F.ep).wait_core += since - now
            note_core_wait(S, f, since - now)
    schedule(S, since + d, st.base + f)


@nb.njit(**APART)
def work(S, f, dist, now):
    """OP_CPU in a rich program."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    V = service_at(st.service, R.service)
    x = lasts(S, dist, F) * R.slow
    if V.stretched != 0:
        n = np.float64(R.busy)
        x = x * (1.0 + V.contention * (n - 1.0) + V.coherency * n * (n - 1.0))
    d = np.int64(x) * F.count
    V.work += d
    F.pc += 1
    if now >= st.warmup:
        stat_at(st.stat, F.ep).busy += d
    note_busy(S, f, d)
    if R.host != NONE:
        enter_host(S, f, d, now)
    elif V.limited == 0:
        F.state = ST_DELAY
        schedule(S, now + d, st.base + f)
    elif R.cores_busy < V.cores:
        R.cores_busy += 1
        occupy(S, f, d, now)
    else:
        wait_for_core(S, f, d, now)


@nb.njit(**INNER)
def wait_for_core(S, f, d, now):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    F.dur = d
    F.tq = now
    F.state = ST_COREQ
    F.next = NONE
    if R.c_tail == NONE:
        R.c_head = np.int32(f)
    else:
        frame_at(st.frame, R.c_tail).next = np.int32(f)
    R.c_tail = np.int32(f)


@nb.njit(**APART)
def stood_still(S, f, now):
    """Whether the core of frame f was frozen in the time now over: it goes on by as much."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    if F.epoch != R.epoch or R.frozen <= F.dur:
        return False
    more = R.frozen - F.dur
    F.dur = R.frozen
    if now >= st.warmup:
        stat_at(st.stat, F.ep).wait_core += more
    note_core_wait(S, f, more)
    schedule(S, now + more, st.base + f)
    return True


@nb.njit(**INNER)
def freeze(S, r, x, now):
    """The cores of replica r stand still for x ns from now on."""
    R = replica_at(state_at(S, 0).replica, r)
    since = max(now, R.until)
    R.until = max(R.until, now + x)
    R.frozen += max(np.int64(0), R.until - since)
