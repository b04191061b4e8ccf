"""POST /graphql: the graph of an audience, answered by the same operations over the same rows.

Each field of the roots asks its operation as REST would, so that tokens, scopes, limits, checks and
idempotency are the same. The schema is that of the subgraphs, joined by name: what a composer adds
for planning is of no use to a mock. Whoever builds against it may look into the schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from graphql import (
    DefinitionNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationType,
    build_ast_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.utilities import get_operation_ast

from backend_lead.emit.api.graphql import subgraphs
from backend_lead.emit.api.jobs import job_path
from backend_lead.emit.api.persisted import known
from backend_lead.mock.answering import Mock
from backend_lead.mock.callers import ANYBODY, Caller
from backend_lead.mock.checking import parsed
from backend_lead.mock.message import JSON, Answer, Asked, Refused, encoded
from backend_lead.views.api.addresses import key_name
from backend_lead.views.api.arguments import sort_values, sort_words
from backend_lead.views.api.graph import Graph, Reverse, graph_of, graph_pays
from backend_lead.views.api.owning import has_owner
from backend_lead.views.api.parts import FieldOf, Operation, ShapeOf
from backend_lead.views.api.types import Type

PATH = "/graphql"
TOKENS_MAX = 2000  # of one document: names, numbers and signs
RESULT = "application/graphql-response+json"


def graph_for(mock: Mock) -> Callable[[Asked, Caller | None, float], Answer] | None:
    """What answers at /graphql; None where no graph pays or it is not for this audience."""
    found = graph_of(mock.found)
    if found is None or not graph_pays(mock.found).yes or mock.audience not in found.audiences:
        return None
    return _Serving(mock, found).answer


@dataclass
class _Call:
    """One document under way: how long its fields took, and the request it came with."""

    asked: Asked
    now_s: float
    caller: Caller | None = None
    waits: list[float] = field(default_factory=list)
    serial: bool = False

    @property
    def wait_s(self) -> float:
        """Queries ask together, mutations one after the other."""
        return sum(self.waits) if self.serial else max(self.waits, default=0.0)


class _Serving:
    """The schema of an audience with what resolves its fields."""

    def __init__(self, mock: Mock, graph: Graph) -> None:
        self.mock, self.graph = mock, graph
        self.operations = {op.id: op for op in graph.operations if mock.audience in op.audiences}
        self.shapes = {shape.type_name: shape for shape in mock.found.shapes.values()}
        self.reverses = {(owner, r.name): r for owner, many in graph.reverses.items()
                         for r in many if mock.audience in r.op.audiences}  # fmt: skip
        self.jobs = {n: op for n, op in graph.jobs.items() if mock.audience in op.audiences}
        self.schema = self._schema()
        self.known = known(graph, mock.audience)

    def _schema(self) -> GraphQLSchema:
        every = [d for text in subgraphs(self.graph).values() for d in parse(text).definitions]
        merged = DocumentNode(definitions=tuple(self._joined(every)))
        schema = build_ast_schema(merged, assume_valid=True, assume_valid_sdl=True)
        for type_ in schema.type_map.values():
            for name, told in getattr(type_, "fields", {}).items():
                if not type_.name.startswith("__") and hasattr(told, "resolve"):
                    told.resolve = self._resolver(type_.name, name)
        return schema

    def _joined(self, definitions: Iterable[DefinitionNode]) -> Iterable[DefinitionNode]:
        """Each type once, with the fields that any subgraph gives it and this audience sees."""
        kept: dict[str, DefinitionNode] = {}
        fields: dict[str, dict[str, Any]] = {}
        for one in definitions:
            name = getattr(getattr(one, "name", None), "value", None)
            if name is None:  # what a subgraph says of itself
                continue
            kept.setdefault(name, one)
            if isinstance(one, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode):
                told = fields.setdefault(name, {})
                for f in one.fields or ():
                    if isinstance(one, InputObjectTypeDefinitionNode) or self._shown(
                        name, f.name.value
                    ):
                        told.setdefault(f.name.value, f)
        for name, told in fields.items():
            made: Any = type(kept[name])
            parts = {key: getattr(kept[name], key) for key in ("name", "description")}
            kept[name] = made(**parts, fields=tuple(told.values()), directives=())
        return kept.values()

    def _shown(self, type_name: str, name: str) -> bool:
        if type_name in ("Query", "Mutation"):
            return name in self.operations or name in self.jobs
        shape = self.shapes.get(type_name)
        if shape is None:
            return True
        own = _named(shape, name)
        if own is not None:
            return self.graph.shows(shape, own, self.mock.audience)
        return (shape.name, name) in self.reverses

    # resolving ------------------------------------------------------------------------------------
    def _resolver(self, type_name: str, name: str) -> Callable[..., Any]:
        if type_name in ("Query", "Mutation"):
            if name in self.jobs:
                return lambda _, info, jobId: self._job(info.context, jobId)
            op = self.operations[name]
            return lambda _, info, **given: self._ask(op, info, given)
        shape = self.shapes.get(type_name)
        own = _named(shape, name) if shape is not None else None
        if shape is None or own is None:
            reverse = self.reverses.get((shape.name, name)) if shape is not None else None
            if reverse is not None and shape is not None:
                return self._listed(shape, reverse)
            return lambda row, info: row.get(name)
        return lambda row, info: self._value(own, row.get(own.json), info.context)

    def _value(self, f: FieldOf, value: Any, call: _Call) -> Any:
        """A value of a row; a reference that leads somewhere is the row it names, known by its key
        at least, or nothing where that is somebody else's."""
        if value is None or not self.graph.walks(f):
            return value
        if f.type.item is None:
            return self._row(f.type, value, call)
        rows = (self._row(f.type.item, one, call) for one in value)
        return [row for row in rows if row is not None]

    def _row(self, type_: Type, value: Any, call: _Call) -> Any:
        shape = self.mock.found.shapes[type_.name]
        there = self.mock.store.get(shape, (str(value),))
        if there is None:
            return {shape.key[0].json: value}
        who = call.caller.id if call.caller is not None else ANYBODY
        owned = has_owner(self.mock.found.entities, shape.name)
        return None if owned and not self.mock.store.sees(shape, there, who) else there.data

    def _listed(self, shape: ShapeOf, reverse: Reverse) -> Callable[..., Any]:
        def resolve(row: dict[str, Any], info: Any, **given: Any) -> Any:
            key = row[shape.key[0].json]
            return self._ask(reverse.op, info, {**given, reverse.by.json: key})

        return resolve

    def _job(self, call: _Call, id_: str) -> Any:
        path = job_path(self.mock.found).replace("{jobId}", quote(id_, safe=""))
        return self._rest(Asked("GET", path, "", _who(call.asked)), call)

    def _rest(self, asked: Asked, call: _Call) -> Any:
        answer = self.mock.answer(asked, call.now_s)
        call.waits.append(answer.wait_s)
        told: Any = json.loads(answer.body) if answer.body else None
        if answer.status >= 400:
            raise GraphQLError(told["detail"], extensions={"code": told["code"],
                               "status": answer.status, "problem": told})  # fmt: skip
        return told

    def _ask(self, op: Operation, info: Any, given: dict[str, Any]) -> Any:
        call: _Call = info.context
        told = self._rest(_as_rest(op, given, call.asked), call)
        if op.answer == "nothing":
            return True
        return told["results"] if op.answer == "results" else told

    def _text(self, body: dict[str, Any]) -> Any:
        """The document that was sent, or the known one that was named by its hash."""
        if body.get("query") is not None:
            return body["query"]
        told = body.get("extensions")
        named = told.get("persistedQuery") if isinstance(told, dict) else None
        id_ = named.get("sha256Hash") if isinstance(named, dict) else None
        return self.known.get(id_) if isinstance(id_, str) else None

    # the request ----------------------------------------------------------------------------------
    def answer(self, asked: Asked, caller: Caller | None, now_s: float) -> Answer:
        """The answer to a document; what is no request of GraphQL over HTTP is a problem."""
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Refused(415, f"Send {JSON}.", headers={"Accept": JSON})
        body = parsed(asked.body)
        text = self._text(body) if isinstance(body, dict) else None
        variables = body.get("variables") or {} if isinstance(body, dict) else {}
        name = body.get("operationName") if isinstance(body, dict) else None
        if not isinstance(text, str) or not isinstance(variables, dict):
            raise Refused(400, "Send an object with query, or the id of a known document in "
                          "extensions.persistedQuery.sha256Hash; and variables where it takes "
                          "some.")  # fmt: skip
        try:
            document = parse(text, max_tokens=TOKENS_MAX)
        except (GraphQLError, RecursionError) as err:
            return _result({"errors": [{"message": str(err).partition("\n")[0]}]}, 400)
        wrong = validate(self.schema, document)
        if wrong:
            return _result({"errors": [one.formatted for one in wrong]}, 400)
        one = get_operation_ast(document, name if isinstance(name, str) else None)
        call = _Call(asked, now_s, caller, serial=one is not None and one.operation is
                     OperationType.MUTATION)  # fmt: skip
        done = execute_sync(self.schema, document, None, call, variables,
                            name if isinstance(name, str) else None)  # fmt: skip
        return _result(done.formatted, 200, call.wait_s)


