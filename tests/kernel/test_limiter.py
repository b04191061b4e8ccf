"""Token buckets: what passes, what is refused, and the known case of a steady overload."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import RunResult, simulate

from .case import MS, Case
from .measured import root_of

RATE, BURST = 500.0, 200


def limited(offered_per_s: float, rate_per_s: float = RATE, burst: int = BURST) -> Program:
    """Poisson arrivals at a root that takes a token and does nothing more."""
    b = Builder()
    b.open(offered_per_s, {root_of(b, [("limit", b.limiter(rate_per_s, burst))]): 1})
    return b.build()


def counts(run: RunResult) -> tuple[int, int]:
    """What the only limiter passed and refused."""
    (row,) = run.limiters
    return int(row["passed"]), int(row["refused"])


def test_at_twice_the_rate_half_is_refused() -> None:
    """After the burst is used up, as many pass as tokens come in; the rest fails at once."""
    run = simulate(limited(2 * RATE), seed=1, until_s=400, warmup_s=10)
    passed, refused = counts(run)
    assert passed == pytest.approx(RATE * 390, abs=BURST)
    assert refused / (passed + refused) == pytest.approx(0.5, rel=0.01)
    assert (passed, refused) == tuple(run.windows[10:][c].sum() for c in ("ok", "failed"))
    assert run.timed_out == 0 and run.hist_windows[..., 1:].sum() == 0


def test_within_the_rate_nothing_is_refused() -> None:
    """At half the rate a burst of 200 is never used up."""
    run = simulate(limited(RATE / 2), seed=1, until_s=100)
    assert counts(run) == (run.ok, 0) and run.ok == run.started


def test_a_burst_passes_and_no_more() -> None:
    """Of 15 at once at a bucket of 10, ten pass; a tenth of a second later one more may."""
    case = Case()
    limiter = case.limiter(10, 10)
    for _ in range(15):
        case.ask(case.wait(1), ("limit", limiter))
    for _ in range(2):
        case.ask(case.wait(110), ("limit", limiter))
    outcomes = [outcome for _, outcome in case.answers()]
    assert outcomes[:15].count(lay.OK) == 10
    assert outcomes[15:].count(lay.OK) == 1


def test_the_refused_are_answered_at_once_and_give_their_worker_back() -> None:
    """Without a token no work is done: the caller hears after the round trip alone."""
    case = Case()
    service = case.service(per_group=1, workers=1, cores=1)
    endpoint = case.endpoint(service, [("limit", case.limiter(1, 1)), case.cpu(5)])
    for ms in (1, 10, 20):
        case.ask_at(ms, endpoint, rtt_s=2 * MS)
    assert case.answers() == [(8, lay.OK), (12, lay.FAILED), (22, lay.FAILED)]


def test_rates_that_are_no_whole_numbers_are_kept() -> None:
    """A third of a token a second is one every three seconds, after hours too."""
    run = simulate(limited(5, rate_per_s=1 / 3, burst=1), seed=2, until_s=30_000)
    assert counts(run)[0] == pytest.approx(30_000 / (3 + 1 / 5), rel=0.001)


def test_bursts_of_millions_fit() -> None:
    """A bucket for a whole population does not overflow; only what cannot be held is refused."""
    run = simulate(limited(1_000, rate_per_s=0.5, burst=1_000_000_000), seed=1, until_s=10)
    assert counts(run) == (run.started, 0)


def test_an_unused_limiter_changes_nothing() -> None:
    """A limiter that no step names leaves every request as it was."""
    runs = []
    for unused in (False, True):
        b = Builder()
        if unused:
            b.limiter(1, 1)
        b.open(100, {root_of(b, [("delay", b.dist_exp(0.01))]): 1})
        runs.append(simulate(b.build(), seed=1, until_s=10, trace=2_000))
    assert (runs[0].trace == runs[1].trace).all()
    assert runs[0].events == runs[1].events


# Turner, IEEE Communications Magazine 24 (1986): bucket of 500, 100/s, asked evenly 160/s for 60 s.
# tokens(t) = 500 + (100 - 160) t is used up at 8.333 s; 500 + 100 * 60 pass.
CASE_RATE, CASE_BURST, CASE_OFFERED, CASE_S = 100, 500, 160, 60


def evenly() -> Program:
    """Requests at exactly equal distances: each asks 160 times a second for its part of the run."""
    b = Builder()
    limiter = b.limiter(CASE_RATE, CASE_BURST)
    steps: list[tuple[str, int]] = []
    gap = b.dist_const(1 / CASE_OFFERED)
    ask = b.call(root_of(b, [("limit", limiter)]), optional=True)
    for _ in range(CASE_OFFERED * CASE_S):
        steps += [("delay", gap), ("call", ask)]
    root = root_of(b, steps)
    b.closed(1, 1e-9, {root: 1}, segments=[(0, 1), (50e-9, 0)])
    return b.build()


def test_known_case_of_a_steady_overload() -> None:
    """500 + 100/s * 60 s = 6,500 pass, 3,100 do not, the first at 8.33 s; in both readings."""
    program = evenly()
    run = simulate(program, seed=1, until_s=CASE_S + 1)
    passed, refused = counts(run)
    assert passed == pytest.approx(6_500, abs=2)
    assert refused == pytest.approx(3_100, abs=2)
    plain = twin.run(program, seed=1, until_ns=(CASE_S + 1) * lay.NS_PER_S)
    assert plain.limiters == [(passed, refused)]
    for part, some in ((0.98, False), (1.02, True)):
        upto = simulate(program, seed=1, until_s=part * CASE_BURST / (CASE_OFFERED - CASE_RATE))
        assert (counts(upto)[1] > 0) == some
    passed, refused = counts(simulate(program, seed=1, until_s=CASE_S, warmup_s=20))
    assert refused / (passed + refused) == pytest.approx(1 - CASE_RATE / CASE_OFFERED, rel=0.01)
