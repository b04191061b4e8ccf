"""The changes of an OpenAPI contract outside of its schemas, by the ids of oasdiff."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.changes.change import NOTHING_BREAKS, Level, Rule
from backend_lead.changes.schemas import LAWS, Naming
from backend_lead.changes.schemas.edit import Edit
from backend_lead.changes.schemas.laws import DEPRECATE, KEEP, OPTIONAL, STILL, TAKE, B, C, M

BODY_IN = Naming("request", "body", "property")
BODY_OUT = Naming("response", "body", "property")
PARAMETER = Naming("request", "parameter", "parameter-property")
HEADER_IN = Naming("request", "parameter", "header-property")
HEADER_OUT = Naming("response", "header", "header-property")
WEBHOOK_IN = Naming("webhook-request", "body", "property")
WEBHOOK_OUT = Naming("webhook-response", "body", "property")

SUNSET = ("Keep it working until the date it was announced for, and let calls carry the Sunset and"
          " Deprecation headers.")  # fmt: skip
DATE = "Write the date of the sunset as in 2030-01-31."
LATER = "Give a date that leaves clients time to move."
BESIDE_PATH = ("Serve the old path beside the new one, mark it deprecated with a date, and remove"
               " it when nobody calls it.")  # fmt: skip
SCOPES = ("Give the clients that exist what they need (scopes, credentials) before it is asked"
          " for.")  # fmt: skip

# id, level, what it says, what to do instead
_ROWS: tuple[tuple[str, Level, str, str], ...] = (
    # paths and operations
    ("endpoint-added", C, "an operation was added", ""),
    ("api-path-removed-without-deprecation", B, "a path was removed", BESIDE_PATH),
    ("api-path-removed-with-deprecation", C, "a deprecated path was removed", ""),
    ("api-path-removed-before-sunset", B, "a path was removed before its sunset", SUNSET),
    ("api-path-sunset-parse", B, "the sunset of what was removed is no date", DATE),
    ("api-removed-without-deprecation", B, "an operation was removed", BESIDE_PATH),
    ("api-removed-with-deprecation", C, "a deprecated operation was removed", ""),
    ("api-removed-before-sunset", B, "an operation was removed before its sunset", SUNSET),
    ("endpoint-deprecated", C, "the operation was deprecated", ""),
    ("endpoint-deprecated-with-sunset", C, "the operation was deprecated with a date", ""),
    ("endpoint-reactivated", C, "the operation is not deprecated any more", ""),
    ("api-deprecated-sunset-parse", B, "the sunset of the deprecated operation is no date", DATE),
    ("api-sunset-date-too-small", B, "the sunset of the deprecated operation is past", LATER),
    (
        "sunset-deleted",
        B,
        "the date of the sunset was removed",
        "Keep the announced date, or move it later.",
    ),
    (
        "api-sunset-date-changed-too-small",
        B,
        "the sunset was moved to an earlier day that is past",
        "Keep the announced date, or move it later.",
    ),
    (
        "api-invalid-stability-level",
        B,
        "the level of stability is not known",
        "Write draft, alpha, beta or stable.",
    ),
    (
        "api-stability-decreased",
        B,
        "the stability of the operation decreased",
        "Stability is a promise: keep it, or offer the less stable one beside it.",
    ),
    ("api-stability-increased", C, "the stability of the operation increased", ""),
    ("api-operation-id-added", C, "an operation id was added", ""),
    ("api-operation-id-removed", C, "the operation id was removed or changed", ""),
    ("api-tag-added", C, "a tag was added", ""),
    ("api-tag-removed", C, "a tag was removed", ""),
    ("api-schema-removed", C, "a schema was removed from the components", ""),
    ("webhook-added", C, "a webhook was added", ""),
    (
        "webhook-removed",
        B,
        "a webhook was removed",
        "Go on sending the old event beside the new one until no subscriber listens to it.",
    ),
    # parameters
    ("new-request-path-parameter", B, "a parameter of the path was added", BESIDE_PATH),
    ("new-required-request-parameter", B, "a required parameter was added", OPTIONAL),
    ("new-optional-request-parameter", C, "an optional parameter was added", ""),
    (
        "new-required-request-default-parameter-to-existing-path",
        B,
        "a required parameter was added to every operation of the path",
        OPTIONAL,
    ),
    (
        "new-optional-request-default-parameter-to-existing-path",
        C,
        "an optional parameter was added to every operation of the path",
        "",
    ),
    ("request-parameter-removed", M, "a parameter was removed", DEPRECATE),
    ("request-parameter-removed-with-deprecation", C, "a deprecated parameter was removed", ""),
    (
        "request-parameter-removed-before-sunset",
        B,
        "a parameter was removed before its sunset",
        SUNSET,
    ),
    ("request-parameter-sunset-parse", B, "the sunset of the parameter is no date", DATE),
    ("request-parameter-sunset-date-too-small", B, "the sunset of the parameter is past", LATER),
    (
        "request-parameter-sunset-deleted",
        B,
        "the date of the parameter's sunset was removed",
        "Keep the announced date, or move it later.",
    ),
    (
        "request-parameter-sunset-date-changed-too-small",
        B,
        "the parameter's sunset was moved to an earlier day that is past",
        "Keep the announced date, or move it later.",
    ),
    ("request-parameter-deprecated", C, "the parameter was deprecated", ""),
    ("request-parameter-reactivated", C, "the parameter is not deprecated any more", ""),
    ("request-parameter-became-required", B, "the parameter became required", OPTIONAL),
    ("request-parameter-became-optional", C, "the parameter became optional", ""),
    (
        "request-parameter-style-changed",
        B,
        "the parameter is written otherwise",
        "Accept the old spelling beside the new one.",
    ),
    (
        "request-header-property-became-required",
        B,
        "a property of the header became required",
        OPTIONAL,
    ),
    (
        "request-header-property-became-enum",
        B,
        "a property of the header became a list of values",
        TAKE,
    ),
    (
        "new-required-request-header-property",
        B,
        "a required property was added to the header",
        OPTIONAL,
    ),
    # bodies
    ("request-body-added-required", B, "a body became required where there was none", OPTIONAL),
    ("request-body-added-optional", C, "an optional body was added", ""),
    ("request-body-removed", B, "the body is not taken any more", TAKE),
    ("request-body-became-required", B, "the body became required", OPTIONAL),
    ("request-body-became-optional", C, "the body became optional", ""),
    ("request-body-media-type-added", C, "a media type of the body was added", ""),
    ("request-body-media-type-removed", B, "a media type of the body was removed", TAKE),
    ("request-body-media-type-schema-added", B, "the body got a schema where any was taken", TAKE),
    ("request-body-media-type-schema-removed", C, "the body lost its schema", ""),
    # responses
    ("response-success-status-added", C, "a status of success was added", ""),
    (
        "response-success-status-removed",
        B,
        "a status of success was removed",
        "Go on answering with the old status; offer the other in a new version.",
    ),
    ("response-non-success-status-added", C, "a status that is no success was added", ""),
    ("response-non-success-status-removed", C, "a status that is no success was removed", ""),
    ("response-media-type-added", C, "a media type of the answer was added", ""),
    (
        "response-media-type-removed",
        B,
        "a media type of the answer was removed",
        "Go on answering in the old media type to those who ask for it.",
    ),
    ("response-media-type-name-changed", C, "the parameters of the media type changed", ""),
    ("response-media-type-name-generalized", B, "the media type became a more general one", KEEP),
    ("response-media-type-name-specialized", C, "the media type became a more special one", ""),
    ("response-body-media-type-schema-added", C, "the answer got a schema", ""),
    ("response-body-media-type-schema-removed", M, "the answer lost its schema", STILL),
    ("response-mediatype-enum-value-removed", C, "a value was removed from those returned", ""),
    ("response-header-added", C, "a header was added", ""),
    ("response-header-became-optional", B, "a header became optional", STILL),
    ("response-header-became-required", C, "a header is always there now", ""),
    (
        "required-response-header-removed",
        B,
        "a header that was always there was removed",
        DEPRECATE,
    ),
    ("optional-response-header-removed", M, "an optional header was removed", DEPRECATE),
    # security
    ("api-security-added", C, "a way to authenticate was added", ""),
    ("api-security-removed", C, "a way to authenticate was removed", ""),
    ("api-security-scope-added", C, "a scope is asked for", ""),
    ("api-security-scope-removed", C, "a scope is not asked for any more", ""),
    ("api-global-security-added", C, "a way to authenticate was added for all operations", ""),
    ("api-global-security-removed", C, "a way to authenticate was removed for all operations", ""),
    ("api-global-security-scope-added", C, "a scope is asked for by all operations", ""),
    ("api-global-security-scope-removed", C, "a scope is not asked for any more", ""),
    ("api-security-became-required", B, "calls without credentials are refused now", SCOPES),
    (
        "api-security-no-longer-accepted",
        B,
        "no way to authenticate that worked still works",
        SCOPES,
    ),
    (
        "api-security-scope-became-required",
        B,
        "a scope is asked for that clients may not have",
        SCOPES,
    ),
    ("api-security-component-added", C, "a security scheme was added", ""),
    ("api-security-component-removed", C, "a security scheme was removed", ""),
    ("api-security-component-type-changed", C, "the type of a security scheme changed", ""),
    ("api-security-component-oauth-url-changed", C, "the address to authorise at changed", ""),
    ("api-security-component-oauth-token-url-changed", C, "the address of tokens changed", ""),
    ("api-security-component-oauth-scope-added", C, "a scope was added to a scheme", ""),
    ("api-security-component-oauth-scope-removed", C, "a scope was removed from a scheme", ""),
    ("api-security-component-oauth-scope-changed", C, "the description of a scope changed", ""),
    # addresses
    (
        "server-removed",
        B,
        "an address that callers use is gone",
        "Serve the old address beside the new one until no request comes to it any more.",
    ),
    (
        "token-address-gone",
        M,
        "tokens are asked for at another address",
        "Give tokens at the old address too until no client asks there any more.",
    ),
    ("server-added", C, "an address was added", ""),
    # the contract's own version, where something breaks
    ("api-version-not-bumped", C, "something breaks and the version is the same", ""),
    ("api-version-decreased", C, "something breaks and the version decreased", ""),
    ("api-major-version-not-bumped", C, "something breaks and the major version is the same", ""),
)
RULES = {id: Rule(id, level, says, safe or NOTHING_BREAKS) for id, level, says, safe in _ROWS}

# What oasdiff calls otherwise than by the rule of its other names.
RENAMED = {
    "response-body-enum-value-removed": "response-mediatype-enum-value-removed",
    "request-parameter-type-compatible": "request-parameter-type-generalized",
    "request-parameter-property-type-compatible": "request-parameter-property-type-generalized",
    "request-parameter-type-specialized": "request-parameter-type-changed",
}
# Levels that differ from the law of the schema, with the reason.
LEVELS: dict[str, Level] = {
    # a caller who leaves the parameter out gets another behaviour
    "request-parameter-default-value-added": B,
    "request-parameter-default-value-changed": B,
    "request-parameter-default-value-removed": B,
    # breaks or not by the way the object is written into the URL, which is not said
    "request-parameter-property-type-changed": M,
}
DEFAULTS = ("Keep the old behaviour for those who leave it out; let callers ask for the new one by"
            " stating the value.")  # fmt: skip
VARIANTS = {  # laws of properties that are told with a variant
    "optional": ("became-read-only", "became-not-read-only", "became-write-only",
                 "became-not-write-only"),
    "read-only": ("enum-value-removed", "max-decreased", "min-increased", "max-length-decreased",
                  "exclusive-max-decreased", "exclusive-min-increased"),
    "write-only": ("enum-value-added", "became-optional", "became-required"),
}  # fmt: skip
ROOTLESS = {  # laws that only speak of a property
    "became-required", "became-required-with-default", "became-optional", "deprecated",
    "deprecated-with-sunset", "deprecated-sunset-invalid", "sunset-date-too-small", "reactivated",
    "stability-decreased", "stability-increased", "removed",
}  # fmt: skip


def id_of(naming: Naming, edit: Edit) -> str:
    """The id of an edit of a schema."""
    plain = naming.id_of(edit)
    return RENAMED.get(plain, plain)


def level_of(id: str, edit: Edit) -> Level:
    """How bad an edit is where it was made."""
    return LEVELS.get(id, edit.level)


def safe_of(id: str, edit: Edit) -> str:
    """What to do instead of an edit."""
    if id in LEVELS:
        return DEFAULTS if "default" in id else edit.law.safe_request or TAKE
    return edit.law.safe(edit.direction) if edit.level != "compatible" else NOTHING_BREAKS


def schema_rules() -> Iterator[Rule]:
    """The rules that follow from the laws of schemas, for bodies, parameters and headers."""
    places = (
        (BODY_IN, "request"),
        (BODY_OUT, "response"),
        (PARAMETER, "request"),
        (HEADER_OUT, "response"),
        (WEBHOOK_IN, "response"),
        (WEBHOOK_OUT, "request"),
    )
    for naming, direction in places:
        for word, law in LAWS.items():
            for variant, plain, below in _forms(word, direction):
                edit = Edit(plain, ("x",) if below else (), direction, variant=variant)  # type: ignore[arg-type]
                id = id_of(naming, edit)
                level = level_of(id, edit)
                yield Rule(id, level, law.says, safe_of(id, edit))


def _forms(word: str, direction: str) -> Iterator[tuple[str, str, bool]]:
    """Variant, word and whether below the root, for each way a law can be met."""
    head, _, tail = word.partition(" ")
    if head == "new":
        if direction == "request":
            yield "new", tail, True
    elif head in ("optional", "required") and tail:
        if direction == "response":
            yield head, tail, True
            if tail in ("added", "removed"):
                yield f"{head}-write-only", tail, True
    elif word == "removed":
        if direction == "request":
            yield "", word, True
    elif word.startswith("became-") and word.endswith(("read-only", "write-only")):
        yield "optional", word, True
        yield "required", word, True
    else:
        if word not in ROOTLESS:
            yield "", word, False
        if not (word == "became-required-with-default" and direction == "response"):
            yield "", word, True
        if direction == "request" and word in VARIANTS["read-only"]:
            yield "read-only", word, True
        if direction == "response" and word in VARIANTS["write-only"]:
            yield "write-only", word, True


def all_rules() -> tuple[Rule, ...]:
    """Every rule of the protocol, sorted by id."""
    found = {rule.id: rule for rule in schema_rules()}
    found.update(RULES)
    return tuple(sorted(found.values(), key=lambda rule: rule.id))
