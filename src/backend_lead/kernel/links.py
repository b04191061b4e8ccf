"""Connections that clients hold: losing them, and clients that come back."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import draw, hash2
from backend_lead.kernel.frames import count_started, new_frame
from backend_lead.kernel.memory import (
    APART,
    NONE,
    ST_OPENING,
    frame_at,
    link_at,
    replica_at,
    service_at,
    source_at,
    state_at,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.sources import schedule_source
from backend_lead.kernel.spans import sample_request


@nb.njit(**APART)
def lose_connections(S, r, spread, now):
    """All connections of replica r are lost; their clients come back within `spread` ns."""
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    k = np.int64(service_at(st.service, R.service).link)
    if k == NONE:
        return
    n = R.held
    R.held = 0
    K = link_at(st.link, k)
    if K.beats != NONE:
        source_at(st.source, K.beats).users -= n
    for _ in range(n):
        reopen(S, k, spread, now)


@nb.njit(**APART)
def reopen(S, k, spread, now):
    st = state_at(S, 0)
    K = link_at(st.link, k)
    Q = source_at(st.source, K.source)
    f = new_frame(S)
    F = frame_at(st.frame, f)
    F.parent = NONE
    F.call = K.source
    F.ep = K.root
    F.link = np.int32(k)
    F.serial = Q.serial
    F.rng = hash2(Q.stream, Q.serial)
    Q.serial += 1
    F.state = ST_OPENING
    if st.rich != 0:
        sample_request(S, f, now)
    schedule(S, now + np.int64(draw(F) * spread), st.base + f)


@nb.njit(**APART)
def opening(S, f, now):
    """A client comes back: from now on its request counts."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.t0 = now
    source_at(st.source, F.call).in_flight += 1
    st.in_flight += 1
    st.started += 1
    count_started(S, f, now)


@nb.njit(**APART)
def opened(S, k, r, outcome, now):
    """The request to open a connection of link k is over; r is the replica it went to."""
    st = state_at(S, 0)
    K = link_at(st.link, k)
    if outcome != L.OK or r == NONE or replica_at(st.replica, r).up == 0:
        reopen(S, k, K.spread, now)
        return
    replica_at(st.replica, r).held += 1
    if K.beats != NONE:
        Q = source_at(st.source, K.beats)
        Q.users += 1.0
        if Q.idle != 0:
            schedule_source(S, np.int64(K.beats), now)
