"""The stream of events stands in the contract of the apps that open it."""

from __future__ import annotations

import json

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend_lead.emit.api.openapi import openapi
from backend_lead.model.screens import Streaming
from backend_lead.views.api.contract import contract
from backend_lead.views.yaml_layout import document
from tests.api_model import shop_with
from tests.emit.api.judges import redocly

EVENT = ("    list_orders: {does: list", "    order_sent: {does: event, of: order, after: "
         "place_order, for: [app]}\n    list_orders: {does: list")  # fmt: skip


def test_a_stream_of_events_is_described() -> None:
    """A GET that answers with `text/event-stream`, of the apps that hold one; clean by linters."""
    from backend_lead.emit.api.event_stream import streamed

    found = contract(shop_with(EVENT))
    assert found is not None
    held = [Streaming("app", ("order_sent",), "SSE", 1e3, 1e6, 1, 1e3, 33.0)]
    events = streamed(found, "mobile", held)
    made = openapi(found, "mobile", events)
    OpenAPIV31SpecValidator(made).validate()
    text = document(made)
    assert redocly({"shop-mobile.yaml": text}) == []
    told = yaml.safe_load(text)["paths"]["/v2/events"]["get"]
    (media,) = told["responses"]["200"]["content"].items()
    assert media[0] == "text/event-stream"
    sample = media[1]["examples"]["usual"]["value"]
    data = sample.partition("data: ")[2].strip()
    assert json.loads(data)["type"] == "example.corner_shop.order-sent.v2"
    assert "Last-Event-ID" in {p["name"] for p in told["parameters"]}
    assert streamed(found, "web", held) == []
