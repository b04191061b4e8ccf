"""The compiled kernel and its plain twin, two readings of `laws.md`, agree request by request."""

from __future__ import annotations

import random
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.run import COMPLETE, RunResult, simulate
from backend_lead.kernel.twin import TwinResult

from .random_programs import random_program

TRACE_MAX = 100_000  # far more requests than a random program makes
WINDOW_S = 0.25
BATCH = 10
GATE_PROGRAMS, FULL_PROGRAMS = 150, 3_000
BATCHES = [
    pytest.param(first, marks=[pytest.mark.full] if first >= GATE_PROGRAMS else [])
    for first in range(0, GATE_PROGRAMS + FULL_PROGRAMS, BATCH)
]


def both(number: int, seed: int, warmup_s: float = 0.0) -> tuple[TwinResult, RunResult]:
    """Run random program `number` in both."""
    program, until_ns = random_program(random.Random(number))
    until_s = until_ns / lay.NS_PER_S
    plain = twin.run(program, seed=seed, until_ns=until_ns, warmup_ns=int(warmup_s * lay.NS_PER_S))
    fast = simulate(
        program, seed=seed, until_s=until_s, warmup_s=warmup_s, window_s=WINDOW_S, trace=TRACE_MAX
    )
    assert fast.status == COMPLETE
    return plain, fast


def outcomes(run: RunResult) -> list[tuple[int, ...]]:
    """The compiled kernel's requests, in the twin's columns."""
    columns = ["source", "root", "serial", "start", "end", "outcome"]
    return [tuple(int(row[column]) for column in columns) for row in run.trace]


def difference(plain: TwinResult, fast: RunResult) -> str:
    """Where the two part, in words; nothing when they agree."""
    pairs = enumerate(zip_longest(plain.outcomes, outcomes(fast)))
    for i, (theirs, ours) in pairs:
        if theirs != ours:
            return f"request {i} of {len(plain.outcomes)}: twin {theirs}, kernel {ours}"
    for name in ("started", "ok", "failed", "timed_out", "in_flight", "events"):
        theirs, ours = getattr(plain, name), getattr(fast, name)
        if theirs != ours:
            return f"{name}: twin {theirs}, kernel {ours}"
    for name, theirs, ours in (
        ("limiters", plain.limiters, fast.limiters[["passed", "refused"]]),
        ("logs", plain.logs, fast.logs[["written", "read", "stale"]]),
        ("dead", [(dead,) for dead in plain.dead], fast.streams[["dead"]]),
    ):
        if theirs != ours.tolist():
            return f"{name}: twin {theirs}, kernel {ours.tolist()}"
    windows, ages = stream_windows(plain, fast)
    for column in fast.stream_windows.dtype.names:
        if (windows[column] != fast.stream_windows[column]).any():
            theirs, ours = windows[column].tolist(), fast.stream_windows[column].tolist()
            return f"{column} by window and stream: twin {theirs}, kernel {ours}"
    return "" if (ages == fast.hist_streams).all() else "ages of messages"


def stream_windows(plain: TwinResult, like: RunResult) -> tuple[NDArray[Any], NDArray[Any]]:
    """What the twin says of its streams, in the windows of the compiled kernel."""
    windows, ages = np.zeros_like(like.stream_windows), np.zeros_like(like.hist_streams)

    def window(time: int) -> int:
        return min(int(time // (WINDOW_S * lay.NS_PER_S)), len(windows) - 1)

    for stream, time in plain.messages:
        windows["published"][window(time), stream] += 1
    for stream, time, count in plain.again:
        windows["again"][window(time), stream] += count
    for column, batches in (("done", plain.ages), ("dead", plain.given_up)):
        for stream, oldest, end, count in batches:
            windows[column][window(end), stream] += count
            behind = windows["behind"][window(end)]
            behind[stream] = max(behind[stream], end - oldest)
    for stream, oldest, end, count in plain.ages:
        ages[window(oldest), stream, bucket(end - oldest)] += count
    return windows, ages


def bucket(ns: int) -> int:
    """Where the histogram counts a duration, found by its edges."""
    if ns < 1 << lay.HIST_LOW:
        return ns >> (lay.HIST_LOW - lay.HIST_BITS)
    octave = ns.bit_length() - 1 - lay.HIST_LOW
    within = (ns >> (octave + lay.HIST_LOW - lay.HIST_BITS)) - lay.HIST_SUB
    return min((octave + 1) * lay.HIST_SUB + within, lay.HIST_BUCKETS - 1)


@pytest.mark.parametrize("first", BATCHES)
def test_kernel_equals_twin(first: int) -> None:
    """On any program both give every request the same start, end and outcome, event for event."""
    found = {}
    for number in range(first, first + BATCH):
        plain, fast = both(number, seed=number)
        found[number] = difference(plain, fast)
    assert not any(found.values()), {n: text for n, text in found.items() if text}


@pytest.mark.parametrize("number", range(20))
def test_windows_count_what_the_twin_lists(number: int) -> None:
    """Each window holds the outcomes and latencies of the requests that started in it."""
    plain, fast = both(number, seed=77)
    expected = np.zeros((*fast.windows.shape, 4), np.int64)
    for _, root, _, start, end, outcome in plain.outcomes:
        window = min(int(start // (WINDOW_S * lay.NS_PER_S)), len(fast.windows) - 1)
        cell = expected[window, fast.roots.index(root)]
        cell[outcome] += 1
        if outcome == lay.OK:
            cell[3] += end - start
    for k, column in enumerate(("ok", "failed", "timed_out", "latency")):
        assert (fast.windows[column] == expected[..., k]).all(), column
    assert fast.windows["started"].sum() == plain.started
    assert (fast.hist_windows.sum(axis=2) == fast.windows["ok"]).all()


def test_random_programs_reach_every_law() -> None:
    """Over the programs of the gate every operation, distribution, balance and fault occurs."""
    seen: dict[str, set[int]] = {"code": set(), "kind": set(), "balance": set(), "action": set()}
    endings: set[int] = set()
    passed = refused = 0
    for number in range(0, GATE_PROGRAMS, 3):
        program, until_ns = random_program(random.Random(number))
        for table, column in (
            (program.op, "code"),
            (program.dist, "kind"),
            (program.service, "balance"),
            (program.fault, "action"),
        ):
            seen[column] |= set(table[column].tolist())
        run = simulate(program, seed=number, until_s=until_ns / lay.NS_PER_S, trace=TRACE_MAX)
        assert run.trace is not None
        endings |= set(run.trace["outcome"].tolist())
        passed += int(run.limiters["passed"].sum())
        refused += int(run.limiters["refused"].sum())
    assert seen["code"] == set(range(lay.OP_DROP + 1))
    assert seen["kind"] == set(range(lay.DIST_UNIFORM + 1))
    assert seen["balance"] == set(range(lay.LB_HASH + 1))
    assert seen["action"] == set(range(lay.FAULT_BEHIND + 1))
    assert passed > 0 < refused
    assert endings == {lay.OK, lay.FAILED, lay.TIMED_OUT}
