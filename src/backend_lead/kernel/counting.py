"""Counting requests and attempts: windows by start time, log-bucketed histograms."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.follow_ups import follow_up
from backend_lead.kernel.frames import free_frame
from backend_lead.kernel.links import opened
from backend_lead.kernel.memory import (
    INNER,
    NONE,
    frame_at,
    load_i4,
    load_i8,
    source_at,
    stat_at,
    state_at,
    store_i4,
    store_i8,
    trace_at,
    window_at,
)
from backend_lead.kernel.streams import batch_over, bucket, wake


@nb.njit(**INNER)
def bump(address, k):
    store_i8(address, k, load_i8(address, k) + 1)


@nb.njit(**INNER)
def count_refused(S, f):
    """A limiter at the door refuses a request; that it failed is counted when it is over."""
    st = state_at(S, 0)
    window_at(st.window, np.int64(frame_at(st.frame, f).window)).refused += 1


@nb.njit(**INNER)
def over(S, f, outcome, now):
    """A request is over: count it by the window it started in. Or a batch is."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.part != NONE:
        if now >= st.warmup:
            T = stat_at(st.stat, F.ep)
            T.n += 1
            if outcome == L.OK:
                T.ok += 1
            else:
                T.failed += 1
        p = np.int64(F.part)
        if batch_over(S, f, outcome, now):
            free_frame(S, f)
            wake(S, p)
        return
    source_at(st.source, F.call).in_flight -= 1
    st.in_flight -= 1
    w = np.int64(F.window)
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
    if st.rich != 0:
        follow_up(S, f, outcome, now)
    k = np.int64(F.link)
    r = np.int64(F.hit_replica)
    free_frame(S, f)
    if k != NONE:
        opened(S, k, r, outcome, now)
