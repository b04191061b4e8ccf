"""Joins that go on after some answers: what they leave behind; work nobody waits for; fetches."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.frames import make_ready
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_AGAIN,
    ST_BEGIN,
    ST_RUN,
    call_at,
    frame_at,
    partition_at,
    state_at,
    stream_at,
)
from backend_lead.kernel.queue import schedule

FETCHING, FETCHED = -1, -2  # what a batch `needs` while it is fetched, and when it is there


@nb.njit(**INNER)
def is_stray(S, f):
    """Whether the caller of attempt f went on without it; its frame may be another's now."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    return frame_at(st.frame, F.parent).gen != F.join


@nb.njit(**APART)
def join(S, f, outcome, now):
    """Tell the caller, which waits for some of its attempts, the outcome of one."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    p = np.int64(F.parent)
    P = frame_at(st.frame, p)
    P.pending -= 1
    if P.need == FETCHING:
        fetched(S, p, outcome, now)
        return
    if outcome == L.OK:
        P.got += 1
        P.hit_group = F.group
        P.hit_replica = F.replica
    if P.got < P.need:
        if P.pending + P.got >= P.need:
            return
        if call_at(st.call, F.call).optional != 0:
            P.miss = 1
        else:
            P.fail = np.int32(outcome)
    P.gen += 1  # those still under way are strays
    P.pending = 0
    P.need = 0
    make_ready(S, p, ST_RUN)


@nb.njit(**APART)
def fetched(S, f, outcome, now):
    """A batch is where it is handled, or is fetched again after a pause."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if outcome == L.OK:
        F.need = FETCHED
        make_ready(S, f, ST_BEGIN)
        return
    K = stream_at(st.stream, partition_at(st.partition, F.part).stream)
    begin_anew(F)
    F.state = ST_AGAIN
    schedule(S, now + K.backoff, st.base + f)


@nb.njit(**INNER)
def begin_anew(F):
    """Let the frame of a batch forget what it came to when it began last."""
    F.need = 0
    F.fail = 0
    F.miss = 0
    F.hit_group = NONE
    F.group = NONE
    F.replica = NONE
    F.key = NONE
    F.drawer = NONE


@nb.njit(**APART)
def is_cancelled(S, f):
    """Whether nobody waits for frame f any more, and its call says that it stops then."""
    st = state_at(S, 0)
    while True:
        F = frame_at(st.frame, f)
        if F.parent == NONE or call_at(st.call, F.call).cancel == 0:
            return False
        if F.orphan != 0 or is_stray(S, f):
            return True
        f = np.int64(F.parent)
