"""The plain reading of More sources: given times, equal distances, phases."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.kernel import twin
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.kernel.program import Program
from backend_lead.kernel.twin_chance import Stream, hash2

from .case import NS_PER_MS


def root(b: Builder) -> int:
    return b.endpoint(b.delay_service(), [])


def starts(program: Program, until_s: float, seed: int = 1) -> list[int]:
    result = twin.run(program, seed=seed, until_ns=round(until_s * NS_PER_S))
    return [start for _, _, _, start, _, _ in result.outcomes]


def test_every_sends_at_equal_distances() -> None:
    """One at the end of each interval, from the first on."""
    b = Builder()
    b.every(0.01, {root(b): 1})
    assert starts(b.build(), 0.045) == [10 * NS_PER_MS * i for i in (1, 2, 3, 4)]


def test_replay_sends_at_the_recorded_times() -> None:
    """Each time once, equal ones too; with none, nothing."""
    b = Builder()
    times_ms = (0, 5, 5, 7.5, 30)
    b.replay([ms / 1000 for ms in times_ms], {root(b): 1})
    b.replay([], {root(b): 1})
    program = b.build()
    assert starts(program, 1) == [round(ms * NS_PER_MS) for ms in times_ms]
    assert starts(program, 0.01) == [round(ms * NS_PER_MS) for ms in times_ms[:4]]


def test_their_roots_are_drawn_by_the_mix_alone() -> None:
    """The n-th request's root is told by the n-th draw of the source's arrival stream."""
    b = Builder()
    roots = [root(b), root(b)]
    b.every(0.01, {roots[0]: 1, roots[1]: 1})
    result = twin.run(b.build(), seed=5, until_ns=NS_PER_S)
    stream = Stream(hash2(5, 1))
    assert [o[1] for o in result.outcomes] == [roots[stream.u() >= 0.5] for _ in range(100)]


def test_the_first_phase_lasts_as_long_as_drawn() -> None:
    """With a first phase of rate 0 the source's first draw says when arrivals begin."""
    b = Builder()
    b.open(100_000, {root(b): 1}, phases=[(0, 0.01), (1, 1)])
    for seed in range(5):
        first = starts(b.build(), 0.2, seed)[0]
        ends = int(Stream(hash2(seed, 1)).e() * 0.01 * NS_PER_S)
        assert ends <= first < ends + 200_000


def test_two_phases_follow_each_other_in_a_circle() -> None:
    """Rate 0 and 2,000 in turn, 0.1 s each on average: 1,000 a second in all, in bursts."""
    b = Builder()
    b.open(1000, {root(b): 1}, phases=[(0, 0.1), (2, 0.1)])
    runs = [np.array(starts(b.build(), 20, seed)) / NS_PER_S for seed in range(4)]
    counts = np.concatenate([np.histogram(run, np.arange(0, 20.05, 0.05))[0] for run in runs])
    assert counts.mean() == pytest.approx(50, rel=0.1)
    assert counts.var() / counts.mean() > 10  # a Poisson count would have 1
    assert (counts == 0).mean() > 0.1


def test_segments_and_phases_multiply() -> None:
    """A segment of factor 0 silences every phase; a phase of factor 3 triples its segment."""
    b = Builder()
    b.open(100, {root(b): 1}, [(0, 1), (10, 0), (20, 2)], phases=[(3, 0.05)])
    counts, _ = np.histogram(np.array(starts(b.build(), 30)) / NS_PER_S, [0, 10, 20, 30])
    assert counts[1] == 0
    assert counts[0] == pytest.approx(3000, abs=220) and counts[2] == pytest.approx(6000, abs=310)
