"""The differences of two schemas: those graphql-core finds, and those it has no eye for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import (
    SafeChangeType,
    SchemaChange,
    find_schema_changes,
    print_ast,
)
from graphql.language import ConstDirectiveNode
from graphql.type import GraphQLObjectType, GraphQLSchema

from backend_lead.changes.change import Change, Direction
from backend_lead.changes.graphql.rules import RULES
from backend_lead.changes.graphql.sdl import Sdl

_NAME = re.compile(r"(@?[A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?(?:\(([A-Za-z_]\w*):\))?")
_VALUES = re.compile(r" from (.+) to (.+)\.$", re.DOTALL)
_OF = re.compile(r"(?:union type|implemented by) (\w+)\.$|^(\w+) no longer")
AUTHORIZATION = ("authenticated", "requiresScopes", "policy")
EXECUTABLE = {  # places in a query
    "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT", "VARIABLE_DEFINITION",
}  # fmt: skip
DEFAULT_ROOTS = ("Query", "Mutation", "Subscription")


def differences(old: Sdl, new: Sdl) -> Iterator[Change]:
    """Every difference, each with its place."""
    words = {*old.assumed, *new.assumed}
    unseen = {f"{word} was {what}." for word in words for what in ("added", "removed")}
    moved = _moved(old.schema, new.schema)
    for found in find_schema_changes(old.schema, new.schema):
        if found.type == SafeChangeType.DESCRIPTION_CHANGED:
            continue
        name = _name(found, old, new)
        if found.description.startswith("Standard scalar") or found.description in unseen:
            continue
        if name.startswith("@") and not _of_queries(name[1:], old, new):
            continue
        id = found.type.name.lower().replace("_", "-")
        if id not in RULES:  # a kind that a later graphql-core tells apart
            id = {"BreakingChangeType": "type-changed-kind"}.get(type(found.type).__name__, "")
        if id == "field-removed" and name in moved:
            yield _change("field-moved", name, f"{name} -> {moved[name]}", old, new, name,
                          moved[name])  # fmt: skip
        elif id:
            values = _VALUES.search(found.description)
            texts = (values[1], values[2]) if values else ("", "")
            yield _change(id, name, "", old, new, *texts, said=found.description.rstrip("."))
    for name in dict.fromkeys([*old.nodes, *new.nodes]):
        if name in old.nodes and name in new.nodes:
            yield from _applied(name, old, new)


def _change(
    id: str, name: str, words: str, old: Sdl, new: Sdl, before: str = "", after: str = "",
    said: str = "",
) -> Change:  # fmt: skip
    rule = RULES[id]
    there = new if name in new.nodes else old if name in old.nodes else new
    kind, _, field = name.partition(".")
    operation = name.partition("(")[0] if field and _is_root(kind, old, new) else ""
    message = said or f"{words}: {rule.says}"
    return Change("graphql", id, rule.level, message, rule.safe, operation, name, name,
                  there.place(name), _direction(name, old, new), before, after)  # fmt: skip


def _is_root(kind: str, old: Sdl, new: Sdl) -> bool:
    roots = {root.name for sdl in (old, new) for root in
             (sdl.schema.query_type, sdl.schema.mutation_type, sdl.schema.subscription_type)
             if root}  # fmt: skip
    return kind in (roots or DEFAULT_ROOTS)


def _direction(name: str, old: Sdl, new: Sdl) -> Direction:
    """Arguments and inputs are sent, all else is read."""
    kind = name.partition(".")[0]
    node = new.nodes.get(kind) or old.nodes.get(kind)
    if name.startswith("@"):
        return ""
    sent = "(" in name or (node is not None and node.kind.startswith("input_object"))
    return "request" if sent else "response"


def _name(found: SchemaChange, old: Sdl, new: Sdl) -> str:
    """What a change is about, as `Type.field(argument)`; graphql-core says it in words only."""
    of = _OF.search(found.description)
    if of:
        return of[1] or of[2]
    best = ""
    for hit in _NAME.finditer(found.description):
        name = hit[1] + (f".{hit[2]}" if hit[2] else "") + (f"({hit[3]})" if hit[3] else "")
        if name in new.nodes or name in old.nodes:
            if hit[2] or hit[1].startswith("@"):
                return name
            best = best or name
        elif hit[1].startswith("@"):
            return hit[1]
    return best


def _of_queries(name: str, old: Sdl, new: Sdl) -> bool:
    """Whether queries may use a directive; others are no business of clients."""
    places = {location for sdl in (old, new)
              if (one := sdl.schema.get_directive(name)) for location in one.locations}  # fmt: skip
    return any(place.name in EXECUTABLE for place in places)


def _moved(old: GraphQLSchema, new: GraphQLSchema) -> dict[str, str]:
    """Fields that are gone from one type and new in exactly one other, with the same type."""
    gone, come = _only_in(old, new), _only_in(new, old)
    found = {}
    for name, kind in gone.items():
        field = name.partition(".")[2]
        mates = [other for other, its in come.items()
                 if other.partition(".")[2] == field and its == kind]  # fmt: skip
        if len(mates) == 1:
            found[name] = mates[0]
    return found


def _only_in(this: GraphQLSchema, that: GraphQLSchema) -> dict[str, str]:
    found = {}
    for name, kind in this.type_map.items():
        other = that.type_map.get(name)
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        theirs = other.fields if isinstance(other, GraphQLObjectType) else {}
        for field, its in kind.fields.items():
            if field not in theirs and isinstance(other, GraphQLObjectType):
                found[f"{name}.{field}"] = str(its.type)
    return found


def _applied(name: str, old: Sdl, new: Sdl) -> Iterator[Change]:
    """Differences of the directives that stand on one thing."""
    was, now = old.directives.get(name, []), new.directives.get(name, [])

    def change(id: str, words: str = "", before: str = "", after: str = "") -> Change:
        return _change(id, name, words or name, old, new, before, after)

    yield from _keys(name, was, now, change)
    yield from _deprecation(was, now, change)
    for word, more, less in (
        ("inaccessible", "inaccessible-added", "inaccessible-removed"),
        ("shareable", "shareable-added", "shareable-removed"),
        ("external", "external-added", "external-removed"),
    ):
        before, after = _one(was, word), _one(now, word)
        if (before is None) != (after is None):
            yield change(less if after is None else more)
    for word in ("requires", "provides"):
        before, after = _one(was, word), _one(now, word)
        texts = [_argument(one, "fields") if one else "" for one in (before, after)]
        if texts[0] != texts[1]:
            yield change(f"{word}-changed", f"{name}: {' -> '.join(t or 'none' for t in texts)}",
                         *texts)  # fmt: skip
    if _one(now, "override") is not None and _one(was, "override") is None:
        yield change("field-taken-over", f"{name} {print_ast(_one(now, 'override'))}")  # type: ignore[arg-type]
    for word in AUTHORIZATION:
        before, after = _one(was, word), _one(now, word)
        texts = [print_ast(one) if one else "" for one in (before, after)]
        if texts[0] != texts[1]:
            id = "authorization-added" if after is not None else "authorization-removed"
            yield change(id, f"{name} {texts[1] or texts[0]}", *texts)


def _keys(name: str, was: object, now: object, change: object) -> Iterator[Change]:
    make = change
    assert callable(make)
    before, after = _key_map(was), _key_map(now)
    for key in dict.fromkeys([*before, *after]):
        words = f"{name} by {key!r}"
        if key not in after:
            yield make("key-removed", words, key, "")
        elif key not in before:
            yield make("key-added", words, "", key)
        elif before[key] != after[key]:
            yield make("key-resolvable" if after[key] else "key-not-resolvable", words)


def _key_map(directives: object) -> dict[str, bool]:
    assert isinstance(directives, list)
    return {_argument(one, "fields"): _argument(one, "resolvable") != "false"
            for one in directives if one.name.value == "key"}  # fmt: skip


def _deprecation(
    was: list[ConstDirectiveNode], now: list[ConstDirectiveNode], change: object
) -> Iterator[Change]:
    make = change
    assert callable(make)
    before, after = _one(was, "deprecated"), _one(now, "deprecated")
    if after is not None and (before is None or bool(before.arguments) > bool(after.arguments)):
        reason = _argument(after, "reason")
        yield make("deprecated" if reason else "deprecated-without-reason", "", "", reason)
    elif before is not None and after is None:
        yield make("reactivated")


def _one(directives: list[ConstDirectiveNode], name: str) -> ConstDirectiveNode | None:
    return next((one for one in directives if one.name.value == name), None)


def _argument(directive: ConstDirectiveNode, name: str) -> str:
    """An argument as text; the fields of a key in one spelling."""
    for argument in directive.arguments or ():
        if argument.name.value == name:
            value = argument.value
            text = getattr(value, "value", None)
            return " ".join(str(text if isinstance(text, str) else print_ast(value)).split())
    return ""
