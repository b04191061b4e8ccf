"""Addresses of REST that meet: two operations at one, or one path with two names in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from backend_lead.model.contract import Api, ApiOperation
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.api.addresses import METHODS, path_of
from backend_lead.views.document import Loc

_IN_PATH = re.compile(r"\{[^}]*\}")


class Asking(Protocol):
    """What is asked of the reader of operations."""

    system: System
    api: Api

    @property
    def wrong(self) -> Callable[..., Finding]:
        """Tells an error of the contract."""

    def keys(self, said: ApiOperation) -> list[str]:
        """The keys that an operation takes, as they stand in a path."""


@dataclass
class Addresses:
    """What each operation is asked for at, by its own path or the one that is made for it; the
    derived ones among themselves are told apart by the contract."""

    asking: Asking
    paths: dict[str, str] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    alike: dict[int, list[str]] = field(default_factory=dict)  # by the number of their parts

    def __post_init__(self) -> None:
        api = self.asking.api
        for place, (name, said) in enumerate(api.operations.items()):
            self.order[name] = place
            if said.does != "event" and said.of in self.asking.system.entities:
                path = said.path or self._made(name, said)
                self.paths[name] = path
                self.alike.setdefault(path.count("/"), []).append(name)

    def _made(self, name: str, said: ApiOperation) -> str:
        keys = [] if said.bulk is not None else self.asking.keys(said)
        return path_of(name, said, said.of, keys, self.asking.system.entities[said.of].plural)

    def taken(self, name: str, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """That a written path is another operation's, or one that cannot be told from it."""
        if said.path is None or said.does == "event":
            return
        place: Loc = (*loc, "path")
        for other in self.alike[said.path.count("/")]:
            path = self.paths[other]
            if other == name or not _meet(said.path, path):
                continue
            second = self.asking.api.operations[other]
            if second.path is not None and self.order[other] > self.order[name]:
                continue  # told where the later one stands
            if METHODS[second.does] == METHODS[said.does] and _bare(path) == _bare(said.path):
                yield self.asking.wrong(
                    "path", f"`{name}` and `{other}` are asked for at the same path", place,
                    said.path, "one operation at each path",
                    f"say another path, such as /views/{name.replace('_', '-')}",
                )  # fmt: skip
                return
            if path != said.path:
                yield self.asking.wrong(
                    "path", f"`{said.path}` cannot be told from `{path}` of `{other}`", place,
                    said.path, "the same names for what stands in the same path",
                    f"say {path}, or another path" if _bare(path) == _bare(said.path)
                    else "say another path",
                )  # fmt: skip
                return


def _bare(path: str) -> str:
    return _IN_PATH.sub("{}", path)


def _meet(one: str, other: str) -> bool:
    """Whether an address could be of both paths, neither more exact than the other."""
    a, b = one.split("/"), other.split("/")
    if len(a) != len(b):
        return False
    free = [(x.startswith("{"), y.startswith("{")) for x, y in zip(a, b)]
    if any(not (p or q) and x != y for x, y, (p, q) in zip(a, b, free)):
        return False
    return sum(p for p, _ in free) == sum(q for _, q in free)
