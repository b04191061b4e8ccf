"""Who may go on: tokens of limiters and budgets, and circuit breakers."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    breaker_at,
    budget_at,
    call_at,
    circuit_at,
    frame_at,
    limiter_at,
    replica_at,
    savings_at,
    service_at,
    state_at,
)

WORD = 64  # outcomes a breaker remembers in one number
ONE = np.uint64(1)


@nb.njit(**INNER)
def allowed(S, row, now):
    """Take a token from limiter `row`; False when there is none."""
    st = state_at(S, 0)
    B = limiter_at(st.limiter, row)
    gap = B.cap - B.level
    if B.earn > 0 and now - B.since > gap // B.earn:  # full; the product below could overflow
        B.level = B.cap
    else:
        B.level += (now - B.since) * B.earn
    B.since = now
    if B.level < B.price:
        if now >= st.warmup:
            B.refused += 1
        return False
    B.level -= B.price
    if now >= st.warmup:
        B.passed += 1
    return True


@nb.njit(**INNER)
def asker(S, f):
    """The replica row that makes attempt f, which is no stray; NONE if it was killed meanwhile."""
    st = state_at(S, 0)
    P = frame_at(st.frame, frame_at(st.frame, f).parent)
    r = np.int64(P.replica)
    return r if replica_at(st.replica, r).epoch == P.epoch else np.int64(NONE)


@nb.njit(**INNER)
def savings_of(S, r, row):
    """The savings row of budget `row` that replica r has, as it is in its present life."""
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    B = budget_at(st.budget, row)
    k = B.first + r - service_at(st.service, R.service).replica
    own = savings_at(st.savings, k)
    if own.life != R.lives + 1:
        own.life = R.lives + 1
        own.tokens = B.tokens
    return np.int64(k)


@nb.njit(**APART)
def earn(S, f, row):
    """A first attempt brings tokens to the budget of its caller."""
    st = state_at(S, 0)
    r = asker(S, f)
    if r == NONE:
        return
    B = budget_at(st.budget, row)
    own = savings_at(st.savings, savings_of(S, r, row))
    own.tokens = min(B.cap, own.tokens + B.earn)


@nb.njit(**APART)
def paid(S, f, row):
    """Take a retry's tokens from its caller's budget; False when there are too few.

    Where failures are paid retries are free, as long as it is more than half full.
    """
    if row == NONE:
        return True
    st = state_at(S, 0)
    r = asker(S, f)
    if r == NONE:
        return False
    B = budget_at(st.budget, row)
    own = savings_at(st.savings, savings_of(S, r, np.int64(row)))
    if B.spend > 0:
        return 2 * own.tokens > B.cap
    if own.tokens < L.TOKEN:
        return False
    own.tokens -= L.TOKEN
    return True


@nb.njit(**APART)
def pay(S, f, row, outcome):
    """Tell a budget of the outcome of an attempt, if failures are paid from it."""
    if row == NONE:
        return
    st = state_at(S, 0)
    B = budget_at(st.budget, row)
    if B.spend == 0:
        return
    r = asker(S, f)
    if r == NONE:
        return
    own = savings_at(st.savings, savings_of(S, r, row))
    if outcome == L.OK:
        own.tokens = min(B.cap, own.tokens + B.reward)
    else:
        own.tokens = max(np.int64(0), own.tokens - B.spend)


@nb.njit(**APART)
def count_in(S, f, outcome, now):
    """Tell the breaker that let attempt f through of its outcome, unless it was forgotten since."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    K = circuit_at(st.circuit, F.circuit)
    B = breaker_at(st.breaker, call_at(st.call, F.call).breaker)
    if K.life != F.life:
        return
    if K.state == L.HALF_OPEN:
        if B.jointly != 0:
            count_probe(B, K, outcome, now)
            return
        if outcome == L.OK:
            K.good += 1
            if K.good < B.probes:
                return
        K.state = L.CLOSED_CIRCUIT if outcome == L.OK else L.OPEN_CIRCUIT
        K.since = now
        K.probing = 0
        K.n = 0
        K.bad = 0
    elif K.state == L.CLOSED_CIRCUIT:
        if B.last > 0:
            remember(B, K, outcome != L.OK)
        else:
            if now - K.since >= B.window:
                K.n = 0
                K.bad = 0
                K.since = now
            K.n += 1
            if outcome != L.OK:
                K.bad += 1
        if K.n >= B.least and np.float64(K.bad) >= B.share * np.float64(K.n):
            K.state = L.OPEN_CIRCUIT
            K.since = now
            if B.last > 0:
                K.n = 0
                K.bad = 0


@nb.njit(**APART)
def count_probe(B, K, outcome, now):
    """A probe of a breaker that all its probes decide is over."""
    K.ended += 1
    if outcome != L.OK:
        K.bad += 1
    probes = max(B.probes, np.int64(1))
    if K.ended < probes:
        return
    opens = np.float64(K.bad) >= B.share * np.float64(probes)
    K.state = L.OPEN_CIRCUIT if opens else L.CLOSED_CIRCUIT
    K.since = now
    K.probing = 0
    K.n = 0
    K.bad = 0


@nb.njit(**INNER)
def remember(B, K, bad):
    """Count one more of the last outcomes, and no more the one that is too old now."""
    if K.n < B.last:
        K.n += 1
    else:
        k = B.last - 1
        word = K.newest if k < WORD else K.older
        K.bad -= np.int64((word >> np.uint64(k % WORD)) & ONE)
    K.older = (K.older << ONE) | (K.newest >> np.uint64(WORD - 1))
    K.newest = K.newest << ONE
    if bad:
        K.newest |= ONE
        K.bad += 1


@nb.njit(**APART)
def lets_through(S, f, g, now):
    """Whether its caller's breaker for group g lets attempt f go on; a probe, once its pause is
    over."""
    st = state_at(S, 0)
    r = asker(S, f)
    if r == NONE:
        return True
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, r)
    B = breaker_at(st.breaker, call_at(st.call, F.call).breaker)
    k = B.first + (r - service_at(st.service, R.service).replica) * B.groups + g
    K = circuit_at(st.circuit, k)
    if K.life != R.lives + 1:
        forget(K)
        K.life = np.int32(R.lives + 1)
    if not admits(B, K, now):
        return False
    F.circuit = np.int32(k)
    F.life = K.life
    return True


@nb.njit(**INNER)
def forget(K):
    """A circuit is as at the start."""
    K.state = L.CLOSED_CIRCUIT
    K.since = 0
    K.n = 0
    K.bad = 0
    K.probing = 0


@nb.njit(**INNER)
def admits(B, K, now):
    if K.state == L.CLOSED_CIRCUIT:
        return True
    if K.state == L.HALF_OPEN and K.asked < B.probes:
        K.asked += 1
        return True
    if now - K.since >= B.pause and (K.state == L.OPEN_CIRCUIT or K.probing != 0):
        K.state = L.HALF_OPEN
        K.probing = 1
        K.since = now
        K.asked = 1
        K.good = 0
        if B.jointly != 0:
            K.ended = 0
            K.bad = 0
        return True
    return False
