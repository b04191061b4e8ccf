"""Who uses what of a contract: the clients, screens and releases that a change concerns."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from backend_lead.app.contracted import Contracted
from backend_lead.changes.change import Change
from backend_lead.model.contract import Audience
from backend_lead.views.api.graph import GRAPH_AUDIENCES
from backend_lead.views.api.names import pascal
from backend_lead.views.api.parts import AUDIENCES, Contract, Operation

# changes that concern every operation of a document
WHOLE = {"server-removed", "server-added", "token-address-gone",
         "schema-compatibility-weakened"}  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_AUDIENCE = re.compile(r"openapi/(mobile|web|partner|internal)\.yaml")


def concerned(old: Contract, path: str, change: Change) -> Contracted:
    """A change of a document with the operations it touches, and who uses them by it."""
    return told(old, path, change, [*_operations(old, path, change)])


def told(old: Contract, path: str, change: Change, operations: Iterable[Operation]) -> Contracted:
    """A change of some operations with the clients of a document, their screens and releases."""
    operations = list(operations)
    readers = _readers(path)
    clients = [
        name for name, caller in old.callers.items()
        if any(name in op.clients for op in operations) and caller.audience in readers
    ]  # fmt: skip
    names = {op.name for op in operations}
    screens = [
        name for name, screen in old.screens.items()
        if any(need.ask in names for need in screen.needs) and any(
            client in screen.clients if screen.clients
            else screen.journey in old.callers[client].journeys for client in clients
        )
    ]  # fmt: skip
    return Contracted(path, change, tuple(sorted(names)), tuple(clients), tuple(screens),
                      tuple(_versions(old, clients)))  # fmt: skip


def _readers(path: str) -> tuple[Audience, ...]:
    """The audiences that use a document: of a REST contract its own, of the graph our apps, of RPC
    our services."""
    match = _AUDIENCE.search(path)
    if match:
        return tuple(a for a in AUDIENCES if a == match[1])
    if "/graphql/" in path:
        return GRAPH_AUDIENCES
    return ("internal",) if path.endswith(".proto") else AUDIENCES


def _operations(old: Contract, path: str, change: Change) -> Iterator[Operation]:
    """The operations of the old contract that a change touches: by its own name, else by the types
    it names, else all of the document."""
    match = _AUDIENCE.search(path)
    audience = next((a for a in AUDIENCES if match and a == match[1]), None)
    readers = _readers(path)
    among = [op for op in old.operations.values() if set(readers) & set(op.audiences)]
    if change.id == "contract-removed":
        if "asyncapi" in path:
            yield from (op for op in among if op.nature == "event")
        else:
            words = set(re.split(r"[/.]", path.replace("-", "_")))
            yield from (op for op in among
                        if audience or op.service.replace("-", "_") in words)  # fmt: skip
        return
    if change.id in WHOLE:
        yield from among
        return
    named = [op for op in among if _names(op, change.operation)]
    if not named:
        words = set(_WORD.findall(f"{change.operation} {change.field} {change.pointer}"))
        named = [op for op in among if words & {op.type_name, op.id, f"{op.type_name}Request"}]
        if not named:
            named = [op for op in among if words & _types(old, op)]
    yield from named


def _names(op: Operation, text: str) -> bool:
    """Whether the name a protocol gives an operation is that of this one."""
    if not text:
        return False
    if text in (f"{op.method} {op.path}", f"webhook {op.id}", op.id):
        return True
    last = text.rpartition(".")[2]
    return last in (op.id, op.type_name)


def _types(old: Contract, op: Operation) -> set[str]:
    """The names of the types an operation takes or gives."""
    types = [f.type for f in op.inputs] + ([op.gives] if op.gives is not None else [])
    return {pascal(name) for name in old.reached(types)}


def _versions(old: Contract, clients: Iterable[str]) -> Iterator[str]:
    """How many released versions of an app must go on working, where it is released at all."""
    for name in clients:
        release = old.callers[name].access.release
        if release is not None:
            n = math.ceil(release.support.value / release.every.value)
            yield (f"{n} released versions of {name}, supported for {release.support.text} "
                   f"({release.every.text} apart)")  # fmt: skip