def _named(shape: ShapeOf, name: str) -> FieldOf | None:
    return next((f for f in shape.fields if f.graphql == name), None)


def _as_rest(op: Operation, given: dict[str, Any], asked: Asked) -> Asked:
    """The same wish as a request of REST."""
    given = {name: value for name, value in given.items() if value is not None}
    path = op.path
    for name in [key_name(op, f) for f in op.keys] + [f.json for f in op.in_path]:
        inner = given.get("input") or {}
        value = given.pop(name, None) if name in given else inner.pop(name, "")
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    headers = _who(asked)
    if "idempotencyKey" in given:
        headers["idempotency-key"] = given.pop("idempotencyKey")
    if op.wants_match:  # the graph tells no versions
        headers["if-match"] = "*"
    if op.body:
        body = {"items": given["items"]} if op.bulk is not None else given.get("input", {})
        merged = op.method == "PATCH" and op.bulk is None
        media = "application/merge-patch+json" if merged else JSON
        sent = encoded(body) if op.beside_path else b""
        return Asked(op.method, path, "", headers | {"content-type": media}, sent)
    if "sort" in given:
        given["sort"] = dict(zip(sort_values(op), sort_words(op))).get(given["sort"], given["sort"])
    pairs = [(name, _text(one)) for name, value in given.items()
             for one in (value if isinstance(value, list) else [value])]  # fmt: skip
    return Asked(op.method, path, urlencode(pairs), headers)


def _who(asked: Asked) -> dict[str, str]:
    """The headers that tell who asks."""
    return {n: v for n, v in asked.headers.items() if n in ("authorization", "cookie")}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _result(told: Any, status: int, wait_s: float = 0.0) -> Answer:
    return Answer(status, {"Content-Type": RESULT}, encoded(told), wait_s)
