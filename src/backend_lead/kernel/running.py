"""Running an attempt: its program, and its end."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.caches import hits
from backend_lead.kernel.chance import draw
from backend_lead.kernel.cores import occupy, wait_for_core, work
from backend_lead.kernel.counting import bump, count_refused, over
from backend_lead.kernel.frames import (
    free_frame,
    make_ready,
    new_attempt,
)
from backend_lead.kernel.joins import is_cancelled
from backend_lead.kernel.lines import first_in_line
from backend_lead.kernel.locks import give_back, share
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    OP_CALL,
    OP_CHANCE,
    OP_CPU,
    OP_DELAY,
    OP_END,
    OP_HIT,
    OP_LIMIT,
    OP_PAR,
    OP_PUBLISH,
    ST_BEGIN,
    ST_CALLING,
    ST_DELAY,
    ST_LOST,
    ST_REPLY,
    ST_START,
    call_at,
    endpoint_at,
    frame_at,
    op_at,
    replica_at,
    service_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.policies import allowed
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.settling import deliver
from backend_lead.kernel.spans import (
    close_span,
    note_worker_wait,
)
from backend_lead.kernel.streams import bucket, publish
from backend_lead.kernel.times import sample


@nb.njit(**INNER)
def starts(S, f, now):
    """Whether a frame that has its worker begins its program; else it has failed."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.epoch = replica_at(st.replica, F.replica).epoch
    F.ts = now
    if F.due != 0 and now >= F.due:
        fail(S, f, np.int64(L.FAILED), True, now)
        return False
    if st.rich != 0 and spoilt(S, f):
        fail(S, f, np.int64(L.FAILED), True, now)
        return False
    F.pc = endpoint_at(st.endpoint, F.ep).op
    return True


@nb.njit(**APART)
def spoilt(S, f):
    """Whether a frame fails as it starts: it is cancelled, or its replica makes errors."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if is_cancelled(S, f):
        return True
    errors = replica_at(st.replica, F.replica).errors
    return errors > 0.0 and draw(F) < errors


@nb.njit(**INNER)
def starts_late(S, f, now):
    """Whether a frame that waited for its worker starts: not if it waited too long."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    V = service_at(st.service, R.service)
    waited = now - F.tq
    if (V.patience > 0 and waited > V.patience) or (V.give_up != NONE and waited > F.dur):
        F.epoch = R.epoch
        F.ts = now
        if now >= st.warmup:
            stat_at(st.stat, F.ep).refused += 1
        fail(S, f, np.int64(L.FAILED), True, now)
        return False
    return True


@nb.njit(**INNER)
def advance(S, f, now):
    """Run the program of a started frame until it blocks or ends.

    Gives the frame of a call that begins next, which is not on the ready list yet, or NONE.
    """
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    while True:
        O = op_at(st.op, F.pc)  # noqa: E741  # the letter of an op, as F is of a frame
        code = O.code
        if code == OP_CPU:
            if st.rich != 0:
                work(S, f, np.int64(O.a), now)
                return np.int64(NONE)
            R = replica_at(st.replica, F.replica)
            V = service_at(st.service, R.service)
            d = sample(S, O.a, F, R.slow) * F.count
            V.work += d
            F.pc += 1
            if now >= st.warmup:
                stat_at(st.stat, F.ep).busy += d
            if V.limited == 0:
                F.state = ST_DELAY
                schedule(S, now + d, st.base + f)
                return np.int64(NONE)
            if R.cores_busy < V.cores:
                R.cores_busy += 1
                occupy(S, f, d, now)
                return np.int64(NONE)
            wait_for_core(S, f, d, now)
            return np.int64(NONE)
        if code == OP_CALL:
            F.pc += 1
            F.pending = 1
            F.state = ST_CALLING
            return new_attempt(S, f, O.a, 0)
        if code == OP_HIT:
            pc = F.pc + 1
            if F.miss == 0 and hits(S, f, np.int64(O.a), now):
                pc = O.b
            F.miss = 0
            F.pc = np.int32(pc)
        elif code == OP_PUBLISH:
            publish(S, f, np.int64(O.a), now)
            F.pc += 1
        elif code == OP_LIMIT:
            if not allowed(S, np.int64(O.a), now):
                if now >= st.warmup:
                    stat_at(st.stat, F.ep).refused += 1
                if F.parent == NONE and F.part == NONE:
                    count_refused(S, f)
                fail(S, f, np.int64(L.FAILED), True, now)
                return np.int64(NONE)
            F.pc += 1
        elif code == OP_CHANCE:
            F.pc = O.a if draw(F) < O.p else np.int32(F.pc + 1)
        elif code == OP_DELAY:
            d = sample(S, O.a, F, 1.0)
            F.pc += 1
            F.state = ST_DELAY
            schedule(S, now + d, st.base + f)
            return np.int64(NONE)
        elif code == OP_PAR:
            F.pc += 1
            F.pending = O.b
            F.state = ST_CALLING
            if st.rich != 0:
                F.need = O.need
                F.got = 0
            first = O.a
            for k in range(O.b):
                make_ready(S, new_attempt(S, f, first + k, 0), ST_BEGIN)
            return np.int64(NONE)
        elif code == OP_END:
            end(S, f, L.OK, True, now)
            return np.int64(NONE)
        elif share(S, f, now):
            return np.int64(NONE)


