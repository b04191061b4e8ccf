"""Contracts read back by readers that are not ours, into one form that all protocols share.

OpenAPI and AsyncAPI are read as YAML, GraphQL by graphql-core, protobuf by protoc. What a protocol
cannot tell apart is one here: a decimal, a date and an id are `text`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import graphql
import yaml
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

WELL_KNOWN = str(Path(protoc.__file__).parent / "_proto")


@dataclass(frozen=True)
class Seen:
    """A value: its sort, whether it may be empty (an input: left out), and whether it is a list."""

    sort: str
    null: bool = False
    many: bool = False


@dataclass
class Reading:
    """The shapes and operations of a contract."""

    shapes: dict[str, dict[str, Seen]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Seen]] = field(default_factory=dict)
    answers: dict[str, tuple[str, Seen | None]] = field(default_factory=dict)


# --- JSON Schema ----------------------------------------------------------------------------------
_FORMATS = {"int64": "long", "date-time": "timestamp", "duration": "duration"}


def of_schema(said: dict[str, Any], named: dict[str, Any]) -> Seen:
    """A value as JSON Schema tells of it."""
    if "anyOf" in said:
        one, nothing = said["anyOf"]
        assert nothing == {"type": "null"}
        return Seen(of_schema(one, named).sort, True)
    if "$ref" in said:
        name = said["$ref"].rpartition("/")[2]
        values = named[name].get("enum")
        return Seen("enum " + " ".join(values) if values else f"shape {name}")
    type_ = said["type"]
    null = isinstance(type_, list)
    if null:
        (type_,) = (t for t in type_ if t != "null")
    if type_ == "array":
        return Seen(of_schema(said["items"], named).sort, null, True)
    sort = {"integer": "int", "number": "number", "boolean": "bool", "object": "json"}.get(type_)
    return Seen(sort or _FORMATS.get(said.get("format", ""), "text"), null)


def of_object(said: dict[str, Any], named: dict[str, Any], *, inputs: bool) -> dict[str, Seen]:
    """The fields of an object. Of an answer every one is there; an input may be left out."""
    out = {}
    for name, about in said["properties"].items():
        seen = of_schema(about, named)
        if inputs:
            seen = Seen(seen.sort, name not in said.get("required", []), seen.many)
        else:
            assert name in said["required"], f"{name} may be missing from an answer"
        out[name] = seen
    return out


def _shapes(schemas: dict[str, Any]) -> dict[str, dict[str, Seen]]:
    own = {n: s for n, s in schemas.items() if "enum" not in s and n not in ("Problem", "Job")}
    return {name: of_object(said, schemas, inputs=False) for name, said in own.items()}


def _as_json(parameter: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = parameter["content"]["application/json"]["schema"]
    return found


def read_openapi(text: str) -> Reading:
    """An OpenAPI document."""
    found = yaml.load(text, yaml.CSafeLoader)
    schemas = found["components"]["schemas"]
    out = Reading(_shapes(schemas))
    for methods in found["paths"].values():
        for op in methods.values():
            id_ = op["operationId"]
            takes = {
                p["name"]: Seen(seen.sort, not p["required"], seen.many)
                for p in op.get("parameters", []) if p["in"] in ("path", "query")
                for seen in [of_schema(p.get("schema") or _as_json(p), schemas)]
            }  # fmt: skip
            if "requestBody" in op:
                ((_, media),) = op["requestBody"]["content"].items()
                body = media["schema"]
                if (
                    set(body["properties"]) == {"items"}
                    and "minItems" in body["properties"]["items"]
                ):
                    body = body["properties"]["items"]["items"]
                takes |= of_object(body, schemas, inputs=True)
            out.inputs[id_] = takes
            out.answers[id_] = _rest_answer(op, schemas)
    return out


def _rest_answer(op: dict[str, Any], schemas: dict[str, Any]) -> tuple[str, Seen | None]:
    (status,) = (s for s in op["responses"] if s.startswith("2"))
    content = op["responses"][status].get("content")
    if content is None:
        return "nothing", None
    said = content["application/json"]["schema"]
    if said.get("$ref", "").endswith("/Job"):
        return "job", None
    if "results" in said.get("properties", {}):
        return "results", None
    if "nextCursor" in said.get("properties", {}):
        assert said["required"] == ["items", "nextCursor"]
        return "page", of_schema(said["properties"]["items"]["items"], schemas)
    seen = of_schema(said, schemas)
    if seen.many:
        return "list", Seen(seen.sort)
    return "one", seen


def read_asyncapi(text: str) -> Reading:
    """An AsyncAPI document: what its events carry."""
    found = yaml.load(text, yaml.CSafeLoader)
    schemas = found["components"].get("schemas", {})
    out = Reading(_shapes(schemas))
    for name, about in found["components"]["messages"].items():
        if not name.endswith("DeadLetter"):
            data = about["payload"]["properties"].get("data")
            out.answers[name] = ("one", of_schema(data, schemas)) if data else ("nothing", None)
    return out


# --- GraphQL --------------------------------------------------------------------------------------
_GRAPHQL = {"ID": "text", "String": "text", "Decimal": "text", "Date": "text", "URL": "text",
            "EmailAddress": "text", "Int": "int", "Long": "long", "Float": "number",
            "Boolean": "bool", "DateTime": "timestamp", "Duration": "duration",
            "JSON": "json"}  # fmt: skip


def read_graphql(sdl: str) -> Reading:
    """The schema that a client of the graph sees."""
    schema = graphql.build_schema(sdl)
    assert not graphql.validate_schema(schema)
    out = Reading()
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or type_ in (schema.query_type, schema.mutation_type):
            continue
        if isinstance(type_, (graphql.GraphQLObjectType, graphql.GraphQLInputObjectType)):
            out.shapes[name] = {f: of_graphql(about.type) for f, about in type_.fields.items()}
    for root in (schema.query_type, schema.mutation_type):
        for id_, about in root.fields.items() if root else ():
            takes = {name: of_graphql(a.type) for name, a in about.args.items()}
            for word in ("input", "items"):
                if word in takes and takes[word].sort.endswith("Input"):
                    takes |= out.shapes[takes.pop(word).sort.removeprefix("shape ")]
            out.inputs[id_] = takes
            out.answers[id_] = _graph_answer(of_graphql(about.type), out)
    return out


def of_graphql(type_: Any) -> Seen:
    """A value as GraphQL tells of it."""
    null = not isinstance(type_, graphql.GraphQLNonNull)
    bare = type_ if null else type_.of_type
    if isinstance(bare, graphql.GraphQLList):
        assert isinstance(bare.of_type, graphql.GraphQLNonNull)
        return Seen(of_graphql(bare.of_type).sort, null, True)
    if isinstance(bare, graphql.GraphQLEnumType):
        return Seen("enum " + " ".join(bare.values), null)
    return Seen(_GRAPHQL.get(bare.name) or f"shape {bare.name}", null)


def _graph_answer(seen: Seen, out: Reading) -> tuple[str, Seen | None]:
    if seen.sort == "shape Job":
        return "job", None
    if seen.sort == "shape BulkResult":
        return "results", None
    fields = out.shapes.get(seen.sort.removeprefix("shape "), {})
    if set(fields) == {"items", "nextCursor"} and seen.sort.endswith("Page"):
        assert fields["nextCursor"] == Seen("text", True)
        return "page", Seen(fields["items"].sort)
    return ("list" if seen.many else "one"), Seen(seen.sort)


# --- protobuf -------------------------------------------------------------------------------------
_P = FieldDescriptorProto
_PROTO = {_P.TYPE_STRING: "text", _P.TYPE_INT32: "int", _P.TYPE_INT64: "long",
          _P.TYPE_DOUBLE: "number", _P.TYPE_BOOL: "bool"}  # fmt: skip
_KNOWN = {".google.protobuf.Timestamp": "timestamp", ".google.protobuf.Duration": "duration",
          ".google.protobuf.Struct": "json"}  # fmt: skip


def read_proto(files: dict[str, str], root: str = "api/proto/") -> Reading:
    """Files of protobuf, compiled by protoc."""
    with tempfile.TemporaryDirectory() as folder:
        protos = [path.removeprefix(root) for path in files if path.endswith(".proto")]
        for path in protos:
            at = Path(folder) / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(files[root + path], encoding="utf-8")
        result = Path(folder) / "set.bin"
        code = protoc.main(["protoc", f"-I{folder}", f"-I{WELL_KNOWN}",
                            f"--descriptor_set_out={result}", *protos])  # fmt: skip
        assert code == 0, "protoc refused:\n" + "\n".join(files.values())
        found = FileDescriptorSet.FromString(result.read_bytes())
    messages, enums = {}, {}
    for file in found.file:
        for m in file.message_type:
            messages[f".{file.package}.{m.name}"] = m
        for e in file.enum_type:
            assert e.value[0].number == 0 and e.value[0].name.endswith("_UNSPECIFIED")
            stem = e.value[0].name.removesuffix("UNSPECIFIED")
            assert all(v.name.startswith(stem) for v in e.value)
            names = [v.name.removeprefix(stem) for v in e.value[1:]]
            enums[f".{file.package}.{e.name}"] = "enum " + " ".join(names)
    reader = _Protos(messages, enums)
    out = Reading()
    for file in found.file:
        for m in file.message_type:
            out.shapes[m.name] = {f.json_name: reader.seen(f) for f in m.field}
        for service in file.service:
            for call in service.method:
                id_ = call.name[0].lower() + call.name[1:]
                out.inputs[id_] = reader.inputs(messages[call.input_type])
                out.answers[id_] = reader.answer(messages[call.output_type])
    return out


@dataclass
class _Protos:
    messages: dict[str, Any]
    enums: dict[str, str]

    def seen(self, f: Any) -> Seen:
        """A field of a message."""
        if f.type == _P.TYPE_ENUM:
            sort = self.enums[f.type_name]
        elif f.type == _P.TYPE_MESSAGE:
            sort = _KNOWN.get(f.type_name) or "shape " + f.type_name.rpartition(".")[2]
        else:
            sort = _PROTO[f.type]
        return Seen(sort, f.proto3_optional, f.label == _P.LABEL_REPEATED)

    def inputs(self, message: Any) -> dict[str, Seen]:
        """What a request takes, that of one item where it takes several."""
        out = {f.json_name: self.seen(f) for f in message.field}
        items = out.get("items")
        if items is not None and items.many and items.sort.endswith("Item"):
            del out["items"]
            (item,) = (f for f in message.field if f.name == "items")
            out |= {f.json_name: self.seen(f) for f in self.messages[item.type_name].field}
        return out

    def answer(self, message: Any) -> tuple[str, Seen | None]:
        """What an answer holds."""
        fields = {f.name: self.seen(f) for f in message.field}
        if not fields:
            return "nothing", None
        if "next_cursor" in fields:
            assert fields["next_cursor"] == Seen("text", True)
            return "page", Seen(fields["items"].sort)
        ((name, seen),) = fields.items()
        if seen.sort == "shape Job":
            return "job", None
        if seen.sort == "shape BulkResult":
            return "results", None
        return ("list" if name == "items" else "one"), Seen(seen.sort)
