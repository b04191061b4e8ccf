"""Locks on rows of data, what a frame gives back when it ends, and all ops on what is shared."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import below
from backend_lead.kernel.frames import make_ready
from backend_lead.kernel.keys import LOCK_HASH, by_key, draw_key, drop, get, put, stop_fetching
from backend_lead.kernel.logs import note_or_look
from backend_lead.kernel.memory import (
    APART,
    NONE,
    OP_GET,
    OP_KEY,
    OP_LOCK,
    OP_PUT,
    OP_UNLOCK,
    ST_LOCKQ,
    ST_RUN,
    frame_at,
    lock_at,
    op_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.spans import note_lock_wait


@nb.njit(**APART)
def take_lock(S, f, now):
    """OP_LOCK; True where the frame waits for it."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    O = op_at(st.op, F.pc)  # noqa: E741  # the letter of an op, as F is of a frame
    row = np.int64(O.a)
    if O.b > 1:
        n = np.int64(O.b)
        row += by_key(S, f, LOCK_HASH, n) if F.key != NONE else below(F, n)
    F.pc += 1
    X = lock_at(st.lock, row)
    if X.holder == NONE:
        X.holder = np.int32(f)
        F.lock = np.int32(row)
        return False
    F.state = ST_LOCKQ
    F.tq = now
    F.next = NONE
    if X.tail == NONE:
        X.head = np.int32(f)
    else:
        frame_at(st.frame, X.tail).next = np.int32(f)
    X.tail = np.int32(f)
    return True


@nb.njit(**APART)
def unlock(S, f, now):
    """Give the frame's lock to the next in line, if there is one."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    row = F.lock
    if row == NONE:
        return
    F.lock = NONE
    X = lock_at(st.lock, row)
    g = np.int64(X.head)
    X.holder = np.int32(g)
    if g == NONE:
        return
    G = frame_at(st.frame, g)
    X.head = G.next
    if X.head == NONE:
        X.tail = NONE
    G.lock = row
    if now >= st.warmup:
        stat_at(st.stat, G.ep).wait_lock += now - G.tq
    note_lock_wait(S, g, now - G.tq)
    make_ready(S, g, ST_RUN)


@nb.njit(**APART)
def give_back(S, f, now):
    """What a frame does first when it ends or vanishes: its lock, then the key it fetches."""
    F = frame_at(state_at(S, 0).frame, f)
    if F.lock != NONE:
        unlock(S, f, now)
    if F.fetch != NONE:
        stop_fetching(S, f, now)


@nb.njit(**APART)
def share(S, f, now):
    """Do an op upon keys, shelves, locks or logs; True where the frame waits."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    code = op_at(st.op, F.pc).code
    if code == OP_KEY:
        draw_key(S, f)
    elif code == OP_GET:
        return get(S, f, now)
    elif code == OP_PUT:
        put(S, f, now)
    elif code == L.OP_DROP:
        drop(S, f)
    elif code == OP_LOCK:
        return take_lock(S, f, now)
    elif code == OP_UNLOCK:
        unlock(S, f, now)
        F.pc += 1
    else:
        note_or_look(S, f, now)
    return False
