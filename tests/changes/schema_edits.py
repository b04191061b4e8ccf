"""One edit for every law of schemas: the word, a schema before, a schema after."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
LIST: Schema = {"type": "array", "items": TEXT}
OBJECT: Schema = {"type": "object"}
A: Schema = {"title": "A", "type": "object", "properties": {"a": TEXT}}
B: Schema = {"title": "B", "type": "object", "properties": {"b": TEXT}}
NOTE: Schema = {"description": "only words"}
KIND: Schema = {"oneOf": [A, B], "discriminator": {"propertyName": "kind"}}


def mapped(**mapping: str) -> Schema:
    return {"oneOf": [A, B], "discriminator": {"propertyName": "kind", "mapping": mapping}}


# Both ways: the first word from the first schema to the second, the second word on the way back.
BOTH_WAYS: list[tuple[str, str, Schema, Schema]] = [
    (
        "list-of-types-widened",
        "list-of-types-narrowed",
        TEXT,
        {"oneOf": [TEXT, {"type": "boolean"}]},
    ),
    ("became-nullable", "became-not-nullable", TEXT, {"type": ["string", "null"]}),
    ("became-nullable", "became-not-nullable", A, {"oneOf": [A, {"type": "null"}]}),
    ("const-added", "const-removed", TEXT, {"type": "string", "const": "x"}),
    ("became-enum", "enum-lifted", TEXT, {"type": "string", "enum": ["x"]}),
    ("enum-value-added", "enum-value-removed", {"enum": ["x"]}, {"enum": ["x", "y"]}),
    ("default-value-added", "default-value-removed", TEXT, {"type": "string", "default": "x"}),
    ("pattern-added", "pattern-removed", TEXT, {"type": "string", "pattern": "^a$"}),
    ("max-length-set", "max-length-unset", TEXT, {"type": "string", "maxLength": 5}),
    (
        "max-length-increased",
        "max-length-decreased",
        {"type": "string", "maxLength": 5},
        {"type": "string", "maxLength": 6},
    ),
    ("min-length-increased", "min-length-decreased", TEXT, {"type": "string", "minLength": 5}),
    ("max-set", "max-unset", NUMBER, {"type": "number", "maximum": 5}),
    (
        "max-increased",
        "max-decreased",
        {"type": "number", "maximum": 5},
        {"type": "number", "maximum": 6},
    ),
    ("min-set", "min-unset", NUMBER, {"type": "number", "minimum": 5}),
    (
        "min-increased",
        "min-decreased",
        {"type": "number", "minimum": 5},
        {"type": "number", "minimum": 6},
    ),
    ("exclusive-max-set", "exclusive-max-unset", NUMBER, {"type": "number", "exclusiveMaximum": 5}),
    (
        "exclusive-max-increased",
        "exclusive-max-decreased",
        {"type": "number", "exclusiveMaximum": 5},
        {"type": "number", "exclusiveMaximum": 6},
    ),
    ("exclusive-min-set", "exclusive-min-unset", NUMBER, {"type": "number", "exclusiveMinimum": 5}),
    (
        "exclusive-min-increased",
        "exclusive-min-decreased",
        {"type": "number", "exclusiveMinimum": 5},
        {"type": "number", "exclusiveMinimum": 6},
    ),
    ("multiple-of-added", "multiple-of-removed", NUMBER, {"type": "number", "multipleOf": 5}),
    ("max-items-set", "max-items-unset", LIST, {**LIST, "maxItems": 5}),
    (
        "max-items-increased",
        "max-items-decreased",
        {**LIST, "maxItems": 5},
        {**LIST, "maxItems": 6},
    ),
    ("min-items-set", "min-items-unset", LIST, {**LIST, "minItems": 5}),
    (
        "min-items-increased",
        "min-items-decreased",
        {**LIST, "minItems": 5},
        {**LIST, "minItems": 6},
    ),
    ("unique-items-added", "unique-items-removed", LIST, {**LIST, "uniqueItems": True}),
    ("items-added", "items-removed", {"type": "array"}, LIST),
    (
        "prefix-items-added",
        "prefix-items-removed",
        {"type": "array"},
        {"type": "array", "prefixItems": [TEXT]},
    ),
    ("contains-added", "contains-removed", LIST, {**LIST, "contains": {"const": "x"}}),
    (
        "max-contains-increased",
        "max-contains-decreased",
        {**LIST, "contains": TEXT, "maxContains": 2},
        {**LIST, "contains": TEXT, "maxContains": 3},
    ),
    (
        "min-contains-increased",
        "min-contains-decreased",
        {**LIST, "contains": TEXT, "minContains": 2},
        {**LIST, "contains": TEXT, "minContains": 3},
    ),
    (
        "unevaluated-items-added",
        "unevaluated-items-removed",
        LIST,
        {**LIST, "unevaluatedItems": TEXT},
    ),
    (
        "all-of-added",
        "all-of-removed",
        {"allOf": [A, B]},
        {"allOf": [A, B, {"title": "C", **OBJECT}]},
    ),
    (
        "all-of-added-annotation-only",
        "all-of-removed-annotation-only",
        {"allOf": [A, B]},
        {"allOf": [A, B, NOTE]},
    ),
    (
        "any-of-added",
        "any-of-removed",
        {"anyOf": [A, B]},
        {"anyOf": [A, B, {"title": "C", **OBJECT}]},
    ),
    (
        "one-of-added",
        "one-of-removed",
        {"oneOf": [A, B]},
        {"oneOf": [A, B, {"title": "C", **OBJECT}]},
    ),
    ("not-added", "not-removed", TEXT, {"type": "string", "not": {"const": "x"}}),
    ("if-added", "if-removed", OBJECT, {**OBJECT, "if": {"required": ["a"]}}),
    ("then-added", "then-removed", OBJECT, {**OBJECT, "then": {"required": ["a"]}}),
    ("else-added", "else-removed", OBJECT, {**OBJECT, "else": {"required": ["a"]}}),
    ("discriminator-added", "discriminator-removed", {"oneOf": [A, B]}, KIND),
    (
        "discriminator-mapping-added",
        "discriminator-mapping-deleted",
        mapped(a="x"),
        mapped(a="x", b="y"),
    ),
    (
        "additional-properties-closed",
        "additional-properties-opened",
        OBJECT,
        {**OBJECT, "additionalProperties": False},
    ),
    (
        "additional-properties-added",
        "additional-properties-removed",
        OBJECT,
        {**OBJECT, "additionalProperties": TEXT},
    ),
    (
        "max-properties-increased",
        "max-properties-decreased",
        {**OBJECT, "maxProperties": 2},
        {**OBJECT, "maxProperties": 3},
    ),
    (
        "min-properties-increased",
        "min-properties-decreased",
        OBJECT,
        {**OBJECT, "minProperties": 3},
    ),
    (
        "pattern-property-added",
        "pattern-property-removed",
        OBJECT,
        {**OBJECT, "patternProperties": {"^x": TEXT}},
    ),
    (
        "property-names-added",
        "property-names-removed",
        OBJECT,
        {**OBJECT, "propertyNames": {"maxLength": 3}},
    ),
    (
        "unevaluated-properties-added",
        "unevaluated-properties-removed",
        OBJECT,
        {**OBJECT, "unevaluatedProperties": TEXT},
    ),
    (
        "dependent-required-added",
        "dependent-required-removed",
        OBJECT,
        {**OBJECT, "dependentRequired": {"a": ["b"]}},
    ),
    (
        "dependent-schema-added",
        "dependent-schema-removed",
        OBJECT,
        {**OBJECT, "dependentSchemas": {"a": B}},
    ),
    (
        "content-schema-added",
        "content-schema-removed",
        TEXT,
        {"type": "string", "contentSchema": A},
    ),
]
ONE_WAY: list[tuple[str, Schema, Schema]] = [
    ("type-changed", TEXT, {"type": "boolean"}),
    ("const-changed", {"const": "x"}, {"const": "y"}),
    (
        "default-value-changed",
        {"type": "string", "default": "x"},
        {"type": "string", "default": "y"},
    ),
    ("pattern-changed", {"type": "string", "pattern": "^a$"}, {"type": "string", "pattern": "^b$"}),
    (
        "content-media-type-changed",
        {"type": "string", "contentMediaType": "text/csv"},
        {"type": "string", "contentMediaType": "text/html"},
    ),
    (
        "content-encoding-changed",
        {"type": "string", "contentEncoding": "base64"},
        {"type": "string", "contentEncoding": "base32"},
    ),
    (
        "multiple-of-changed",
        {"type": "number", "multipleOf": 5},
        {"type": "number", "multipleOf": 7},
    ),
    ("not-changed", {"not": {"const": "x"}}, {"not": {"const": "y"}}),
    ("wrapped-in-one-of", A, {"oneOf": [A, B]}),
    (
        "discriminator-property-name-changed",
        KIND,
        {"oneOf": [A, B], "discriminator": {"propertyName": "type"}},
    ),
    ("discriminator-mapping-changed", mapped(a="x"), mapped(a="y")),
    ("max-properties-set", OBJECT, {**OBJECT, "maxProperties": 3}),
    (
        "dependent-required-changed",
        {**OBJECT, "dependentRequired": {"a": ["b"]}},
        {**OBJECT, "dependentRequired": {"a": ["c"]}},
    ),
]
# Words that differ with the direction: the word in a request, the word in a response.
BY_DIRECTION: list[tuple[str, str, Schema, Schema]] = [
    ("type-generalized", "type-generalized", {"type": "integer"}, NUMBER),
    ("type-changed", "type-specialized", NUMBER, {"type": "integer"}),
    (
        "type-generalized",
        "type-generalized",
        {"type": "integer", "format": "int32"},
        {"type": "integer", "format": "int64"},
    ),
    ("type-generalized", "type-generalized", TEXT, {"type": ["string", "boolean"]}),
    ("type-changed", "type-specialized", {}, TEXT),
    (
        "pattern-generalized",
        "pattern-changed",
        {"type": "string", "pattern": "^a$"},
        {"type": "string", "pattern": ".*"},
    ),
]


def with_property(schema: Schema, *, required: bool = False) -> Schema:
    """An object with one property p."""
    return {
        "type": "object",
        "properties": {"p": schema},
        **({"required": ["p"]} if required else {}),
    }
