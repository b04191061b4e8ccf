"""The generator of random programs: valid, of all laws, and what the rules let through runs."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.layout import NONE
from backend_lead.kernel.program import Program

from .case import NS_PER_MS
from .random_programs import random_program

PROGRAMS = 120
LEAST = 6  # programs of these in which each law has a part

LAWS: dict[str, Callable[[Program], Any]] = {
    "three choices": lambda p: (p.service["choices"] == 3) & (p.service["balance"] == lay.LB_P2C),
    "weighted": lambda p: p.service["balance"] == lay.LB_WEIGHTED,
    "hash": lambda p: p.service["balance"] == lay.LB_HASH,
    "score by weight": lambda p: p.service["weigh"] & (p.service["balance"] == lay.LB_LEAST),
    "slow start": lambda p: p.service["slow_start"] > 0,
    "near": lambda p: p.service["near"] & (p.replica["zone"].max() > 0),
    "lossy hops": lambda p: (p.call["hop"] != NONE).any() & (p.hop["loss"] > 0),
    "lifo": lambda p: p.service["order"] == lay.LIFO,
    "ranked": lambda p: p.service["order"] == lay.RANKED,
    "patience drawn": lambda p: p.service["give_up"] != NONE,
    "hosts": lambda p: p.replica["host"] != NONE,
    "stretched": lambda p: p.service["stretched"],
    **{f"backoff {shape}": lambda p, shape=shape: p.call["shape"] == shape  # type: ignore[misc]
       for shape in range(lay.JITTER_DECORRELATED + 1)},
    "breakers of the last": lambda p: p.breaker["last"] > 0,
    "breakers of two words": lambda p: p.breaker["last"] > 64,
    "breakers of several callers": lambda p: p.breaker["callers"] > 1,
    "budgets of several callers": lambda p: p.budget["callers"] > 1,
    "several probes": lambda p: p.breaker["probes"] > 1,
    "checks": lambda p: p.watch["period"] > 0,
    "ejection": lambda p: p.watch["eject"] > 0,
    "joins": lambda p: p.op["need"] > 0,
    "hedges": lambda p: p.call["hedge"] > 0,
    "hedges and breakers": lambda p: (p.call["hedge"] > 0) & (p.call["breaker"] != NONE),
    "cancelling": lambda p: p.call["cancel"],
    "groups by key": lambda p: p.call["by_key"],
    "partitions by key": lambda p: p.stream["by_key"],
    "coalescing": lambda p: p.shelf["coalesce"],
    "time to live": lambda p: p.shelf["ttl"] > 0,
    "least frequently used": lambda p: p.shelf["policy"] == lay.LFU,
    "several looks": lambda p: p.controller["looks"] > 1,
    "limited orders": lambda p: p.controller["grow"] > 0,
    "tolerance": lambda p: p.controller["tolerance"] > 0,
    "several hidden at once": lambda p: p.controller["down"] > 1,
    "joint probes": lambda p: p.breaker["jointly"],
    "failures paid": lambda p: p.budget["spend"] > 0,
    "dead letters": lambda p: p.stream["tries"] > 0,
    "fetches": lambda p: p.stream["fetch"] != NONE,
    "fetches over hops": lambda p: p.call["hop"][p.stream["fetch"][p.stream["fetch"] != NONE]] >= 0,
    "services before others": lambda p: p.service["before"] != NONE,
    "pauses": lambda p: p.stream["pause"] > 0,
    "pauses of all": lambda p: (p.stream["pause"] > 0) & (p.stream["all_pause"] > 0),
    "follow-ups": lambda p: p.endpoint["follows"] > 0,
    "follow-ups of failures": lambda p: (p.endpoint["follows"] > 0) & (p.endpoint["leaves"] < 1),
    "users in sessions at the start": lambda p: p.start["n"] > 0,
    "phases": lambda p: p.source["phases"] > 0,
    "replay": lambda p: p.source["closed"] == lay.REPLAY,
    "every": lambda p: p.source["closed"] == lay.EVERY,
    **{f"operation {code}": lambda p, code=code: p.op["code"] == code  # type: ignore[misc]
       for code in range(lay.OP_LOOK + 1)},
    **{f"fault {action}": lambda p, action=action: p.fault["action"] == action  # type: ignore[misc]
       for action in range(lay.FAULT_BEHIND + 1)},
    "nothing beyond queues": lambda p: not len(p.line) + len(p.lock) + len(p.host),
}  # fmt: skip


def test_each_law_has_its_share_of_the_programs() -> None:
    """Every law meets others in a good share of the random programs; some are plain."""
    found: Counter[str] = Counter()
    for number in range(PROGRAMS):
        program, _ = random_program(random.Random(number))
        found.update(name for name, law in LAWS.items() if np.any(law(program)))
    assert not {name: found[name] for name in LAWS if found[name] < LEAST}


# --- what the rules let through -------------------------------------------------------------------

VALUES = (-2, -1, 0, 1, 2, 3, 5, 13, -(10**6), 2**31 - 1, math.nan, math.inf, 0.5)
# Rates without bound make runs without end, which is for the caller to bound.
LOAD = ("source", "segment", "phase", "stream", "breaker", "arrival")


def changed(program: Program, rng: random.Random) -> Program:
    """A copy with one number changed, whatever it means."""
    tables = [f.name for f in fields(program) if len(getattr(program, f.name))]
    copy = program.copy()
    table = getattr(copy, rng.choice([name for name in tables if name not in LOAD]))
    column = table[rng.choice(table.dtype.names)] if table.dtype.names else table
    value = rng.choice(VALUES)
    if column.dtype.kind == "f" or math.isfinite(value):
        if column.dtype.kind == "u":
            value = abs(value)
        column[rng.randrange(len(column))] = value if column.dtype.kind == "f" else int(value)
    return copy


@pytest.mark.parametrize("number", range(6))
def test_a_changed_program_is_refused_or_runs(number: int) -> None:
    """Whatever number is changed, the rules say what is wrong, or the program runs."""
    rng = random.Random(number)
    program, _ = random_program(rng)
    refused = 0
    for _ in range(20):
        other = changed(program, rng)
        try:
            other.validate()
        except ValueError as error:
            refused += 1
            assert ": " in str(error)
            continue
        run = twin.run(other, seed=number, until_ns=30 * NS_PER_MS)
        assert run.in_flight >= 0
    assert 0 < refused < 20
