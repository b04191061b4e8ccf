"""The brief reader: what people write, what it is read as, and what is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend_lead.intake.brief import BriefReading, read_brief
from backend_lead.model.finding import InvalidInput
from backend_lead.model.system import System

REQUESTS = {
    "Design a backend system that can handle 1 million concurrent users": "system",
    "Plan our API strategy for mobile, web, and third-party integrations": "api",
    "Architect our data layer for analytics and real-time processing": "data",
}
CONCURRENT = "concurrent users at peak"

# words -> what they are read as: (words found, meaning, text)
QUANTITIES = [
    ("1 million concurrent users", CONCURRENT, "1M"),
    ("1M concurrent users", CONCURRENT, "1M"),
    ("1,000,000 concurrent users", CONCURRENT, "1M"),
    ("1 000 000 concurrent users", CONCURRENT, "1M"),
    ("1.5m concurrent users", CONCURRENT, "1.5M"),
    ("1e6 concurrent users", CONCURRENT, "1M"),
    ("10^6 concurrent users", CONCURRENT, "1M"),
    ("half a million concurrent users", CONCURRENT, "500k"),
    ("a million simultaneous users", CONCURRENT, "1M"),
    ("two and a half million users online", CONCURRENT, "2.5M"),
    ("ten thousand concurrent users", CONCURRENT, "10k"),
    ("2 lakh concurrent users", CONCURRENT, "200k"),
    ("10-20k concurrent users", CONCURRENT, "20k"),
    ("10k to 20k concurrent users", CONCURRENT, "20k"),
    ("50k CCU", CONCURRENT, "50k"),
    ("CCU of 50k", CONCURRENT, "50k"),
    ("concurrent users: 50k", CONCURRENT, "50k"),
    ("5000 concurrent", CONCURRENT, "5k"),
    ("5000 users at once", CONCURRENT, "5k"),
    ("5000 users online at the same time", CONCURRENT, "5k"),
    ("5000 active users at peak", CONCURRENT, "5k"),
    ("5000 users buying tickets at the same time", CONCURRENT, "5k"),
    ("100k+ concurrent connections", CONCURRENT, "100k"),
    ("1M devices", CONCURRENT, "1M"),
    ("1.5m concurent usres", CONCURRENT, "1.5M"),
    ("100k simultanious shoppers", CONCURRENT, "100k"),
    ("2M DAU", "users of a day", "2M"),
    ("DAU: 2 million", "users of a day", "2M"),
    ("500 daily active users", "users of a day", "500"),
    ("30k users per day", "users of a day", "30k"),
    ("3 million monthly active users", "users of a month", "3M"),
    ("50 million MAU", "users of a month", "50M"),
    ("3 million registered users", "registered users", "3M"),
    ("5k users", "users, not said whether at once", "5k"),
    ("millions of users", "users, not said whether at once", "1M"),
    ("3k rps", "request rate", "3k/s"),
    ("3,000 QPS", "request rate", "3k/s"),
    ("2000 TPS", "request rate", "2k/s"),
    ("5000 req/s", "request rate", "5k/s"),
    ("500/s", "request rate", "500/s"),
    ("300 requests per second", "request rate", "300/s"),
    ("300 requests/second", "request rate", "300/s"),
    ("600 requests per minute", "request rate", "10/s"),
    ("600 reqests per minute", "request rate", "10/s"),
    ("864k requests a day", "mean request rate", "10/s"),
    ("86.4M daily requests", "mean request rate", "1k/s"),
    ("p99 under 150ms", "p99 latency objective", "150 ms"),
    ("p99 < 150 ms", "p99 latency objective", "150 ms"),
    ("p99 <= 150 ms", "p99 latency objective", "150 ms"),
    ("p99 of 150 ms", "p99 latency objective", "150 ms"),
    ("p99: 150ms", "p99 latency objective", "150 ms"),
    ("p99 latency below 150 milliseconds", "p99 latency objective", "150 ms"),
    ("150 ms at p99", "p99 latency objective", "150 ms"),
    ("150ms p99", "p99 latency objective", "150 ms"),
    ("99th percentile under 0.15 s", "p99 latency objective", "150 ms"),
    ("99% of requests under 150 ms", "p99 latency objective", "150 ms"),
    ("95th percentile below 200 ms", "p95 latency objective", "200 ms"),
    ("under 200ms", "p99 latency objective", "200 ms"),
    ("sub-100ms", "p99 latency objective", "100 ms"),
    ("sub-second", "p99 latency objective", "1 s"),
    ("respond within a second", "p99 latency objective", "1 s"),
    ("response times of less than 300 ms", "p99 latency objective", "300 ms"),
    ("p99 undr 150ms", "p99 latency objective", "150 ms"),
    ("99.95%", "availability objective", "99.95%"),
    ("99.9% uptime", "availability objective", "99.9%"),
    ("availability of 99.99 percent", "availability objective", "99.99%"),
    ("four nines", "availability objective", "99.99%"),
    ("five 9s", "availability objective", "99.999%"),
    ("three nines and a half", "availability objective", "99.95%"),
    ("99.9% availabilty", "availability objective", "99.9%"),
    ("recover within 5 minutes", "recovery time objective", "5 min"),
    ("RTO of 15 min", "recovery time objective", "15 min"),
    ("$20k/month", "budget", "20k USD/month"),
    ("budget of 20k USD per month", "budget", "20k USD/month"),
    ("20 thousand dollars a month", "budget", "20k USD/month"),
    ("$240k per year", "budget", "20k USD/month"),
    ("€10k a month", "budget", "10000 EUR/month"),
    ("3 regions", "regions", "3"),
    ("multi-region", "regions", "2"),
    ("3 availability zones", "zones", "3"),
    ("2 AZs", "zones", "2"),
    ("10 TB", "data kept", "10 TB"),
    ("team of 4", "team size", "4"),
    ("4 backend engineers", "team size", "4"),
    ("4-person team", "team size", "4"),
    ("95% reads", "share of reads", "95%"),
    ("read-heavy", "share of reads", "95%"),
    ("9:1 read/write", "share of reads", "90%"),
    ("80/20 read/write", "share of reads", "80%"),
    ("read to write ratio 4 to 1", "share of reads", "80%"),
    ("every 30 seconds", "think time", "30 s"),
    ("think time of 10 s", "think time", "10 s"),
    ("once a minute", "think time", "1 min"),
    ("5 requests per user per minute", "think time", "12 s"),
]
DOMAINS = [
    ("Build an online shop", "ecommerce"),
    ("Design an ecommmerce backend", "ecommerce"),
    ("A marketplace with a checkout", "ecommerce"),
    ("Design Twitter", "social-feed"),
    ("social network with a news feed", "social-feed"),
    ("Our internal dashboard", "generic"),
    ("Our SaaS dashboard", "saas"),
    ("A multi-tenant CRM", "saas"),
    ("Build a chat app for 500k concurrent users", "chat"),
    ("Online banking API for 3 million registered users, four nines", "payments"),
    ("IoT platform with telemetry from 1M devices every 30 seconds", "telemetry"),
    ("Count ad clicks, 10k per second", "telemetry"),
    ("Video streaming service for 10 million monthly active users", "media-streaming"),
    ("Concert tickets, a flash sale for 200k people at once", "ticketing"),
    ("A backend with feedback from a workshop", "generic"),
    ("A backend for shipping labels", "generic"),
    ("A backend for web forms", "generic"),
]
OTHER_DOMAINS = [
    "Ride hailing backend, 200k drivers online, 99.99% availability",
    "Multiplayer game for 500k people online",
    "Insurance API for 3 million registered users, four nines",
]
REFUSED = [
    "",
    "   \n ",
    "how do I cook rice for 4 people",
    "What a lovely day",
    "12345",
    "x" * 1_000_000,
    "Design a backend\x00 for 1M users",
    "backend for zero users",
    "backend for 0 concurrent users",
    "backend for -5 users",
    "backend for 10^15 users",
    "backend with 0 rps",
    "backend with p99 under 0 ms",
    "backend in 500 regions",
]


def found(reading: BriefReading) -> set[tuple[str, str, str]]:
    return {(s.words, s.meaning, s.text) for s in reading.stated}


def told(reading: BriefReading, rule: str) -> list[str]:
    return [f.message for f in reading.findings if f.rule == rule]


@pytest.mark.parametrize(("words", "meaning", "text"), QUANTITIES)
def test_quantity(words: str, meaning: str, text: str) -> None:
    """A quantity is read whole, with its place in the sentence."""
    reading = read_brief(f"Design a backend, {words}, please")
    assert (words, meaning, text) in found(reading)
    for s in reading.stated:
        assert f"Design a backend, {words}, please"[s.start : s.end] == s.words
    assert not told(reading, "brief-number-unread")


@pytest.mark.parametrize(("sentence", "intent"), REQUESTS.items())
def test_the_three_requests(sentence: str, intent: str) -> None:
    """Each request of the product is recognised, and its first question is about the product."""
    reading = read_brief(sentence)
    assert reading.intent == intent
    assert reading.domain == "generic"
    assert "kind of product" in reading.questions[0].text
    assert not reading.missing
    assert reading.system.brief == sentence


def test_stated_users_are_the_peak_and_split() -> None:
    """A million concurrent users are the peak; each client gets its share, with the words."""
    clients = read_brief(next(iter(REQUESTS))).system.workload.clients
    users = [c.users for c in clients.values() if c.users]
    assert sum(u.value for u in users) == 1_000_000
    assert {u.origin for u in users} == {"stated"}
    assert all("characters 40-66" in (u.source or "") for u in users)


def test_named_clients_are_kept() -> None:
    """Only the clients that are named stay, and partners call at a rate of their own."""
    assert set(read_brief("mobile backend for 40k CCU").system.workload.clients) == {"mobile"}
    clients = read_brief(list(REQUESTS)[1]).system.workload.clients
    assert set(clients) == {"web", "mobile", "partners"}
    assert clients["partners"].rate is not None


@pytest.mark.parametrize(("sentence", "domain"), DOMAINS)
def test_domain(sentence: str, domain: str) -> None:
    """A domain is found by whole words, slips forgiven, never inside another word."""
    assert read_brief(sentence).domain == domain


@pytest.mark.parametrize("sentence", OTHER_DOMAINS)
def test_domain_without_a_reference(sentence: str) -> None:
    """Where no reference domain fits, the worked one is taken, said so, and asked about first."""
    reading = read_brief(sentence)
    assert reading.domain == "generic"
    assert any("no reference domain yet" in message for message in told(reading, "brief-domain"))
    assert "kind of product" in reading.questions[0].text


def test_objectives_reach_the_model() -> None:
    """Objectives, budget, team, places and data are written into the model as stated."""
    reading = read_brief(
        "Web shop for 2M DAU, p99 under 150ms, 99.95%, $20k/month, team of 4, EU only, 2 regions, "
        "recover within 5 minutes, 10 TB"
    )
    system = reading.system
    slo = system.slos[0]
    assert (slo.p99.text, slo.p99.origin) == ("150 ms", "stated")
    assert (slo.availability.text, slo.availability.origin) == ("99.95%", "stated")
    assert slo.recover_within is not None and slo.recover_within.text == "5 min"
    assert system.budget is not None and system.budget.value == 20_000
    assert system.team is not None and system.team.size == 4
    assert (system.topology.residency, system.topology.region) == ("EU", "eu-west-1")
    assert system.topology.regions == 2
    assert system.entities["customer"].rows.value == 2_000_000
    stored = sum(e.rows.value * e.row.value for e in system.entities.values() if e.store)
    assert stored == pytest.approx(10e12, rel=0.01)


def test_daily_users_become_concurrent_ones() -> None:
    """Daily users become concurrent ones by sessions, their length and the peak factor."""
    reading = read_brief("An internal portal for 864k DAU")
    users = [c.users for c in reading.system.workload.clients.values() if c.users]
    assert sum(u.value for u in users) == pytest.approx(864_000 * 2 * 600 / 86_400 * 2.5, rel=1e-3)
    assert all(u.origin == "assumed" and u.range and "sessions a day" in str(u.why) for u in users)


def test_rate_alone_is_an_open_load() -> None:
    """A rate alone makes clients that don't wait; a daily mean is raised to the peak."""
    clients = read_brief("API with 3k rps").system.workload.clients
    assert sum(c.rate.value for c in clients.values() if c.rate) == pytest.approx(3000)
    daily = read_brief("API with 86.4M requests per day").system.workload.clients
    assert sum(c.rate.value for c in daily.values() if c.rate) == pytest.approx(2500)


