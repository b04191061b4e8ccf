"""Budgets that failures are paid from, as gRPC throttles retries: these stop while much fails."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import root_of

FULL, REWARD = 10, 0.1  # tokens; an attempt that fails takes one


def throttled(
    down_s: list[tuple[float, float]], retries: int = 10, **call: object
) -> tuple[RunResult, int]:
    """A request each 10 ms for 10 s to a service that is down at these times; and its endpoint."""
    b = Builder()
    service = b.service(1, 1)
    work = b.endpoint(service, [])
    budget = b.budget(0, FULL, spend=1, reward=REWARD)
    if call.pop("guarded", False):
        call["breaker"] = b.breaker(work, window_s=100, least=1, share=1, pause_s=100)
    row = b.call(work, retries=retries, budget=budget, **call)  # type: ignore[arg-type]
    b.every(0.01, {root_of(b, [("call", row)]): 1})
    for since_s, until_s in down_s:
        b.fault(since_s, lay.FAULT_DOWN, b.replica(service))
        b.fault(until_s, lay.FAULT_UP, b.replica(service))
    return simulate(b.build(), seed=1, until_s=10.005), work


@pytest.mark.parametrize("retries", [1, 2, 3, 10])
def test_retries_stop_when_it_is_half_empty(retries: int) -> None:
    """Failures take 10 tokens to 9, 8, 7 and 6, after each of which one is tried again; the fifth
    leaves 5 of 10, and from then on nothing is."""
    run, work = throttled([(0, 20)], retries=retries)
    first = -(-5 // (retries + 1))  # requests that the first five attempts are of
    assert run.started == 1_000
    assert run.stats["n"][work] == 1_000 + (4 if retries >= 4 else 5 - first)


def test_what_succeeds_does_not_overfill_it() -> None:
    """After 500 that succeed it still holds ten tokens: four retries, no more."""
    run, work = throttled([(5.005, 20)])
    assert run.stats["n"][work] == 1_000 + 4


@pytest.mark.parametrize(("successes", "again"), [(60, 0), (61, 1), (70, 1), (71, 2)])
def test_what_succeeds_pays_for_retries(successes: int, again: int) -> None:
    """From empty, a tenth of a token each: 61 bring 6.1, one failure leaves 5.1: tried again."""
    up_s = 5.005 + successes * 0.01
    run, work = throttled([(0, 5.005), (up_s, 20)])
    assert run.ok == successes
    assert run.stats["n"][work] == 1_000 + 4 + again


def test_a_retry_itself_takes_nothing() -> None:
    """One failure, a retry 5 ms later that succeeds: tokens go 10, 9, 9.1; 75 such failures, each
    with twelve successes before the next one, are all tried again."""
    down = [(0.5 + i * 0.12 - 0.002, 0.5 + i * 0.12 + 0.002) for i in range(75)]
    run, work = throttled(down, backoff_s=0.005, shape=lay.JITTER_NONE)
    assert run.failed == 0
    assert run.stats["n"][work] == 1_000 + 75


def test_attempts_that_fail_fast_are_told() -> None:
    """A breaker that opens at the first failure: what it turns away empties the budget too."""
    run, work = throttled([(0, 20)], guarded=True, backoff_s=0.001)
    assert run.stats["n"][work] == 1
    assert run.failed == 1_000
