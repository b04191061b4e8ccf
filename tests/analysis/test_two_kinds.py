"""Long bursts among short ones: the queue against known cases, the solver against the kernel."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from backend_lead.analysis.queues import erlang_c, relaxation_s
from backend_lead.analysis.two_kinds import SERVERS_MAX, VARIED, WAITING_MIN, Kinds, kinds, met
from tests.analysis.mixed_bursts import ASKS, Case, errors

ALONE = [Case(*of) for of in product((1, 2, 4, 8), (20, 100, 300), (0.1, 0.5), (0.3, 0.5, 0.8))]
BALANCES = ("power-of-two", "least-outstanding", "round-robin", "random")
BALANCED = [
    Case(cores, ratio, 0.3, busy, replicas, balance)
    for balance, replicas, cores, ratio, busy in product(
        BALANCES, (2, 4, 10), (1, 2, 4), (30, 200), (0.4, 0.7)
    )
]
PRECISE = 4  # times the least run, where kernel and solver agree best
STORES = [Case(2, ratio, 0.3, busy) for ratio, busy in product((30, 100, 300), (0.3, 0.5, 0.7))]


@pytest.mark.parametrize("ratio", [20, 300])
@pytest.mark.parametrize("busy", [0.1, 0.5, 0.9])
def test_one_server_waits_as_pollaczek_and_khinchine_say(ratio: int, busy: float) -> None:
    """The mean wait of M/G/1 is exact."""
    of = Kinds(0.001, 0.001 * ratio, 0.01)
    square = 2 * (0.99 * 0.001**2 + 0.01 * (0.001 * ratio) ** 2)
    rate = busy / of.mean_s
    found = met(rate, of, 1)
    assert found.waiting == pytest.approx(busy)
    assert found.wait * of.mean_s == pytest.approx(rate * square / 2 / (1 - busy))


@pytest.mark.parametrize("ratio", [2, 1e3, 6e7])
@pytest.mark.parametrize("share", [1e-9, 2.3e-8, 3e-7, 1e-4, 0.2])
def test_the_rarest_long_bursts_count_with_one_server(ratio: float, share: float) -> None:
    """A job once a day of a minute among 500 bursts a second is in the mean wait of M/G/1."""
    short, long = 0.001, 0.001 * ratio
    of = kinds([(1 - share, short), (share, long)]) or Kinds(short, long, share)
    assert of.mean_s == pytest.approx((1 - share) * short + share * long, rel=1e-6)
    square = 2 * ((1 - share) * short**2 + share * long**2)
    rate = 0.5 / of.mean_s
    found = met(rate, of, 1)
    assert found.wait * of.mean_s == pytest.approx(rate * square / 2 / (1 - 0.5), rel=3e-5)


@pytest.mark.parametrize("servers", [1, 2, 3, 4, 8, 12, SERVERS_MAX])
def test_waits_are_sane_from_idle_to_full(servers: int) -> None:
    """Ratios to a million, shares from one in a billion, hardly and nearly fully used: the chance
    to wait stays near Erlang's, no wait is negative, and one server is exact."""
    for use, ratio, share in product(
        (1e-9, 5e-5, 0.01, 0.3, 0.7, 0.95, 0.98, 0.9989),
        (2.0, 600.0, 1e4, 1e6),
        (1e-9, 1e-7, 1.7e-6, 1e-3, 0.1, 0.6),
    ):
        of = Kinds(1.0, ratio, share)
        found = met(use * servers / of.mean_s, of, servers)
        where = (use, ratio, share)
        assert np.isfinite(found.wait) and np.isfinite(found.spread).all(), where
        assert found.wait >= 0 and found.spread.min() >= 0, where
        assert (np.diff(found.spread) >= 0).all(), where
        erlang = erlang_c(servers, use * servers)
        if found.waiting == 0:
            assert found.wait == 0 and erlang < 2 * WAITING_MIN, where
            continue
        assert 0.999 * erlang < found.waiting <= min(1.0, 1.25 * erlang), where
        if servers == 1:
            mean_wait = use / (1 - use) * (of.scv + 1) / 2
            assert found.wait == pytest.approx(mean_wait, rel=1e-4), where


