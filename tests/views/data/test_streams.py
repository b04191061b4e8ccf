"""What leaves a store: whether at all, how, in which streams, for whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.catalog import streams as facts
from backend_lead.catalog.domains import domains, load
from backend_lead.intake.brief import read_brief
from backend_lead.model.system import System
from backend_lead.views.data.layer import layer
from backend_lead.views.data.needs import needs
from backend_lead.views.data.outbox import writers
from backend_lead.views.data.star import Star, star
from backend_lead.views.data.stores import refresh_s, too_old
from backend_lead.views.data.streams import Streams, streams
from tests.views.streaming_model import shop


def found(system: System) -> Streams:
    """The streams of a system with a data layer."""
    made = layer(system)
    assert made is not None
    return streams(made)


def star_of(system: System) -> Star:
    """The star schema of a system."""
    made = layer(system)
    out = star(made) if made else None
    assert out is not None
    return out


def test_a_small_load_ends_in_one_store() -> None:
    """Ten events a second and figures of minutes need no stream, and it is said at which figures
    that changes."""
    small = found(shop("10/s"))
    assert not small.needed
    assert "1,000 changes/s" in small.why[0] and "500 events/s" in small.why[0]


@pytest.mark.parametrize(
    ("rate", "fresh", "word"),
    [("800/s", "5 min", "use must know"), ("3k/s", "5 min", "changes/s"),
     ("500k/s", "5 min", "a ClickHouse cluster")],
)  # fmt: skip
def test_what_makes_streams_needed_is_told(rate: str, fresh: str, word: str) -> None:
    """An online answer about many events, many changes, or a store of its own for analyses: each is
    a reason."""
    made = found(shop(rate, fresh))
    assert made.needed
    assert any(word in reason for reason in made.why), made.why


def test_a_load_beyond_an_outbox_goes_to_the_stream_first() -> None:
    """Half a million events a second are appended once, although the model asks for an outbox, and
    spread over as many partitions as consumers need."""
    large = found(shop("500k/s"))
    (capture,) = large.captures
    assert capture.how == "log" and "which the model asks for" in capture.why
    stream = large.streams[0]
    assert stream.partitions >= stream.rate_per_s * facts.ROW_S.value / facts.USE.value
    assert large.sink.instances * facts.USE.value >= stream.rate_per_s * facts.ROW_S.value - 1


@pytest.mark.parametrize("how", ["outbox", "cdc"])
def test_what_the_model_asks_for_is_taken_and_dual_writes_are_refused(how: str) -> None:
    """The other way and the dual write are refused, each with its reason."""
    (capture,) = found(shop(capture=how)).captures
    assert capture.how == how
    assert len(capture.refused) == 2 and "a crash between the two" in capture.refused[0]


def test_events_of_an_online_answer_are_kept_in_its_order() -> None:
    """The key is what the answer is kept by, so that one consumer sees all of a customer's."""
    (stream,) = found(shop()).streams
    assert stream.key == ("customer_id",) and stream.person == "customer_id"
    assert stream.rate_per_s == pytest.approx(100)
    assert stream.message_b == pytest.approx(400 * facts.JSON_TIMES.value + facts.ENVELOPE_B.value)


def test_events_are_kept_longer_than_the_longest_outage() -> None:
    """Long enough to make up for it and to replay; how late an event may be is the model's word."""
    made = found(shop())
    outage = facts.OUTAGE_MOST.value
    assert made.streams[0].keep_s >= outage * (1 + 1 / (facts.CATCH_UP.value - 1))
    assert (made.late_s, made.late_origin) == (3600.0, "stated")


def test_credentials_never_leave() -> None:
    """The trigger takes them out of the event."""
    (stream,) = found(shop()).streams
    assert "- ARRAY['secret']" in next(iter(writers(stream, 1))).sql


@pytest.mark.parametrize("domain", domains())
def test_every_domain_streams_what_is_needed(domain: str) -> None:
    """Each has streams with a rate, a consumer that keeps up, and a reason or a threshold."""
    made = found(System.model_validate(load(domain).system()))
    assert made.streams and made.why
    for stream in made.streams:
        assert stream.rate_per_s > 0 and stream.partitions >= 1 and stream.why
    for consumer in made.consumers:
        taken = consumer.batch * consumer.instances / consumer.every_s
        assert taken >= facts.CATCH_UP.low * consumer.rate_per_s


@pytest.mark.parametrize("brief", [
    "Architect our data layer for analytics: 10 events/s, 20 GB of data",
    "Architect our data layer for analytics and real-time processing",
])  # fmt: skip
def test_ten_events_a_second_end_in_one_store(brief: str) -> None:
    """Ten events a second and 20 GB need one PostgreSQL and no broker, however fresh a product is
    assumed to be: rows that are only added are in the answer when it is asked for."""
    made = found(read_brief(brief).system)
    assert not made.needed and "That changes with" in made.why[0]


def test_fresh_sums_of_many_rows_that_change_need_a_stream() -> None:
    """Where rows change and are too many to be added up when asked, a refresh is too old."""
    asked = needs(star_of(shop("10/s")))
    assert too_old(asked, 300.0) == []
    many = [replace(n, fresh_s=60.0, changes=True, rows=1e9, scan_s=1e9, rows_per_s=10.0)
            for n in asked]  # fmt: skip
    assert too_old(many, 300.0) == many
    assert too_old([replace(n, changes=False) for n in many], 300.0) == []
    assert too_old([replace(n, fresh_s=86_400.0) for n in many], 300.0) == []


def test_views_are_refreshed_as_often_as_changing_rows_must_be_fresh() -> None:
    """Once a day where rows are only added; else twice in the age that is allowed, when it can."""
    asked = [replace(n, changes=False) for n in needs(star_of(shop("10/s", "1 h")))]
    assert refresh_s(asked, 300.0) == 86_400.0
    changing = [replace(n, changes=True) for n in asked]
    assert refresh_s(changing, 300.0) == 1800.0
    huge = [replace(n, rows=1e12 / n.row_bytes) for n in changing]
    assert refresh_s(huge, 300.0) > 1800.0
