"""When a second is sick: more broke a promise than chance explains, or too many did in the end."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis.health import Kept, healthy_from
from backend_lead.kernel import stats

SECONDS, P99 = 2_000, 0.01


def seen(rate: float, share: float, seconds: int = SECONDS) -> Kept:
    """Requests of a kind by second, and how many of them were late, at random."""
    dice = np.random.default_rng(7)
    of = dice.poisson(rate, seconds)
    return Kept(dice.binomial(of, share), of, P99)


@pytest.mark.parametrize("rate", [0.5, 5.0, 450.0, 12_000.0])
def test_a_promise_just_kept_is_hardly_ever_called_broken(rate: float) -> None:
    """With exactly one in a hundred late, a second is sick about once in a thousand."""
    assert seen(rate, P99).sick().mean() < 0.005


def test_few_slow_answers_of_a_rare_kind_are_not_an_illness() -> None:
    """Half of what is allowed, 450 a second: some seconds show a p99 beyond it, none is sick."""
    kept = seen(450.0, P99 / 2, 150)
    assert (kept.broke > kept.of * P99).any()
    assert healthy_from([kept], [False] * 150, 10) == 10


@pytest.mark.parametrize(("rate", "share"), [(450.0, 0.04), (12_000.0, 0.015), (20.0, 0.4)])
def test_a_second_that_is_late_is_seen_at_once(rate: float, share: float) -> None:
    """Of many requests a little more than allowed is enough, of few it takes more."""
    assert seen(rate, share).sick().mean() > 0.9


def test_a_little_too_much_for_long_is_not_health() -> None:
    """Twice as many late as allowed, too few for one second to show it: never healthy again."""
    kept = seen(40.0, 2 * P99, 140)
    assert kept.sick().mean() < 0.5
    assert healthy_from([kept], [False] * 140, 10) > 130


def test_who_was_seen_sick_has_to_show_that_it_is_well() -> None:
    """Four times as many late as allowed, until the end: a last calm second proves nothing."""
    for seed in range(20):
        dice = np.random.default_rng(seed)
        of = dice.poisson(90.0, 80)
        kept = Kept(dice.binomial(of, 4 * P99), of, P99)
        assert healthy_from([kept], [False] * 80, 10) > 76


def test_health_begins_after_the_last_sick_second() -> None:
    """A second that is sick for another reason counts, what lies before the fault does not."""
    calm = seen(450.0, P99 / 2, 100)
    sick = [second in (3, 20, 40) for second in range(100)]
    assert healthy_from([calm], sick, 10) == 41
    assert healthy_from([calm], [second < 10 for second in range(100)], 10) == 10
    assert healthy_from([calm], [second > 50 for second in range(100)], 10) == 100


def test_requests_beyond_a_limit_are_those_of_the_quantile() -> None:
    """What `quantile` puts at the p99 leaves one in a hundred beyond it, inside a bucket too."""
    counts = np.random.default_rng(3).poisson(20.0, len(stats.bucket_edges()) - 1)
    for q in (0.5, 0.9, 0.99):
        beyond = stats.beyond(counts, stats.quantile(counts, q))
        assert float(beyond) == pytest.approx((1 - q) * counts.sum(), rel=1e-9)
    assert float(stats.beyond(counts, 1e9)) == 0.0
