"""What holds of any program: books, waits, more servers, and the unit of time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import COMPLETE, RunResult, simulate

from .measured import root_of, station
from .random_programs import random_program

BATCH = 20
GATE_PROGRAMS, FULL_PROGRAMS = 100, 3_000
BATCHES = [
    pytest.param(first, marks=[pytest.mark.full] if first >= GATE_PROGRAMS else [])
    for first in range(0, GATE_PROGRAMS + FULL_PROGRAMS, BATCH)
]
WINDOW_S = 0.25
FAR = 100_000  # numbers of programs that the comparison with the twin does not run
LENGTH_S = 3.0
WAITS = ("wait_pool", "wait_worker", "wait_core", "wait_lock", "busy")


def numbered(number: int) -> tuple[Program, float]:
    """A random program and how long it runs (s)."""
    program, until_ns = random_program(random.Random(FAR + number))
    return program, until_ns / lay.NS_PER_S


def ran(program: Program, until_s: float, seed: int, **how: int) -> RunResult:
    run = simulate(program, seed=seed, until_s=until_s, window_s=WINDOW_S, trace=FAR, **how)
    assert run.status == COMPLETE
    return run


@pytest.mark.parametrize("first", BATCHES)
def test_books_balance_and_no_wait_is_negative(first: int) -> None:
    """Whatever happens: who came has ended or is under way, in the whole and in the windows of
    their start; every time is after the one before it, and no wait or work is below zero."""
    for number in range(first, first + BATCH):
        program, until_s = numbered(number)
        run = ran(program, until_s, number, sample_every=1)
        assert run.conserved, number
        windows = run.windows
        assert windows["started"].sum() == run.started, number
        for outcome in ("ok", "failed", "timed_out"):
            assert windows[outcome].sum() == getattr(run, outcome), (number, outcome)
        assert run.trace is not None and run.spans is not None
        assert len(run.trace) == run.ok + run.failed + run.timed_out, number
        assert (run.trace["end"] >= run.trace["start"]).all(), number
        assert all((run.stats[column] >= 0).all() for column in run.stats.dtype.names), number
        assert all((run.spans[column] >= 0).all() for column in WAITS), number
        times = [run.spans[column] for column in ("created", "begun", "started", "ended")]
        for early, late in pairwise(times):
            assert (late[late != lay.NONE] >= early[late != lay.NONE]).all(), number


# --- coupled queues -------------------------------------------------------------------------------


def one_station(number: int, servers: int, times: float = 1.0) -> RunResult:
    """A random station, first in first out: the same arrivals and the same work of each request
    for any number of servers, as a request draws from a stream of its own."""
    rng = random.Random(number)
    b = Builder()
    mean_s = rng.choice((0.002, 0.005, 0.02)) * times
    dists: list[Callable[[], int]] = [
        lambda: b.dist_exp(mean_s),
        lambda: b.dist_const(mean_s),
        lambda: b.dist_lognormal(mean_s, 2),
        lambda: b.dist_erlang(4, mean_s),
        lambda: b.dist_uniform(0, 2 * mean_s),
        lambda: b.dist_hyper2(0.9, mean_s / 2, mean_s * 5.5),
    ]
    served = station(b, rng.choice(dists)(), servers)
    steps = [("call", b.call(served, rtt_s=rng.choice((0, 0.001))))]
    if rng.random() < 0.5:
        steps.insert(0, ("delay", b.dist_exp(0.01)))
    load = rng.uniform(0.3, 1.3) * rng.choice((1, 2, 4)) / (mean_s / times)
    phases = rng.choice(([], [(0.2, 0.5), (3, 0.3)]))
    root = root_of(b, steps)
    b.open(load, {root: 1}, [(0, 1), (0.5, rng.choice((0.5, 2))), (1, 1)], phases)
    return ran(b.build(), LENGTH_S, number)


def ends(run: RunResult) -> dict[int, int]:
    """When each request ended; one that is under way has not yet."""
    assert run.trace is not None
    assert len(np.unique(run.trace["source"])) <= 1
    return dict(zip(run.trace["serial"].tolist(), run.trace["end"].tolist(), strict=True))


@pytest.mark.parametrize("first", BATCHES)
def test_more_servers_or_less_work_make_nobody_later(first: int) -> None:
    """First in first out, each single request ends at least as early with one server more, and as
    early where each has half the work (Kiefer and Wolfowitz 1955)."""
    for number in range(first, first + BATCH):
        servers = random.Random(-number).choice((1, 1, 2, 3, 7))
        before = ends(one_station(number, servers))
        assert before
        for after in (
            ends(one_station(number, servers + 1)),
            ends(one_station(number, servers, 0.5)),
        ):
            late = {n for n, end in before.items() if after.get(n, math.inf) > end}
            assert not late, (number, servers, sorted(late)[:5])


# --- the unit of time -----------------------------------------------------------------------------

# Times are made so many times twice as long. Not those of the program itself: cut to whole
# nanoseconds they would now and then change the order of two events.
FINE, COARSE = 11, 16
# What the cutting of some thousand times may add up to, where work is stretched by what else is in
# progress: a tenth of a millisecond of the program itself.
ROUNDING_NS = 100_000 * 2**FINE
TIMES = {  # columns in ns
    "call": ("timeout", "rtt", "backoff", "backoff_cap", "hedge"), "lane": ("timeout",),
    "service": ("patience", "slow_start"), "cache": ("step",), "breaker": ("window", "pause"),
    "stream": ("backoff", "pause"), "log": ("lag",), "link": ("spread",),
    "watch": ("period", "pause"), "hop": ("rtt",),
    "controller": ("period", "delay", "cool"), "shelf": ("ttl",), "source": ("think",),
    "segment": ("start",), "phase": ("mean",), "fault": ("at",), "dist": ("mean",),
    "limiter": ("level", "cap", "price"),
}  # fmt: skip
TIMED_FAULTS = (lay.FAULT_DRAIN, lay.FAULT_FREEZE, lay.FAULT_LAG, lay.FAULT_BEHIND)


def stretched(program: Program, shift: int) -> Program:
    """The same program with each time 2^shift times as long."""
    longer, times = program.copy(), 2**shift
    for table, columns in TIMES.items():
        for column in columns:
            getattr(longer, table)[column] *= times
    longer.source["rate"] /= times
    longer.arrival[:] *= times
    timed = np.isin(longer.fault["action"], TIMED_FAULTS)
    longer.fault["x"][timed] *= times
    dist, kind = longer.dist, longer.dist["kind"]
    dist["p0"][kind == lay.DIST_LOGNORMAL] += shift * math.log(2)
    for column in ("p1", "p2"):
        dist[column][kind == lay.DIST_HYPER2] *= times
    for column in ("p0", "p1"):
        dist[column][kind == lay.DIST_UNIFORM] *= times
    for table, column in (("group", "flushed_at"), ("drawer", "flushed_at")):
        getattr(longer, table)[column] *= times
    return longer


def difference(short: RunResult, long: RunResult) -> str:
    """Where the two part beyond the rounding of single times; nothing if they do not."""
    assert short.trace is not None and long.trace is not None
    if len(short.trace) != len(long.trace):
        return f"{len(short.trace)} and {len(long.trace)} requests"
    one, other = (np.sort(run.trace, order=["source", "serial"]) for run in (short, long))
    for column in ("source", "serial", "root", "outcome"):
        if (one[column] != other[column]).any():
            return column
    for column in ("start", "end"):
        apart = np.abs(other[column] / 2 ** (COARSE - FINE) - one[column])
        if apart.max(initial=0) > ROUNDING_NS:
            return f"{column}: {apart.max():.0f} ns apart"
    return ""


@pytest.mark.parametrize("first", BATCHES)
def test_the_unit_of_time_changes_nothing(first: int) -> None:
    """With every time 32 times as long each request has the same outcome, 32 times later."""
    found = {}
    for number in range(first, first + BATCH):
        program, until_s = numbered(number)
        if (program.hop["loss"] > 0).any() or (program.fault["action"] == lay.FAULT_LOSS).any():
            continue  # a lost packet is waited for in real time
        short, long = (
            simulate(stretched(program, shift), seed=number, until_s=until_s * 2**shift,
                     window_s=WINDOW_S * 2**shift, trace=FAR) for shift in (FINE, COARSE)
        )  # fmt: skip
        found[number] = difference(short, long)
    assert not any(found.values()), {n: text for n, text in found.items() if text}
