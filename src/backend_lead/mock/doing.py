"""What operations do to the rows: find, make, change, take away, list."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from backend_lead.mock.callers import Caller
from backend_lead.mock.checking import Given
from backend_lead.mock.message import Refused, encoded, problem_of
from backend_lead.mock.pages import Found, filtered, matching, ordered, page
from backend_lead.mock.store import FIRST, Key, Row, Store, text_of
from backend_lead.model.contract import Audience
from backend_lead.model.system import EVERYBODY
from backend_lead.views.api.addresses import key_name
from backend_lead.views.api.owning import sees_all
from backend_lead.views.api.parts import Contract, FieldOf, Operation, ShapeOf
from backend_lead.views.api.schema import example_of, sample

LIST_MOST = 1000  # items of a list that is not paged, as the contract says


@dataclass(frozen=True)
class Done:
    """What came out: a status, what to say (None: nothing), headers that follow from it, and the
    key of what a command was about."""

    status: int
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: Key = ()


class Doing:
    """The operations of one audience over one store."""

    def __init__(self, found: Contract, audience: Audience, store: Store) -> None:
        self.found, self.audience, self.store = found, audience, store

    def do(
        self, op: Operation, given: Given, caller: Caller | None, now: datetime, request_id: str
    ) -> Done:
        """Do it, all items of a bulk one after the other. Raises Refused."""
        if op.bulk is None or given.body is None:
            return self._once(op, given, caller, now)
        results: list[dict[str, Any]] = []
        for index, item in enumerate(given.body["items"]):
            one = Given(given.path, given.query, given.headers, item)
            try:
                done = self._once(op, one, caller, now)
                told = {"index": index, "status": done.status}
                results.append(told | ({"id": "/".join(done.key)} if done.key else {}))
            except Refused as refused:
                problem = problem_of(refused, request_id, self.found.host)
                results.append({"index": index, "status": refused.status, "problem": problem})
        return Done(200, {"results": results})

    def _once(self, op: Operation, given: Given, caller: Caller | None, now: datetime) -> Done:
        who = caller.id if caller is not None else FIRST
        self._referred(op, given, who)
        if op.does in ("list", "search"):
            return self._list(op, given, who)
        if op.begins:
            return self._create(op, given, who, now)
        found = self._found(op, given, who)
        if found is None:  # `mine` of what the caller does not have yet
            if op.does in ("get", "delete"):
                raise Refused(404, "You have none.")
            return self._create(op, given, who, now)
        key, row = found
        if op.does == "get":
            return self._get(op, given, row)
        if op.changes_one:
            _unchanged(given.headers.get("if-match"), row.etag)
        if op.does == "delete":
            self.store.remove(op.of, key)
            return self._said(op, row)
        self.store.change(op.of, row, self._set(op, given), now)
        return replace(self._said(op, row), key=key)

    # finding --------------------------------------------------------------------------------------
    def _found(self, op: Operation, given: Given, who: str) -> tuple[Key, Row] | None:
        if not op.keys and not op.each_keys:
            return self._mine(op.of, who)
        key = tuple(given.path[key_name(op, f)] for f in op.keys)
        key += tuple(text_of(given.body[f.json]) for f in op.each_keys)
        row = self.store.get(op.of, key)
        if row is None or not self._theirs(op, row, who):
            raise Refused(404, "Nothing with this id, or it is not yours.")
        return key, row

    def _theirs(self, op: Operation, row: Row, who: str) -> bool:
        """Whether a row is the caller's business: its own, nobody's, one shared with it, or a
        public one; one of our own services and a role may see everybody's."""
        free = op.said.public or self.audience == "internal" or sees_all(self.found.entities, op)
        if free or self.store.whose(op.of, row) in ("", who):
            return True
        return op.does not in ("update", "delete") and self.store.shared(op.of, row, who)

    def _referred(self, op: Operation, given: Given, who: str) -> None:
        """Raises Refused where an input names what is somebody else's."""
        body = given.body if isinstance(given.body, dict) else {}
        sent = {**given.path, **given.query, **body}
        free = self.audience == "internal" or sees_all(self.found.entities, op)
        for f in op.referred if not free else ():
            value = sent.get(f.json)
            shape = self.found.shapes[(f.type.item or f.type).name]
            for one in value if isinstance(value, list) else [value]:
                row = self.store.get(shape, (text_of(one),)) if one is not None else None
                if row is not None and not self.store.sees(shape, row, who):
                    raise Refused(404, f"{f.json}: nothing with this id, or it is not yours.")

    def _mine(self, shape: ShapeOf, who: str) -> tuple[Key, Row] | None:
        """What belongs to the caller: the caller itself, else the first row of theirs."""
        rows = list(self.store.all(shape))
        for key, row in rows:
            if key == (who,):
                return key, row
        return next(((key, row) for key, row in rows
                     if self.store.whose(shape, row) in ("", who)), None)  # fmt: skip

    def _list(self, op: Operation, given: Given, who: str) -> Done:
        rows: Found = list(self.store.all(op.of))
        entity = self.found.entities[op.of.name]
        owned = op.said.mine and entity.owned_by is not None
        if owned:  # an own list does not hold what everybody sees
            apart = EVERYBODY not in entity.shared_with
            rows = [(key, row) for key, row in rows if self.store.whose(op.of, row) == who
                    or (apart and self.store.shared(op.of, row, who))]  # fmt: skip
        else:
            rows = [e for e in rows if self._theirs(op, e[1], who)]
        if op.does == "search":
            rows = matching(rows, str(given.query.get("words", "")))
        own = [f for f in op.inputs if op.of.named(f.name) is not None]
        rows = filtered(rows, [*op.filters, *own], {**given.path, **given.query})
        rows = ordered(rows, given.query.get("sort") or op.usual_sort)
        if not op.paged:
            return Done(200, [self._one(op, row) for _, row in rows[:LIST_MOST]])
        part, following = page(op, rows, given.query)
        items = [self._one(op, row) for _, row in part]
        return Done(200, {"items": items, "nextCursor": following})

    # answering ------------------------------------------------------------------------------------
    def _get(self, op: Operation, given: Given, row: Row) -> Done:
        value = self._one(op, row)
        etag = row.etag if self._gives_row(op) else _etag(value)
        if _same(given.headers.get("if-none-match"), etag):
            return Done(304, None, {"ETag": etag})
        return Done(200, value, {"ETag": etag})

    def _create(self, op: Operation, given: Given, who: str, now: datetime) -> Done:
        made = self.store.add(op.of, self._set(op, given), who, now)
        if made is None:
            raise Refused(409, f"There is a {op.of.name.replace('_', ' ')} with this key already.")
        key, row = made
        done = replace(self._said(op, row), key=key)
        where = self._where(op.of, key)
        if op.does != "create" or op.gives is None or op.bulk is not None or where is None:
            return done
        return replace(done, headers={**done.headers, "Location": where})

    def _set(self, op: Operation, given: Given) -> dict[str, Any]:
        """The fields a command sets: of inputs that are fields, in its body and its path; where
        its verb tells what becomes of the thing, that alone (an amount refunded is no amount)."""
        state = _state_after(self.found, op)
        if state and (op.keys or op.each_keys):
            return state
        sent = {**given.path, **(given.body if isinstance(given.body, dict) else {})}
        out = {}
        for f in op.inputs if not op.each_keys else op.inputs[len(op.each_keys) :]:
            own = op.of.named(f.name)
            if own is not None and f.json in sent and self._fits(sent[f.json], f, own):
                out[own.json] = sent[f.json]
        return {**out, **state}

    def _fits(self, value: Any, f: FieldOf, own: FieldOf) -> bool:
        """Whether what was taken as an input may stand in the field of that name."""
        if value is None:
            return own.null
        if own.type.sort == "enum" and f.type.sort == "enum":
            return value in self.found.enums[own.type.name].wire
        return f.type == own.type and (own.most is None or (f.most or own.most + 1) <= own.most)

    def _said(self, op: Operation, row: Row) -> Done:
        """The answer of a command; 201 of what makes something."""
        if op.gives is None:
            return Done(204)
        headers = {"ETag": row.etag} if op.changes_one and op.does != "delete" else {}
        return Done(201 if op.does == "create" else 200, self._one(op, row), headers)

    def _where(self, shape: ShapeOf, key: Key) -> str | None:
        """Where a row can be read by this audience; None where it cannot."""
        for op in self.found.of_audience(self.audience):
            if op.does == "get" and op.of.name == shape.name and (op.keys or op.said.mine):
                path = op.path
                for f, text in zip(op.keys, key):
                    path = path.replace(f"{{{key_name(op, f)}}}", quote(text, safe=""))
                return path
        return None

    def _gives_row(self, op: Operation) -> bool:
        return op.gives is not None and op.gives.sort == "shape" and op.gives.name == op.of.name

    def _one(self, op: Operation, row: Row) -> Any:
        """What one answer is: the row, or an example with what the row has by these names."""
        assert op.gives is not None
        if op.gives.sort != "shape":
            return sample(self.found, op.gives)
        shape = self.found.shapes[op.gives.name]
        fields = self.found.seen_by(shape, self.audience)
        if self._gives_row(op):
            return {f.json: row.data[f.json] for f in fields}
        if shape.entity:
            other = next((r for _, r in self.store.all(shape)), row)
            return {f.json: other.data[f.json] for f in fields}
        types = {f.json: f.type for f in op.of.fields}
        return {
            f.json: row.data[f.json] if types.get(f.json) == f.type and row.data[f.json] is not None
            else example_of(self.found, f)
            for f in fields
        }  # fmt: skip


def _state_after(found: Contract, op: Operation) -> dict[str, Any]:
    """`cancel_order` sets the field whose values hold `cancelled`."""
    if op.does != "act":
        return {}
    verb = op.path.rpartition("/")[2].partition("-")[0].upper()[:5]
    for f in op.of.fields:
        if f.type.sort == "enum" and len(verb) > 3:
            for value in found.enums[f.type.name].wire:
                if value.startswith(verb):
                    return {f.json: value}
    return {}


def _etag(value: Any) -> str:
    return f'"{hashlib.sha256(encoded(value)).hexdigest()[:16]}"'


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _same(header: str | None, etag: str) -> bool:
    return header is not None and (header.strip() == "*" or etag in _tags(header))


def _unchanged(header: str | None, etag: str) -> None:
    """Raises Refused where a guarded change is of another version."""
    if header is not None and not _same(header, etag):
        raise Refused(412, "If-Match does not agree with the ETag of now.",
                      headers={"ETag": etag})  # fmt: skip
