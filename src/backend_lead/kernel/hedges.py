"""Hedges: a second attempt beside the first, of which the first answer counts."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.frames import (
    free_frame,
    give_slot_back,
    leave_lane,
    new_attempt,
)
from backend_lead.kernel.joins import is_stray
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_ASLEEP,
    ST_GONE,
    ST_LOST,
    ST_POOLQ,
    call_at,
    frame_at,
    pool_at,
    replica_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import close_span, note_pool_wait


@nb.njit(**APART)
def hedge(S, f, now):
    """Attempt f goes on: a second one sleeps beside it, if its call says so."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    wait = call_at(st.call, F.call).hedge
    if wait == 0 or F.hedge != 0:
        return
    m = new_attempt(S, np.int64(F.parent), np.int64(F.call), np.int64(F.attempt))
    M = frame_at(st.frame, m)
    M.hedge = 1
    M.waited = F.waited
    M.mate = np.int32(f)
    F.mate = np.int32(m)
    M.state = ST_ASLEEP
    schedule(S, now + wait, st.base + m)


@nb.njit(**INNER)
def part(S, f):
    """Dissolve the pair of attempt f; gives the other one, NONE if it was alone."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    m = np.int64(F.mate)
    if m != NONE:
        F.mate = NONE
        frame_at(st.frame, m).mate = NONE
    return m


@nb.njit(**APART)
def untold(S, f, outcome, now):
    """Whether attempt f ends without its caller being told: it is a stray, or the other one of its
    pair is waited for instead."""
    m = part(S, f)
    if is_stray(S, f):
        return True
    if m == NONE:
        return False
    st = state_at(S, 0)
    if outcome != L.OK and frame_at(st.frame, m).state != ST_ASLEEP:
        return True
    let_go(S, m, now)
    return False


@nb.njit(**INNER)
def let_go(S, f, now):
    """Nobody waits for attempt f any more; its pair is dissolved."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.state == ST_ASLEEP:
        return
    leave_lane(S, f)
    F.circuit = NONE
    if F.replica != NONE:
        replica_at(st.replica, F.replica).sent -= 1
    if F.state == ST_POOLQ:
        P = pool_at(st.pool, F.pool)
        P.waiting -= 1
        if now >= st.warmup:
            stat_at(st.stat, F.ep).wait_pool += now - F.tq
        note_pool_wait(S, f, now - F.tq)
        close_span(S, f, NONE, now)
        F.orphan = 1
        F.state = ST_GONE  # its place in the pool's line is skipped and freed later
        return
    give_slot_back(S, f, now)
    if F.state == ST_LOST:
        free_frame(S, f)
    else:
        F.orphan = 1


@nb.njit(**APART)
def missed(S, f):
    """Whether the dead caller of attempt f, which vanishes in a pool's line, waits for it alone."""
    m = part(S, f)
    if is_stray(S, f):
        return False
    return m == NONE or frame_at(state_at(S, 0).frame, m).state == ST_ASLEEP
