"""Concrete edits of a protobuf file, each as what to replace by what."""

from __future__ import annotations

BASE = """syntax = "proto3";
package p.v1;
message M {
  int32 a = 1;
  string b = 2;
  repeated int32 c = 3;
  oneof k { int32 d = 4; int32 e = 5; }
  optional int32 f = 6;
  map<string, int32> g = 7;
  E h = 8;
  M i = 9;
  reserved 20 to 25;
  reserved "q";
}
message N {}
enum E { X = 0; Y = 1; }
enum F { F0 = 0; }
service S {
  rpc A(M) returns (M);
  rpc B(M) returns (M);
}
service T { rpc C(M) returns (M); }
"""
Edit = tuple[str, str]
# name -> the ids expected, and the edits made
EDITS: dict[str, tuple[set[str], list[Edit]]] = {
    "nothing": (set(), []),
    **{
        f"int32 to {kind}": ({"field-type-changed"}, [("int32 a", f"{kind} a")])
        for kind in ("int64", "uint64", "bool", "sint32", "fixed32", "string", "double", "E")
    },
    "int32 to message": ({"field-type-changed"}, [("int32 a", "N a")]),
    "int32 to uint32": ({"field-type-changed-same-wire"}, [("int32 a", "uint32 a")]),
    "string to bytes": ({"field-type-changed"}, [("string b", "bytes b")]),
    "enum to another": ({"field-type-changed"}, [("E h", "F h")]),
    "message to another": ({"field-type-changed"}, [("M i", "N i")]),
    "value of a map": ({"field-type-changed"}, [("map<string, int32>", "map<string, int64>")]),
    "single to optional": ({"field-presence-changed"}, [("int32 a", "optional int32 a")]),
    "optional to single": ({"field-presence-changed"}, [("optional int32 f", "int32 f")]),
    "single to repeated": ({"field-label-changed"}, [("int32 a", "repeated int32 a")]),
    "optional message": (set(), [("M i", "optional M i")]),
    "removed": ({"field-removed"}, [("string b = 2;", "")]),
    "removed, number reserved": ({"field-removed"}, [("string b = 2;", "reserved 2;")]),
    "removed, name reserved": ({"field-removed"}, [("string b = 2;", 'reserved "b";')]),
    "removed, both reserved": (
        {"field-removed-reserved"}, [("string b = 2;", 'reserved 2; reserved "b";')],
    ),
    "added": ({"field-added"}, [("string b = 2;", "string b = 2; string z = 12;")]),
    "renamed": ({"field-name-changed"}, [("string b", "string bb")]),
    "renamed, same in JSON": (
        {"field-name-changed"}, [("string b = 2", 'string bb = 2 [json_name = "b"]')],
    ),
    "another name in JSON": ({"field-json-name-changed"}, [("b = 2", 'b = 2 [json_name = "z"]')]),
    "another number": ({"field-number-changed"}, [("string b = 2", "string b = 12")]),
    "into a oneof": (
        {"field-oneof-changed"}, [("int32 a = 1;", ""), ("oneof k {", "oneof k { int32 a = 1;")],
    ),
    "oneof renamed": ({"field-oneof-changed", "oneof-removed"}, [("oneof k", "oneof kk")]),
    "oneof undone": (
        {"field-oneof-changed", "oneof-removed"},
        [("oneof k { int32 d = 4; int32 e = 5; }", "int32 d = 4; int32 e = 5;")],
    ),
    "deprecated": ({"deprecated"}, [("b = 2", "b = 2 [deprecated = true]")]),
    "reserved number freed": ({"reserved-removed"}, [("reserved 20 to 25;", "")]),
    "reserved range shrunk": ({"reserved-removed"}, [("20 to 25", "20 to 22")]),
    "reserved range split": (set(), [("20 to 25", "20 to 22, 23 to 30")]),
    "reserved name freed": ({"reserved-removed"}, [('reserved "q";', "")]),
    "value removed": ({"enum-value-removed"}, [(" Y = 1;", "")]),
    "value removed, number reserved": ({"enum-value-removed"}, [(" Y = 1;", " reserved 1;")]),
    "value removed, both reserved": (
        {"enum-value-removed-reserved"}, [(" Y = 1;", ' reserved 1; reserved "Y";')],
    ),
    "value renamed": ({"enum-value-name-changed"}, [("Y = 1", "Z = 1")]),
    "value added": ({"enum-value-added"}, [("Y = 1;", "Y = 1; W = 2;")]),
    "message removed": ({"message-removed"}, [("message N {}", "")]),
    "message added": ({"message-added"}, [("message N {}", "message N {} message O {}")]),
    "enum removed": ({"enum-removed"}, [("enum F { F0 = 0; }", "")]),
    "enum added": ({"enum-added"}, [("enum F {", "enum G { G0 = 0; } enum F {")]),
    "call removed": ({"rpc-removed"}, [("rpc B(M) returns (M);", "")]),
    "call added": ({"rpc-added"}, [("rpc B(M)", "rpc D(M) returns (M); rpc B(M)")]),
    "service removed": ({"service-removed"}, [("service T { rpc C(M) returns (M); }", "")]),
    "service added": ({"service-added"}, [("service T {", "service U {} service T {")]),
    "request changed": ({"rpc-request-type-changed"}, [("A(M)", "A(N)")]),
    "response changed": ({"rpc-response-type-changed"}, [("A(M) returns (M)", "A(M) returns (N)")]),
    "takes a stream": ({"rpc-client-streaming-changed"}, [("A(M)", "A(stream M)")]),
    "answers with a stream": (
        {"rpc-server-streaming-changed"}, [("A(M) returns (M)", "A(M) returns (stream M)")],
    ),
    "idempotent": (
        {"rpc-idempotency-changed"},
        [("A(M) returns (M);", "A(M) returns (M) { option idempotency_level = IDEMPOTENT; }")],
    ),
    "another package": ({"package-changed"}, [("package p.v1", "package p.v2")]),
    "another Go package": (
        {"file-option-changed"}, [("package p.v1;", 'package p.v1; option go_package = "x/y";')],
    ),
    "several Java files": (
        {"file-option-changed"},
        [("package p.v1;", "package p.v1; option java_multiple_files = true;")],
    ),
    "text in JavaScript": (
        {"field-jstype-changed", "field-type-changed"},
        [("int32 a = 1", "int64 a = 1 [jstype = JS_STRING]")],
    ),
}  # fmt: skip


def edited(edits: list[Edit]) -> str:
    """The file after its edits, each of which must be there to be made."""
    text = BASE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
