"""Responses: their statuses, headers, media types and bodies."""

from __future__ import annotations

import re

from backend_lead.changes.contract import Spot
from backend_lead.changes.openapi.bodies import media_types
from backend_lead.changes.openapi.report import Operation, Report
from backend_lead.changes.openapi.rules import BODY_OUT, HEADER_OUT, WEBHOOK_OUT
from backend_lead.changes.schemas import wire_of

_STATUS = re.compile(r"[1-5](\d\d|XX)", re.IGNORECASE)


def compare(report: Report, pair: Operation) -> None:
    """Every response of an operation."""
    old, new = pair.old.children("responses"), pair.new.children("responses")
    for status in dict.fromkeys([*old, *new]):
        if status in old and status in new:
            _response(report, pair, status, old[status], new[status])
            continue
        if not _STATUS.fullmatch(status):  # `default` and extensions promise no status
            continue
        kind = "success" if status[0] == "2" else "non-success"
        gone = status in old
        at = old[status] if gone else new[status]
        report.add(f"response-{kind}-status-{'removed' if gone else 'added'}", at,
                   operation=pair.name, direction="response", was=status if gone else "",
                   now="" if gone else status)  # fmt: skip


def _response(report: Report, pair: Operation, status: str, old: Spot, new: Spot) -> None:
    def add(id: str, at: Spot | None, was: object = "", now: object = "") -> None:
        report.add(id, at, operation=pair.name, part=f"response {status}", was=was, now=now,
                   direction="response")  # fmt: skip

    _headers(report, pair, status, old, new, add)
    before, after = media_types(old), media_types(new)
    renamed = _renamed(before, after)
    for name, mate in renamed.items():
        add(_name_change(name, mate), after[mate], name, mate)
    for name in before:
        if name in after or name in renamed:
            _body(report, pair, status, name, before[name], after[renamed.get(name, name)], add)
        else:
            add("response-media-type-removed", before[name], was=name)
    for name in after:
        if name not in before and name not in renamed.values():
            add("response-media-type-added", after[name], now=name)


def _renamed(old: dict[str, Spot], new: dict[str, Spot]) -> dict[str, str]:
    """Media types that are one and the same but for parameters, or more or less special."""
    found: dict[str, str] = {}
    for was in [name for name in old if name not in new]:
        mates = [now for now in new if now not in old and now not in found.values()
                 and _related(was, now)]  # fmt: skip
        if len(mates) == 1:
            found[was] = mates[0]
    return found


def _split(name: str) -> tuple[str, str, str]:
    plain, _, parameters = name.partition(";")
    head, _, suffix = plain.partition("+")
    return head, suffix, parameters


def _related(was: str, now: str) -> bool:
    a, b = _split(was), _split(now)
    return a[:2] == b[:2] or _covers(was, now) or _covers(now, was)


def _covers(general: str, special: str) -> bool:
    """Whether one media type takes in another: application/json takes in application/x+json."""
    a, b = _split(general), _split(special)
    if a[2] != b[2]:
        return False
    kind = a[0].partition("/")[0]
    return not a[1] and bool(b[1]) and a[0] == f"{kind}/{b[1]}" and b[0].startswith(f"{kind}/")


def _name_change(was: str, now: str) -> str:
    if _split(was)[2] != _split(now)[2]:
        return "response-media-type-name-changed"
    word = "specialized" if _covers(was, now) else "generalized"
    return f"response-media-type-name-{word}"


def _body(
    report: Report, pair: Operation, status: str, name: str, old: Spot, new: Spot, add: object
) -> None:
    assert callable(add)
    was, now = old.at("schema"), new.at("schema")
    if was is None and now is not None:
        add("response-body-media-type-schema-added", now, now=name)
    elif now is None and was is not None:
        add("response-body-media-type-schema-removed", new, was=name)
    part = f"response {status} {name}"
    if pair.webhook:  # sent by the subscriber, read by the service
        found = report.walk("request", wire_of(name)).compare(was, now)
        report.edits(found, WEBHOOK_OUT, pair.name, part)
    else:
        found = report.walk("response", wire_of(name)).compare(was, now)
        report.edits(found, BODY_OUT, pair.name, part)


def _headers(
    report: Report, pair: Operation, status: str, old: Spot, new: Spot, add: object
) -> None:
    assert callable(add)
    before, after = (
        {name.lower(): spot for name, spot in one.children("headers").items()} for one in (old, new)
    )
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            kind = "required" if before[name].get("required") is True else "optional"
            add(f"{kind}-response-header-removed", before[name], was=name)
        elif name not in before:
            add("response-header-added", after[name], now=name)
        else:
            was, now = (spot.get("required") is True for spot in (before[name], after[name]))
            if was != now:
                word = "required" if now else "optional"
                add(f"response-header-became-{word}", after[name], now=name)
            found = report.walk("response", "text").compare(
                before[name].at("schema"), after[name].at("schema")
            )
            report.edits(found, HEADER_OUT, pair.name, f"response {status}, header {name}", name)