def test_orders_are_not_requests() -> None:
    """Orders a day are turned into requests by the share of requests that order."""
    clients = read_brief("shop with 86.4k orders per day").system.workload.clients
    assert sum(c.rate.value for c in clients.values() if c.rate) > 300


def test_users_and_rate_fix_the_think_time() -> None:
    """With users and a rate the think time follows from Little's law."""
    for client in read_brief(
        "API, 100k concurrent users, 10k rps"
    ).system.workload.clients.values():
        assert client.think_time is not None
        assert client.think_time.value == pytest.approx(9.9)
        assert client.think_time.origin == "computed"


@pytest.mark.parametrize("reads", [0.5, 0.8, 0.9, 0.95, 0.99, 1.0])
@pytest.mark.parametrize("domain", ["shop", "SaaS", "social network"])
def test_reads_share(domain: str, reads: float) -> None:
    """A stated share of reads is met by the journeys, or the brief is told that it can't be."""
    reading = read_brief(f"{domain} backend with {reads:.0%} reads")
    if told(reading, "brief-not-honoured"):
        return
    for client in reading.system.workload.clients.values():
        total = writes = 0.0
        for name, share in client.journeys.items():
            for step in reading.system.journeys[name].steps:
                component, _, endpoint = step.partition(".")
                total += share.value
                spec = reading.system.components[component].endpoints[endpoint]
                writes += share.value if spec.writes else 0.0
        assert 1 - writes / total == pytest.approx(reads, abs=0.002)


