"""Controllers: replicas ordered and taken away by the use of their cores."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from backend_lead.kernel.memory import (
    APART,
    controller_at,
    group_at,
    load_i4,
    load_i8,
    replica_at,
    service_at,
    state_at,
    store_i4,
    store_i8,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.streams import new_owners


@nb.njit(**APART)
def show(S, r, visible, now):
    """Let the balancer see replica r, or not; rebuild its group's list of live ones."""
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    if R.visible == 0 and visible != 0:
        R.shown_at = now
    R.visible = np.int32(visible)
    G = group_at(st.group, R.group)
    V = service_at(st.service, R.service)
    lo = r - (r - np.int64(V.replica)) % np.int64(V.per_group)
    n = 0
    for k in range(lo, lo + V.per_group):
        if replica_at(st.replica, k).visible != 0:
            store_i4(st.live, G.live + n, np.int32(k))
            n += 1
    G.n_live = np.int32(n)
    if V.groups == 1:
        new_owners(S, np.int64(R.service))


@nb.njit(**APART)
def last_seen(S, c, work):
    """What the service of controller c had worked where its view begins, and how long that is (ns).

    Keeps what it has worked by now.
    """
    st = state_at(S, 0)
    C = controller_at(st.controller, c)
    seen = C.seen
    periods = C.period
    if C.looks > 1:
        looks = np.int64(C.looks)
        k = C.past + C.looked % looks
        seen = load_i8(st.past, k) if C.looked >= looks else np.int64(0)
        periods *= min(C.looked + 1, looks)
        store_i8(st.past, k, work)
    C.looked += 1
    C.seen = work
    return seen, periods


@nb.njit(**APART)
def look(S, c, now):
    """Controller c compares what is in use with what it aims at."""
    st = state_at(S, 0)
    C = controller_at(st.controller, c)
    V = service_at(st.service, C.service)
    G = group_at(st.group, replica_at(st.replica, V.replica).group)
    n = np.int64(G.n_live)
    seen, periods = last_seen(S, c, V.work)
    use = 1.0
    if n > 0:
        use = min(1.0, np.float64(V.work - seen) / (np.float64(periods * V.cores * n)))
    want = max(np.int64(C.least), np.int64(math.ceil(n * use / C.target)))
    if C.tolerance > 0.0 and n > 0 and abs(use / C.target - 1.0) <= C.tolerance:
        want = max(np.int64(C.least), n)
    if want > n + C.starting:
        more = want - n - C.starting
        if C.step > 0 or C.grow > 0.0:
            more = min(more, max(C.step, np.int64(math.floor(C.grow * n))))
        for r in range(V.replica, V.replica + V.per_group):
            if more == 0:
                break
            R = replica_at(st.replica, r)
            if R.up != 0 and R.visible == 0 and R.starting == 0 and R.out == 0:
                R.starting = 1
                C.starting += 1
                more -= 1
                schedule(
                    S, now + C.delay,
                    st.n_source + st.n_lane + st.n_fault + st.n_controller + r,
                )  # fmt: skip
        C.calm_at = now + C.cool
    elif want < n and C.starting == 0 and now >= C.calm_at:
        for _ in range(min(max(C.down, np.int64(1)), n - want)):
            show(S, np.int64(load_i4(st.live, G.live + np.int64(G.n_live) - 1)), 0, now)
        C.calm_at = now + C.cool
    schedule(S, now + C.period, st.n_source + st.n_lane + st.n_fault + c)


@nb.njit(**APART)
def arrived(S, r, now):
    """An ordered replica is there."""
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    R.starting = 0
    for c in range(st.n_controller):
        C = controller_at(st.controller, c)
        if C.service == R.service:
            C.starting -= 1
    if R.up != 0:
        R.lives += 1
        R.out = 0
        show(S, r, 1, now)
