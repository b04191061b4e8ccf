"""Bytes between parts, against sums made by hand."""

from __future__ import annotations

import pytest

from backend_lead.analysis.shared_items import shared_items
from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog import domains
from backend_lead.catalog.prices import instance
from backend_lead.catalog.sockets import BEAT_BYTES
from backend_lead.catalog.transfer import ANSWER, CALL_OVERHEAD
from backend_lead.model.system import System
from backend_lead.tactics import tactics
from backend_lead.views.flow import Flow, Transfer
from backend_lead.views.resolve import resolve
from backend_lead.views.transfers import OUTSIDE, across_zones, between_regions, moved
from tests.app.good_model import changed
from tests.chat_model import CHAT
from tests.tactics.models import example
from tools.law_pages import merged, small_model

HEAD = CALL_OVERHEAD.value


def flow_of(text: str) -> Flow:
    return resolve(read_checked_text(text).system)


def pair(flow: Flow, source: str, target: str) -> Transfer:
    (found,) = [one for one in flow.transfers if (one.source, one.target) == (source, target)]
    return found


def test_clients_send_and_get_what_endpoints_say() -> None:
    """A request and its answer with headers, times its rate; a heartbeat has a size of its own."""
    outside = pair(flow_of(CHAT), OUTSIDE, "gate")
    sends, beats = 1000.0, 2000.0
    assert outside.calls_per_s == pytest.approx(sends + beats)
    assert outside.asked_b == pytest.approx(sends * (1000 + HEAD) + beats * BEAT_BYTES.value)
    assert outside.answered_b == pytest.approx(sends * (100 + HEAD) + beats * BEAT_BYTES.value)


def test_a_write_sends_a_row_and_gets_a_word() -> None:
    """An insert carries the row of its entity."""
    insert = pair(flow_of(CHAT), "gate", "db")
    assert insert.asked_b == pytest.approx(1000 * (1000 + HEAD))
    assert insert.answered_b == pytest.approx(1000 * HEAD)


def test_a_stream_copies_each_message_and_hands_it_out() -> None:
    """Three copies are two more on the wire; each consumer takes a message once."""
    flow = flow_of(CHAT)
    copies, out = pair(flow, "bus", "bus"), pair(flow, "push", "bus")
    assert copies.asked_b == pytest.approx(1000 * 2 * (1000))
    assert out.answered_b == pytest.approx(1000 * 1000)


def test_reads_share_the_answer_they_are_for() -> None:
    """What an endpoint answers it has read, in as many parts as it reads; a row at least."""
    flow = flow_of(changed(("edge_cache: 50%", "edge_cache: 0%")))
    item = pair(flow, "app", "db")
    lists, gets, orders = (
        flow.visits[f"app.{name}"] for name in ("list_items", "get_item", "order")
    )
    miss = 1 - flow.hits["item-cache", "item"].steady
    reads_of_list = 1 + miss  # the cache, and the database where the cache has none
    expected = (
        lists * miss * (20_000 / reads_of_list + HEAD) + gets * (5_000 + HEAD) + orders * HEAD
    )
    assert item.answered_b == pytest.approx(expected)


def test_a_read_fetches_a_page_at_most() -> None:
    """An answer of megabytes is not made of rows alone."""
    flow = flow_of(changed(("response: 5 kB", "response: 5 MB")))
    answered = pair(flow, "app", "db").answered_b / flow.visits["app.get_item"]
    assert 100 * 2_000 < answered < 101 * 2_000 + 20_000


def test_a_call_of_unknown_size_is_assumed() -> None:
    """An endpoint that states no response answers with what is assumed."""
    flow = flow_of(changed())
    quote = pair(flow, "app", "pricing")
    assert quote.answered_b == pytest.approx(quote.calls_per_s * (ANSWER.value + HEAD))


def test_each_machine_moves_its_share_and_the_limit_is_its_type() -> None:
    """Per replica, in both directions, against the sustained bandwidth of the type."""
    flow = flow_of(CHAT)
    gate = next(one for one in moved(flow) if one.station == "gate")
    into = sum(t.asked_b for t in flow.transfers if t.target == "gate")
    into += sum(t.answered_b for t in flow.transfers if t.source == "gate")
    assert gate.into == pytest.approx(into / 3)
    assert gate.limit == instance("m7g.large").network_bytes_per_s
    assert gate.busy == pytest.approx(max(gate.into, gate.out) / gate.limit)


@pytest.mark.parametrize("domain", domains.domains())
def test_what_is_sent_is_taken_in(domain: str) -> None:
    """Over all stations and the outside, bytes sent equal bytes taken in."""
    flow = resolve(System.model_validate(domains.load(domain).system()))
    sent = sum(one.asked_b + one.answered_b for one in flow.transfers)
    at_stations = sum((m.into + m.out) * flow.stations[m.station].replicas for m in moved(flow))
    outside = sum(one.asked_b + one.answered_b for one in flow.transfers if one.source == OUTSIDE)
    assert at_stations == pytest.approx(2 * sent - outside)


def test_one_zone_has_no_traffic_between_zones() -> None:
    """With everything in one zone nothing is charged; in three, two thirds of each call are."""
    text = CHAT.replace("zones: 3", "zones: 1")
    assert across_zones(flow_of(text)) == 0.0
    flow = flow_of(CHAT)
    db, pub, out, copies = (
        sum((t.asked_b, t.answered_b))
        for t in (pair(flow, "gate", "db"), pair(flow, "gate", "bus"), pair(flow, "push", "bus"),
                  pair(flow, "bus", "bus"))
    )  # fmt: skip
    # a managed database is not charged for its end; a copy always goes to another zone
    expected = 2 / 3 * (db + 2 * pub + 2 * out) + 2 * copies
    assert across_zones(flow) == pytest.approx(expected)


@pytest.mark.parametrize("writes", [False, True])
def test_a_file_in_an_object_store_does_not_pass_the_service(writes: bool) -> None:
    """Clients get and put its bytes there themselves; the service hands out an address."""
    system = example("object-offload")
    picture = system.components["app"].endpoints["picture"]
    if writes:
        picture.request, picture.response, picture.writes = picture.response, picture.request, True
    before = pair(resolve(system), OUTSIDE, "app")
    after = pair(resolve(tactics()["object-offload"].apply(system, "app").system), OUTSIDE, "app")
    spared = 1e6 * before.calls_per_s / 2
    sides = [(one.asked_b, one.answered_b) for one in (before, after)]
    assert sides[0][not writes] > spared > 20 * sides[1][not writes]
    assert sides[1][writes] == pytest.approx(sides[0][writes], rel=0.05)


def test_what_goes_to_another_region_is_charged_whole() -> None:
    """Also with one zone: both machines send and take in all of it, and the bill says so."""
    small = merged(small_model(), "components: {app: {zones: 1}, db: {zones: 1}}")
    hop = "hops: [{between: [us-east-1, eu-west-1], rtt: 80 ms}]"
    far = merged(small, f"""
    components: {{db: {{region: eu-west-1}}}}
    topology: {{region: us-east-1, network: {{same_zone: 0.2 ms, other_zone: 1 ms, {hop}}}}}
    """)  # fmt: skip
    near, away = flow_of(small), flow_of(far)
    assert across_zones(near) == 0 and not between_regions(near) and between_regions(away)
    one = pair(away, "app", "db")
    assert across_zones(away) == pytest.approx(one.asked_b + one.answered_b)
    names = [item.name for _, item in shared_items(away)]
    assert "traffic between zones and regions, at the price between zones" in names
