"""Keys that requests are about, and shelves: caches that keep items key by key."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.caches import asked_of
from backend_lead.kernel.chance import draw, hash2
from backend_lead.kernel.frames import make_ready
from backend_lead.kernel.memory import (
    APART,
    NONE,
    ST_FETCHQ,
    ST_RUN,
    drawer_at,
    frame_at,
    group_at,
    item_at,
    keys_at,
    load_f8,
    op_at,
    replica_at,
    service_at,
    shelf_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.spans import note_lock_wait

GROUP_HASH, PARTITION_HASH, LOCK_HASH = 1, 2, 3  # what a key is hashed with, for each use


@nb.njit(**APART)
def by_key(S, f, what, n):
    """A number from 0 to n - 1 that the frame's key decides."""
    F = frame_at(state_at(S, 0).frame, f)
    return np.int64(hash2(np.int64(F.key), what) % np.uint64(n))


@nb.njit(**APART)
def draw_key(S, f):
    """OP_KEY: by bisection, the first key with the draw below its cumulative share."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    K = keys_at(st.keys, op_at(st.op, F.pc).a)
    u = draw(F)
    low = np.int64(0)
    high = np.int64(K.n) - 1
    while low < high:
        middle = (low + high) >> 1
        if u < load_f8(st.popularity, K.first + middle):
            high = middle
        else:
            low = middle + 1
    F.key = np.int32(low)
    F.pc += 1


@nb.njit(**APART)
def unlink(S, D, i):
    """Take item i out of the order of drawer D."""
    st = state_at(S, 0)
    X = item_at(st.item, i)
    if X.prev == NONE:
        D.head = X.next
    else:
        item_at(st.item, X.prev).next = X.next
    if X.next == NONE:
        D.tail = X.prev
    else:
        item_at(st.item, X.next).prev = X.prev


@nb.njit(**APART)
def put_first(S, D, i):
    """Put item i at the head of drawer D."""
    st = state_at(S, 0)
    X = item_at(st.item, i)
    X.prev = NONE
    X.next = D.head
    if D.head == NONE:
        D.tail = np.int32(i)
    else:
        item_at(st.item, D.head).prev = np.int32(i)
    D.head = np.int32(i)


@nb.njit(**APART)
def forget_if_flushed(S, d, group):
    """Empty drawer d if its group was flushed since it was last touched."""
    st = state_at(S, 0)
    D = drawer_at(st.drawer, d)
    flushed_at = group_at(st.group, group).flushed_at
    if D.flushed_at == flushed_at:
        return
    D.flushed_at = flushed_at
    i = D.head
    while i != NONE:
        X = item_at(st.item, i)
        X.at = NONE
        X.uses = 0
        i = X.next
    D.head = NONE
    D.tail = NONE
    D.n = 0


@nb.njit(**APART)
def give_up_one(S, D, policy):
    """Take from a full drawer what its policy says."""
    st = state_at(S, 0)
    victim = np.int64(D.tail)
    if policy == L.LFU:
        i = victim
        while i != NONE:
            X = item_at(st.item, i)
            if X.uses < item_at(st.item, victim).uses:
                victim = i
            i = np.int64(X.prev)
    take_out(S, D, victim)


@nb.njit(**APART)
def take_out(S, D, i):
    """Keep item i, which is there, no longer."""
    unlink(S, D, i)
    X = item_at(state_at(S, 0).item, i)
    X.at = NONE
    X.uses = 0
    D.n -= 1


@nb.njit(**APART)
def drop(S, f):
    """OP_DROP: where the last call went the item is kept no longer."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    H = shelf_at(st.shelf, op_at(st.op, F.pc).a)
    F.pc += 1
    if F.miss != 0 or F.key == NONE:
        F.miss = 0
        return
    first = replica_at(st.replica, service_at(st.service, H.service).replica).group
    group = asked_of(S, f)
    g = group - first
    d = H.drawer + g
    forget_if_flushed(S, d, group)
    i = H.first + g * H.keys + F.key
    if item_at(st.item, i).at != NONE:
        take_out(S, drawer_at(st.drawer, d), i)


@nb.njit(**APART)
def get(S, f, now):
    """OP_GET; True where the frame waits for somebody else to fetch the item."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    O = op_at(st.op, F.pc)  # noqa: E741  # the letter of an op, as F is of a frame
    F.drawer = NONE
    if F.miss != 0 or F.key == NONE:
        F.miss = 0
        F.pc += 1
        return False
    H = shelf_at(st.shelf, O.a)
    first = replica_at(st.replica, service_at(st.service, H.service).replica).group
    group = asked_of(S, f)
    g = group - first
    d = H.drawer + g
    F.drawer = np.int32(d)
    forget_if_flushed(S, d, group)
    i = H.first + g * H.keys + F.key
    X = item_at(st.item, i)
    if X.at != NONE and (H.ttl == 0 or now - X.at < H.ttl):
        D = drawer_at(st.drawer, d)
        X.uses += 1
        unlink(S, D, i)
        put_first(S, D, i)
        if H.renew != 0:
            X.at = now
        F.pc = O.b
        return False
    if H.coalesce != 0:
        if X.fetcher == NONE:
            if F.fetch == NONE:
                X.fetcher = np.int32(f)
                F.fetch = np.int32(i)
        elif X.fetcher != f:
            wait_for(S, f, i, now)
            return True
    F.pc += 1
    return False


@nb.njit(**APART)
def wait_for(S, f, i, now):
    """Join those who wait for item i."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    X = item_at(st.item, i)
    F.state = ST_FETCHQ
    F.tq = now
    F.next = NONE
    if X.tail == NONE:
        X.head = np.int32(f)
    else:
        frame_at(st.frame, X.tail).next = np.int32(f)
    X.tail = np.int32(f)


@nb.njit(**APART)
def put(S, f, now):
    """OP_PUT: keep the item, in place of another if the drawer is full."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    H = shelf_at(st.shelf, op_at(st.op, F.pc).a)
    F.pc += 1
    if F.key == NONE or F.drawer == NONE:
        return
    V = service_at(st.service, H.service)
    g = np.int64(F.drawer - H.drawer)
    if g < 0 or g >= V.groups:
        g = by_key(S, f, GROUP_HASH, np.int64(V.groups))
    d = H.drawer + g
    forget_if_flushed(S, d, replica_at(st.replica, V.replica).group + g)
    D = drawer_at(st.drawer, d)
    i = H.first + g * H.keys + F.key
    X = item_at(st.item, i)
    if X.at != NONE:
        unlink(S, D, i)
    else:
        if D.n >= H.capacity:
            give_up_one(S, D, H.policy)
        X.uses = 1
        D.n += 1
    put_first(S, D, i)
    X.at = now
    if F.fetch == i:
        stop_fetching(S, f, now)


@nb.njit(**APART)
def stop_fetching(S, f, now):
    """Nobody fetches the frame's item any more: all who wait for it look again, in order."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    X = item_at(st.item, F.fetch)
    F.fetch = NONE
    X.fetcher = NONE
    g = np.int64(X.head)
    X.head = NONE
    X.tail = NONE
    while g != NONE:
        G = frame_at(st.frame, g)
        n = np.int64(G.next)
        if now >= st.warmup:
            stat_at(st.stat, G.ep).wait_lock += now - G.tq
        note_lock_wait(S, g, now - G.tq)
        make_ready(S, g, ST_RUN)
        g = n
