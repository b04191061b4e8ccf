"""Logs: when each key was written, for reads from copies that are behind."""

from __future__ import annotations

import numba as nb

from backend_lead.kernel.memory import (
    APART,
    NONE,
    OP_NOTE,
    frame_at,
    load_i8,
    log_at,
    op_at,
    state_at,
    store_i8,
)


@nb.njit(**APART)
def note_or_look(S, f, now):
    """OP_NOTE: the frame's key is written now. OP_LOOK: it is read, and that may be too early."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    O = op_at(st.op, F.pc)  # noqa: E741  # the letter of an op, as F is of a frame
    X = log_at(st.log, O.a)
    F.pc += 1
    counted = now >= st.warmup
    if O.code == OP_NOTE:
        if F.key != NONE and F.key < X.keys:
            store_i8(st.noted, X.first + F.key, now)
        if counted:
            X.written += 1
        return
    if not counted:
        return
    X.read += 1
    if F.key != NONE and F.key < X.keys:
        at = load_i8(st.noted, X.first + F.key)
        if at != NONE and now - at < X.lag:
            X.stale += 1
