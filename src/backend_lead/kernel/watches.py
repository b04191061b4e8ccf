"""Watches: checks of health that hide replicas and show them again, and ejection of outliers."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.control import show
from backend_lead.kernel.memory import (
    APART,
    NONE,
    frame_at,
    replica_at,
    service_at,
    state_at,
    watch_at,
)
from backend_lead.kernel.queue import schedule

IN, CHECKED_OUT, EJECTED = 0, 1, 2  # `out` of a replica


@nb.njit(**APART)
def first_check(S, w):
    """Schedule the first check of watch w, if it has any."""
    W = watch_at(state_at(S, 0).watch, w)
    if W.period > 0:
        schedule(S, W.period, checks_of(S, w))


@nb.njit(**APART)
def checks_of(S, w):
    """The event of watch w."""
    st = state_at(S, 0)
    return st.n_source + st.n_lane + st.n_fault + st.n_controller + 2 * st.n_replica + w


@nb.njit(**APART)
def check(S, w, now):
    """Watch w looks at each replica of its service."""
    st = state_at(S, 0)
    W = watch_at(st.watch, w)
    V = service_at(st.service, W.service)
    first = np.int64(V.replica)
    for r in range(first, first + V.groups * V.per_group):
        R = replica_at(st.replica, r)
        if R.up != 0:
            R.fails = np.int32(min(np.int64(R.fails), 0) - 1)
            if R.out == CHECKED_OUT and -R.fails >= W.passes:
                R.out = IN
                show(S, r, 1, now)
        else:
            R.fails = np.int32(max(np.int64(R.fails), 0) + 1)
            if R.visible != 0 and R.fails >= W.fails:
                R.out = CHECKED_OUT
                show(S, r, 0, now)
    schedule(S, now + W.period, checks_of(S, w))


@nb.njit(**APART)
def judge(S, f, now):
    """The outcome of attempt f is known: its replica may be ejected for it."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.replica == NONE:
        return
    r = np.int64(F.replica)
    R = replica_at(st.replica, r)
    for w in range(st.n_watch):
        W = watch_at(st.watch, w)
        if W.service != R.service or W.eject == 0:
            continue
        if F.outcome == L.OK:
            R.bad = 0
            continue
        R.bad += 1
        if R.bad < W.eject or R.visible == 0:
            continue
        V = service_at(st.service, R.service)
        if np.float64(ejected_beside(S, r) + 1) <= W.share * np.float64(V.per_group):
            R.bad = 0
            R.out = EJECTED
            show(S, r, 0, now)
            ordered = st.n_source + st.n_lane + st.n_fault + st.n_controller
            schedule(S, now + W.pause, ordered + st.n_replica + r)


@nb.njit(**APART)
def ejected_beside(S, r):
    """How many replicas of replica r's group are ejected."""
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    V = service_at(st.service, R.service)
    first = r - (r - np.int64(V.replica)) % np.int64(V.per_group)
    n = 0
    for k in range(first, first + V.per_group):
        if replica_at(st.replica, k).out == EJECTED:
            n += 1
    return n


@nb.njit(**APART)
def back(S, r, now):
    """The pause of an ejected replica is over."""
    R = replica_at(state_at(S, 0).replica, r)
    if R.out == EJECTED:
        if R.up != 0:
            R.out = IN
            show(S, r, 1, now)
        else:
            R.out = CHECKED_OUT
