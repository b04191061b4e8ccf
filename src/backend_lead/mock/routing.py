"""Which operation a method and a path mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend_lead.mock.checking import path_values
from backend_lead.mock.message import Refused

_ANY = "{}"


@dataclass(frozen=True)
class Route:
    """One address of the contract; `operation` is its operationId."""

    method: str
    path: str
    operation: str


class Routes:
    """All addresses; a part that is said goes before one that is a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._paths: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in routes:
            parts = tuple(_ANY if _open(part) else part for part in route.path.split("/"))
            self._paths.setdefault(parts, {})[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route, and what stands for its parameters. Raises Refused (404, 405)."""
        sent = path.split("/")
        near = [parts for parts in self._paths if _fits(parts, sent)]
        if not near:
            raise Refused(404, "There is nothing at this address.")
        parts = min(near, key=lambda parts: [part == _ANY for part in parts])
        offered = self._paths[parts]
        route = offered.get("GET" if method == "HEAD" and "GET" in offered else method)
        if route is None:
            allow = [*offered, *(["HEAD"] if "GET" in offered else ())]
            raise Refused(405, f"{method} is not offered here.",
                          headers={"Allow": ", ".join(sorted(allow))})  # fmt: skip
        named = [(part, text) for part, text in zip(route.path.split("/"), sent) if _open(part)]
        return route, path_values((part[1:-1] for part, _ in named), (text for _, text in named))


def _open(part: str) -> bool:
    return part.startswith("{")


def _fits(parts: tuple[str, ...], sent: list[str]) -> bool:
    return len(parts) == len(sent) and all(
        (bool(given) if part == _ANY else part == given) for part, given in zip(parts, sent)
    )
