"""Random models with an API: names with dashes and digits, references, lists, enumerations, hidden
fields, several services and audiences. What a reader of models refuses is not made."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from backend_lead.model.system import System
from backend_lead.views.api.names import RESERVED_FIELDS, RESERVED_TYPES

SCALARS = ["id", "string", "text", "int", "long", "number", "decimal", "bool", "timestamp", "date",
           "duration", "money", "email", "url", "json"]  # fmt: skip
# What protocols make of names of types and operations; a type that ends so could meet one of them.
DERIVED = ("page", "input", "sort", "request", "response", "item", "service", "result", "problem")
NAME = st.from_regex(r"[a-z][a-z0-9]{0,6}(?:[-_][a-z0-9]{1,4}){0,2}", fullmatch=True)
WORDS = st.sampled_from([
    "order", "order-line", "product", "x", "a1", "message", "enum", "google", "package", "list_2",
    "type", "is-in-2", "s3-key", "v1", "field", "service", "option", "input", "state", "query-2",
    "person", "category", "tags", "lens", "process", "status", "class", "null-value", "true-2",
])  # fmt: skip
NAMES = st.one_of(NAME, WORDS)
TEXTS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=20),
    st.sampled_from(['"quoted"', "back\\slash", "*/ end", "# no", "line\nbreak", '"""', "a: b"]),
)  # fmt: skip


def squeezed(name: str) -> str:
    """A name without what spelling may take away."""
    return re.sub(r"[-_]", "", name)


def _fits_type(name: str) -> bool:
    made = "".join(part[0].upper() + part[1:] for part in re.split(r"[-_]", name))
    return (
        made not in RESERVED_TYPES
        and not squeezed(name).endswith(DERIVED)
        and name not in (*SCALARS, "list", "ref", "nothing")
        and made not in ("Subscription",)
    )


def _reaches(name: str) -> set[str]:
    """Every spelling that a field of this name may get as reference, list or value."""
    bare = squeezed(name)
    stem = re.sub(r"ids?$", "", bare) or bare
    out = {bare, stem, stem + "id", stem + "ids", stem + "s", bare + "s", stem + "es"}
    for one in (bare, stem):
        out |= {one[:-1], one[:-2], one[:-3] + "y", one[:-1] + "ies"}
        out |= {o + "ids" for o in (one[:-1], one[:-2], one[:-3] + "y") if o}
    return {word for word in out if word}


@st.composite
def names(
    draw: st.DrawFn, low: int, high: int, taken: set[str], *, types: bool = False
) -> list[str]:
    """Names that stay distinct however they are spelt; `taken` grows by them."""
    out = []
    for name in draw(st.lists(NAMES, min_size=low, max_size=high * 2)):
        spellings = {squeezed(name)} if types else _reaches(name)
        if spellings & taken or len(out) >= high or name in RESERVED_FIELDS:
            continue
        if types and not _fits_type(name):
            continue
        taken |= spellings
        out.append(name)
    while len(out) < low:
        out.append(fresh := f"n{len(taken)}q{len(out)}")
        taken |= {squeezed(fresh)} if types else _reaches(fresh)
    return out


@st.composite
def field(draw: st.DrawFn, plain: list[str], refs: list[str], clients: list[str]) -> dict[str, Any]:
    """A field of a group whose types may be `plain` or references to `refs`."""
    options = [*SCALARS, *plain, *[f"ref({name})" for name in refs]]
    type_ = draw(st.sampled_from(options))
    out: dict[str, Any] = {"type": f"list({type_})" if draw(st.integers(0, 4)) == 0 else type_}
    title = draw(TEXTS)
    if title:
        out["title"] = title
    for word, one_in in (("nullable", 3), ("personal", 4), ("generated", 4), ("hidden", 6)):
        if draw(st.integers(1, one_in)) == 1:
            out[word] = True
    if type_ == "string" and draw(st.booleans()):
        values = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=squeezed))
        out["one_of"] = values
    if draw(st.integers(0, 6)) == 0 and (out["type"].startswith("list") or type_ == "string"):
        out["most"] = draw(st.integers(3, 50))
    if draw(st.integers(0, 6)) == 0:
        out["deprecated"] = {"since": "2026-01-01", "sunset": "2026-12-31"}
    if draw(st.integers(0, 6)) == 0:
        out["seen_by"] = [draw(st.sampled_from(clients))]
    return out


@st.composite
def group(
    draw: st.DrawFn, plain: list[str], refs: list[str], clients: list[str], low: int = 1
) -> dict[str, Any]:
    """Fields that stand together; the first is for everybody."""
    found = draw(names(low, 5, set()))
    out = {name: draw(field(plain, refs, clients)) for name in found}
    for name in found[:1]:
        out[name] = {k: v for k, v in out[name].items() if k not in ("hidden", "seen_by")}
        if re.sub(r"^list\((.*)\)$", r"\1", out[name]["type"]) in plain:
            out[name]["type"] = "string"  # else all of it may be of a shape that nobody sees
    return out


