"""Controllers that leave alone what is nearly right, and take away several replicas at once."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate

from .measured import root_of

TARGET = 0.4


def serving(cores_busy: float, **controller: float) -> list[int]:
    """Replicas of one core that served, in the windows between looks each 10 s: four at first.

    A request each 0.1 s takes its share of a second's core time; replicas take turns.
    """
    b = Builder()
    service = b.service(1, 8, workers=50, cores=1, visible=4, balance=lay.LB_ROUND_ROBIN)
    work = b.endpoint(service, [("cpu", b.dist_const(cores_busy * 0.1))])
    b.replay([0.05 + i * 0.1 for i in range(400)], {root_of(b, [("call", b.call(work))]): 1})
    options = {"least": 1, "period_s": 10, "target": TARGET, "delay_s": 0, "cool_s": 0}
    b.controller(service, **(options | controller))  # type: ignore[arg-type]
    run = simulate(b.build(), seed=1, until_s=40, sample_every=1)
    assert run.spans is not None
    asked = run.spans[run.spans["endpoint"] == work]
    windows = asked["created"] // (10 * lay.NS_PER_S)
    return [len(set(asked["replica"][windows == w].tolist())) for w in range(4)]


def test_half_of_the_target_takes_half_the_replicas_away_at_once() -> None:
    """Four at 50 % of the target go to two in one look; without `down`, one a look."""
    assert serving(0.5 * TARGET * 4, down=4) == [4, 2, 2, 2]
    assert serving(0.5 * TARGET * 4, down=2) == [4, 2, 2, 2]
    assert serving(0.5 * TARGET * 4) == [4, 3, 2, 2]
    assert serving(0, down=2, least=1) == [4, 2, 1, 1]


@pytest.mark.parametrize(
    ("share", "tolerance", "seen"),
    [(1.09, 0.1, 4), (1.09, 0, 5), (1.11, 0.1, 5), (0.7, 0.35, 4), (0.7, 0.25, 3), (0.7, 0, 3)],
)
def test_within_the_tolerance_nothing_is_done(share: float, tolerance: float, seen: int) -> None:
    """At 109 % of the target, with 10 % of tolerance, four stay four; at 111 % there are five."""
    assert serving(share * TARGET * 4, tolerance=tolerance)[1] == seen


def test_within_the_tolerance_the_least_is_still_kept() -> None:
    """Where more must be kept than there are, they are ordered whatever the use."""
    assert serving(TARGET * 4, tolerance=0.5, least=6)[1:] == [6, 6, 6]
