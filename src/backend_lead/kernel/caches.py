"""Caches of which only the hit ratio by age is known."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.chance import draw
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    cache_at,
    frame_at,
    group_at,
    load_f8,
    replica_at,
    service_at,
    state_at,
)


@nb.njit(**APART)
def asked_of(S, f):
    """The group that the last call of frame f asked: behind a service that stands before another,
    that one's of the same number."""
    st = state_at(S, 0)
    g = np.int64(frame_at(st.frame, f).hit_group)
    V = service_at(st.service, group_at(st.group, g).service)
    if V.before == NONE:
        return g
    W = service_at(st.service, V.before)
    own = g - replica_at(st.replica, V.replica).group
    return np.int64(replica_at(st.replica, W.replica).group) + own


@nb.njit(**INNER)
def hits(S, f, row, now):
    """Whether frame f finds what it asked cache `row` for."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    H = cache_at(st.cache, row)
    g = asked_of(S, f) if st.rich != 0 else np.int64(F.hit_group)
    age = now - group_at(st.group, g).flushed_at
    k = min(age // H.step, np.int64(H.n) - 1)
    return draw(F) < load_f8(st.hit, H.first + k)
