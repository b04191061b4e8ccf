"""Connections that are held, and how fast they come back."""

from __future__ import annotations

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.sockets import HANDSHAKE_CPU, NO_JITTER
from backend_lead.views.held import Holding, Loss, holdings, losses
from backend_lead.views.resolve import resolve
from tests.app.good_model import GOOD
from tests.chat_model import CHAT


def held(text: str) -> tuple[Holding, dict[str, Loss]]:
    flow = resolve(read_checked_text(text).system)
    (holding,) = holdings(flow)
    return holding, {loss.what: loss for loss in losses(flow, holding)}


def test_users_spread_over_instances() -> None:
    """Sixty thousand users on three instances are twenty thousand on each."""
    holding, _ = held(CHAT)
    assert (holding.users, holding.each, holding.balancer) == (60e3, 20e3, "lb")


def test_who_is_lost_comes_back_over_the_time_stated() -> None:
    """A zone of three takes a third; they come back within 60 s, or at once if none waits."""
    _, found = held(CHAT)
    assert [found[what].connections for what in found] == pytest.approx([20e3, 20e3, 60e3])
    zone, all_ = found["a zone"], found["all of them"]
    assert zone.per_s == pytest.approx(20e3 / 60)
    assert zone.rush_per_s == pytest.approx(20e3 / NO_JITTER.value)
    assert (zone.left, zone.cores_left, all_.left) == (2, 4, 3)
    assert zone.cores == pytest.approx(20e3 / 60 * 0.5e-3)


def test_without_a_balancer_the_instances_make_the_handshakes() -> None:
    """TLS takes its core time where clients arrive."""
    holding, found = held(CHAT.replace("  entry: [lb]\n", ""))
    assert holding.balancer == ""
    assert found["a zone"].cores == pytest.approx(20e3 / 60 * (0.5e-3 + HANDSHAKE_CPU.value))


def test_a_lone_instance_loses_all_or_nothing() -> None:
    """One instance has no other to come back to: only the loss of all is counted."""
    text = CHAT.replace("    count: 3\n    zones: 3\n    pool", "    count: 1\n    pool")
    assert list(held(text)[1]) == ["all of them"]


def test_nobody_holds_a_connection() -> None:
    """A shop has none."""
    assert holdings(resolve(read_checked_text(GOOD).system)) == []
