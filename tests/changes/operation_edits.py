"""One edit for every rule outside of schemas: the id, the contract before, the contract after."""

from __future__ import annotations

from typing import Any

Contract = dict[str, Any]
TEXT = {"type": "string"}
OK = {"200": {"description": "ok"}}
LATER, PAST = "2099-01-01", "2000-01-01"


def contract(operation: Any = None, path: str = "/a", **more: Any) -> Contract:
    """A contract with one operation."""
    paths = {path: {"get": {"responses": OK, **operation}}} if operation is not None else {}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": paths, **more}


def both(operation: dict[str, Any]) -> Contract:
    """A contract whose path has a second operation that stays."""
    found = contract(operation)
    found["paths"]["/a"]["post"] = {"responses": OK}
    return found


def only_post() -> Contract:
    found = contract()
    found["paths"]["/a"] = {"post": {"responses": OK}}
    return found


def query(**more: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "q", "in": "query", "schema": TEXT, **more}]}


def of_path(*parameters: dict[str, Any]) -> Contract:
    found = contract({})
    found["paths"]["/a"]["parameters"] = list(parameters)
    return found


def header(schema: dict[str, Any]) -> Contract:
    return contract({"parameters": [{"name": "X-A", "in": "header", "schema": schema}]})


def body(content: Any = None, **more: Any) -> Contract:
    return contract({"requestBody": {"content": content or {"application/json": {}}, **more}})


def answer(content: Any = None, headers: Any = None) -> Contract:
    one = {"description": "ok", "content": content or {}, "headers": headers or {}}
    return contract({"responses": {"200": one}})


def statuses(*codes: str) -> Contract:
    return contract({"responses": {code: {"description": "x"} for code in codes}})


def secured(*ways: dict[str, list[str]]) -> Contract:
    return contract({"security": list(ways)})


def scheme(**more: Any) -> Contract:
    found = {"a": {"type": "oauth2", "flows": {"implicit": {
        "authorizationUrl": "https://a.example", "tokenUrl": "https://b.example",
        "scopes": {"r": "read"}, **more,
    }}}}  # fmt: skip
    return contract({}, components={"securitySchemes": found})


def version(number: str, operation: Any) -> Contract:
    return contract(operation, info={"title": "t", "version": number})


