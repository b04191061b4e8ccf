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


def test_what_is_counted_decides_the_client() -> None:
    """A number of devices or events is that of the devices; those who look on come on top."""
    clients = read_brief("1M IoT devices, one message a minute").system.workload.clients
    device, operator = clients["device"], clients["operator"]
    assert device.users and device.think_time and operator.rate
    assert (device.users.value, device.think_time.value) == (1e6, 60)
    assert operator.rate.value == pytest.approx(5025 / 15.1, rel=1e-3)
    assert operator.rate.origin == "assumed" and "5025 of them" in (operator.rate.why or "")
    clients = read_brief("500k ad clicks per second").system.workload.clients
    assert clients["device"].rate and clients["operator"].rate
    assert clients["device"].rate.value == 500_000
    assert clients["operator"].rate.origin == "assumed" and clients["operator"].rate.value < 10


def test_live_viewers_are_there_at_once() -> None:
    """Who watches one live stream is there at the same moment, and nobody watches on demand."""
    live = read_brief("1M viewers of one live stream").system.workload.clients
    assert list(live) == ["live"] and live["live"].users and live["live"].users.value == 1e6
    both = read_brief("video streaming for 200k concurrent viewers").system.workload.clients
    assert set(both) == {"viewer", "live"}


def test_things_name_the_domain() -> None:
    """Trucks that report are telemetry even where the brief speaks of a dashboard."""
    assert read_brief("A dashboard for 5k trucks, each reports every 10 s").domain == "telemetry"
    assert read_brief("A dashboard for 5k concurrent users").domain == "generic"


@pytest.mark.parametrize(
    ("words", "users"),
    [
        ("15k web users and 5k mobile users at once", 20_000),
        ("10k concurrent users in Europe and 5k concurrent users in Asia", 15_000),
        ("2M MAU of which 5% are online at peak", 100_000),
        ("5k concurrent users today and expect 50k in a year", 50_000),
        ("10k CCU, or 20k CCU", 20_000),
    ],
)
def test_numbers_that_belong_together(words: str, users: float) -> None:
    """People are added up where they come on top, and the largest is taken where they don't."""
    reading = read_brief(f"A portal for {words}")
    clients = reading.system.workload.clients.values()
    assert sum(c.users.value for c in clients if c.users) == pytest.approx(users, rel=1e-3)
    assert reading.findings


def test_what_a_domain_models_is_not_told_as_missing() -> None:
    """A chat holds connections, so its WebSockets are honoured; in a shop they are not."""
    chat = read_brief("A chat on WebSockets for 10k concurrent users")
    assert told(chat, "brief-not-honoured") == []
    shop = read_brief("A shop on WebSockets for 10k concurrent users")
    assert any("WebSockets" in message for message in told(shop, "brief-not-honoured"))


def test_each_is_no_load_of_all() -> None:
    """What each of many sends is their pause; what each order causes is not."""
    reading = read_brief("Each of 400k sensors sends 3 messages per hour")
    device = reading.system.workload.clients["device"]
    assert device.think_time and device.think_time.value == pytest.approx(1200)
    shop = read_brief("A shop, 2k concurrent users, each order makes 5 events per second")
    assert [s.meaning for s in shop.stated if s.meaning == "think time"] == []


@pytest.mark.parametrize(
    ("word", "asks"),
    [("DORA", "resilience"), ("PCI DSS", "card data"), ("HIPAA", "audit"), ("regulated", "laws")],
)
def test_a_law_is_told_with_what_it_asks(word: str, asks: str) -> None:
    """Nothing of a law is honoured; what it asks for, and a question, stand in the answer."""
    reading = read_brief(f"A bank, EU only, {word}")
    assert (reading.domain, reading.system.topology.residency) == ("payments", "EU")
    assert reading.system.topology.region == "eu-west-1"
    found = [f for f in reading.findings if f.rule == "brief-not-honoured"]
    assert any(asks in f.hint and word in f.message for f in found)
    assert any(word in question.text for question in reading.questions)


def test_objectives_of_single_journeys() -> None:
    """A stated availability holds for every journey; a payment keeps its latency; it is told."""
    reading = read_brief("Payments for 10k concurrent users, p99 under 100 ms, 99.99%")
    slos = {slo.journey: slo for slo in reading.system.slos}
    assert {slo.availability.text for slo in slos.values()} == {"99.99%"}
    assert (slos["*"].p99.text, slos["pay"].p99.text) == ("100 ms", "3 s")
    assert any("'pay'" in message for message in told(reading, "brief-not-honoured"))
