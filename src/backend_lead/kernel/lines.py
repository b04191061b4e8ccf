"""Queues for workers in other orders than the first come first."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.memory import (
    APART,
    NONE,
    endpoint_at,
    frame_at,
    line_at,
    replica_at,
    service_at,
    state_at,
)


@nb.njit(**APART)
def line_up(S, f):
    """Frame f joins the queue of its replica: at the head, or in the line of its rank."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    R = replica_at(st.replica, F.replica)
    if service_at(st.service, R.service).order == L.LIFO:
        F.next = R.q_head
        R.q_head = np.int32(f)
        if F.next == NONE:
            R.q_tail = np.int32(f)
        return
    B = line_at(st.line, R.lines + F.rank - 1)
    F.next = NONE
    if B.tail == NONE:
        B.head = np.int32(f)
    else:
        frame_at(st.frame, B.tail).next = np.int32(f)
    B.tail = np.int32(f)


@nb.njit(**APART)
def first_in_line(S, r):
    """Take the frame that is served next from the lines of replica r, NONE if nobody waits."""
    st = state_at(S, 0)
    first = np.int64(replica_at(st.replica, r).lines)
    if first == NONE:
        return np.int64(NONE)
    for k in range(first, first + L.RANKS):
        B = line_at(st.line, k)
        f = np.int64(B.head)
        if f != NONE:
            F = frame_at(st.frame, f)
            B.head = F.next
            if F.next == NONE:
                B.tail = NONE
            F.next = NONE
            return f
    return np.int64(NONE)


@nb.njit(**APART)
def alone(S, f):
    """A frame that no other one called begins, maybe once more: its rank; no join is under way."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    F.rank = max(np.int32(1), endpoint_at(st.endpoint, F.ep).rank)
    F.need = 0
