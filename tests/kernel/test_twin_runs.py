"""The plain reading of the laws over whole runs: draws, sources, theory, and any program."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.layout import FAILED, OK, TIMED_OUT
from backend_lead.kernel.program import Program
from backend_lead.kernel.twin_chance import Stream, sample
from backend_lead.kernel.twin_state import records

from .random_programs import random_program

# --- random streams -------------------------------------------------------------------------------


def test_stream_is_splitmix64() -> None:
    """The stream gives the published numbers of splitmix64 for the state 1234567."""
    stream = Stream(1234567)
    assert [stream.next() for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_uniform_stays_inside_the_open_interval() -> None:
    """The largest and the smallest uniform are inside (0, 1), so every index drawn is in range."""
    largest, smallest = ((2**64 - 1 >> 12) + 0.5) * 2.0**-52, 0.5 * 2.0**-52
    assert 0 < smallest < largest < 1
    assert all(int(largest * n) == n - 1 for n in range(1, 1000))


def test_distributions_have_their_mean_and_spread() -> None:
    """Each distribution has the mean and the coefficient of variation it was built with."""
    b = Builder()
    b.dist_const(1), b.dist_exp(1), b.dist_lognormal(1, 0.8), b.dist_hyper2(0.9, 0.5, 5.5)
    b.dist_erlang(4, 1), b.dist_uniform(0.5, 1.5)
    hyper_cv = math.sqrt(2 * (0.9 * 0.5**2 + 0.1 * 5.5**2) - 1)
    cvs = [0, 1, 0.8, hyper_cv, 0.5, 1 / math.sqrt(12)]
    stream = Stream(7)
    for row, cv in zip(records(b.build().dist), cvs, strict=True):
        draws = np.array([sample(row, stream) for _ in range(20_000)]) / lay.NS_PER_S
        assert draws.mean() == pytest.approx(1, abs=4 * cv / math.sqrt(20_000))
        assert draws.std() == pytest.approx(cv, rel=0.1)


# --- sources --------------------------------------------------------------------------------------


def _root(b: Builder, dist: int, **station: Any) -> int:
    endpoint = b.endpoint(b.service(**station), [("cpu", dist)])
    return b.endpoint(b.delay_service(), [("call", b.call(endpoint))])


def test_closed_population_never_exceeds_its_users() -> None:
    """No more requests are ever under way than there are users."""
    b = Builder()
    b.closed(5, 0.01, {_root(b, b.dist_exp(0.02), per_group=1, workers=2, cores=2): 1})
    result = twin.run(b.build(), seed=1, until_ns=20 * 10**9)
    changes = sorted(
        (time, step) for o in result.outcomes for time, step in ((o[3], 1), (o[4], -1))
    )
    under_way = np.cumsum([step for _, step in changes])
    assert under_way.max() == 5
    assert result.in_flight <= 5


def test_segments_set_the_rate() -> None:
    """Arrivals follow the factor of each segment, and stop where it is 0."""
    b = Builder()
    root = b.endpoint(b.delay_service(), [])
    b.open(500, {root: 1}, segments=[(0, 1), (2, 0), (4, 3), (6, 0), (8, 1)])
    result = twin.run(b.build(), seed=1, until_ns=10 * 10**9)
    starts_s = np.array([o[3] for o in result.outcomes]) / lay.NS_PER_S
    counts, _ = np.histogram(starts_s, [0, 2, 4, 6, 8, 10])
    for count, expected in zip(counts, [1000, 0, 3000, 0, 1000], strict=True):
        assert count == pytest.approx(expected, abs=4 * math.sqrt(expected))


def test_mix_shares_out_the_roots() -> None:
    """Roots are drawn by their shares, and serial numbers count each source from 0."""
    b = Builder()
    first, second = (b.endpoint(b.delay_service(), []) for _ in range(2))
    b.open(1000, {first: 1, second: 3})
    outcomes = twin.run(b.build(), seed=1, until_ns=4 * 10**9).outcomes
    assert [o[2] for o in outcomes] == list(range(len(outcomes)))
    assert sum(o[1] == second for o in outcomes) / len(outcomes) == pytest.approx(0.75, abs=0.03)


def test_warmup_hides_early_requests_from_the_outcomes() -> None:
    """Requests started before the warm-up time are counted, but not listed."""
    b = Builder()
    b.open(100, {_root(b, b.dist_exp(0.01)): 1})
    program = b.build()
    whole = twin.run(program, seed=1, until_ns=4 * 10**9)
    warm = twin.run(program, seed=1, until_ns=4 * 10**9, warmup_ns=10**9)
    assert warm.outcomes == [o for o in whole.outcomes if o[3] >= 10**9]
    assert (warm.started, warm.ok) == (whole.started, whole.ok)


def test_mm1_waits_as_theory_says() -> None:
    """The mean time in an M/M/1 station lies within the interval of the runs around theory."""
    arrivals_per_s, served_per_s = 70.0, 100.0
    b = Builder()
    b.open(arrivals_per_s, {_root(b, b.dist_exp(1 / served_per_s), per_group=1, workers=1): 1})
    program = b.build()
    means = []
    for seed in range(12):
        run = twin.run(program, seed=seed, until_ns=33 * 10**9, warmup_ns=3 * 10**9)
        means.append(statistics.fmean(o[4] - o[3] for o in run.outcomes) / lay.NS_PER_S)
    half_width = 3.11 * statistics.stdev(means) / math.sqrt(len(means))  # t, 99 %, 11 degrees
    assert statistics.fmean(means) == pytest.approx(
        1 / (served_per_s - arrivals_per_s), abs=half_width
    )


# --- any program ----------------------------------------------------------------------------------


def _tables(program: Program) -> dict[str, bytes]:
    return {f.name: getattr(program, f.name).tobytes() for f in fields(program)}


@pytest.mark.parametrize("number", range(30))
def test_random_programs_keep_the_books(number: int) -> None:
    """Each request started ends once or is under way; the run repeats and leaves its program be."""
    program, until_ns = random_program(random.Random(number))
    before = _tables(program)
    result = twin.run(program, seed=number, until_ns=until_ns)
    assert _tables(program) == before
    assert twin.run(program, seed=number, until_ns=until_ns) == result
    ended = [sum(o[5] == outcome for o in result.outcomes) for outcome in (OK, FAILED, TIMED_OUT)]
    assert ended == [result.ok, result.failed, result.timed_out]
    assert result.started == sum(ended) + result.in_flight
    assert result.in_flight >= 0
    assert len({(o[0], o[2]) for o in result.outcomes}) == len(result.outcomes)
    ends = [o[4] for o in result.outcomes]
    assert ends == sorted(ends)
    assert all(0 <= o[3] <= o[4] <= until_ns for o in result.outcomes)
