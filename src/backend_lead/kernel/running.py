"""Running an attempt: its program, its end, the reply to its caller, retries and timeouts."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.backoff import shaped_wait
from backend_lead.kernel.caches import hits
from backend_lead.kernel.chance import draw, sample
from backend_lead.kernel.cores import occupy, wait_for_core, work
from backend_lead.kernel.counting import bump, count_refused, over
from backend_lead.kernel.frames import (
    free_frame,
    give_slot_back,
    leave_lane,
    make_ready,
    new_attempt,
)
from backend_lead.kernel.hedges import untold
from backend_lead.kernel.joins import is_cancelled, join
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
    ST_BACKOFF,
    ST_BEGIN,
    ST_CALLING,
    ST_DELAY,
    ST_GONE,
    ST_LOST,
    ST_POOLQ,
    ST_REPLY,
    ST_RUN,
    ST_START,
    call_at,
    endpoint_at,
    frame_at,
    op_at,
    pool_at,
    replica_at,
    service_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.policies import allowed, count_in, paid
from backend_lead.kernel.queue import schedule
from backend_lead.kernel.spans import (
    close_span,
    note_pool_wait,
    note_worker_wait,
)
from backend_lead.kernel.streams import bucket, publish
from backend_lead.kernel.watches import judge


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
    """Run the program of a started frame until it blocks or ends."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    while True:
        O = op_at(st.op, F.pc)  # noqa: E741  # the letter of an op, as F is of a frame
        code = O.code
        if code == OP_CPU:
            if st.rich != 0:
                work(S, f, np.int64(O.a), now)
                return
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
                return
            if R.cores_busy < V.cores:
                R.cores_busy += 1
                occupy(S, f, d, now)
                return
            wait_for_core(S, f, d, now)
            return
        if code == OP_CALL:
            F.pc += 1
            F.pending = 1
            F.state = ST_CALLING
            make_ready(S, new_attempt(S, f, O.a, 0), ST_BEGIN)
            return
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
                return
            F.pc += 1
        elif code == OP_CHANCE:
            F.pc = O.a if draw(F) < O.p else np.int32(F.pc + 1)
        elif code == OP_DELAY:
            d = sample(S, O.a, F, 1.0)
            F.pc += 1
            F.state = ST_DELAY
            schedule(S, now + d, st.base + f)
            return
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
            return
        elif code == OP_END:
            end(S, f, L.OK, True, now)
            return
        elif share(S, f, now):
            return


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


@nb.njit(**INNER)
def deliver(S, f, now):
    leave_lane(S, f)
    give_slot_back(S, f, now)
    answer(S, f, frame_at(state_at(S, 0).frame, f).outcome)
    settle(S, f, now)


@nb.njit(**INNER)
def answer(S, f, outcome):
    frame_at(state_at(S, 0).frame, f).outcome = np.int32(outcome)


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
    if F.breaker != NONE:
        count_in(S, F.breaker, outcome, now)
    if st.rich != 0 and untold(S, f, outcome, now):
        if F.orphan == 0:
            free_frame(S, f)
        return
    if outcome != L.OK and F.attempt < C.retries:
        alive = replica_at(st.replica, P.replica).epoch == P.epoch
        if alive and paid(S, C.budget):
            k = F.attempt
            n = new_attempt(S, p, F.call, k + 1)
            u = draw(frame_at(st.frame, n))
            if C.backoff > 0:
                longest = min(np.float64(C.backoff) * 2.0**k, np.float64(C.backoff_cap))
                wait = np.int64(u * longest)
                if st.rich != 0:
                    if C.shape != L.JITTER_FULL:
                        wait = shaped_wait(S, f, np.int64(k), u)
                    frame_at(st.frame, n).waited = wait
                frame_at(st.frame, n).state = ST_BACKOFF
                schedule(S, now + wait, st.base + n)
            else:
                make_ready(S, n, ST_BEGIN)
            if F.orphan == 0:
                free_frame(S, f)
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
