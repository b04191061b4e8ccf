"""Two models' contracts compared: what changed in each protocol, and who breaks by it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from backend_lead.app.contract_readers import concerned
from backend_lead.app.contracted import Contracted, together
from backend_lead.app.model_promises import promise_changes
from backend_lead.changes import protocols
from backend_lead.changes.change import CannotJudge, Change, Protocol, Text, sort_changes
from backend_lead.model.design import Design
from backend_lead.model.finding import Place
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract

CONTRACTS = ("openapi", "graphql", "asyncapi", "proto")  # artefacts, each of the protocol so called
UNNAMED = "-"  # instead of the digest in the heads of contracts that are compared
READABLE = re.compile(r".*\.(yaml|graphql|proto)")


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
            found.append(concerned(before, path, change))
    found = [*together(found), *promise_changes(before, contract(new), day)]
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
