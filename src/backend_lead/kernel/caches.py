"""Caches of which only the hit ratio by age is known."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.chance import draw
from backend_lead.kernel.memory import INNER, cache_at, frame_at, group_at, load_f8, state_at


@nb.njit(**INNER)
def hits(S, f, row, now):
    """Whether frame f finds what it asked cache `row` for."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    H = cache_at(st.cache, row)
    age = now - group_at(st.group, F.hit_group).flushed_at
    k = min(age // H.step, np.int64(H.n) - 1)
    return draw(F) < load_f8(st.hit, H.first + k)
