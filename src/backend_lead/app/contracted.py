"""A change of a model's contracts with who is concerned, and several of one cause as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from backend_lead.changes.change import Change, by_cause, told_once


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
        """Where it is, as a suppression names it: the document and the operation; of what several
        operations see, the place in the document."""
        return f"{self.document} {self.change.operation or self.change.pointer}".rstrip()

    @property
    def who(self) -> str:
        """Who is concerned, in words; empty where nobody in the model is."""
        told = [f"clients {', '.join(self.clients)}" if self.clients else ""]
        if self.screens:
            told.append(f"screens {', '.join(self.screens)}")
        return "; ".join([*(word for word in told if word), *self.versions])


def together(found: Iterable[Contracted]) -> list[Contracted]:
    """The same with changes of one cause told once, with everybody they concern."""
    documents: dict[str, list[Contracted]] = {}
    for one in found:
        documents.setdefault(one.document, []).append(one)
    out = []
    for every in documents.values():
        of = {id(one.change): one for one in every}
        out += [_one([of[id(c)] for c in same]) for same in by_cause(c.change for c in every)]
    return out


def _one(same: list[Contracted]) -> Contracted:
    first = same[0]
    told, several = told_once([one.change for one in same]), len(same) > 1
    named = "" if several else first.change.operation  # who accepts one did not accept all
    change = replace(first.change, message=told, operation=named)
    operations, clients, screens, versions = (
        tuple(dict.fromkeys(x for one in same for x in getattr(one, name)))
        for name in ("operations", "clients", "screens", "versions")
    )
    return Contracted(first.document, change, tuple(sorted(operations)), clients, screens, versions)
