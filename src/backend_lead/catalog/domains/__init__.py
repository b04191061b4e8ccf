"""Reference domains: for each a smallest system that could work, as data with origins.

A domain is one YAML file in this folder; its name is the domain's id. `domain` holds what the brief
reader needs, `system` a whole model. Numbers name their source by a word that `sources` spells out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from backend_lead.catalog.domains.callers import for_clients
from backend_lead.model.design import Question
from backend_lead.model.finding import Finding, InvalidInput, Place

UNNAMED = "generic"  # the worked example that is taken where a sentence names no product
_SUFFIX = ".yaml"
# What the reader of a brief takes from every domain, by the part of its file.
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "domain": (("id",), ("title",), ("summary",), ("words",), ("questions",), ("people",),
               ("rows_per_user",), ("activity",), ("sources",)),
    "system": (("backend",), ("title",), ("domain",), ("workload", "clients"),
               ("workload", "peak", "factor"), ("journeys",), ("components", "app", "endpoints"),
               ("entities",), ("slos",), ("topology", "provider"), ("topology", "region"),
               ("topology", "zones")),
}  # fmt: skip
_ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Broadcast:
    """What is different where one thing is watched while it lasts: after a term of `words`, spelt
    so, the month's mean follows `peak` and a question of the domain is taken otherwise."""

    words: tuple[str, ...]
    peak: dict[str, Any]
    question: Question


@dataclass(frozen=True)
class Domain:
    """One reference domain.

    `words` are terms that point to it. `people` is the entity that holds the registered users.
    `rows_per_user` is the number of rows of an entity for each user at peak. `activity` holds what
    turns daily or monthly users into concurrent ones: `daily_of_monthly`, `sessions_per_day`,
    `session_length`, as mappings of a quantity. `sources` spells out the words used as source.
    `clients` are terms that name a client, so that the others stay out; `counts` are words for what
    is counted, by the client they are; after a term of `at_once` the people counted are there
    together, and one `broadcast` lasts some hours of a month. `honours` are words that promise
    something and that `system` does model. `partners` is how systems of others reach the API where
    a brief names them: a title and their `access`.
    """

    id: str
    title: str
    summary: str
    words: tuple[str, ...]
    questions: tuple[Question, ...]
    people: str
    rows_per_user: dict[str, float]
    activity: dict[str, Any]
    sources: dict[str, str]
    clients: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    at_once: tuple[str, ...] = ()
    honours: tuple[str, ...] = ()
    broadcast: Broadcast | None = None
    partners: dict[str, Any] = field(default_factory=dict)

    def system(self) -> dict[str, Any]:
        """A fresh mapping that `System` validates; the caller may change it."""
        system: dict[str, Any] = _plain(_part(self.id, "system"), self.sources)
        if system["domain"] != self.id:
            raise ValueError(f"{self.id}{_SUFFIX}: file name and system.domain must agree")
        if "api" in system:
            system["api"] = for_clients(system["api"], system["workload"]["clients"])
        return system

    def api(self, clients: Collection[str]) -> dict[str, Any]:
        """The contract where these clients are there; empty where the domain states none."""
        api: dict[str, Any] = _plain(_part(self.id, "system").get("api", {}), self.sources)
        return for_clients(api, clients) if api else {}


def domains() -> list[str]:
    """Ids of all reference domains, sorted."""
    return sorted(_files())


def _files() -> dict[str, Path]:
    """The file of each domain by id, in every folder where this family is looked for."""
    return {
        path.name.removesuffix(_SUFFIX): path
        for folder in __path__
        for path in Path(folder).iterdir()
        if path.name.endswith(_SUFFIX)
    }


def head(id: str) -> dict[str, Any]:
    """What stands before the system of a domain, its `title` and `words` among it; the system
    takes most of the time to read, and of most domains it is not needed.

    Raises InvalidInput if the head lacks anything.
    """
    about = _part(id, "domain")
    if not all(_holds(about, way) for way in _NEEDED["domain"]):
        load(id)  # tells all that the file lacks
    return about


@cache
def load(id: str) -> Domain:
    """Read one domain. Raises KeyError with the known ids if there is none of that name,
    InvalidInput if its file lacks what every domain has."""
    if not _ID.fullmatch(id) or id not in domains():
        raise KeyError(f"no reference domain {id!r}; there are {', '.join(domains())}")
    about = _part(id, "domain")
    _complete(id, about)
    if about["id"] != id:
        raise ValueError(f"{id}{_SUFFIX}: file name and domain.id must agree")
    return Domain(
        id=id,
        title=about["title"],
        summary=about["summary"],
        words=tuple(about["words"]),
        questions=tuple(Question(**question) for question in about["questions"]),
        people=about["people"],
        rows_per_user={name: float(n) for name, n in about["rows_per_user"].items()},
        activity=_plain(about["activity"], about["sources"]),
        sources=dict(about["sources"]),
        clients={name: tuple(terms) for name, terms in about.get("clients", {}).items()},
        counts={name: tuple(terms) for name, terms in about.get("counts", {}).items()},
        at_once=tuple(about.get("at_once", ())),
        honours=tuple(about.get("honours", ())),
        broadcast=_broadcast(about),
        partners=_plain(about.get("partners", {}), about["sources"]),
    )


def _complete(id: str, about: dict[str, Any]) -> None:
    """Raise InvalidInput, a finding each, for what every domain file must hold and this lacks."""
    parts = {"domain": about, "system": _part(id, "system")}
    missing = [
        ".".join((part, *way)) for part, ways in _NEEDED.items() for way in ways
        if not _holds(parts[part], way)
    ]  # fmt: skip
    if missing:
        file = str(_files()[id])
        raise InvalidInput([
            Finding("domain-incomplete", "error", f"the reference domain {id!r} lacks `{path}`",
                    Place(file, path=path), "nothing", "a domain file with all of it",
                    "take one of the shipped domains for a pattern")
            for path in missing
        ])  # fmt: skip


def _holds(value: Any, way: tuple[str, ...]) -> bool:
    for key in way:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def _broadcast(about: dict[str, Any]) -> Broadcast | None:
    found = about.get("broadcast")
    if found is None:
        return None
    peak: dict[str, Any] = _plain(found["peak"], about["sources"])
    return Broadcast(tuple(found["words"]), peak, Question(**found["question"]))


@cache
def _part(id: str, key: str) -> dict[str, Any]:
    """One of the two top-level parts of a file, read on its own: parsing is what takes time."""
    from ruamel.yaml import YAML

    text = _files()[id].read_text(encoding="utf-8")
    about, mark, system = text.partition("\nsystem:\n")
    part = about if key == "domain" else mark + system
    content = YAML(typ="safe", pure=True).load(part)
    inner = content.get(key) if isinstance(content, dict) else None
    return inner if isinstance(inner, dict) else {}


def _plain(value: Any, sources: dict[str, str]) -> Any:
    """Copy a tree, unsharing YAML anchors and writing out the source of each quantity."""
    if isinstance(value, dict):
        copy = {key: _plain(inner, sources) for key, inner in value.items()}
        if sources and "value" in copy and "source" in copy:
            copy["source"] = sources[copy["source"]]
        return copy
    if isinstance(value, list):
        return [_plain(inner, sources) for inner in value]
    return value
