"""What becomes of an attempt that is over: its caller is told, or it is tried again."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.backoff import shaped_wait
from backend_lead.kernel.chance import draw
from backend_lead.kernel.frames import (
    free_frame,
    give_slot_back,
    leave_lane,
    make_ready,
    new_attempt,
)
from backend_lead.kernel.hedges import untold
from backend_lead.kernel.joins import join
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_BACKOFF,
    ST_BEGIN,
    ST_GONE,
    ST_LOST,
    ST_POOLQ,
    ST_RUN,
    call_at,
    frame_at,
    pool_at,
    replica_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.policies import count_in, paid, pay
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import (
    close_span,
    note_pool_wait,
)
from backend_lead.kernel.watches import judge


@nb.njit(**INNER)
def deliver(S, f, now):
    leave_lane(S, f)
    give_slot_back(S, f, now)
    answer(S, f, frame_at(state_at(S, 0).frame, f).outcome)
    settle(S, f, now)


@nb.njit(**INNER)
def answer(S, f, outcome):
    frame_at(state_at(S, 0).frame, f).outcome = np.int32(outcome)


@nb.njit(**APART)
def tries_again(S, f, now):
    """Whether a failed attempt is followed by another one; it is done with then."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    C = call_at(st.call, F.call)
    p = np.int64(F.parent)
    P = frame_at(st.frame, p)
    if replica_at(st.replica, P.replica).epoch != P.epoch or not paid(S, f, C.budget):
        return False
    k = np.int64(F.attempt)
    n = new_attempt(S, p, F.call, k + 1)
    u = draw(frame_at(st.frame, n))
    if C.backoff > 0:
        longest = min(np.float64(C.backoff << k), np.float64(C.backoff_cap))
        wait = np.int64(u * longest)
        if st.rich != 0:
            if C.shape != L.JITTER_FULL:
                wait = shaped_wait(S, f, k, u)
            frame_at(st.frame, n).waited = wait
        frame_at(st.frame, n).state = ST_BACKOFF
        schedule(S, now + wait, st.base + n)
    else:
        make_ready(S, n, ST_BEGIN)
    if F.orphan == 0:
        free_frame(S, f)
    return True


@nb.njit(**INNER)
def settle(S, f, now):
    """Tell the caller the attempt's outcome: try again, or count it. Frees the attempt unless it
    is an orphan that still works."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    C = call_at(st.call, F.call)
    p = F.parent
    P = frame_at(st.frame, p)
    outcome = F.outcome
    if F.replica != NONE:
        replica_at(st.replica, F.replica).sent -= 1
    if st.rich != 0:
        judge(S, f, now)
        if F.orphan == 0:
            close_span(S, f, outcome, now)
    if F.circuit != NONE:
        count_in(S, f, outcome, now)
    if st.rich != 0:
        if untold(S, f, outcome, now):
            if F.orphan == 0:
                free_frame(S, f)
            return
        pay(S, f, np.int64(C.budget), outcome)
    if outcome != L.OK and F.attempt < C.retries and tries_again(S, f, now):
        return
    if st.rich != 0 and P.need != 0:
        join(S, f, outcome, now)
        if F.orphan == 0:
            free_frame(S, f)
        return
    P.pending -= 1
    if outcome == L.OK:
        P.miss = 0
    elif C.optional != 0:
        P.miss = 1
    else:
        P.fail = outcome
    P.hit_group = F.group
    P.hit_replica = F.replica
    if P.pending == 0:
        make_ready(S, p, ST_RUN)
    if F.orphan == 0:
        free_frame(S, f)


@nb.njit(**APART)
def settle_apart(S, f, now):
    """`settle` for what is rare."""
    settle(S, f, now)


@nb.njit(**APART)
def time_out(S, f, now):
    """The attempt's time is up (it has left its lane)."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    answer(S, f, L.TIMED_OUT)
    if F.state == ST_POOLQ:
        P = pool_at(st.pool, F.pool)
        P.waiting -= 1
        if now >= st.warmup:
            T = stat_at(st.stat, F.ep)
            T.n += 1
            T.timed_out += 1
            T.wait_pool += now - F.tq
        if st.rich != 0:
            note_pool_wait(S, f, now - F.tq)
            close_span(S, f, L.TIMED_OUT, now)
        F.orphan = 1
        settle_apart(S, f, now)
        F.state = ST_GONE  # its place in the pool's line is skipped and freed later
        return
    if F.state == ST_LOST:
        give_slot_back(S, f, now)
        if now >= st.warmup:
            T = stat_at(st.stat, F.ep)
            T.n += 1
            T.timed_out += 1
        settle_apart(S, f, now)
        return
    F.orphan = 1
    give_slot_back(S, f, now)
    settle_apart(S, f, now)
