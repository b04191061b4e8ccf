"""Events over topics of the model: channels, keys, partitions, readers and dead letters."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from backend_lead.emit.api.asyncapi import asyncapi
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.yaml_layout import document
from tests.emit.api.joined_shop import TEXT
from tests.emit.api.judges import ASYNCAPI, node, redocly
from tests.emit.api.test_judged import EXPLAINED

TOPIC = {"message": "1 kB", "partitions": 12, "key": "order", "retention": "7 d"}


def shop(kind: str) -> System:
    """The shop, its orders told over a topic that a worker reads, and another event without one."""
    content = yaml.safe_load(TEXT)
    parts = content["components"]
    parts["bus"] = {"kind": kind, "title": "Bus", "topics": {"orders": TOPIC}}
    parts["sender"] = {
        "kind": "worker",
        "endpoints": {"pack": {"on": "bus.orders", "does": [{"cpu": "1 ms"}]}},
    }
    operations = content["api"]["operations"]
    operations["order_placed"]["topic"] = "bus.orders"
    operations["account_made"] = {"does": "event", "of": "account", "gives": "nothing"}
    return System.model_validate(content)


def written(kind: str) -> dict[str, Any]:
    """The document of the shop on a kind of broker."""
    system = shop(kind)
    found = contract(system)
    assert found is not None
    return asyncapi(found, system)


@pytest.mark.parametrize("kind", ["kafka", "nats-stream"])
def test_topics_are_clean_for_both_judges(kind: str) -> None:
    """Neither AsyncAPI's parser nor Redocly's linter has anything to say."""
    text = document(written(kind))
    (verdict,) = node("asyncapi", ASYNCAPI, [text])
    assert verdict["read"]
    assert [told for told in verdict["told"] if told.split()[1] not in EXPLAINED] == []
    assert redocly({"events.yaml": text}) == []


def test_a_topic_is_a_channel_with_its_partitions_key_and_retention() -> None:
    """What the model says of a topic stands at its channel, in the words of its broker too."""
    found = written("kafka")
    channel = found["channels"]["orders"]
    assert channel["address"] == "orders" and channel["x-key"] == "order"
    assert channel["x-partitions"] == 12 and channel["x-retention-s"] == 7 * 86_400
    assert channel["bindings"]["kafka"]["topicConfiguration"] == {"retention.ms": 604_800_000}
    assert found["servers"]["bus"]["protocol"] == "kafka"


def test_what_readers_give_up_goes_to_dead_letters() -> None:
    """A channel that an endpoint reads has dead letters that say why, who and after how many
    attempts."""
    found = written("nats-stream")
    assert found["channels"]["ordersDeadLetter"]["address"] == "orders.dead-letter"
    operations = found["operations"]
    assert operations["giveUpOrderPlaced"]["action"] == "send"
    assert "sender.pack" in operations["receiveOrderPlaced"]["description"]
    payload = found["components"]["messages"]["OrderPlacedDeadLetter"]["payload"]
    assert {"deadletterreason", "deadletterattempts", "deadletterconsumer", "data"} <= set(
        payload["required"]
    )


def test_an_event_without_topic_has_an_address_of_its_own() -> None:
    """Its address is made of the backend, what it is about and the version; without data it is the
    envelope alone."""
    found = written("kafka")
    assert found["channels"]["joinedShopAccountsV1"]["address"] == "joined-shop.accounts.v1"
    payload = found["components"]["messages"]["AccountMade"]["payload"]
    assert "data" not in payload["properties"]


def test_the_mode_of_compatibility_is_named_with_its_reason() -> None:
    """Readers of events may be older or newer than what they read."""
    said = written("kafka")["x-schema-compatibility"]
    assert said["mode"] == "FULL_TRANSITIVE"
    assert "forward" in said["why"] and "backward" in said["why"]
