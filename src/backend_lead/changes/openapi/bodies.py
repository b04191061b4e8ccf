"""Bodies of requests and the media types they come in."""

from __future__ import annotations

from backend_lead.changes.contract import Spot
from backend_lead.changes.openapi.report import Operation, Report
from backend_lead.changes.openapi.rules import BODY_IN, WEBHOOK_IN
from backend_lead.changes.schemas import wire_of


def compare(report: Report, pair: Operation) -> None:
    """The body of an operation; of a webhook it is what the subscriber reads."""
    old, new = pair.old.at("requestBody"), pair.new.at("requestBody")
    if old is None and new is None:
        return

    def add(id: str, at: Spot | None, was: object = "", now: object = "") -> None:
        report.add(id, at, operation=pair.name, part="request body", was=was, now=now,
                   direction="request")  # fmt: skip

    if old is None:
        assert new is not None
        required = "required" if new.get("required") is True else "optional"
        add(f"request-body-added-{required}", new)
        return
    if new is None:
        add("request-body-removed", old)
        return
    was, now = (spot.get("required") is True for spot in (old, new))
    if was != now:
        add(f"request-body-became-{'required' if now else 'optional'}", new)
    before, after = media_types(old), media_types(new)
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            add("request-body-media-type-removed", before[name], was=name)
        elif name not in before:
            add("request-body-media-type-added", after[name], now=name)
        else:
            _schemas(report, pair, name, before[name], after[name], add)


def media_types(spot: Spot) -> dict[str, Spot]:
    """The media types of a body, by their name in small letters."""
    found = spot.children("content")
    return {name.lower().replace(" ", ""): one for name, one in found.items()}


def _schemas(report: Report, pair: Operation, name: str, old: Spot, new: Spot, add: object) -> None:
    assert callable(add)
    was, now = old.at("schema"), new.at("schema")
    if was is None and now is not None:
        add("request-body-media-type-schema-added", now, now=name)
    elif now is None and was is not None:
        add("request-body-media-type-schema-removed", new, was=name)
    if pair.webhook:  # sent by the service, read by the subscriber
        found = report.walk("response", wire_of(name)).compare(was, now)
        report.edits(found, WEBHOOK_IN, pair.name, f"body {name}")
    else:
        found = report.walk("request", wire_of(name)).compare(was, now)
        report.edits(found, BODY_IN, pair.name, f"request body {name}")
