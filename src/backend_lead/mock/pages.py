"""Lists: which rows, in which order, which page."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from backend_lead.mock.message import Refused
from backend_lead.mock.store import Key, Row, text_of
from backend_lead.views.api.parts import FieldOf, Operation

Found = list[tuple[Key, Row]]


def filtered(rows: Found, filters: Sequence[FieldOf], given: dict[str, Any]) -> Found:
    """Rows with the values asked for; of a list, those that hold it."""
    for f in filters:
        if f.json in given:
            wanted = given[f.json]
            rows = [(key, row) for key, row in rows if _has(row.data.get(f.json), wanted)]
    return rows


def _has(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        asked = wanted if isinstance(wanted, list) else [wanted]
        return all(one in value for one in asked)
    return bool(value == wanted)


def matching(rows: Found, words: str) -> Found:
    """Rows in which any of the words occurs, those with most of them first."""
    asked = {word for word in words.lower().split() if word}
    counted = [(sum(word in _text(row) for word in asked), key, row) for key, row in rows]
    hits = [entry for entry in counted if entry[0]]
    return [(key, row) for _, key, row in sorted(hits, key=lambda entry: -entry[0])]


def _text(row: Row) -> str:
    return " ".join(v for v in row.data.values() if isinstance(v, str)).lower()


def ordered(rows: Found, sort: str | None) -> Found:
    """Rows by a field, downwards with `-`; empty values last."""
    if not sort:
        return rows
    name, down = sort.removeprefix("-"), sort.startswith("-")
    there = [entry for entry in rows if entry[1].data.get(name) is not None]
    empty = [entry for entry in rows if entry[1].data.get(name) is None]
    there.sort(key=lambda entry: _rank(entry[1].data[name]), reverse=down)
    return there + empty


def _rank(value: Any) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float):
        return 0, float(value), ""
    if isinstance(value, dict) and "amount" in value:
        return _rank_text(str(value["amount"]))
    return _rank_text(text_of(value))


def _rank_text(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), ""
    except ValueError:
        return 1, 0.0, text


def page(op: Operation, rows: Found, given: dict[str, Any]) -> tuple[Found, str | None]:
    """One page, and where to go on: after the last row that was given."""
    size = int(given.get("limit", op.said.page))
    mark = _mark(given)
    start = _start(rows, given.get("cursor"), mark)
    part = rows[start : start + size]
    if not part or start + size >= len(rows):
        return part, None
    return part, _cursor(part[-1][0], start + size, mark)


def _mark(given: dict[str, Any]) -> str:
    """What a list was asked for: a cursor of another one leads nowhere."""
    asked = {name: value for name, value in given.items() if name not in ("cursor", "limit")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]


def _cursor(key: Key, at: int, mark: str) -> str:
    text = json.dumps({"id": list(key), "at": at, "of": mark}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _start(rows: Found, cursor: str | None, mark: str) -> int:
    """After the row a cursor names; where that is gone, at the place it had."""
    if cursor is None:
        return 0
    try:
        told = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        key, at = told["id"], int(told.get("at", len(rows)))
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused(400, "cursor is none that a page gave as nextCursor.") from None
    if told.get("of", mark) != mark:
        raise Refused(400, "cursor is of a list with other filters or another order.")
    for index, (one, _) in enumerate(rows):
        if list(one) == key:
            return index + 1
    return min(max(at, 0), len(rows))
