"""Hops: what the network between two zones does to an attempt."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.chance import draw
from backend_lead.kernel.memory import APART, NONE, call_at, frame_at, hop_at, replica_at, state_at

SENDINGS = 6  # of a packet, before it is given up
LOSS_WAIT = 200_000_000  # ns before the first packet that was lost is sent again; then twice that


@nb.njit(**APART)
def comes_through(S, f):
    """Whether attempt f reaches its replica; notes how much longer its reply takes."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    C = call_at(st.call, F.call)
    if C.hop == NONE:
        return True
    zone = np.int64(replica_at(st.replica, F.replica).zone)
    H = hop_at(st.hop, C.hop + np.int64(F.window) * C.zones + zone)
    if H.cut != 0:
        return False
    if H.loss > 0.0:
        wait = np.int64(LOSS_WAIT)
        for _ in range(SENDINGS):
            if draw(F) >= H.loss:
                F.more += H.rtt
                return True
            F.more += wait
            wait += wait
        return False
    F.more += H.rtt
    return True