@nb.njit(**INNER)
def resumes(S, f, now):
    """Whether a started frame goes on after a wait: it may be dead, or failed by a child."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    if R.epoch != F.epoch:
        if R.silent != 0 and F.parent != NONE:
            lose(S, f, now)
        else:
            fail(S, f, np.int64(L.FAILED), False, now)
        return False
    if F.fail != 0:
        fail(S, f, np.int64(F.fail), True, now)
        return False
    if F.due != 0 and now >= F.due:
        fail(S, f, np.int64(L.FAILED), True, now)
        return False
    if st.rich != 0 and is_cancelled(S, f):
        fail(S, f, np.int64(L.FAILED), True, now)
        return False
    return True


@nb.njit(**APART)
def fail(S, f, outcome, working, now):
    """`end` for what is rare: not part of the code that each request runs through."""
    end(S, f, outcome, working, now)


@nb.njit(**APART)
def lose(S, f, now):
    """Nobody will answer: only the timeout notices; without one the attempt fails."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if st.rich != 0:
        give_back(S, f, now)
    if F.orphan != 0:
        free_frame(S, f)
    elif F.parent == NONE or call_at(st.call, F.call).timeout == 0:
        fail(S, f, np.int64(L.FAILED), False, now)
    else:
        F.state = ST_LOST


@nb.njit(**INNER)
def end(S, f, outcome, working, now):
    """The frame is over; `working` says it holds a worker of a living replica."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if st.rich != 0:
        give_back(S, f, now)
        close_span(S, f, outcome, now)
    if working:
        R = replica_at(st.replica, F.replica)
        V = service_at(st.service, R.service)
        if now >= st.warmup:
            stat_at(st.stat, F.ep).held += now - F.ts
        if V.limited != 0:
            g = np.int64(R.q_head)
            if g != NONE:
                after = frame_at(st.frame, g).next
                R.q_head = after
                if after == NONE:
                    R.q_tail = NONE
            elif st.rich != 0:
                g = first_in_line(S, np.int64(F.replica))
            if g != NONE:
                G = frame_at(st.frame, g)
                R.waiting -= 1
                if now >= st.warmup:
                    stat_at(st.stat, G.ep).wait_worker += now - G.tq
                if st.rich != 0:
                    note_worker_wait(S, g, now - G.tq)
                make_ready(S, g, ST_START)
            else:
                R.busy -= 1
    if F.parent == NONE:
        over(S, f, outcome, now)
        return
    if now >= st.warmup:
        T = stat_at(st.stat, F.ep)
        T.n += 1
        T.latency += now - F.t0
        if outcome == L.OK:
            T.ok += 1
            bump(st.hist + F.ep * (8 * L.HIST_BUCKETS), bucket(now - F.t0))
        elif outcome == L.FAILED:
            T.failed += 1
        else:
            T.timed_out += 1
    if F.orphan != 0:
        free_frame(S, f)
        return
    rtt = call_at(st.call, F.call).rtt
    if st.rich != 0:
        rtt += F.more
    F.outcome = np.int32(outcome)
    if rtt > 0:
        F.state = ST_REPLY
        schedule(S, now + rtt, st.base + f)
        return
    deliver(S, f, now)
