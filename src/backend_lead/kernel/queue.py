"""The event queue: a 4-ary heap ordered by (time, sequence).

The event in hand leaves a hole at the root, which the next event fills: of what most events do,
schedule one more, it is half the work.
"""

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
    if st.hole != 0:
        st.hole = 0
        sink(heap, st.n_heap, t, key)
        return
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
def close_hole(S):
    """Nothing was scheduled in the place of the event at the root: the last one goes there."""
    st = state_at(S, 0)
    st.hole = 0
    n = st.n_heap - 1
    st.n_heap = n
    if n > 0:
        last = event_at(st.heap, n)
        sink(st.heap, n, last.t, last.key)


@nb.njit(**INNER)
def sink(heap, n, lt, lk):
    """Put an event at the root of n places, and lower it to where it belongs."""
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
