"""Two models' contracts compared: what changed in each protocol, and who breaks by it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from backend_lead.changes import protocols
from backend_lead.changes.change import CannotJudge, Change, Protocol, Text, sort_changes
from backend_lead.model.design import Design
from backend_lead.model.finding import Place
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.names import pascal
from backend_lead.views.api.parts import AUDIENCES, Contract, Operation

CONTRACTS = ("openapi", "graphql", "asyncapi", "proto")  # artefacts, each of the protocol so called
UNNAMED = "-"  # instead of the digest in the heads of contracts that are compared
READABLE = re.compile(r".*\.(yaml|graphql|proto)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_AUDIENCE = re.compile(r"openapi/(mobile|web|partner|internal)\.yaml")


@dataclass(frozen=True)
class Contracted:
    """A change of a contract with who is concerned: operations and screens of the old model, its
    clients, and how many released versions of their apps still have to work."""

    document: str
    change: Change
    operations: tuple[str, ...]
    clients: tuple[str, ...]
    screens: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        return self.change.level == "breaking"

    @property
    def path(self) -> str:
        """Where it is, as a suppression names it: the document and the operation."""
        return f"{self.document} {self.change.operation}".rstrip()

    @property
    def who(self) -> str:
        """Who is concerned, in words; empty where nobody in the model is."""
        told = [f"clients {', '.join(self.clients)}" if self.clients else ""]
        if self.screens:
            told.append(f"screens {', '.join(self.screens)}")
        return "; ".join([*(word for word in told if word), *self.versions])


def contract_changes(old: System, new: System, today: date | None = None) -> list[Contracted]:
    """What changed between the contracts of two models, worst first; empty where the old one has
    none. What a program that is absent would have to judge is told as not judged."""
    before = contract(old)
    if before is None:
        return []
    day = today or date.today()
    was, now = documents(old), documents(new)
    found: list[Contracted] = []
    for path in was:
        for change in _of_document(path, was, now, day):
            found.append(_concerned(before, path, change))
    order = {change: i for i, change in enumerate(sort_changes(c.change for c in found))}
    return sorted(found, key=lambda c: (order[c.change], c.document))


def documents(system: System) -> dict[str, str]:
    """The contracts of a model, path to text; without its digest, which promises nothing."""
    from backend_lead.emit import asked

    bare = Design(system, UNNAMED, 0, "", "", "unknown", {})
    out: dict[str, str] = {}
    for id in CONTRACTS:
        for emitter in asked(id):
            out |= {p: t for p, t in emitter.emit(bare).items() if READABLE.fullmatch(p)}
    return dict(sorted(out.items()))


def _of_document(
    path: str, was: dict[str, str], now: dict[str, str], today: date
) -> Iterable[Change]:
    found = next((p for p in protocols().values() if p.is_one(was[path])), None)
    if found is None:  # what lies beside contracts: settings of a tool, operations of a client
        return ()
    if path not in now:
        safe = "Keep it until nobody uses it: deprecate its operations, with a sunset."
        gone = "The whole contract is gone."
        return (Change(found.id, "contract-removed", "breaking", gone, safe, place=Place(path)),)
    if was[path] == now[path]:
        return ()
    try:
        return found.changes(_text(found, path, was), _text(found, path, now), today)
    except CannotJudge as err:
        told = f"It changed, and was not judged: {err}"
        safe = "Install what is missing, then compare again."
        return (Change(found.id, "not-judged", "maybe", told, safe, place=Place(path)),)


def _text(found: Protocol, path: str, among: dict[str, str]) -> Text:
    """A document with those it may import: of protobuf, all by their path below its root."""
    if not path.endswith(".proto"):
        return Text(path, among[path])
    root = "/".join(path.split("/")[:2]) + "/"
    every = {p.removeprefix(root): t for p, t in among.items() if p.endswith(".proto")}
    beside: dict[str, str] = {}
    waiting = [*found.needs(among[path])]
    while waiting:
        name = waiting.pop()
        if name in every and name not in beside:
            beside[name] = every[name]
            waiting += found.needs(every[name])
    return Text(path, among[path], beside)


# --- who breaks -----------------------------------------------------------------------------------
def _concerned(old: Contract, path: str, change: Change) -> Contracted:
    operations = [*_operations(old, path, change)]
    match = _AUDIENCE.search(path)
    audience = match[1] if match else None
    clients = [
        name for name, caller in old.callers.items()
        if any(name in op.clients for op in operations)
        and (audience is None or caller.audience == audience)
    ]  # fmt: skip
    names = {op.name for op in operations}
    screens = [
        name for name, screen in old.screens.items()
        if any(need.ask in names for need in screen.needs)
        and (not screen.clients or set(screen.clients) & set(clients))
    ]  # fmt: skip
    return Contracted(path, change, tuple(sorted(names)), tuple(clients), tuple(screens),
                      tuple(_versions(old, clients)))  # fmt: skip


def _operations(old: Contract, path: str, change: Change) -> Iterator[Operation]:
    """The operations of the old contract that a change touches: by its own name, else by the types
    it names, else all of the document."""
    match = _AUDIENCE.search(path)
    audience = next((a for a in AUDIENCES if match and a == match[1]), None)
    among = [op for op in old.operations.values() if audience is None or audience in op.audiences]
    if change.id == "contract-removed":
        service = set(re.split(r"[/.]", path))
        own = [op for op in among if audience or op.service in service]
        yield from own or among
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