OLD = {"deprecated": True}
OBJECT = {"type": "object"}
HOOK = {"post": {"responses": OK}}
JSON, XML = {"application/json": {}}, {"application/xml": {}}
EDITS: list[tuple[str, Contract, Contract]] = [
    ("endpoint-added", contract(), contract({})),
    ("api-path-removed-without-deprecation", contract({}), contract()),
    ("api-path-removed-with-deprecation", contract(OLD), contract()),
    ("api-path-removed-before-sunset", contract({**OLD, "x-sunset": LATER}), contract()),
    ("api-path-sunset-parse", contract({**OLD, "x-sunset": "soon"}), contract()),
    ("api-removed-without-deprecation", both({}), only_post()),
    ("api-removed-with-deprecation", both(OLD), only_post()),
    ("api-removed-before-sunset", both({**OLD, "x-sunset": LATER}), only_post()),
    ("endpoint-deprecated", contract({}), contract(OLD)),
    ("endpoint-deprecated-with-sunset", contract({}), contract({**OLD, "x-sunset": LATER})),
    ("endpoint-reactivated", contract(OLD), contract({})),
    ("api-deprecated-sunset-parse", contract({}), contract({**OLD, "x-sunset": "soon"})),
    ("api-sunset-date-too-small", contract({}), contract({**OLD, "x-sunset": PAST})),
    ("sunset-deleted", contract({**OLD, "x-sunset": LATER}), contract(OLD)),
    (
        "api-sunset-date-changed-too-small",
        contract({**OLD, "x-sunset": LATER}),
        contract({**OLD, "x-sunset": PAST}),
    ),
    ("api-invalid-stability-level", contract({}), contract({"x-stability-level": "good"})),
    ("api-stability-decreased", contract({}), contract({"x-stability-level": "beta"})),
    ("api-stability-increased", contract({"x-stability-level": "beta"}), contract({})),
    ("api-operation-id-added", contract({}), contract({"operationId": "a"})),
    ("api-operation-id-removed", contract({"operationId": "a"}), contract({})),
    ("api-tag-added", contract({}), contract({"tags": ["a"]})),
    ("api-tag-removed", contract({"tags": ["a"]}), contract({})),
    ("api-schema-removed", contract({}, components={"schemas": {"A": TEXT}}), contract({})),
    ("webhook-added", contract({}), contract({}, webhooks={"h": HOOK})),
    ("webhook-removed", contract({}, webhooks={"h": HOOK}), contract({})),
    (
        "new-request-path-parameter",
        contract({}, "/a/{x}"),
        contract(
            {"parameters": [{"name": "x", "in": "path", "required": True, "schema": TEXT}]},
            "/a/{x}",
        ),
    ),
    ("new-required-request-parameter", contract({}), contract(query(required=True))),
    ("new-optional-request-parameter", contract({}), contract(query())),
    (
        "new-required-request-default-parameter-to-existing-path",
        contract({}),
        of_path({"name": "q", "in": "query", "required": True, "schema": TEXT}),
    ),
    (
        "new-optional-request-default-parameter-to-existing-path",
        contract({}),
        of_path({"name": "q", "in": "query", "schema": TEXT}),
    ),
    ("request-parameter-removed", contract(query()), contract({})),
    ("request-parameter-removed-with-deprecation", contract(query(**OLD)), contract({})),
    (
        "request-parameter-removed-before-sunset",
        contract(query(**OLD, **{"x-sunset": LATER})),
        contract({}),
    ),
    (
        "request-parameter-sunset-parse",
        contract(query(**OLD, **{"x-sunset": "soon"})),
        contract({}),
    ),
    (
        "request-parameter-sunset-date-too-small",
        contract(query()),
        contract(query(**OLD, **{"x-sunset": PAST})),
    ),
    (
        "request-parameter-sunset-deleted",
        contract(query(**OLD, **{"x-sunset": LATER})),
        contract(query(**OLD)),
    ),
    (
        "request-parameter-sunset-date-changed-too-small",
        contract(query(**OLD, **{"x-sunset": LATER})),
        contract(query(**OLD, **{"x-sunset": PAST})),
    ),
    ("request-parameter-deprecated", contract(query()), contract(query(**OLD))),
    ("request-parameter-reactivated", contract(query(**OLD)), contract(query())),
    ("request-parameter-became-required", contract(query()), contract(query(required=True))),
    ("request-parameter-became-optional", contract(query(required=True)), contract(query())),
    ("request-parameter-style-changed", contract(query()), contract(query(style="pipeDelimited"))),
    (
        "request-parameter-pattern-generalized",
        contract(query(schema={**TEXT, "pattern": "^a$"})),
        contract(query(schema={**TEXT, "pattern": ".*"})),
    ),
    (
        "request-parameter-type-generalized",
        contract(query()),
        contract(query(schema={"type": "array", "items": TEXT})),
    ),
    (
        "request-parameter-x-extensible-enum-value-removed",
        contract(query(schema={**TEXT, "x-extensible-enum": ["a", "b"]})),
        contract(query(schema={**TEXT, "x-extensible-enum": ["a"]})),
    ),
    (
        "request-header-property-became-required",
        header({**OBJECT, "properties": {"p": TEXT}}),
        header({**OBJECT, "properties": {"p": TEXT}, "required": ["p"]}),
    ),
    (
        "request-header-property-became-enum",
        header({**OBJECT, "properties": {"p": TEXT}}),
        header({**OBJECT, "properties": {"p": {**TEXT, "enum": ["a"]}}}),
    ),
    (
        "new-required-request-header-property",
        header(OBJECT),
        header({**OBJECT, "properties": {"p": TEXT}, "required": ["p"]}),
    ),
    ("request-body-added-required", contract({}), body(required=True)),
    ("request-body-added-optional", contract({}), body()),
    ("request-body-removed", body(), contract({})),
    ("request-body-became-required", body(), body(required=True)),
    ("request-body-became-optional", body(required=True), body()),
    ("request-body-media-type-added", body(), body({**JSON, **XML})),
    ("request-body-media-type-removed", body({**JSON, **XML}), body()),
    ("request-body-media-type-schema-added", body(), body({"application/json": {"schema": TEXT}})),
    (
        "request-body-media-type-schema-removed",
        body({"application/json": {"schema": TEXT}}),
        body(),
    ),
    (
        "request-body-type-compatible",
        body({"application/xml": {"schema": OBJECT}}),
        body({"application/xml": {"schema": TEXT}}),
    ),
    (
        "request-property-type-compatible",
        body({"application/xml": {"schema": {**OBJECT, "properties": {"p": OBJECT}}}}),
        body({"application/xml": {"schema": {**OBJECT, "properties": {"p": TEXT}}}}),
    ),
    ("response-success-status-added", statuses("200"), statuses("200", "201")),
    ("response-success-status-removed", statuses("200", "201"), statuses("200")),
    ("response-non-success-status-added", statuses("200"), statuses("200", "404")),
    ("response-non-success-status-removed", statuses("200", "404"), statuses("200")),
    ("response-media-type-added", answer(JSON), answer({**JSON, **XML})),
    ("response-media-type-removed", answer({**JSON, **XML}), answer(JSON)),
    (
        "response-media-type-name-changed",
        answer({"text/csv;header=present": {}}),
        answer({"text/csv;header=absent": {}}),
    ),
    (
        "response-media-type-name-generalized",
        answer({"application/problem+json": {}}),
        answer(JSON),
    ),
    (
        "response-media-type-name-specialized",
        answer(JSON),
        answer({"application/problem+json": {}}),
    ),
    (
        "response-body-media-type-schema-added",
        answer(JSON),
        answer({"application/json": {"schema": TEXT}}),
    ),
    (
        "response-body-media-type-schema-removed",
        answer({"application/json": {"schema": TEXT}}),
        answer(JSON),
    ),
    (
        "response-body-type-compatible",
        answer({"application/xml": {"schema": TEXT}}),
        answer({"application/xml": {"schema": OBJECT}}),
    ),
    (
        "response-property-type-compatible",
        answer({"application/xml": {"schema": {**OBJECT, "properties": {"p": TEXT}}}}),
        answer({"application/xml": {"schema": {**OBJECT, "properties": {"p": OBJECT}}}}),
    ),
    (
        "response-mediatype-enum-value-removed",
        answer({"application/json": {"schema": {"enum": ["a", "b"]}}}),
        answer({"application/json": {"schema": {"enum": ["a"]}}}),
    ),
    ("response-header-added", answer(), answer(headers={"X-A": {}})),
    (
        "response-header-became-optional",
        answer(headers={"X-A": {"required": True}}),
        answer(headers={"X-A": {}}),
    ),
    (
        "response-header-became-required",
        answer(headers={"X-A": {}}),
        answer(headers={"X-A": {"required": True}}),
    ),
    ("required-response-header-removed", answer(headers={"X-A": {"required": True}}), answer()),
    ("optional-response-header-removed", answer(headers={"X-A": {}}), answer()),
    (
        "response-header-type-changed",
        answer(headers={"X-A": {"schema": {"type": "boolean"}}}),
        answer(headers={"X-A": {"schema": {"type": "integer"}}}),
    ),
    (
        "request-parameter-property-type-changed",
        contract(query(schema={**OBJECT, "properties": {"p": {"type": "boolean"}}})),
        contract(query(schema={**OBJECT, "properties": {"p": TEXT}})),
    ),
    (
        "response-header-type-compatible",
        answer(headers={"X-A": {"schema": TEXT}}),
        answer(headers={"X-A": {"schema": {"type": "integer"}}}),
    ),
    ("api-security-added", secured({"a": []}), secured({"a": []}, {"b": []})),
    ("api-security-removed", secured({"a": []}, {"b": []}), secured({"a": []})),
    ("api-security-scope-added", secured({"a": []}), secured({"a": ["r"]})),
    ("api-security-scope-removed", secured({"a": ["r"]}), secured({"a": []})),
    ("api-global-security-added", contract({}), contract({}, security=[{"a": []}])),
    ("api-global-security-removed", contract({}, security=[{"a": []}]), contract({})),
    (
        "api-global-security-scope-added",
        contract({}, security=[{"a": []}]),
        contract({}, security=[{"a": ["r"]}]),
    ),
    (
        "api-global-security-scope-removed",
        contract({}, security=[{"a": ["r"]}]),
        contract({}, security=[{"a": []}]),
    ),
    ("api-security-became-required", contract({}), secured({"a": []})),
    ("api-security-no-longer-accepted", secured({"a": []}), secured({"b": []})),
    ("api-security-scope-became-required", secured({"a": []}), secured({"a": ["r"]})),
    ("api-security-component-added", contract({}), scheme()),
    ("api-security-component-removed", scheme(), contract({})),
    (
        "api-security-component-type-changed",
        contract({}, components={"securitySchemes": {"a": {"type": "http"}}}),
        contract({}, components={"securitySchemes": {"a": {"type": "apiKey"}}}),
    ),
    (
        "api-security-component-oauth-url-changed",
        scheme(),
        scheme(authorizationUrl="https://c.example"),
    ),
    (
        "api-security-component-oauth-token-url-changed",
        scheme(),
        scheme(tokenUrl="https://c.example"),
    ),
    (
        "api-security-component-oauth-scope-added",
        scheme(),
        scheme(scopes={"r": "read", "w": "write"}),
    ),
    ("api-security-component-oauth-scope-removed", scheme(), scheme(scopes={})),
    ("api-security-component-oauth-scope-changed", scheme(), scheme(scopes={"r": "reads"})),
    ("api-version-not-bumped", version("1.0.0", {}), version("1.0.0", None)),
    ("api-version-decreased", version("2.0.0", {}), version("1.0.0", None)),
    ("api-major-version-not-bumped", version("1.0.0", {}), version("1.1.0", None)),
]