@pytest.mark.parametrize("servers", [1, 2, 8, SERVERS_MAX])
def test_bursts_of_one_length_wait_as_erlang_says(servers: int) -> None:
    """M/M/c, in the chance to wait, the mean and the exponential spread of the wait."""
    found = met(0.8 * servers, Kinds(0.999, 1.001, 0.5), servers)
    waiting = erlang_c(servers, 0.8 * servers)
    assert found.waiting == pytest.approx(waiting, rel=1e-3)
    assert found.wait == pytest.approx(waiting / (0.2 * servers), rel=1e-3)
    for share in (0.1, 0.5, 0.9, 0.99):
        expected = -np.log(1 - share)
        assert np.quantile(found.spread, share) == pytest.approx(expected, rel=0.02)


def test_two_kinds_keep_three_moments_of_all_bursts() -> None:
    """The rate, and the mean, mean square and mean cube of the time."""
    bursts = [(200.0, 0.0004), (73.0, 0.0015), (27.0, 0.005), (1.0, 0.25)]
    of = kinds(bursts)
    assert of is not None
    for power in (1, 2, 3):
        whole = sum(rate * mean**power for rate, mean in bursts) / sum(rate for rate, _ in bursts)
        two = (1 - of.share) * of.short_s**power + of.share * of.long_s**power
        assert two == pytest.approx(whole)


def test_bursts_much_alike_are_not_told_apart() -> None:
    """Twice as long is not long; nothing is of no kind; a burst of no time is no obstacle."""
    assert kinds([(1.0, 0.001), (1.0, 0.002)]) is None
    assert kinds([]) is None
    assert kinds([(1.0, 0.0)]) is None
    none = kinds([(100.0, 0.0), (1.0, 0.1)])
    assert none is not None and none.scv > VARIED and none.short_s > 0


@pytest.mark.parametrize("use", [0.3, 0.7])
def test_a_queue_forgets_where_it_began_as_its_states_say(use: float) -> None:
    """M/M/1 that begins empty: the area between its mean line and that of the long run, by all its
    states (Abate and Whitt, Advances in Applied Probability 19, 1987: 1 / (1 - use)^2 services)."""
    states, n = 400, np.arange(400)
    rates = np.diag(np.full(states - 1, use), 1) + np.diag(np.ones(states - 1), -1)
    rates -= np.diag(rates.sum(axis=1))
    share = (1 - use) * use**n
    mean = float((share * n).sum())
    area = np.linalg.lstsq(np.vstack([rates, share]), np.append(n - mean, 0.0), rcond=None)[0]
    waits = np.where(np.arange(2**20) + 0.5 < use * 2**20, 1.0, 0.0)
    waits[waits > 0] = -np.log((np.arange(int(waits.sum())) + 0.5) / waits.sum()) / (1 - use)
    told = relaxation_s(waits, np.zeros(1), use)
    assert told == pytest.approx(1 / (1 - use) ** 2, rel=0.01)
    assert told == pytest.approx(float(area[0]) / mean, rel=0.01)
    assert relaxation_s(waits, waits, use) == 0


def within(found: list[tuple[float, float]], bounds: dict[str, tuple[float, float]]) -> None:
    """Hold mean and largest absolute errors of means and of p99s to bounds."""
    for word, column in zip(("mean", "p99"), np.abs(np.array(found)).T, strict=True):
        assert column.mean() <= bounds[word][0] and column.max() <= bounds[word][1], (
            word, column.mean(), column.max(),
        )  # fmt: skip


