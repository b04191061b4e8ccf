"""How long requests take on a network, against sums made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend_lead.analysis.api.served import Law
from backend_lead.analysis.api.times import Sent, View, transfer
from backend_lead.catalog.network_profiles import PROFILES, Profile
from backend_lead.catalog.sockets import HANDSHAKE_CPU


def quiet(network: str) -> Profile:
    """A network on which every round trip is the same and nothing is lost."""
    profile = PROFILES[network]
    still = {
        name: replace(getattr(profile, name), value=0.0, low=0.0)
        for name in ("loss", "between", "within")
    }
    return replace(profile, **still)


def at_once(seconds: float) -> Law:
    """A server that always takes as long."""
    return Law(seconds, seconds, seconds)


def test_one_small_request_takes_two_trips_to_connect_and_one_to_ask() -> None:
    """TCP and TLS 1.3 take a round trip each, the request a third; then the bytes come."""
    network = quiet("3g")
    took = View(network, 1, 10).complete_s([Sent("a", "", 1, 768, 1600, at_once(0.05))])
    by_hand = 3 * 0.3 + HANDSHAKE_CPU.value + 768 / 96_000 + 0.05 + 1600 / 200_000
    assert np.allclose(took, by_hand)


def test_what_waits_for_another_costs_a_further_round_trip() -> None:
    """A second step takes its own round trip and server time; a parallel request does not."""
    law = at_once(0.02)
    network = quiet("4g")
    one, both, chain = (
        View(network, 1, 10).complete_s(sent)[0]
        for sent in (
            [Sent("a", "", 1, 0, 0, law)],
            [Sent("a", "", 1, 0, 0, law), Sent("b", "", 1, 0, 0, law)],
            [Sent("a", "", 1, 0, 0, law), Sent("b", "a", 1, 0, 0, law)],
        )
    )
    assert both == pytest.approx(one)
    assert chain == pytest.approx(one + 0.170 + 0.02)


def test_a_large_body_waits_for_the_window_to_grow() -> None:
    """Ten packets come with the first byte, twenty a round trip later, forty after another."""
    trip = np.array([0.1])
    window = np.array([14_600.0])
    fast = 1e9
    assert transfer(14_600, trip, fast, window)[0][0] == pytest.approx(0.0, abs=1e-4)
    assert transfer(43_000, trip, fast, window)[0][0] == pytest.approx(0.1, abs=1e-3)
    assert transfer(100_000, trip, fast, window)[0][0] == pytest.approx(0.2, abs=1e-3)


def test_a_full_line_sets_the_time() -> None:
    """Where the line is full before the window ends, the bytes take what the line needs."""
    trip = np.array([0.05])
    took, _ = transfer(200_000, trip, 200_000, np.array([14_600.0]))
    assert took[0] == pytest.approx(1.0)


def test_loss_and_spread_make_the_tail_longer() -> None:
    """On a network with loss and jitter the p95 lies further above the median."""
    sent = [Sent("a", "", 5, 700, 9000, at_once(0.01))]
    rough = View(PROFILES["3g"], 1).complete_s(sent)
    calm = View(quiet("3g"), 1).complete_s(sent)
    ratio = np.quantile(rough, 0.95) / np.quantile(rough, 0.5)
    assert ratio > 1.3 > np.quantile(calm, 0.95) / np.quantile(calm, 0.5)


def test_a_law_gives_back_its_quantiles() -> None:
    """Draws of a law have its p50, p95 and p99."""
    law = Law(0.010, 0.040, 0.120)
    drawn = law.draw(np.random.Generator(np.random.PCG64(5)).standard_normal(200_000))
    for share, value in ((0.5, 0.010), (0.95, 0.040), (0.99, 0.120)):
        assert np.quantile(drawn, share) == pytest.approx(value, rel=0.05)
