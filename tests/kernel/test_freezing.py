"""Cores that stand still, replicas that make errors, work that stretches under load."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder

from .alone import MS, answers, ask
from .measured import agrees, measure, queue, root_of


def worker(b: Builder, ms: float, **options: int) -> tuple[int, int]:
    """An endpoint that works for so long on one core; and its replica."""
    service = b.service(per_group=1, **({"workers": 4, "cores": 1} | options))
    return b.endpoint(service, [("cpu", b.dist_const(ms * MS))]), b.replica(service)


def freeze(b: Builder, at_ms: float, replica: int, ms: float) -> None:
    b.fault(at_ms * MS, lay.FAULT_FREEZE, replica, ms * lay.NS_PER_S * MS)


def test_what_a_frozen_core_works_at_goes_on_afterwards() -> None:
    """A job of 100 ms, frozen for 30 at 50: done at 130; the next one starts only then."""
    b = Builder()
    endpoint, replica = worker(b, 100)
    freeze(b, 50, replica, 30)
    for at_ms in (0, 60):
        ask(b, at_ms, [("call", b.call(endpoint))])
    ended, run = answers(b)
    assert ended == [(130, lay.OK), (230, lay.OK)]
    assert run.stats["wait_core"][endpoint] == pytest.approx((30 + 70) * MS * lay.NS_PER_S, abs=100)


def test_freezes_that_overlap_add_up_to_their_union() -> None:
    """Frozen from 50 to 80 and from 60 to 100: 50 ms in all; a start within waits for the end."""
    b = Builder()
    endpoint, replica = worker(b, 100, cores=2)
    freeze(b, 50, replica, 30)
    freeze(b, 60, replica, 40)
    freeze(b, 65, replica, 10)
    for at_ms in (0, 70):
        ask(b, at_ms, [("call", b.call(endpoint))])
    assert answers(b)[0] == [(150, lay.OK), (200, lay.OK)]


def test_a_server_with_breakdowns() -> None:
    """An exponential server that freezes at random: R = (1 + mu xi / (xi + eta)^2) / (mu A - l).

    Source: White, Christie, Operations Research 6 (1958).
    """
    rate, work_s, up_s, down_s = 50.0, 0.01, 20.0, 0.5
    mu, xi, eta = 1 / work_s, 1 / up_s, 1 / down_s
    expected = (1 + mu * xi / (xi + eta) ** 2) / (mu * eta / (xi + eta) - rate)
    assert expected == pytest.approx(0.04604, rel=1e-3)
    b = Builder()
    root = queue(b, b.dist_exp(work_s))
    b.open(rate, {root: 1})
    random, at_s = np.random.default_rng(7), 0.0
    while True:
        at_s += random.exponential(up_s)
        if at_s > 30_000:
            break
        lasts_s = random.exponential(down_s)
        freeze(b, at_s / MS, 0, lasts_s / MS)
        at_s += lasts_s
    assert agrees(expected, measure(b.build(), 29_000, window_s=100).mean())


def test_errors_hit_their_share() -> None:
    """From 5 s on a fifth of what starts at the replica fails; before it nothing does."""
    b = Builder()
    service = b.service(per_group=1)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(MS))])
    b.open(1_000, {root_of(b, [("call", b.call(endpoint))]): 1})
    b.fault(5, lay.FAULT_ERRORS, b.replica(service), 0.2)
    run = measure(b.build(), 100, warmup_s=5)
    assert agrees(0.2, run.share("failed"))
    assert run.run.windows["failed"][:5].sum() == 0


@pytest.mark.parametrize("users", [1, 4, 16, 32])
def test_universal_scalability_law(users: int) -> None:
    """N that work without a pause: X(N) = N / (S (1 + a (N - 1) + b N (N - 1))).

    Source: Gunther, Guerrilla Capacity Planning (2007), chapter 4; the values are those fitted to
    the MySQL benchmark in Schwartz, Practical Scalability Analysis (2015).
    """
    work_s, contention, coherency, times = 1 / 995.649, 0.0267159, 0.000769094, 500
    b = Builder()
    service = b.service(1, 1, workers=64, cores=64, contention=contention, coherency=coherency)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(work_s))] * times)
    for _ in range(users):
        ask(b, 0, [("call", b.call(endpoint))])
    ended, _ = answers(b)
    stretch = 1 + contention * (users - 1) + coherency * users * (users - 1)
    for end_ms, _ in ended:
        assert times / end_ms / MS == pytest.approx(1 / (work_s * stretch), rel=0.005)
