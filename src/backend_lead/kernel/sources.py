"""Where requests come from: open arrivals and closed users, with rates that change over time."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import draw, hash2
from backend_lead.kernel.frames import count_started, new_frame
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    frame_at,
    load_i8,
    mix_at,
    phase_at,
    segment_at,
    source_at,
    state_at,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import sample_request
from backend_lead.kernel.state import PHASED
from backend_lead.kernel.times import exponential


@nb.njit(**INNER)
def intensity(S, k):
    """Rate per ns at which source k's events come in its present segment."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    factor = segment_at(st.segment, Q.segment + Q.current).factor
    if Q.closed == L.OPEN:
        return Q.rate * factor
    if Q.closed == PHASED:
        return Q.rate * factor * phase_at(st.phase, Q.phase + Q.in_phase).factor
    return Q.users * factor / Q.think


@nb.njit(**APART)
def schedule_known(S, k, now):
    """Put the next arrival of a source whose times do not depend on chance, if there is one."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    if Q.closed == L.EVERY:
        schedule(S, now + np.int64(Q.think), k)
    elif Q.n > 0:
        schedule(S, load_i8(st.arrival, Q.first), k)
        Q.first += 1  # not by `serial`: follow-ups are numbered too
        Q.n -= 1
    else:
        Q.idle = 1


@nb.njit(**APART)
def phase_length(S, k):
    """A time in ns, drawn for the phase source k is in."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    return np.int64(exponential(Q) * phase_at(st.phase, Q.phase + Q.in_phase).mean)


@nb.njit(**APART)
def first_phase(S, k):
    """At the start: how long the first phase of source k lasts, if it has phases."""
    Q = source_at(state_at(S, 0).source, k)
    if Q.closed == PHASED:
        Q.phase_ends = phase_length(S, k)


@nb.njit(**APART)
def turn_phase(S, k, now):
    """A segment or a phase of source k is over, or both."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    last = Q.current + 1 == Q.segments
    if not last and now == segment_at(st.segment, Q.segment + Q.current + 1).start:
        Q.current += 1
    if now >= Q.phase_ends:
        Q.in_phase = np.int32((Q.in_phase + 1) % Q.phases)
        Q.phase_ends = now + max(phase_length(S, k), np.int64(1))


@nb.njit(**INNER)
def schedule_source(S, k, now):
    """Put source k's next event: a candidate, or the turn into its next segment."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    if Q.closed == L.REPLAY or Q.closed == L.EVERY:
        schedule_known(S, k, now)
        return
    r = intensity(S, k)
    Q.idle = 0
    more = Q.current + 1 < Q.segments
    turn = segment_at(st.segment, Q.segment + Q.current + 1).start if more else np.int64(0)
    if Q.closed == PHASED:
        turn = min(turn, Q.phase_ends) if more else Q.phase_ends
        more = True
    if r <= 0.0:
        if more:
            Q.turning = 1
            schedule(S, turn, k)
        else:
            Q.idle = 1
        return
    t = now + np.int64(exponential(Q) / r)
    if more and t >= turn:
        Q.turning = 1
        schedule(S, turn, k)
        return
    schedule(S, t, k)


@nb.njit(**INNER)
def source_event(S, k, now):
    """What source k's event brings: the frame of a request that begins, or NONE."""
    st = state_at(S, 0)
    Q = source_at(st.source, k)
    if Q.turning != 0:
        Q.turning = 0
        if Q.closed == PHASED:
            turn_phase(S, k, now)
        else:
            Q.current += 1
        return np.int64(NONE)
    if Q.closed == L.CLOSED:
        users = Q.users * segment_at(st.segment, Q.segment + Q.current).factor
        if not draw(Q) * users < users - Q.in_flight:
            return np.int64(NONE)
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
    if st.rich != 0:
        sample_request(S, f, now)
    return f