# Mean and largest errors that are let through: those seen, and room for the kernel's own chance.
ALONE_BOUNDS = {"mean": (0.04, 0.12), "p99": (0.06, 0.25)}
STORE_BOUNDS = {"mean": (0.06, 0.18), "p99": (0.08, 0.18)}
LATER_BOUNDS = {"mean": (0.1, 0.2), "p99": (0.06, 0.12)}
BALANCED_BOUNDS = {  # a p99 among replicas that are compared is known by its size only
    "random": {"mean": (0.06, 0.15), "p99": (0.07, 0.25)},
    "round-robin": {"mean": (0.08, 0.2), "p99": (0.12, 0.4)},
    "least-outstanding": {"mean": (0.1, 0.35), "p99": (0.45, 4.0)},
    "power-of-two": {"mean": (0.1, 0.55), "p99": (0.45, 4.0)},
}
GATE_MEAN = 0.1  # of a single case of mild bursts


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_short_bursts_wait_for_long_ones_as_in_the_kernel(cores: int) -> None:
    """A part that computes bursts of which some are twenty times as long."""
    case = Case(cores, 20, 0.3, 0.5)
    within([errors(case.part(), case)], {"mean": (0.12, 0.12), "p99": (0.25, 0.25)})


@pytest.mark.parametrize(("asks", "busy"), [*((asks, 0.5) for asks in ASKS), ("later", 0.7)])
def test_two_statements_wait_as_in_the_kernel(asks: str, busy: float) -> None:
    """Together, one after the other, a long burst later, and in a cache's miss much later."""
    case = Case(2, 30, 0.3, busy)
    found = errors(case.store(asks), case, PRECISE, case.apart_s(asks))
    largest = {word: (bounds[1], bounds[1]) for word, bounds in STORE_BOUNDS.items()}
    largest["mean"] = (GATE_MEAN, GATE_MEAN)
    within([found], largest)


ROWS = {
    "together": "a database of 2 cores, asked for two statements at once",
    "again": "likewise, one after the other",
    "later": "likewise, the second a long burst later",
    "missed": "likewise, the second in a cache's miss, eight long bursts later",
}


@pytest.mark.parametrize("asks", ASKS)
def test_the_page_of_the_solver_has_a_row_for_each(asks: str) -> None:
    """With errors that the bounds here let through."""
    page = (Path(__file__).parents[2] / "docs/solver.md").read_text()
    (row,) = (line for line in page.splitlines() if line.startswith(f"| {ROWS[asks]} |"))
    for word, cell in zip(("mean", "p99"), row.split("|")[2:4]):
        mean, largest = (float(part) / 100 for part in cell.split("/"))
        bounds = (LATER_BOUNDS if asks == "later" else STORE_BOUNDS)[word]
        assert 0 < mean <= bounds[0] and mean <= largest <= bounds[1]


@pytest.mark.parametrize("balance", BALANCES)
def test_two_replicas_wait_as_in_the_kernel(balance: str) -> None:
    """Two replicas of two cores, bursts 30 times as long, 40 % busy."""
    case = Case(2, 30, 0.3, 0.4, 2, balance)
    bounds = {word: (both[1], both[1]) for word, both in BALANCED_BOUNDS[balance].items()}
    bounds["mean"] = (GATE_MEAN, GATE_MEAN)
    within([errors(case.part(), case)], bounds)


@pytest.mark.full
def test_mixtures_are_within_the_stated_errors() -> None:
    """1 to 8 cores, bursts 20 to 300 times as long, 10 and 50 % of the work, 30 to 80 % busy."""
    within([errors(case.part(), case, PRECISE) for case in ALONE], ALONE_BOUNDS)


@pytest.mark.full
@pytest.mark.parametrize("asks", ASKS)
def test_two_statements_of_a_request_meet_the_same_long_ones(asks: str) -> None:
    """At the same time both wait for them, one after the other hardly the second, later it forgets,
    and much later it is as at random, also where a miss of a cache asks."""
    within(
        [errors(case.store(asks), case, PRECISE, case.apart_s(asks)) for case in STORES],
        LATER_BOUNDS if asks == "later" else STORE_BOUNDS,
    )


@pytest.mark.full
@pytest.mark.parametrize("balance", BALANCES)
def test_replicas_with_long_bursts_are_avoided_as_far_as_they_are_seen(balance: str) -> None:
    """2 to 10 replicas of 1 to 4 cores, bursts 30 and 200 times as long, 40 and 70 % busy."""
    cases = [case for case in BALANCED if case.balance == balance]
    within([errors(case.part(), case, PRECISE) for case in cases], BALANCED_BOUNDS[balance])
