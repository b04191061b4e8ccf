"""The event queue: a 4-ary heap ordered by (time, sequence)."""

from __future__ import annotations

import numba as nb

from backend_lead.kernel.memory import INNER, event_at, state_at
from backend_lead.kernel.state import ID_BITS


@nb.njit(**INNER)
def schedule(S, t, ident):
    st = state_at(S, 0)
    heap = st.heap
    key = (st.seq << ID_BITS) | ident
    st.seq += 1
    i = st.n_heap
    st.n_heap = i + 1
    while i > 0:
        p = (i - 1) >> 2
        P = event_at(heap, p)
        pt = P.t
        if pt < t or (pt == t and P.key < key):
            break
        E = event_at(heap, i)
        E.t = pt
        E.key = P.key
        i = p
    E = event_at(heap, i)
    E.t = t
    E.key = key


@nb.njit(**INNER)
def drop_first(S):
    """Remove the earliest event (its fields were read before)."""
    st = state_at(S, 0)
    heap = st.heap
    n = st.n_heap - 1
    st.n_heap = n
    if n == 0:
        return
    last = event_at(heap, n)
    lt = last.t
    lk = last.key
    i = 0
    while True:
        c = (i << 2) + 1
        if c >= n:
            break
        m = c
        M = event_at(heap, c)
        mt = M.t
        mk = M.key
        end = min(c + 4, n)
        for k in range(c + 1, end):
            K = event_at(heap, k)
            kt = K.t
            if kt < mt or (kt == mt and K.key < mk):
                m = k
                mt = kt
                mk = K.key
        if lt < mt or (lt == mt and lk < mk):
            break
        E = event_at(heap, i)
        E.t = mt
        E.key = mk
        i = m
    E = event_at(heap, i)
    E.t = lt
    E.key = lk
