"""The compiled event kernel: the loop. Its laws are in `laws.md`, its tables in `layout.py`.

numba's own cache looks at this file only, so `load.py` keys its folder by all kernel sources.
After a change here or in what this imports, `tools/write_kernel.py` makes the prebuilt kernel anew.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.breaking import fault_event
from backend_lead.kernel.control import arrived, look
from backend_lead.kernel.cores import occupy, stood_still
from backend_lead.kernel.follow_ups import begin_thinking, thought
from backend_lead.kernel.frames import free_frame, leave_lane, make_ready
from backend_lead.kernel.hosts import host_event
from backend_lead.kernel.links import opening
from backend_lead.kernel.memory import (
    APART,
    INNER,
    NONE,
    ST_AGAIN,
    ST_ASLEEP,
    ST_BACKOFF,
    ST_BEGIN,
    ST_CPU,
    ST_DELAY,
    ST_OPENING,
    ST_REPLY,
    ST_RUN,
    ST_START,
    ST_THINKING,
    ST_WAKING,
    controller_at,
    event_at,
    fault_at,
    frame_at,
    lane_at,
    replica_at,
    stat_at,
    state_at,
)
from backend_lead.kernel.queue import close_hole, schedule
from backend_lead.kernel.running import (
    advance,
    resumes,
    starts,
    starts_late,
)
from backend_lead.kernel.sending import begin, route_late
from backend_lead.kernel.settling import deliver, time_out
from backend_lead.kernel.sources import first_phase, schedule_source, source_event
from backend_lead.kernel.spans import note_core_wait
from backend_lead.kernel.state import DONE, FULL, ID_BITS, ID_MASK, TRACE_FULL
from backend_lead.kernel.streams import waking
from backend_lead.kernel.watches import back, check, first_check


@nb.njit(**INNER)
def lane_event(S, lane, now):
    st = state_at(S, 0)
    A = lane_at(st.lane, lane)
    A.armed = 0
    while A.head != NONE and frame_at(st.frame, A.head).deadline <= now:
        f = np.int64(A.head)
        leave_lane(S, f)
        time_out(S, f, now)
    if A.head != NONE:
        A.armed = 1
        schedule(S, frame_at(st.frame, A.head).deadline, st.n_source + lane)


@nb.njit(**INNER)
def frame_event(S, f, now):
    """Whether frame f goes on now that its event has come; it is not on the ready list then."""
    st = state_at(S, 0)
    F = frame_at(st.frame, f)
    s = F.state
    if s == ST_CPU:
        if st.rich != 0 and stood_still(S, f, now):
            return False
        R = replica_at(st.replica, F.replica)
        if F.epoch == R.epoch:
            g = R.c_head
            if g != NONE:
                G = frame_at(st.frame, g)
                R.c_head = G.next
                if G.next == NONE:
                    R.c_tail = NONE
                if now >= st.warmup:
                    stat_at(st.stat, G.ep).wait_core += now - G.tq
                if st.rich != 0:
                    note_core_wait(S, np.int64(g), now - G.tq)
                occupy(S, np.int64(g), G.dur, now)
            else:
                R.cores_busy -= 1
        return True
    if s == ST_DELAY:
        return True
    if s == ST_REPLY:
        if F.orphan != 0:
            free_frame(S, f)
        else:
            deliver(S, f, now)
    elif s in (ST_BACKOFF, ST_AGAIN):
        make_ready(S, f, ST_BEGIN)
    elif s == ST_OPENING:
        opening(S, f, now)
        make_ready(S, f, ST_BEGIN)
    elif s == ST_ASLEEP:
        if F.mate == NONE:
            free_frame(S, f)
        else:
            make_ready(S, f, ST_BEGIN)
    elif s == ST_THINKING:
        thought(S, f, now)
        make_ready(S, f, ST_BEGIN)
    elif s == ST_WAKING:
        waking(S, f)
    return False


@nb.njit(**INNER)
def run_ready(S, f, s, now):
    """Run frame f, of which state s says how (NONE: none), then all that are on the ready list."""
    st = state_at(S, 0)
    while True:
        if f == NONE:
            f = st.ready_head
            if f == NONE:
                return
            F = frame_at(st.frame, f)
            st.ready_head = np.int64(F.next)
            if F.next == NONE:
                st.ready_tail = NONE
            F.next = NONE
            s = np.int64(F.state)
        if s == ST_RUN:
            goes_on = resumes(S, f, now)
        elif s == ST_BEGIN:
            goes_on = begin(S, f, now)
        elif s == ST_START:
            goes_on = starts_late(S, f, now) and starts(S, f, now)
        else:
            goes_on = route_late(S, f, now)
        f = advance(S, f, now) if goes_on else np.int64(NONE)
        s = np.int64(ST_BEGIN)
        if f != NONE and st.ready_head != NONE:
            make_ready(S, f, ST_BEGIN)
            f = np.int64(NONE)


@nb.njit(**APART)
def order_event(S, c, now):
    """A controller looks, what it ordered is there, an ejected replica is back, a watch checks."""
    st = state_at(S, 0)
    if c < st.n_controller:
        look(S, c, now)
        return
    r = c - st.n_controller
    if r < st.n_replica:
        arrived(S, r, now)
    elif r < 2 * st.n_replica:
        back(S, r - st.n_replica, now)
    else:
        check(S, r - 2 * st.n_replica, now)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def prime(S):
    """Schedule what is known at time 0: sources, users who think, faults, controllers, watches."""
    st = state_at(S, 0)
    for k in range(st.n_source):
        first_phase(S, k)
        schedule_source(S, k, np.int64(0))
    begin_thinking(S)
    for i in range(st.n_fault):
        schedule(S, fault_at(st.fault, i).at, st.n_source + st.n_lane + i)
    for c in range(st.n_controller):
        schedule(
            S, controller_at(st.controller, c).period, st.n_source + st.n_lane + st.n_fault + c
        )
    for w in range(st.n_watch):
        first_check(S, w)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def run(S):
    """Handle events up to and including time `stop`. Returns DONE, FULL or TRACE_FULL."""
    st = state_at(S, 0)
    while True:
        if st.hole != 0:
            close_hole(S)
        if st.n_heap == 0:
            break
        E = event_at(st.heap, 0)
        now = E.t
        if now > st.stop:
            break
        if (st.live_frames + st.thinking) * 2 > st.cap_frames or st.full != 0:
            return FULL
        if st.cap_trace > 0 and st.n_trace * 2 > st.cap_trace:
            return TRACE_FULL
        ident = E.key & ID_MASK
        number = E.key >> ID_BITS
        st.hole = 1
        st.now = now
        st.events += 1
        first = np.int64(NONE)
        how = np.int64(ST_RUN)
        if ident >= st.base:
            if frame_event(S, ident - st.base, now):
                first = ident - st.base
        elif ident < st.n_source:
            first = source_event(S, ident, now)
            how = np.int64(ST_BEGIN)
            schedule_source(S, ident, now)
        elif ident < st.n_source + st.n_lane:
            lane_event(S, ident - st.n_source, now)
        elif ident >= st.base - st.n_host:
            host_event(S, ident - st.base + st.n_host, number, now)
        elif ident < st.n_source + st.n_lane + st.n_fault:
            fault_event(S, ident - st.n_source - st.n_lane, now)
        else:
            order_event(S, ident - st.n_source - st.n_lane - st.n_fault, now)
        run_ready(S, first, how, now)
    return DONE
