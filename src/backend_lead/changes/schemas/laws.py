"""What each edit of a schema means to those who send it and to those who read it.

A caller sends a request: what the new schema no longer takes breaks it. A caller reads a response:
what the new schema may newly hold breaks it. Hence two levels for each edit. They follow the rule
list of oasdiff 1.x (its default levels) where it has a rule, and the same reasoning where it has
none.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.changes.change import NOTHING_BREAKS, Level

B: Level = "breaking"
M: Level = "maybe"
C: Level = "compatible"


@dataclass(frozen=True)
class Law:
    """An edit: its levels, in words, and what to do instead where it breaks."""

    word: str
    request: Level
    response: Level
    says: str
    safe_request: str = NOTHING_BREAKS
    safe_response: str = NOTHING_BREAKS

    def level(self, direction: str) -> Level:
        return self.request if direction == "request" else self.response

    def safe(self, direction: str) -> str:
        """What to do instead."""
        if self.level(direction) == "compatible":
            return NOTHING_BREAKS
        return self.safe_request if direction == "request" else self.safe_response


BESIDE = ("Leave this as it is and add a new optional property of the new kind beside it; deprecate"
          " the old one and remove it when no supported client uses it.")  # fmt: skip
TAKE = ("Go on accepting what was valid before, and handle it inside the service; refuse it only in"
        " a new version, or after usage shows that nobody sends it.")  # fmt: skip
KEEP = ("Go on returning only what the old contract allowed to those who call the old version;"
        " return the new in a new optional property, or in a new version.")  # fmt: skip
STILL = ("Keep the promise in what is returned, and in the contract, until no supported client"
         " relies on it.")  # fmt: skip
MEASURE = ("Measure what callers send today: if all of it is within the new limit, nothing breaks;"
           " otherwise start with a warning instead of a refusal.")  # fmt: skip
OPTIONAL = ("Add it as optional, with a default that behaves as before; require it in a new version"
            " or once every supported client sends it.")  # fmt: skip
UNKNOWN = ("Tell clients to treat unknown values as one of their own (a default branch) before the"
           " first new value is returned; until then map it to an old one.")  # fmt: skip
DEPRECATE = ("Mark it deprecated with a date, measure who still uses it, and remove it when nobody"
             " does.")  # fmt: skip

LAWS: dict[str, Law] = {law.word: law for law in (
    # types
    Law("type-changed", B, B, "the type changed", BESIDE, BESIDE),
    Law("type-generalized", C, B, "the type allows more than before", safe_response=KEEP),
    Law("type-specialized", B, C, "the type allows less than before", TAKE),
    Law("type-compatible", C, C, "the type changed, and is the same text as it travels"),
    Law("list-of-types-narrowed", B, C, "fewer types are allowed", TAKE),
    Law("list-of-types-widened", C, B, "more types are allowed", safe_response=KEEP),
    Law("became-nullable", C, B, "null became allowed", safe_response=KEEP),
    Law("became-not-nullable", B, C, "null is not allowed any more", TAKE),
    # values
    Law("const-added", B, C, "only one value is allowed now", TAKE),
    Law("const-changed", B, B, "the one value that is allowed changed", TAKE, KEEP),
    Law("const-removed", C, B, "other values than one became allowed", safe_response=KEEP),
    Law("became-enum", B, C, "only listed values are allowed now", TAKE),
    Law("enum-lifted", C, M, "other values than the listed became allowed", safe_response=UNKNOWN),
    Law("enum-value-added", C, M, "a value was added to the list of values",
        safe_response=UNKNOWN),
    Law("enum-value-removed", B, C, "a value was removed from the list of values", TAKE),
    Law("x-extensible-enum-value-removed", B, C, "a value was removed from the extensible list",
        TAKE),
    Law("default-value-added", C, C, "a default was added"),
    Law("default-value-changed", C, C, "the default changed"),
    Law("default-value-removed", C, C, "the default was removed"),
    # texts
    Law("pattern-added", B, C, "a pattern was added", TAKE),
    Law("pattern-changed", M, C, "the pattern changed", MEASURE),
    Law("pattern-generalized", C, C, "the pattern allows any text now"),
    Law("pattern-removed", C, C, "the pattern was removed"),
    Law("max-length-set", M, C, "a greatest length was set", MEASURE),
    Law("max-length-decreased", B, C, "the greatest length decreased", TAKE),
    Law("max-length-increased", C, B, "the greatest length increased", safe_response=KEEP),
    Law("max-length-unset", C, B, "the greatest length was lifted", safe_response=KEEP),
    Law("min-length-increased", B, C, "the least length increased", TAKE),
    Law("min-length-decreased", C, B, "the least length decreased", safe_response=KEEP),
    Law("content-media-type-changed", B, B, "the media type of the text changed", BESIDE, BESIDE),
    Law("content-encoding-changed", B, B, "the encoding of the text changed", BESIDE, BESIDE),
    Law("content-schema-added", B, C, "what the text holds got a schema", TAKE),
    Law("content-schema-removed", C, B, "what the text holds lost its schema",
        safe_response=STILL),
    # numbers
    Law("max-set", M, C, "a maximum was set", MEASURE),
    Law("max-decreased", B, C, "the maximum decreased", TAKE),
    Law("max-increased", C, B, "the maximum increased", safe_response=KEEP),
    Law("max-unset", C, B, "the maximum was lifted", safe_response=KEEP),
    Law("min-set", M, C, "a minimum was set", MEASURE),
    Law("min-increased", B, C, "the minimum increased", TAKE),
    Law("min-decreased", C, B, "the minimum decreased", safe_response=KEEP),
    Law("min-unset", C, B, "the minimum was lifted", safe_response=KEEP),
    Law("exclusive-max-set", M, C, "an exclusive maximum was set", MEASURE),
    Law("exclusive-max-decreased", B, C, "the exclusive maximum decreased", TAKE),
    Law("exclusive-max-increased", C, B, "the exclusive maximum increased", safe_response=KEEP),
    Law("exclusive-max-unset", C, B, "the exclusive maximum was lifted", safe_response=KEEP),
    Law("exclusive-min-set", M, C, "an exclusive minimum was set", MEASURE),
    Law("exclusive-min-increased", B, C, "the exclusive minimum increased", TAKE),
    Law("exclusive-min-decreased", C, B, "the exclusive minimum decreased", safe_response=KEEP),
    Law("exclusive-min-unset", C, B, "the exclusive minimum was lifted", safe_response=KEEP),
    Law("multiple-of-added", B, C, "only multiples are allowed now", TAKE),
    Law("multiple-of-changed", B, B, "multiples of another number are allowed", TAKE, KEEP),
    Law("multiple-of-removed", C, B, "other numbers than multiples became allowed",
        safe_response=KEEP),
    # lists
    Law("max-items-set", M, C, "a greatest number of items was set", MEASURE),
    Law("max-items-decreased", B, C, "the greatest number of items decreased", TAKE),
    Law("max-items-increased", C, B, "the greatest number of items increased",
        safe_response=KEEP),
    Law("max-items-unset", C, B, "the greatest number of items was lifted", safe_response=KEEP),
    Law("min-items-set", M, C, "a least number of items was set", MEASURE),
    Law("min-items-increased", B, C, "the least number of items increased", TAKE),
    Law("min-items-decreased", C, B, "the least number of items decreased", safe_response=KEEP),
    Law("min-items-unset", C, B, "the least number of items was lifted", safe_response=KEEP),
    Law("unique-items-added", B, C, "items must differ now", TAKE),
    Law("unique-items-removed", C, B, "items may be the same now", safe_response=KEEP),
    Law("items-added", B, C, "items got a schema", TAKE),
    Law("items-removed", C, B, "items lost their schema", safe_response=STILL),
    Law("prefix-items-added", C, B, "leading items with schemas of their own were added",
        safe_response=KEEP),
    Law("prefix-items-removed", B, C, "leading items with schemas of their own were removed",
        TAKE),
    Law("contains-added", B, C, "some item must fit a schema now", TAKE),
    Law("contains-removed", C, B, "no item need fit a schema any more", safe_response=STILL),
    Law("max-contains-decreased", B, C, "fewer items may fit", TAKE),
    Law("max-contains-increased", C, B, "more items may fit", safe_response=KEEP),
    Law("min-contains-decreased", C, B, "fewer items need fit", safe_response=STILL),
    Law("min-contains-increased", B, C, "more items must fit", TAKE),
    Law("unevaluated-items-added", B, C, "further items got a schema", TAKE),
    Law("unevaluated-items-removed", C, B, "further items lost their schema",
        safe_response=STILL),
    # choices
    Law("all-of-added", B, C, "a schema that must fit as well was added", TAKE),
    Law("all-of-removed", M, C, "a schema that must fit was removed", DEPRECATE),
    Law("all-of-added-annotation-only", C, C, "a schema that only describes was added"),
    Law("all-of-removed-annotation-only", C, C, "a schema that only describes was removed"),
    Law("any-of-added", C, C, "an alternative was added (any of)"),
    Law("any-of-removed", B, C, "an alternative was removed (any of)", TAKE),
    Law("one-of-added", C, B, "an alternative was added (one of)", safe_response=KEEP),
    Law("one-of-removed", B, C, "an alternative was removed (one of)", TAKE),
    Law("wrapped-in-one-of", B, B, "the object became one of several alternatives", BESIDE,
        BESIDE),
    Law("not-added", B, C, "values were excluded", TAKE),
    Law("not-removed", C, B, "values are not excluded any more", safe_response=KEEP),
    Law("not-changed", M, M, "other values are excluded", MEASURE, UNKNOWN),
    Law("if-added", B, C, "a condition was added", TAKE),
    Law("if-removed", C, B, "a condition was removed", safe_response=STILL),
    Law("then-added", B, C, "what a condition asks for was added", TAKE),
    Law("then-removed", C, B, "what a condition asks for was removed", safe_response=STILL),
    Law("else-added", B, C, "what holds without the condition was added", TAKE),
    Law("else-removed", C, B, "what holds without the condition was removed",
        safe_response=STILL),
    Law("discriminator-added", C, C, "a discriminator was added"),
    Law("discriminator-removed", C, C, "the discriminator was removed"),
    Law("discriminator-property-name-changed", C, C, "the discriminator's property changed"),
    Law("discriminator-mapping-added", C, C, "a mapping of the discriminator was added"),
    Law("discriminator-mapping-changed", C, C, "a mapping of the discriminator changed"),
    Law("discriminator-mapping-deleted", C, C, "a mapping of the discriminator was removed"),
    # objects
    Law("new required", B, C, "a required property was added", OPTIONAL),
    Law("new required with default", B, C, "a required property with a default was added",
        OPTIONAL),
    Law("new optional", C, C, "an optional property was added"),
    Law("removed", M, C, "the property was removed", DEPRECATE),
    Law("optional added", C, C, "an optional property was added"),
    Law("required added", C, C, "a property that is always there was added"),
    Law("optional removed", M, M, "an optional property was removed", DEPRECATE, DEPRECATE),
    Law("required removed", B, B, "a property that was always there was removed", DEPRECATE,
        DEPRECATE),
    Law("became-required", B, C, "the property became required", OPTIONAL),
    Law("became-required-with-default", B, C, "the property with a default became required",
        OPTIONAL),
    Law("became-optional", C, B, "the property became optional", safe_response=STILL),
    Law("became-read-only", C, C, "the property became read-only"),
    Law("became-not-read-only", C, C, "the property is not read-only any more"),
    Law("became-write-only", C, C, "the property became write-only"),
    Law("became-not-write-only", C, C, "the property is not write-only any more"),
    Law("required became-not-write-only", C, M,
        "the required property is not write-only any more",
        safe_response="Return it from the first day on, or make it optional."),
    Law("additional-properties-closed", B, C, "properties that are not named are refused now",
        TAKE),
    Law("additional-properties-opened", C, C, "properties that are not named became allowed"),
    Law("additional-properties-added", B, C, "properties that are not named got a schema", TAKE),
    Law("additional-properties-removed", C, B, "properties that are not named lost their schema",
        safe_response=STILL),
    Law("max-properties-set", M, C, "a greatest number of properties was set", MEASURE),
    Law("max-properties-decreased", B, C, "the greatest number of properties decreased", TAKE),
    Law("max-properties-increased", C, C, "the greatest number of properties increased"),
    Law("min-properties-increased", B, C, "the least number of properties increased", TAKE),
    Law("min-properties-decreased", C, C, "the least number of properties decreased"),
    Law("pattern-property-added", B, C, "properties by pattern got a schema", TAKE),
    Law("pattern-property-removed", C, B, "properties by pattern lost their schema",
        safe_response=STILL),
    Law("property-names-added", B, C, "names of properties got a schema", TAKE),
    Law("property-names-removed", C, B, "names of properties lost their schema",
        safe_response=STILL),
    Law("unevaluated-properties-added", B, C, "further properties got a schema", TAKE),
    Law("unevaluated-properties-removed", C, B, "further properties lost their schema",
        safe_response=STILL),
    Law("dependent-required-added", B, C, "one property requires others now", TAKE),
    Law("dependent-required-changed", B, B, "one property requires others than before", TAKE,
        STILL),
    Law("dependent-required-removed", C, B, "one property does not require others any more",
        safe_response=STILL),
    Law("dependent-schema-added", B, C, "one property asks for a schema now", TAKE),
    Law("dependent-schema-removed", C, B, "one property does not ask for a schema any more",
        safe_response=STILL),
    # life of a property
    Law("deprecated", C, C, "it was deprecated"),
    Law("deprecated-with-sunset", C, C, "it was deprecated, with the date of its end"),
    Law("deprecated-sunset-invalid", B, B, "it was deprecated with a date that is none",
        "Write the date as in 2030-01-31.", "Write the date as in 2030-01-31."),
    Law("sunset-date-too-small", B, B, "it was deprecated with an end that is past",
        "Give a date that leaves clients time.", "Give a date that leaves clients time."),
    Law("reactivated", C, C, "it is not deprecated any more"),
    Law("stability-decreased", B, B, "its stability decreased",
        "Stability is a promise: keep it, or say so in a new version.",
        "Stability is a promise: keep it, or say so in a new version."),
    Law("stability-increased", C, C, "its stability increased"),
)}  # fmt: skip