@pytest.mark.parametrize(
    "sentence",
    [
        "API with p99 200ms and p99 under 100 ms",
        "API with 99.9% and 99.99% availability",
        "API for 1M concurrent users, 10k rps, every 10 seconds",
        "API for 1M concurrent users and 10k registered users",
        "API for 1M concurrent users and 2M concurrent users",
        "99.999% API in one region",
        "API for 1M concurrent users on $100/month",
        "API with 100% uptime",
        "API with 10:1 read/write and 50% reads",
        "API for 100 concurrent users and 1M rps",
        "API for 1M concurrent users and 100 requests per day",
        "API with 3 regions, data in the EU, data in India",
    ],
)
def test_contradiction(sentence: str) -> None:
    """A contradiction is told and says what was taken; the model is still valid."""
    assert told(read_brief(sentence), "brief-contradiction")


@pytest.mark.parametrize(
    "word",
    ["HIPAA", "blockchain", "real-time bidding", "offline-first", "multi-tenant", "exactly once",
     "PCI", "GPU", "video", "RPO 1 minute", "p50 under 20 ms"],
)  # fmt: skip
def test_weighty_word(word: str) -> None:
    """A weighty word that can't be honoured is told, with its place."""
    reading = read_brief(f"Design a backend, {word}")
    finding = next(f for f in reading.findings if f.rule == "brief-not-honoured")
    assert finding.place.column == 19


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    """What is no brief is refused with what was seen, what is allowed and an example."""
    with pytest.raises(InvalidInput) as caught:
        read_brief(text)
    assert all(f.message and f.allowed and "for example" in f.hint for f in caught.value.findings)


