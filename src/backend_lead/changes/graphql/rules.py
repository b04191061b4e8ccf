"""The changes of a GraphQL schema: those graphql-core tells apart, and those of federation."""

from __future__ import annotations

from backend_lead.changes.change import NOTHING_BREAKS, Level, Rule

DEPRECATE = ("Mark it @deprecated with a reason that names the replacement, watch the queries that"
             " still ask for it, and remove it when none does.")  # fmt: skip
BESIDE = ("Add a field of the new type beside it under another name, deprecate the old one, and"
          " remove it when no query asks for it.")  # fmt: skip
NULLABLE = ("Add it as nullable or with a default that behaves as before; demand it once every"
            " supported client sends it.")  # fmt: skip
UNKNOWN = ("Tell clients to have a default branch for values and types they do not know before the"
           " first new one is returned.")  # fmt: skip
SUPERGRAPH = ("Compose the supergraph with the new subgraph first, with every other subgraph as it"
              " runs today.")  # fmt: skip
KEYS = ("Keep the old key beside the new one until no other subgraph refers to the entity by"
        " it.")  # fmt: skip
DEFAULTS = ("Keep the old behaviour for those who leave the argument out; let callers ask for the"
            " new one by stating it.")  # fmt: skip

_ROWS: tuple[tuple[str, Level, str, str], ...] = (
    # told apart by graphql-core
    ("type-removed", "breaking", "a type was removed", DEPRECATE),
    ("type-changed-kind", "breaking", "a type became one of another kind", BESIDE),
    ("type-removed-from-union", "breaking", "a type was removed from a union", DEPRECATE),
    ("value-removed-from-enum", "breaking", "a value was removed from an enum", DEPRECATE),
    ("required-input-field-added", "breaking", "a required field was added to an input", NULLABLE),
    ("implemented-interface-removed", "breaking", "an interface is not implemented any more",
     DEPRECATE),
    ("field-removed", "breaking", "a field was removed", DEPRECATE),
    ("field-changed-kind", "breaking", "the type of a field changed", BESIDE),
    ("required-arg-added", "breaking", "a required argument was added", NULLABLE),
    ("arg-removed", "breaking", "an argument was removed", DEPRECATE),
    ("arg-changed-kind", "breaking", "the type of an argument changed", BESIDE),
    ("directive-removed", "breaking", "a directive of queries was removed", DEPRECATE),
    ("directive-arg-removed", "breaking", "an argument of a directive was removed", DEPRECATE),
    ("required-directive-arg-added", "breaking", "a directive got a required argument", NULLABLE),
    ("directive-repeatable-removed", "breaking", "a directive may not be repeated any more",
     "Go on taking it repeated."),
    ("directive-location-removed", "breaking", "a directive may stand in fewer places",
     "Go on taking it where it stood."),
    ("value-added-to-enum", "maybe", "a value was added to an enum", UNKNOWN),
    ("type-added-to-union", "maybe", "a type was added to a union", UNKNOWN),
    ("implemented-interface-added", "maybe", "a type implements a further interface", UNKNOWN),
    ("arg-default-value-change", "maybe", "the default of an argument changed", DEFAULTS),
    ("input-field-default-value-change", "maybe", "the default of an input field changed",
     DEFAULTS),
    ("optional-input-field-added", "compatible", "an optional field was added to an input", ""),
    ("optional-arg-added", "compatible", "an optional argument was added", ""),
    ("type-added", "compatible", "a type was added", ""),
    ("directive-added", "compatible", "a directive was added", ""),
    ("field-added", "compatible", "a field was added", ""),
    ("directive-repeatable-added", "compatible", "a directive may be repeated", ""),
    ("directive-location-added", "compatible", "a directive may stand in more places", ""),
    ("optional-directive-arg-added", "compatible", "a directive got an optional argument", ""),
    ("field-changed-kind-safe", "compatible", "a field promises more than before", ""),
    ("arg-changed-kind-safe", "compatible", "an argument asks for less than before", ""),
    ("arg-default-value-added", "compatible", "an argument got a default", ""),
    ("input-field-default-value-added", "compatible", "an input field got a default", ""),
    # the life of fields and values
    ("field-moved", "breaking", "a field was taken away here and added to another type", BESIDE),
    ("deprecated", "compatible", "it was deprecated, with a reason", ""),
    ("deprecated-without-reason", "maybe", "it was deprecated without a reason",
     "Say what to use instead: @deprecated(reason: \"use ...\")."),
    ("reactivated", "compatible", "it is not deprecated any more", ""),
    # federation
    ("key-removed", "breaking", "an entity is not found by this key any more", KEYS),
    ("key-added", "compatible", "an entity is found by a further key", ""),
    ("key-not-resolvable", "breaking", "an entity is not resolved here by this key any more",
     KEYS),
    ("key-resolvable", "compatible", "an entity is resolved here by this key", ""),
    ("field-taken-over", "compatible", "a field is taken over from another subgraph", ""),
    ("inaccessible-added", "breaking", "clients of the supergraph do not see it any more",
     DEPRECATE),
    ("inaccessible-removed", "compatible", "clients of the supergraph see it now", ""),
    ("shareable-removed", "maybe", "other subgraphs may not resolve it any more", SUPERGRAPH),
    ("shareable-added", "compatible", "other subgraphs may resolve it too", ""),
    ("external-added", "maybe", "it is only referred to here now", SUPERGRAPH),
    ("external-removed", "compatible", "it is resolved here now", ""),
    ("requires-changed", "maybe", "other fields are needed from other subgraphs", SUPERGRAPH),
    ("provides-changed", "maybe", "other fields are resolved on this way", SUPERGRAPH),
    ("authorization-added", "breaking", "callers need to be authorised now",
     "Give the clients that exist the scopes before the directive is added."),
    ("authorization-removed", "compatible", "callers need no such authorisation any more", ""),
)  # fmt: skip
RULES = {id: Rule(id, level, says, safe or NOTHING_BREAKS) for id, level, says, safe in _ROWS}
