"""Sending an attempt: its pool, its group, its replica, its worker."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.balancing import choose_finely
from backend_lead.kernel.chance import below
from backend_lead.kernel.frames import (
    enter_lane,
    free_frame,
    leave_lane,
    make_ready,
    new_attempt,
)
from backend_lead.kernel.hedges import hedge, part
from backend_lead.kernel.hops import comes_through
from backend_lead.kernel.joins import FETCHED, FETCHING, is_stray
from backend_lead.kernel.keys import GROUP_HASH, by_key
from backend_lead.kernel.lines import alone, line_up
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_BEGIN,
    ST_CALLING,
    ST_POOLQ,
    ST_WORKQ,
    call_at,
    endpoint_at,
    frame_at,
    group_at,
    load_i4,
    partition_at,
    pool_at,
    replica_at,
    service_at,
    stat_at,
    state_at,
    stream_at,
)
from backend_lead.kernel.policies import earn, lets_through
from backend_lead.kernel.running import fail, lose, starts
from backend_lead.kernel.settling import answer, settle_apart
from backend_lead.kernel.state import BY_KEY, FINE
from backend_lead.kernel.times import sample


@nb.njit(**INNER)
def begin(S, f, now):
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.parent == NONE:
        if F.part != NONE:
            return hand_over(S, f, now)
        if st.rich != 0:
            alone(S, f)
        F.t0 = now
        return route(S, f, now)
    F.t0 = now
    if st.rich != 0 and is_stray(S, f):
        part(S, f)
        free_frame(S, f)
        return False
    C = call_at(st.call, F.call)
    if C.deadline != 0:
        F.due = frame_at(st.frame, F.parent).due
        if C.timeout > 0 and (F.due == 0 or now + C.timeout < F.due):
            F.due = now + C.timeout
    if C.budget != NONE and F.attempt == 0 and F.hedge == 0:
        earn(S, f, np.int64(C.budget))
    if C.breaker != NONE and not lets_through(S, f, draw_group(S, f, C.group), now):
        answer(S, f, L.FAILED)
        settle_apart(S, f, now)
        return False
    if st.rich != 0:
        hedge(S, f, now)
    if C.timeout > 0:
        enter_lane(S, f, C.lane, C.timeout, now)
    if C.pool != NONE:
        if C.pool_scope == 1:
            p = C.pool + draw_group(S, f, C.group)
        elif C.pool_scope == 2:
            own = replica_at(st.replica, frame_at(st.frame, F.parent).replica).pool
            p = own + C.pool + draw_group(S, f, C.group)
        else:
            p = replica_at(st.replica, frame_at(st.frame, F.parent).replica).pool + C.pool
        P = pool_at(st.pool, p)
        F.pool = np.int32(p)
        F.pool_epoch = P.epoch
        if P.in_use >= P.size:
            if C.room != NONE and P.waiting >= C.room:
                F.pool = NONE
                leave_lane(S, f)
                answer(S, f, L.FAILED)
                settle_apart(S, f, now)
                return False
            F.state = ST_POOLQ
            F.tq = now
            F.next = NONE
            P.waiting += 1
            if P.tail == NONE:
                P.head = np.int32(f)
            else:
                frame_at(st.frame, P.tail).next = np.int32(f)
            P.tail = np.int32(f)
            return False
        P.in_use += 1
    return route(S, f, now)


@nb.njit(**APART)
def hand_over(S, f, now):
    """Begin a batch: at its partition's owner, or where the balancer says. It is fetched first."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if st.rich != 0:
        if F.need == FETCHED:
            F.need = 0
            return join(S, f, now)
        alone(S, f)
    P = partition_at(st.partition, F.part)
    K = stream_at(st.stream, P.stream)
    V = service_at(st.service, endpoint_at(st.endpoint, F.ep).service)
    r = np.int64(P.owner)
    F.group = replica_at(st.replica, V.replica).group
    if K.spread != 0:
        G = group_at(st.group, F.group)
        if G.n_live == 0:
            fail(S, f, np.int64(L.FAILED), False, now)
            return False
        r = choose(S, f, G, V.balance, now)
    F.replica = np.int32(r)
    if K.fetch == NONE:
        return join(S, f, now)
    F.epoch = replica_at(st.replica, r).epoch
    F.pending = 1
    F.need = FETCHING
    F.state = ST_CALLING
    make_ready(S, new_attempt(S, f, np.int64(K.fetch), np.int64(0)), ST_BEGIN)
    return False


