"""Where requests come from: open arrivals and closed users, with rates that change over time."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import draw, hash2
from backend_lead.kernel.frames import count_started, make_ready, new_frame
from backend_lead.kernel.memory import (
    INNER,
    NONE,
    ST_BEGIN,
    frame_at,
    mix_at,
    segment_at,
    source_at,
    state_at,
)
from backend_lead.kernel.queue import schedule


@nb.njit(**INNER)
def intensity(S, k):
    """Rate per ns at which source k's events come in its present segment."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    factor = segment_at(st.segment, Q.segment + Q.current).factor
    return Q.users * factor / Q.think if Q.closed != L.OPEN else Q.rate * factor


@nb.njit(**INNER)
def schedule_source(S, k, now):
    """Put source k's next event: a candidate, or the turn into its next segment."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    r = intensity(S, k)
    Q.idle = 0
    more = Q.current + 1 < Q.segments
    turn = segment_at(st.segment, Q.segment + Q.current + 1).start if more else np.int64(0)
    if r <= 0.0:
        if more:
            Q.turning = 1
            schedule(S, turn, k)
        else:
            Q.idle = 1
        return
    t = now + np.int64(-math.log(draw(Q)) / r)
    if more and t >= turn:
        Q.turning = 1
        schedule(S, turn, k)
        return
    schedule(S, t, k)


@nb.njit(**INNER)
def source_event(S, k, now):
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    if Q.turning != 0:
        Q.turning = 0
        Q.current += 1
        schedule_source(S, k, now)
        return
    if Q.closed == L.CLOSED:
        users = Q.users * segment_at(st.segment, Q.segment + Q.current).factor
        if not draw(Q) * users < users - Q.in_flight:
            schedule_source(S, k, now)
            return
    u = draw(Q)
    m = Q.mix
    last = Q.mix + Q.n_mix - 1
    while m < last and u >= mix_at(st.mix, m).upto:
        m += 1
    f = new_frame(S)
    F = frame_at(st.frame, f)
    F.parent = NONE
    F.call = np.int32(k)
    F.ep = np.int32(mix_at(st.mix, m).root)
    F.serial = Q.serial
    F.rng = hash2(Q.stream, Q.serial)
    F.t0 = now
    Q.serial += 1
    Q.in_flight += 1
    st.in_flight += 1
    st.started += 1
    count_started(S, f, now)
    make_ready(S, f, ST_BEGIN)
    schedule_source(S, k, now)