@st.composite
def document(draw: st.DrawFn) -> dict[str, Any]:
    """A model as its file would hold it."""
    services = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=squeezed))
    audiences = ["web", "mobile", "partner", "internal"]
    clients = {
        f"c{i}": draw(st.sampled_from(audiences)) for i in range(draw(st.integers(1, 4)))
    }  # fmt: skip
    taken: set[str] = set()
    shapes = draw(names(0, 3, taken, types=True))
    entities = draw(names(1, 5, taken, types=True))
    ids = list(clients)
    out_shapes: dict[str, Any] = {}
    for i, name in enumerate(shapes):
        out_shapes[name] = {"fields": draw(group(shapes[:i], entities, ids))}
    out_entities: dict[str, Any] = {}
    for i, name in enumerate(entities):
        fields = draw(group([*shapes, *entities[:i]], entities, ids))
        found: set[str] = {word for f in fields for word in _reaches(f)}
        keys = {}
        for key in draw(names(1, 2, found)):
            wanted = ["id", "string", "long", *[f"ref({e})" for e in entities[:i]]]
            keys[key] = {"type": draw(st.sampled_from(wanted)), "key": True}
        out_entities[name] = {"row": "1 kB", "rows": "1k", "fields": {**keys, **fields}}
        if draw(st.booleans()):
            out_entities[name]["owner"] = draw(st.sampled_from(services))
        single = [n for n, f in out_entities[name]["fields"].items() if "list(" not in f["type"]]
        if draw(st.booleans()):
            out_entities[name]["owned_by"] = draw(st.sampled_from(single))
            out_entities[name]["shared_with"] = draw(
                st.sampled_from([[], ["everybody"], [draw(st.sampled_from(single))]])
            )
    operations = draw(_operations(services, out_entities, out_shapes, ids))
    return {
        "backend": draw(NAMES),
        "workload": {
            "clients": {
                name: {"rate": "1/s", "journeys": {"go": "100%"}, "access": {"audience": a}}
                for name, a in clients.items()
            },
            "peak": {"factor": 2},
        },
        "journeys": {"go": {"steps": [f"{services[0]}.e0"]}},
        "components": {
            name: {"kind": "http-service", "endpoints": {"e0": {"does": [{"cpu": "1 ms"}]}}}
            for name in services
        },
        "entities": out_entities,
        "api": {
            "version": draw(st.sampled_from(["1.0.0", "0.3.0", "2.1.7"])),
            "shapes": out_shapes,
            "operations": operations,
        },
        "slos": [{"p99": "200 ms", "availability": "99%"}],
    }


@st.composite
def _operations(
    draw: st.DrawFn, services: list[str], entities: dict[str, Any], shapes: dict[str, Any],
    clients: list[str],
) -> dict[str, Any]:  # fmt: skip
    out: dict[str, Any] = {}
    enums = {squeezed(f"{e}{f}") for group_ in (entities, shapes)
             for e, about in group_.items() for f in about["fields"]}  # fmt: skip
    types = {squeezed(name) for name in (*entities, *shapes)} | enums
    for name in draw(names(1, 7, set(types), types=True)):
        of = draw(st.sampled_from(list(entities)))
        does = draw(st.sampled_from(
            ["get", "list", "list", "search", "create", "update", "delete", "act", "event"]
        ))  # fmt: skip
        said: dict[str, Any] = {"does": does, "of": of}
        if draw(st.booleans()):
            said["endpoint"] = f"{draw(st.sampled_from(services))}.e0"
        if draw(st.booleans()):
            said["for"] = draw(st.lists(st.sampled_from(clients), min_size=1, unique=True))
        for word, sorts in _FLAGS.items():
            if does in sorts and draw(st.integers(0, 3)) == 0:
                said[word] = True
        plain = [*entities, *shapes]
        if does in ("act", "search", "create") and draw(st.booleans()):
            takes = draw(group(list(shapes), list(entities), clients))
            said["takes"] = {
                k: {w: v for w, v in f.items() if w not in ("seen_by", "hidden")}
                for k, f in takes.items() if squeezed(f"{name}{k}") not in types
            }  # fmt: skip
            said["takes"] = {k: f for k, f in said["takes"].items() if _plain_query(does, k, f)}
        if does in ("create", "update", "act") and draw(st.integers(0, 4)) == 0:
            said["bulk"] = draw(st.integers(2, 500))
            said.pop("takes_long", None)
        if draw(st.integers(0, 3)) == 0:
            given = draw(st.sampled_from([*plain, "nothing", "string", f"ref({of})"]))
            said["gives"] = given if does in ("act", "event") else said.get("gives") or of
        fields = entities[of]["fields"]
        if does == "list":
            said["filters"] = [
                f for f, about in fields.items()
                if (not about.get("hidden") and not about.get("seen_by") and not about.get("key")
                and about["type"] in ("id", "string", "int", "bool")) or (about["type"][:3] == "ref"
                and not about.get("key") and not about.get("hidden") and not about.get("seen_by"))
            ][: draw(st.integers(0, 3))]  # fmt: skip
            if draw(st.booleans()):
                sortable = ("int", "timestamp")
                said["sorts"] = [f for f, a in fields.items()
                                 if a["type"] in sortable and not a.get("hidden")]  # fmt: skip
        if draw(st.integers(0, 5)) == 0:
            said["deprecated"] = {"since": "2026-01-01", "sunset": "2026-12-31"}
        title = draw(TEXTS)
        if title:
            said["title"] = title
        out[name] = said
    return out


_FLAGS = {
    "mine": ("get", "list", "update"), "whole": ("list", "search"),
    "takes_long": ("create", "act", "delete"), "idempotent": ("create", "act"),
    "public": ("get", "list"),
}  # fmt: skip
_CONTROLS = {"limit", "cursor", "sort", "input", "items", "words", "idempotencykey", "updatemask"}


def _plain_query(does: str, name: str, f: dict[str, Any]) -> bool:
    """Whether an input can travel in a query, and is none of the words every list takes."""
    if squeezed(name) in _CONTROLS:
        return False
    return does != "search" or f["type"] in ("id", "string", "int", "bool", "date")


@st.composite
def systems(draw: st.DrawFn) -> System:
    """A whole model."""
    return System.model_validate(draw(document()))