def test_bare_request_is_accepted() -> None:
    """`Design a backend` is enough; everything is assumed and the load is asked for."""
    reading = read_brief("Design a backend")
    assert not reading.stated
    assert any("at once" in q.text for q in reading.questions)


def test_unread_number_is_told() -> None:
    """A number whose meaning is unknown is told, never dropped."""
    reading = read_brief("Design a backend\nwith 17 flamingos")
    finding = next(f for f in reading.findings if f.rule == "brief-number-unread")
    assert (finding.place.line, finding.place.column, finding.seen) == (2, 6, "17")


def test_document_is_the_system() -> None:
    """The document to be written says exactly what the system says."""
    reading = read_brief("shop for 20k concurrent users, 95% reads, 10 TB, mobile and partners")
    assert System.model_validate(reading.document) == reading.system
    assert list(reading.document)[:3] == ["backend", "title", "brief"]


def test_fast() -> None:
    """A brief of the greatest length is read in seconds, a usual one in a fraction of one."""
    read_brief("Design a backend")
    start = time.process_time()
    read_brief(next(iter(REQUESTS)))
    assert time.process_time() - start < 0.5


PIECES = st.sampled_from(
    [words for words, _, _ in QUANTITIES]
    + [s for s, _ in DOMAINS]
    + ["and", "of", "-", "/", "to", "a", "per", "1", "99", "%", "$", "every", "p99", "users", "k"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=8).map(" ".join) | st.text(max_size=80))
def test_never_a_traceback(text: str) -> None:
    """Any text gives a reading or a refusal, and the same one each time."""
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(repr(read_brief(f"backend {text}")))
        except InvalidInput as err:
            outcomes.append(repr(err.findings))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("words", ["NaN concurrent users", "unlimited users", "massive scale"])
def test_what_is_no_number_is_told_where_no_load_is_stated(words: str) -> None:
    """A default load is never taken silently for words that ask for another one."""
    told = read_brief(f"Design a backend for {words}").findings
    assert [f.rule for f in told if f.level == "warning"] == ["brief-vague"]
    assert not [f for f in read_brief(f"A backend for 2k concurrent users, {words}").findings
                if f.rule == "brief-vague"]  # fmt: skip
