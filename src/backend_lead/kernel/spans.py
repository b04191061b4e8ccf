"""Spans: what the attempts of sampled requests did, and what they waited for.

Only looked at in rich programs, which sampling makes of any; nothing here changes an outcome.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.memory import APART, NONE, call_at, frame_at, span_at, state_at
from backend_lead.kernel.state import SPAN_HEDGE, SPAN_ORPHAN, SPAN_STRAY


@nb.njit(**APART)
def sample_request(S, f, now):
    """Open a span for a request that was just made, if it is one of those sampled."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if st.sample == 0 or F.serial % st.sample != 0:
        return
    if st.n_spans * 2 >= st.cap_spans:  # the other half is for what those under way call
        st.spans_full = 1
        return
    X = open_span(S, f, now)
    X.parent = NONE
    X.source = F.call
    X.call = NONE
    X.serial = F.serial


@nb.njit(**APART)
def sample_attempt(S, f, now):
    """Open a span for an attempt that was just made, if its caller has one."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    parent = frame_at(st.frame, F.parent).span
    if parent == NONE:
        return
    if st.n_spans >= st.cap_spans:
        st.spans_full = 1
        return
    X = open_span(S, f, now)
    P = span_at(st.span, parent)
    X.parent = parent
    X.source = P.source
    X.call = F.call
    X.serial = P.serial


@nb.njit(**APART)
def open_span(S, f, now):
    """A span for frame f, which notes in itself when it begins and starts."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.span = np.int32(st.n_spans)
    F.t0 = NONE
    F.ts = NONE
    X = span_at(st.span, st.n_spans)
    X.row = F.span
    X.endpoint = F.ep
    X.attempt = F.attempt
    X.replica = NONE
    X.outcome = NONE
    X.created = now
    X.begun = NONE
    X.started = NONE
    X.ended = NONE
    st.n_spans += 1
    return X


@nb.njit(**APART)
def close_span(S, f, outcome, now):
    """Frame f is over, unless that was noted before; an outcome of NONE: it vanishes."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.span == NONE:
        return
    X = span_at(st.span, F.span)
    if X.ended == NONE:
        X.ended = now
        X.outcome = outcome
        note_so_far(S, f)
        if F.orphan != 0:
            X.flags |= SPAN_ORPHAN
        elif F.parent != NONE and frame_at(st.frame, F.parent).gen != F.join:
            X.flags |= SPAN_STRAY
    F.span = NONE


@nb.njit(**APART)
def note_so_far(S, f):
    """Copy what frame f knows of itself into its span."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    X = span_at(st.span, F.span)
    X.begun = F.t0
    X.started = F.ts
    X.replica = F.replica
    if X.call != NONE:
        X.network = call_at(st.call, X.call).rtt + F.more
    if F.hedge != 0:
        X.flags |= SPAN_HEDGE


@nb.njit(**APART)
def note_pool_wait(S, f, ns):
    """Frame f has waited for a slot of its pool."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.span != NONE:
        span_at(st.span, F.span).wait_pool += ns


@nb.njit(**APART)
def note_worker_wait(S, f, ns):
    """Frame f has waited for a worker."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.span != NONE:
        span_at(st.span, F.span).wait_worker += ns


@nb.njit(**APART)
def note_core_wait(S, f, ns):
    """Frame f has waited for a core."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.span != NONE:
        span_at(st.span, F.span).wait_core += ns


@nb.njit(**APART)
def note_lock_wait(S, f, ns):
    """Frame f has waited for a lock, or a key that another one fetches."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.span != NONE:
        span_at(st.span, F.span).wait_lock += ns


@nb.njit(**APART)
def note_busy(S, f, ns):
    """Frame f asks for core time."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.span != NONE:
        span_at(st.span, F.span).busy += ns
