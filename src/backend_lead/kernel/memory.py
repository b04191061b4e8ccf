"""The intrinsics that turn (address, row) into records of the kernel's tables, for numba.

Everything lives behind one integer, the address of a state record, so no call copies tables and
nothing in the kernel allocates. `run.py` owns the memory, `state.py` says how it looks.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backend_lead.kernel import layout as L
from backend_lead.kernel.fixed import reader_of_state
from backend_lead.kernel.state import (
    event_t,
    frame_t,
    span_t,
    stat_t,
    stream_window_t,
    window_t,
)

ST_FREE, ST_BEGIN, ST_SLOT, ST_START, ST_RUN = 0, 1, 2, 3, 4
ST_POOLQ, ST_WORKQ, ST_COREQ, ST_CPU, ST_DELAY = 5, 6, 7, 8, 9
ST_CALLING, ST_BACKOFF, ST_REPLY, ST_LOST, ST_GONE = 10, 11, 12, 13, 14
ST_OPENING, ST_AGAIN = 15, 16
ST_HOSTED, ST_ASLEEP, ST_LOCKQ, ST_FETCHQ = 17, 18, 19, 20
ST_THINKING, ST_WAKING = 21, 22

NONE = L.NONE
OP_END, OP_CPU, OP_DELAY, OP_CALL = L.OP_END, L.OP_CPU, L.OP_DELAY, L.OP_CALL
OP_PAR, OP_CHANCE, OP_HIT, OP_PUBLISH = L.OP_PAR, L.OP_CHANCE, L.OP_HIT, L.OP_PUBLISH
OP_LIMIT, OP_KEY, OP_GET, OP_PUT = L.OP_LIMIT, L.OP_KEY, L.OP_GET, L.OP_PUT
OP_LOCK, OP_UNLOCK = L.OP_LOCK, L.OP_UNLOCK
OP_NOTE, OP_LOOK = L.OP_NOTE, L.OP_LOOK
GOLDEN, MIX1, MIX2 = np.uint64(L.GOLDEN), np.uint64(L.MIX1), np.uint64(L.MIX2)
S12, S27, S30, S31 = np.uint64(12), np.uint64(27), np.uint64(30), np.uint64(31)
INNER = {"nogil": True, "forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
         "error_model": "numpy"}  # fmt: skip
APART = {**INNER, "forceinline": False}  # of what only rich programs reach, off the others' path


def _record_at(dtype: np.dtype) -> Any:
    """Intrinsic (address, row) -> record of `dtype` in place."""
    record, size = nb.from_dtype(dtype), dtype.itemsize

    @intrinsic
    def at(typingctx, base, row):
        def codegen(context, builder, signature, args):
            offset = builder.mul(args[1], ir.Constant(ir.IntType(64), size))
            return builder.inttoptr(builder.add(args[0], offset), context.get_value_type(record))

        return record(types.int64, types.int64), codegen

    return at


def _scalar_at(number: Any, width: int, floating: bool) -> tuple[Any, Any]:
    """Intrinsics to load and store plain numbers at (address, index)."""
    low = ir.DoubleType() if floating else ir.IntType(8 * width)

    def pointer(builder, args):
        offset = builder.mul(args[1], ir.Constant(ir.IntType(64), width))
        return builder.inttoptr(builder.add(args[0], offset), low.as_pointer())

    @intrinsic
    def load(typingctx, base, row):
        def codegen(context, builder, signature, args):
            return builder.load(pointer(builder, args))

        return number(types.int64, types.int64), codegen

    @intrinsic
    def store(typingctx, base, row, value):
        def codegen(context, builder, signature, args):
            builder.store(args[2], pointer(builder, args))
            return context.get_dummy_value()

        return types.none(types.int64, types.int64, number), codegen

    return load, store


@intrinsic
def leading_zeros(typingctx, value):
    """Leading zero bits of an int64."""

    def codegen(context, builder, signature, args):
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), codegen


state_at = reader_of_state
op_at, dist_at, endpoint_at = _record_at(L.op_t), _record_at(L.dist_t), _record_at(L.endpoint_t)
call_at, service_at = _record_at(L.call_t), _record_at(L.service_t)
replica_at, group_at, pool_at = _record_at(L.replica_t), _record_at(L.group_t), _record_at(L.pool_t)
cache_at, lane_at, source_at = _record_at(L.cache_t), _record_at(L.lane_t), _record_at(L.source_t)
segment_at, mix_at, fault_at = _record_at(L.segment_t), _record_at(L.mix_t), _record_at(L.fault_t)
frame_at, event_at, stat_at = _record_at(frame_t), _record_at(event_t), _record_at(stat_t)
window_at, trace_at = _record_at(window_t), _record_at(L.trace_t)
budget_at, savings_at = _record_at(L.budget_t), _record_at(L.savings_t)
breaker_at, circuit_at = _record_at(L.breaker_t), _record_at(L.circuit_t)
limiter_at = _record_at(L.limiter_t)
stream_at, partition_at = _record_at(L.stream_t), _record_at(L.partition_t)
link_at, controller_at = _record_at(L.link_t), _record_at(L.controller_t)
stream_window_at = _record_at(stream_window_t)
watch_at, host_at, line_at = _record_at(L.watch_t), _record_at(L.host_t), _record_at(L.line_t)
hop_at, lock_at, keys_at = _record_at(L.hop_t), _record_at(L.lock_t), _record_at(L.keys_t)
shelf_at, drawer_at, item_at = _record_at(L.shelf_t), _record_at(L.drawer_t), _record_at(L.item_t)
log_at, follow_at = _record_at(L.log_t), _record_at(L.follow_t)
start_at = _record_at(L.start_t)
phase_at, span_at = _record_at(L.phase_t), _record_at(span_t)
load_i8, store_i8 = _scalar_at(types.int64, 8, False)
load_i4, store_i4 = _scalar_at(types.int32, 4, False)
load_f8, _ = _scalar_at(types.float64, 8, True)
