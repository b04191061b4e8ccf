"""The state record as the compiler sees it: what stays the same during a run is loaded once.

Addresses of tables and numbers of rows never change while the kernel runs. The compiler cannot know
that, as every store might hit them, unless their loads are marked as invariant.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_getattr_generic, lower_setattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model

from backend_lead.kernel.state import FIXED, state_t

OFFSET = {name: field[1] for name, field in (state_t.fields or {}).items()}


class State(types.Type):
    """The address of a state record."""

    def __init__(self) -> None:
        super().__init__(name="KernelState")


STATE = State()


@register_model(State)
class _Model(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.IntType(64))


@infer_getattr
class _Attributes(AttributeTemplate):
    key = State

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        return types.int64 if attr in OFFSET else None


def _place(builder: Any, address: Any, name: str) -> Any:
    at = builder.add(address, ir.Constant(ir.IntType(64), OFFSET[name]))
    return builder.inttoptr(at, ir.IntType(64).as_pointer())


@lower_getattr_generic(State)
def _load(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    loaded = builder.load(_place(builder, value, attr))
    if attr in FIXED:
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


@lower_setattr_generic(State)
def _store(context: Any, builder: Any, sig: Any, args: Any, attr: str) -> None:
    if attr in FIXED:
        raise TypeError(f"{attr} stays the same during a run")
    address, value = args
    builder.store(value, _place(builder, address, attr))


@intrinsic
def reader_of_state(typingctx: Any, base: Any, row: Any) -> Any:
    """(address of a state record, 0) -> its fields."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return args[0]

    return STATE(types.int64, types.int64), codegen