@nb.njit(**INNER)
def draw_group(S, f, fixed):
    """The group (0, 1, ..) within the callee's service, noted in the frame as a group row.

    Drawn once: later calls give what was drawn.
    """
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    V = service_at(st.service, endpoint_at(st.endpoint, F.ep).service)
    if F.group != NONE:
        return np.int64(F.group - replica_at(st.replica, V.replica).group)
    g = np.int64(fixed)
    if g < 0:
        g = np.int64(0)
        if V.groups > 1:
            if fixed == BY_KEY and F.key != NONE:
                g = by_key(S, f, GROUP_HASH, np.int64(V.groups))
            else:
                g = below(F, V.groups)
    F.group = replica_at(st.replica, V.replica + g * V.per_group).group
    return g


@nb.njit(**INNER)
def choose(S, f, G, balance, now):
    """A replica row among the group's visible ones (at least one)."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    n = np.int64(G.n_live)
    live = G.live
    if balance >= FINE:
        return choose_finely(S, f, now)
    if balance == L.LB_ROUND_ROBIN:
        k = G.turn % n
        G.turn += 1
        return np.int64(load_i4(st.live, live + k))
    if n == 1:
        return np.int64(load_i4(st.live, live))
    if balance == L.LB_RANDOM:
        return np.int64(load_i4(st.live, live + below(F, n)))
    if balance == L.LB_P2C:
        i = below(F, n)
        j = below(F, n - 1)
        if j >= i:
            j += 1
        a = np.int64(load_i4(st.live, live + i))
        b = np.int64(load_i4(st.live, live + j))
        A = replica_at(st.replica, a)
        B = replica_at(st.replica, b)
        return b if B.sent < A.sent else a
    k = below(F, n)
    best = np.int64(NONE)
    least = np.int64(0)
    for _ in range(n):
        r = np.int64(load_i4(st.live, live + k))
        R = replica_at(st.replica, r)
        load = R.sent
        if best == NONE or load < least:
            best = r
            least = load
            if load == 0:
                break
        k += 1
        if k == n:
            k = 0
    return best


@nb.njit(**INNER)
def route(S, f, now):
    """Steps 3 to 6 of Begin: pick group and replica, get a worker or wait for one."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    V = service_at(st.service, endpoint_at(st.endpoint, F.ep).service)
    if F.group == NONE:
        if F.parent == NONE:
            F.group = replica_at(st.replica, V.replica).group
        else:
            draw_group(S, f, call_at(st.call, F.call).group)
    G = group_at(st.group, F.group)
    if G.n_live == 0 and F.parent != NONE:
        fail(S, f, np.int64(L.FAILED), False, now)
        return False
    r = np.int64(V.replica) if F.parent == NONE else choose(S, f, G, V.balance, now)
    F.replica = np.int32(r)
    R = replica_at(st.replica, r)
    if F.parent != NONE:
        if F.orphan == 0:
            R.sent += 1
        if st.rich != 0 and not comes_through(S, f):
            lose(S, f, now)
            return False
    return join(S, f, now)


@nb.njit(**APART)
def route_late(S, f, now):
    """`route` for a frame that waited for its connection."""
    return route(S, f, now)


@nb.njit(**INNER)
def join(S, f, now):
    """Steps 5 and 6 of Begin: at a replica, get a worker or wait for one."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    V = service_at(st.service, R.service)
    if R.up == 0:
        if R.silent != 0:
            lose(S, f, now)
        else:
            fail(S, f, np.int64(L.FAILED), False, now)
        return False
    if V.limited != 0:
        if R.busy >= V.workers:
            low = V.shed != NONE and endpoint_at(st.endpoint, F.ep).low != 0
            if (V.queue != NONE and R.waiting >= V.queue) or (low and R.waiting >= V.shed):
                if now >= st.warmup:
                    stat_at(st.stat, F.ep).refused += 1
                fail(S, f, np.int64(L.FAILED), False, now)
                return False
            R.waiting += 1
            F.state = ST_WORKQ
            F.tq = now
            if V.give_up != NONE:
                F.dur = sample(S, V.give_up, F, 1.0)
            if V.order != L.FIFO:
                line_up(S, f)
                return False
            F.next = NONE
            if R.q_tail == NONE:
                R.q_head = np.int32(f)
            else:
                frame_at(st.frame, R.q_tail).next = np.int32(f)
            R.q_tail = np.int32(f)
            return False
        R.busy += 1
    return starts(S, f, now)
