"""The changes of a protobuf file. Breaking: bytes or JSON on the wire, or calls, go wrong. Maybe:
only code that is generated anew may no longer compile.

The line between the two is that of buf's categories WIRE_JSON (with the deletion of calls and
services) and FILE; tests hold each rule against that program.
"""

from __future__ import annotations

from backend_lead.changes.change import NOTHING_BREAKS, Level, Rule

RESERVE = ("Deprecate it first; when nobody sends it any more, remove it and reserve both its"
           " number and its name.")  # fmt: skip
BESIDE = ("Keep the old field, deprecated, and add a new one with a new number beside it; write"
          " both until no reader needs the old one.")  # fmt: skip
NEW_CALL = ("Add a new call beside it, deprecate the old one, and remove it when nobody calls"
            " it.")  # fmt: skip
NEW_VERSION = ("Leave this package as it is and put the change into a package of the next version"
               " (v2), served beside it.")  # fmt: skip
COMPILE = ("Nothing breaks on the wire; tell those who generate code from this file to expect a"
           " change of source when they update.")  # fmt: skip
KEEP_RESERVED = "Leave the reservation in place: old messages may still carry the number or name."

_ROWS: tuple[tuple[str, Level, str, str], ...] = (
    ("package-changed", "breaking", "the package changed, and with it the name of every call",
     NEW_VERSION),
    ("syntax-changed", "breaking", "the syntax changed, and with it what is written in JSON",
     NEW_VERSION),
    ("file-option-changed", "maybe", "an option for generated code changed", COMPILE),
    ("message-added", "compatible", "a message was added", ""),
    ("message-removed", "maybe", "a message was removed", COMPILE),
    ("enum-added", "compatible", "an enum was added", ""),
    ("enum-removed", "maybe", "an enum was removed", COMPILE),
    ("oneof-removed", "maybe", "a oneof was removed or renamed", COMPILE),
    ("field-added", "compatible", "a field was added", ""),
    ("required-field-added", "breaking", "a required field was added",
     "Add it as optional; required fields can never be taken back."),
    ("field-removed", "breaking", "a field was removed without reserving its number and name",
     RESERVE),
    ("field-removed-reserved", "maybe", "a field was removed, its number and name are reserved",
     COMPILE),
    ("field-number-changed", "breaking", "a field has another number", BESIDE),
    ("field-name-changed", "breaking", "a field has another name", BESIDE),
    ("field-json-name-changed", "breaking", "a field has another name in JSON", BESIDE),
    ("field-type-changed", "breaking", "the type of a field changed", BESIDE),
    ("field-type-changed-same-wire", "maybe", "the type of a field changed to one that is written"
     " alike", COMPILE),
    ("field-label-changed", "breaking", "a field became repeated, single or a map", BESIDE),
    ("field-presence-changed", "maybe", "a field tells unset from zero now, or no longer", COMPILE),
    ("field-required-changed", "breaking", "a field became required, or is not required any more",
     BESIDE),
    ("field-oneof-changed", "breaking", "a field moved into or out of a oneof", BESIDE),
    ("field-default-changed", "breaking", "the default of a field changed", BESIDE),
    ("field-jstype-changed", "maybe", "a field has another type in JavaScript", COMPILE),
    ("deprecated", "compatible", "it was deprecated", ""),
    ("reactivated", "compatible", "it is not deprecated any more", ""),
    ("enum-value-added", "compatible", "a value was added to an enum", ""),
    ("enum-value-removed", "breaking", "a value was removed without reserving its number and name",
     RESERVE),
    ("enum-value-removed-reserved", "maybe", "a value was removed, its number and name are"
     " reserved", COMPILE),
    ("enum-value-name-changed", "breaking", "a value has another name, which is what JSON holds",
     "Keep the name; add a second one for the same number with allow_alias."),
    ("reserved-removed", "breaking", "a reserved number or name is free again", KEEP_RESERVED),
    ("service-added", "compatible", "a service was added", ""),
    ("service-removed", "breaking", "a service was removed", NEW_CALL),
    ("rpc-added", "compatible", "a call was added", ""),
    ("rpc-removed", "breaking", "a call was removed", NEW_CALL),
    ("rpc-request-type-changed", "breaking", "a call takes another message", NEW_CALL),
    ("rpc-response-type-changed", "breaking", "a call answers with another message", NEW_CALL),
    ("rpc-client-streaming-changed", "breaking", "a call takes a stream now, or no longer",
     NEW_CALL),
    ("rpc-server-streaming-changed", "breaking", "a call answers with a stream now, or no longer",
     NEW_CALL),
    ("rpc-idempotency-changed", "breaking", "a call promises another idempotency", NEW_CALL),
)  # fmt: skip
RULES = {id: Rule(id, level, says, safe or NOTHING_BREAKS) for id, level, says, safe in _ROWS}
