"""Follow-ups: what a user asks next when a request is over, after a time of thinking."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import draw, hash2
from backend_lead.kernel.frames import count_started, new_frame
from backend_lead.kernel.memory import (
    APART,
    NONE,
    ST_THINKING,
    endpoint_at,
    follow_at,
    frame_at,
    source_at,
    start_at,
    state_at,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import sample_request
from backend_lead.kernel.times import sample


@nb.njit(**APART)
def follow_up(S, f, outcome, now):
    """Request f is over: its user thinks of the next one, or is not at it any more."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    E = endpoint_at(st.endpoint, F.ep)
    if E.follows == 0 or F.link != NONE:
        return
    if outcome != L.OK and draw(F) < E.leaves:
        return
    u = draw(F)
    i = np.int64(E.follow)
    last = i + E.follows
    while i < last and u >= follow_at(st.follow, i).upto:
        i += 1
    if i < last:
        think(S, np.int64(F.call), i, now)


@nb.njit(**APART)
def think(S, k, i, now):
    """A user of source k thinks before the request of follow row i; it is one of its users yet."""
    st = state_at(S, 0)
    X = follow_at(st.follow, i)
    Q = source_at(st.source, k)
    Q.in_flight += 1
    most = st.max_live
    f = new_frame(S)
    st.max_live = most  # who thinks has nothing under way
    st.live_frames -= 1
    st.thinking += 1
    F = frame_at(st.frame, f)
    F.parent = NONE
    F.call = np.int32(k)
    F.ep = X.root
    F.serial = Q.serial
    F.rng = hash2(Q.stream, Q.serial)
    Q.serial += 1
    F.state = ST_THINKING
    schedule(S, now + sample(S, X.think, F, 1.0), st.base + f)


@nb.njit(**APART)
def thought(S, f, now):
    """The time of thinking is over: from now on the request counts."""
    st = state_at(S, 0)
    st.thinking -= 1
    st.live_frames += 1
    st.max_live = max(st.max_live, st.live_frames)
    st.in_flight += 1
    st.started += 1
    count_started(S, f, now)
    if st.rich != 0:
        sample_request(S, f, now)


@nb.njit(**APART)
def begin_thinking(S):
    """At the start: users who are in the middle of their sessions already."""
    st = state_at(S, 0)
    for i in range(st.n_start):
        X = start_at(st.start, i)
        for _ in range(X.n):
            think(S, np.int64(X.source), np.int64(X.follow), np.int64(0))
