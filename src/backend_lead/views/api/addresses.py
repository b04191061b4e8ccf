"""Methods and paths of REST, from what operations do."""

from __future__ import annotations

import re
from dataclasses import replace

from backend_lead.model.contract import Api, ApiOperation
from backend_lead.model.system import Entity
from backend_lead.views.api.names import CONTROLS, camel, kebab, plural, snake, without_id
from backend_lead.views.api.parts import FieldOf, Operation, ShapeOf

_SMALL_WORDS = {"to", "from", "of", "in", "for", "on", "at", "by", "with", "the", "a", "an"}
METHODS = {"get": "GET", "list": "GET", "search": "GET", "create": "POST", "update": "PATCH",
            "delete": "DELETE", "act": "POST"}  # fmt: skip


def address(
    name: str, said: ApiOperation, of: ShapeOf, keys: tuple[FieldOf, ...], entity: Entity, api: Api
) -> tuple[str, str]:
    """The method and path of REST, from what the operation does."""
    if said.does == "event":
        return "", ""
    method = METHODS[said.does]
    base = f"/v{max(1, int(api.version.partition('.')[0]))}"
    keyed = [key_of(of, f) for f in keys]
    return method, base + (said.path or path_of(name, said, of.name, keyed, entity.plural))


def path_of(name: str, said: ApiOperation, of: str, keys: list[str], plural_: str | None) -> str:
    """The path that is made for an operation, behind the version."""
    many = kebab(plural_ or plural(of))
    where = f"/{many}"
    if said.mine:
        where = f"/me/{many if said.does in ('list', 'create') else kebab(of)}"
    if said.does == "search":
        where = f"/search/{many}"
    elif said.does == "act" and said.bulk is not None and not keys:
        where = f"/bulk{where}"  # beside one called like the verb
    one = "".join(f"/{{{key}}}" for key in keys)
    verb = f"/{_verb(name, of)}" if said.does == "act" else ""
    return where + one + verb


def begins(said: ApiOperation) -> bool:
    """Whether an act begins something new, and so has no key yet: it has a path of its own without
    the key, takes inputs and answers with the entity."""
    if said.does != "act" or said.path is None:
        return False
    taken = {camel(word) for word in said.takes} | {
        camel(without_id(word) + "_id") for word in said.takes
    }
    named = set(re.findall(r"\{([^}]*)\}", said.path)) - taken
    return not named and said.gives == said.of and bool(said.takes) and not said.mine


def key_of(of: ShapeOf, f: FieldOf) -> str:
    """The name of a key in a path: `productId` for the `id` of a product; so too where its own name
    is a word that operations take beside their inputs."""
    taken = f.name == "id" or f.json in CONTROLS
    return camel(f"{of.name}_{f.name}") if taken else f.json


def key_name(op: Operation, f: FieldOf) -> str:
    """The name under which a key field is taken: in a path, as an argument, in a message."""
    return key_of(op.of, f)


def _verb(name: str, of: str) -> str:
    """`cancel_order` of an order as `cancel`."""
    own = set(snake(of).split("_")) | set(plural(of).split("_")) | _SMALL_WORDS
    left = [part for part in snake(name).split("_") if part not in own]
    return "-".join(left) or kebab(name)


def distinct_paths(operations: dict[str, Operation]) -> None:
    """A further operation at an address that is taken gets one of its own, made of its name."""
    taken: set[tuple[str, str]] = set()
    for name, op in operations.items():
        if op.nature == "event":
            continue
        address = (op.method, re.sub(r"\{[^}]*\}", "{}", op.path))
        if address in taken and not op.said.path:
            version = "/" + op.path.split("/")[1]
            keys = "".join(f"/{{{key_of(op.of, f)}}}" for f in op.keys)
            op = replace(op, path=f"{version}/views/{kebab(name)}{keys}")
            operations[name] = op
        taken.add((op.method, re.sub(r"\{[^}]*\}", "{}", op.path)))
