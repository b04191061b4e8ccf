"""How long a retry waits."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.memory import APART, call_at, frame_at, state_at


@nb.njit(**APART)
def shaped_wait(S, f, k, u):
    """Ns before the attempt after number k, f; its call's backoff is not of full jitter."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    C = call_at(st.call, F.call)
    first = np.float64(C.backoff)
    cap = np.float64(C.backoff_cap)
    b = min(np.float64(C.backoff << k), cap)
    if C.shape == L.JITTER_NONE:
        return np.int64(b)
    if C.shape == L.JITTER_EQUAL:
        return np.int64(b / 2.0 + u * (b / 2.0))
    before = first if k == 0 else np.float64(F.waited)
    return np.int64(min(cap, first + u * (before * 3.0 - first)))
