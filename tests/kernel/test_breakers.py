"""Circuit breakers that look at the last outcomes, and let several probes through."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import root_of


def guarded(
    replicas: int = 1, *, work_s: float = 0.0, every_s: float = 0.01, **breaker: float
) -> tuple[Builder, int, int]:
    """A service asked at a steady pace through a breaker; its replicas take turns."""
    b = Builder()
    options = {"least": 10, "share": 0.5, "pause_s": 1.0} | breaker
    service = b.service(1, replicas, workers=100, cores=100, balance=lay.LB_ROUND_ROBIN)
    work = b.endpoint(service, [("delay", b.dist_const(work_s))])
    guard = b.breaker(work, **options)  # type: ignore[arg-type]
    b.every(every_s, {root_of(b, [("call", b.call(work, breaker=guard))]): 1})
    return b, service, work


def ran(b: Builder, until_s: float) -> RunResult:
    run = simulate(b.build(), seed=1, until_s=until_s, trace=100_000)
    assert run.conserved and run.in_flight == 0
    return run


@pytest.mark.parametrize(("last", "failures"), [(10, 5), (64, 32), (100, 50), (128, 64)])
def test_it_opens_at_its_share_of_the_last_outcomes(last: int, failures: int) -> None:
    """After many good ones half of the last N must be bad: that many reach the dead service."""
    b, service, work = guarded(last=last, pause_s=1_000)
    b.fault(20.005, lay.FAULT_DOWN, b.replica(service))
    run = ran(b, 40.005)
    assert run.stats["failed"][work] == failures
    assert run.failed == 2_000


def test_it_stays_closed_until_it_has_seen_enough() -> None:
    """Fewer than `least` outcomes open nothing, were they all bad."""
    b, service, work = guarded(last=100, least=30, pause_s=1_000)
    b.fault(0, lay.FAULT_DOWN, b.replica(service))
    assert ran(b, 10.005).stats["failed"][work] == 30


@pytest.mark.parametrize(("last", "most"), [(10, 4), (63, 21), (64, 22), (65, 22), (128, 43)])
def test_what_is_too_old_counts_no_more(last: int, most: int) -> None:
    """One in three fails: among N in a row are at most so many; one more is never seen."""
    for needed, opens in ((most, True), (most + 1, False)):
        b, service, work = guarded(3, last=last, least=last, share=needed / last, pause_s=1_000)
        b.fault(0, lay.FAULT_DOWN, b.replica(service))
        failed = ran(b, 40.005).stats["failed"][work]
        assert (failed <= most) if opens else (failed >= 4_000 // 3)


def test_several_probes_close_it_together() -> None:
    """Probes take 55 ms: three go, the others fail fast until the third one's answer closes it.

    The fifth bad outcome of ten is that of 5.015 s, so the first probe is that of 6.02 s.
    """
    b, service, _ = guarded(work_s=0.055, last=10, pause_s=1.0, probes=3)
    b.fault(4.995, lay.FAULT_DOWN, b.replica(service))
    b.fault(5.5, lay.FAULT_UP, b.replica(service))
    run = simulate(b.build(), seed=1, until_s=10, trace=100_000)
    assert run.trace is not None and run.conserved
    failed = run.trace[run.trace["outcome"] == lay.FAILED]
    assert failed["end"].min() == 4_995_000_000
    started_ms = sorted((failed["start"] // 1_000_000).tolist())
    assert started_ms == [*range(4_940, 6_020, 10), *range(6_050, 6_100, 10)]


def test_one_bad_probe_opens_it_again() -> None:
    """While the service is dead one probe per pause reaches it, however many are allowed."""
    b, service, work = guarded(last=10, pause_s=1.0, probes=5)
    b.fault(5.005, lay.FAULT_DOWN, b.replica(service))
    run = ran(b, 15.505)
    assert run.stats["failed"][work] == 5 + 10


def test_probes_that_never_answer_do_not_hold_it_half_open_for_ever() -> None:
    """Three probes are asked and do not answer; a pause later three more may go."""
    b, service, work = guarded(work_s=2.5, last=10, pause_s=1.0, probes=3)
    b.fault(0.005, lay.FAULT_DOWN, b.replica(service))
    b.fault(0.2, lay.FAULT_UP, b.replica(service))
    run = simulate(b.build(), seed=1, until_s=3.4, sample_every=1)
    assert run.spans is not None
    asked = run.spans[(run.spans["endpoint"] == work) & (run.spans["replica"] != lay.NONE)]
    times = sorted((asked["created"] / 1e6).round().astype(int).tolist())
    assert times[10:] == [1_100, 1_110, 1_120, 2_100, 2_110, 2_120, 3_100, 3_110, 3_120]


def probed(share: float, **breaker: float) -> tuple[list[int], int]:
    """Both of two replicas die at 5.005 s, one is back at 5.5 s; four probes are let through.

    Gives when (ms) attempts reached them from 5.005 s on, and how many requests failed after 7 s.
    """
    b, service, work = guarded(2, last=10, share=share, pause_s=1.0, probes=4, **breaker)
    for index in range(2):
        b.fault(5.005, lay.FAULT_DOWN, b.replica(service, index=index))
    b.fault(5.5, lay.FAULT_UP, b.replica(service))
    run = simulate(b.build(), seed=1, until_s=10.005, sample_every=1)
    assert run.spans is not None and run.conserved
    asked = run.spans[(run.spans["endpoint"] == work) & (run.spans["replica"] != lay.NONE)]
    times = sorted((asked["created"] // 1_000_000).tolist())
    return [ms for ms in times if ms > 5_005], int(run.windows["failed"][7:].sum())


def test_all_its_probes_decide_together() -> None:
    """Two of four fail. At a share of half it opens again, after the fourth, each time; of 60 %
    it closes, and half of all requests fail from then on. The first one alone would open it."""
    times, _ = probed(0.5, jointly=True)
    assert times[:5] == [5_010, 5_020, 5_030, 5_040, 5_050]
    rounds = [6_050, 7_080, 8_110, 9_140]
    assert times[5:] == [since + ms for since in rounds for ms in (0, 10, 20, 30)]
    times, failed = probed(0.6, jointly=True)
    assert times[:6] == [5_010, 5_020, 5_030, 5_040, 5_050, 5_060]
    assert times[6:] == list(range(6_060, 10_001, 10))
    assert failed == 301 // 2
    times, _ = probed(0.6)
    assert len([ms for ms in times if 6_000 < ms < 7_000]) < 4


def test_jointly_a_single_probe_decides() -> None:
    """With one probe, jointly or not, it is the same."""
    b, service, work = guarded(last=10, pause_s=1.0, probes=1, jointly=True)
    b.fault(5.005, lay.FAULT_DOWN, b.replica(service))
    b.fault(8.5, lay.FAULT_UP, b.replica(service))
    run = ran(b, 15.505)
    assert run.stats["failed"][work] == 5 + 3
    assert run.windows["failed"][10:].sum() == 0
