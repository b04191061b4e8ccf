"""Choosing a replica where more counts than how many requests each has: weight, key, zone."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import below, draw, hash2
from backend_lead.kernel.memory import (
    APART,
    NONE,
    endpoint_at,
    frame_at,
    group_at,
    load_i4,
    replica_at,
    service_at,
    state_at,
)
from backend_lead.kernel.state import FINE

SLOW_START_LEAST = 0.1  # share of its weight that a replica shown anew has at once; see laws.md
THREE = 3  # choices


@nb.njit(**APART)
def callers_zone(S, f):
    """Zone of the caller of an attempt; NONE for a batch, and where nobody waits any more."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    if F.parent == NONE:
        return np.int64(NONE)
    P = frame_at(st.frame, F.parent)
    if st.rich != 0 and P.gen != F.join:
        return np.int64(NONE)
    return np.int64(replica_at(st.replica, P.replica).zone)


@nb.njit(**APART)
def near(S, r, zone):
    """Whether replica r is in the zone, of which NONE is all."""
    return zone == NONE or replica_at(state_at(S, 0).replica, r).zone == zone


@nb.njit(**APART)
def place_of(S, G, zone, k):
    """Position in the group's live list of the k-th that is in the zone."""
    if zone == NONE:
        return np.int64(k)
    at = np.int64(-1)
    for _ in range(k + 1):
        at += 1
        while not near(S, live(S, G, at), zone):
            at += 1
    return at


@nb.njit(**APART)
def live(S, G, at):
    return np.int64(load_i4(state_at(S, 0).live, G.live + at))


@nb.njit(**APART)
def weight(S, r, now):
    """What replica r counts for now."""
    st = state_at(S, 0)
    R = replica_at(st.replica, r)
    rise = service_at(st.service, R.service).slow_start
    if rise > 0 and R.shown_at > 0 and now - R.shown_at < rise:
        risen = np.float64(now - R.shown_at) / np.float64(rise)
        return R.weight * max(SLOW_START_LEAST, risen)
    return R.weight


@nb.njit(**APART)
def score(S, r, weigh, now):
    """How full replica r is, to be compared."""
    sent = np.float64(replica_at(state_at(S, 0).replica, r).sent)
    return (sent + 1.0) / weight(S, r, now) if weigh != 0 else sent


@nb.njit(**APART)
def by_weight(S, F, G, zone, now):
    """At random, as often as the weights say."""
    total = 0.0
    for at in range(G.n_live):
        if near(S, live(S, G, at), zone):
            total += weight(S, live(S, G, at), now)
    mark = draw(F) * total
    upto = 0.0
    last = np.int64(NONE)
    for at in range(G.n_live):
        r = live(S, G, at)
        if near(S, r, zone):
            last = r
            upto += weight(S, r, now)
            if upto > mark:
                break
    return last


@nb.njit(**APART)
def by_hash(S, F, G, zone):
    """The one that key and row number give the highest hash."""
    best = np.int64(NONE)
    most = np.uint64(0)
    for at in range(G.n_live):
        r = live(S, G, at)
        if near(S, r, zone):
            h = hash2(np.int64(F.key) + 1, r)
            if best == NONE or h > most:
                best = r
                most = h
    return best


@nb.njit(**APART)
def emptiest(S, G, zone, start, weigh, now):
    """The one with the smallest score, from a position on."""
    best = np.int64(NONE)
    least = 0.0
    for k in range(G.n_live):
        r = live(S, G, (start + k) % G.n_live)
        if near(S, r, zone):
            s = score(S, r, weigh, now)
            if best == NONE or s < least:
                best = r
                least = s
    return best


@nb.njit(**APART)
def of_choices(S, F, G, zone, n, choices, weigh, now):
    """The one with the smallest score of two or three that are drawn."""
    i = below(F, n)
    j = below(F, n - 1)
    if j >= i:
        j += 1
    best = live(S, G, place_of(S, G, zone, i))
    other = live(S, G, place_of(S, G, zone, j))
    if score(S, other, weigh, now) < score(S, best, weigh, now):
        best = other
    if choices == THREE and n >= THREE:
        k = below(F, n - 2)
        if k >= min(i, j):
            k += 1
        if k >= max(i, j):
            k += 1
        other = live(S, G, place_of(S, G, zone, k))
        if score(S, other, weigh, now) < score(S, best, weigh, now):
            best = other
    return best


@nb.njit(**APART)
def choose_finely(S, f, now):
    """A replica row among the visible ones of the frame's group (at least one)."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    G = group_at(st.group, F.group)
    V = service_at(st.service, endpoint_at(st.endpoint, F.ep).service)
    balance = V.balance - FINE
    n = np.int64(G.n_live)
    zone = np.int64(NONE)
    if V.near != 0:
        zone = callers_zone(S, f)
        if zone != NONE:
            n = np.int64(0)
            for at in range(G.n_live):
                if near(S, live(S, G, at), zone):
                    n += 1
            if n == 0:
                zone = np.int64(NONE)
                n = np.int64(G.n_live)
    if balance == L.LB_ROUND_ROBIN:
        k = G.turn % n
        G.turn += 1
        return live(S, G, place_of(S, G, zone, k))
    if n == 1:
        return live(S, G, place_of(S, G, zone, 0))
    if balance == L.LB_WEIGHTED:
        return by_weight(S, F, G, zone, now)
    if balance == L.LB_HASH and F.key != NONE:
        return by_hash(S, F, G, zone)
    if balance == L.LB_P2C:
        return of_choices(S, F, G, zone, n, V.choices, V.weigh, now)
    if balance == L.LB_LEAST:
        start = place_of(S, G, zone, below(F, n))
        return emptiest(S, G, zone, start, V.weigh, now)
    return live(S, G, place_of(S, G, zone, below(F, n)))
