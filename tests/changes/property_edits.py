"""Edits of properties that come, go, and change their life: ids of a request and of a response."""

from __future__ import annotations

from tests.changes.schema_edits import TEXT, Schema, with_property

WITHOUT = with_property({})
WITHOUT["properties"] = {}
HIDDEN: Schema = {"type": "string", "writeOnly": True}
# Edits of a property, told of the property: words of a request and of a response ("" for none).
OF_PROPERTIES: list[tuple[str, str, Schema, Schema]] = [
    (
        "new-required-request-property",
        "response-required-property-added",
        WITHOUT,
        with_property(TEXT, required=True),
    ),
    (
        "new-required-request-property-with-default",
        "",
        WITHOUT,
        with_property({"type": "string", "default": "x"}, required=True),
    ),
    (
        "new-optional-request-property",
        "response-optional-property-added",
        WITHOUT,
        with_property(TEXT),
    ),
    (
        "request-property-removed",
        "response-optional-property-removed",
        with_property(TEXT),
        WITHOUT,
    ),
    (
        "request-property-removed",
        "response-required-property-removed",
        with_property(TEXT, required=True),
        WITHOUT,
    ),
    ("", "response-optional-write-only-property-added", WITHOUT, with_property(HIDDEN)),
    (
        "",
        "response-required-write-only-property-added",
        WITHOUT,
        with_property(HIDDEN, required=True),
    ),
    ("", "response-optional-write-only-property-removed", with_property(HIDDEN), WITHOUT),
    (
        "",
        "response-required-write-only-property-removed",
        with_property(HIDDEN, required=True),
        WITHOUT,
    ),
    (
        "request-property-became-required",
        "response-property-became-required",
        with_property(TEXT),
        with_property(TEXT, required=True),
    ),
    (
        "request-property-became-required-with-default",
        "",
        with_property({"default": "x"}),
        with_property({"default": "x"}, required=True),
    ),
    (
        "request-property-became-optional",
        "response-property-became-optional",
        with_property(TEXT, required=True),
        with_property(TEXT),
    ),
    (
        "",
        "response-write-only-property-became-required",
        with_property(HIDDEN),
        with_property(HIDDEN, required=True),
    ),
    (
        "",
        "response-write-only-property-became-optional",
        with_property(HIDDEN, required=True),
        with_property(HIDDEN),
    ),
    (
        "",
        "response-write-only-property-enum-value-added",
        with_property({**HIDDEN, "enum": ["x"]}),
        with_property({**HIDDEN, "enum": ["x", "y"]}),
    ),
    (
        "request-property-x-extensible-enum-value-removed",
        "",
        with_property({"x-extensible-enum": ["x", "y"]}),
        with_property({"x-extensible-enum": ["x"]}),
    ),
    (
        "request-property-deprecated",
        "response-property-deprecated",
        with_property(TEXT),
        with_property({**TEXT, "deprecated": True}),
    ),
    (
        "request-property-deprecated-with-sunset",
        "response-property-deprecated-with-sunset",
        with_property(TEXT),
        with_property({**TEXT, "deprecated": True, "x-sunset": "2099-01-01"}),
    ),
    (
        "request-property-deprecated-sunset-invalid",
        "response-property-deprecated-sunset-invalid",
        with_property(TEXT),
        with_property({**TEXT, "deprecated": True, "x-sunset": "soon"}),
    ),
    (
        "request-property-sunset-date-too-small",
        "response-property-sunset-date-too-small",
        with_property(TEXT),
        with_property({**TEXT, "deprecated": True, "x-sunset": "2000-01-01"}),
    ),
    (
        "request-property-reactivated",
        "response-property-reactivated",
        with_property({**TEXT, "deprecated": True}),
        with_property(TEXT),
    ),
    (
        "request-property-stability-decreased",
        "response-property-stability-decreased",
        with_property(TEXT),
        with_property({**TEXT, "x-stability-level": "beta"}),
    ),
    (
        "request-property-stability-increased",
        "response-property-stability-increased",
        with_property({**TEXT, "x-stability-level": "beta"}),
        with_property(TEXT),
    ),
    *(
        (
            f"request-{kind}-property-became-{word}",
            f"response-{kind}-property-became-{word}",
            with_property({**TEXT, **was}, required=kind == "required"),
            with_property({**TEXT, **now}, required=kind == "required"),
        )
        for kind in ("optional", "required")
        for word, was, now in (
            ("read-only", {}, {"readOnly": True}),
            ("not-read-only", {"readOnly": True}, {}),
            ("write-only", {}, {"writeOnly": True}),
            ("not-write-only", {"writeOnly": True}, {}),
        )
    ),
    *(
        (
            f"request-read-only-property-{word}",
            "",
            with_property({**was, "readOnly": True}),
            with_property({**now, "readOnly": True}),
        )
        for word, was, now in (
            ("enum-value-removed", {"enum": ["x", "y"]}, {"enum": ["x"]}),
            ("max-decreased", {"maximum": 6}, {"maximum": 5}),
            ("min-increased", {"minimum": 5}, {"minimum": 6}),
            ("max-length-decreased", {"maxLength": 6}, {"maxLength": 5}),
            ("exclusive-max-decreased", {"exclusiveMaximum": 6}, {"exclusiveMaximum": 5}),
            ("exclusive-min-increased", {"exclusiveMinimum": 5}, {"exclusiveMinimum": 6}),
        )
    ),
]
