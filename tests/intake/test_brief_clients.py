"""Domains with several kinds of callers and objectives, read from a brief."""

from __future__ import annotations

import pytest

from backend_lead.intake.brief import read_brief
from tests.intake.test_brief import told


def test_callers_with_a_rate_keep_their_proportion() -> None:
    """Systems that call at a rate grow with the people, and fit into a stated rate."""
    rates = []
    for users in ("10k", "100k"):
        clients = read_brief(f"SaaS for {users} concurrent users").system.workload.clients
        assert clients["partners"].rate is not None
        rates.append(clients["partners"].rate.value)
    assert rates[1] == pytest.approx(10 * rates[0], rel=1e-3)
    clients = read_brief("SaaS with 3k rps").system.workload.clients
    assert sum(c.rate.value for c in clients.values() if c.rate) == pytest.approx(3000, rel=1e-3)


def test_objectives_of_single_journeys() -> None:
    """A stated availability holds for every journey; a payment keeps its latency; it is told."""
    reading = read_brief("Payments for 10k concurrent users, p99 under 100 ms, 99.99%")
    slos = {slo.journey: slo for slo in reading.system.slos}
    assert {slo.availability.text for slo in slos.values()} == {"99.99%"}
    assert (slos["*"].p99.text, slos["pay"].p99.text) == ("100 ms", "3 s")
    assert any("'pay'" in message for message in told(reading, "brief-not-honoured"))
