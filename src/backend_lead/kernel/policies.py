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
    limiter_at,
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
def paid(S, row):
    """Take a retry's tokens from its budget; False when there are too few.

    Where failures are paid retries are free, as long as it is more than half full.
    """
    if row == NONE:
        return True
    B = budget_at(state_at(S, 0).budget, row)
    if B.spend > 0:
        return 2 * B.tokens > B.cap
    if B.tokens < L.TOKEN:
        return False
    B.tokens -= L.TOKEN
    return True


@nb.njit(**APART)
def pay(S, row, outcome):
    """Tell a budget of the outcome of an attempt, if failures are paid from it."""
    if row == NONE:
        return
    B = budget_at(state_at(S, 0).budget, row)
    if B.spend == 0:
        return
    if outcome == L.OK:
        B.tokens = min(B.cap, B.tokens + B.reward)
    else:
        B.tokens = max(np.int64(0), B.tokens - B.spend)


@nb.njit(**INNER)
def count_in(S, row, outcome, now):
    """Tell a breaker of the outcome of an attempt it let through."""
    B = breaker_at(state_at(S, 0).breaker, row)
    if B.state == L.HALF_OPEN:
        if B.jointly != 0:
            count_probe(B, outcome, now)
            return
        if outcome == L.OK:
            B.good += 1
            if B.good < B.probes:
                return
        B.state = L.CLOSED_CIRCUIT if outcome == L.OK else L.OPEN_CIRCUIT
        B.since = now
        B.probing = 0
        B.n = 0
        B.bad = 0
    elif B.state == L.CLOSED_CIRCUIT:
        if B.last > 0:
            remember(B, outcome != L.OK)
        else:
            if now - B.since >= B.window:
                B.n = 0
                B.bad = 0
                B.since = now
            B.n += 1
            if outcome != L.OK:
                B.bad += 1
        if B.n >= B.least and np.float64(B.bad) >= B.share * np.float64(B.n):
            B.state = L.OPEN_CIRCUIT
            B.since = now
            if B.last > 0:
                B.n = 0
                B.bad = 0


@nb.njit(**APART)
def count_probe(B, outcome, now):
    """A probe of a breaker that all its probes decide is over."""
    B.ended += 1
    if outcome != L.OK:
        B.bad += 1
    probes = max(B.probes, np.int64(1))
    if B.ended < probes:
        return
    opens = np.float64(B.bad) >= B.share * np.float64(probes)
    B.state = L.OPEN_CIRCUIT if opens else L.CLOSED_CIRCUIT
    B.since = now
    B.probing = 0
    B.n = 0
    B.bad = 0


@nb.njit(**INNER)
def remember(B, bad):
    """Count one more of the last outcomes, and no more the one that is too old now."""
    if B.n < B.last:
        B.n += 1
    else:
        k = B.last - 1
        word = B.newest if k < WORD else B.older
        B.bad -= np.int64((word >> np.uint64(k % WORD)) & ONE)
    B.older = (B.older << ONE) | (B.newest >> np.uint64(WORD - 1))
    B.newest = B.newest << ONE
    if bad:
        B.newest |= ONE
        B.bad += 1


@nb.njit(**INNER)
def lets_through(S, b, now):
    """Whether breaker b lets an attempt go on; a probe, once its pause is over."""
    B = breaker_at(state_at(S, 0).breaker, b)
    if B.state == L.CLOSED_CIRCUIT:
        return True
    if B.state == L.HALF_OPEN and B.asked < B.probes:
        B.asked += 1
        return True
    if now - B.since >= B.pause and (B.state == L.OPEN_CIRCUIT or B.probing != 0):
        B.state = L.HALF_OPEN
        B.probing = 1
        B.since = now
        B.asked = 1
        B.good = 0
        if B.jointly != 0:
            B.ended = 0
            B.bad = 0
        return True
    return False
