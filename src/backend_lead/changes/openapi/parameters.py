"""Parameters: of the query, header, cookie and path; what callers write besides the body."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.changes.contract import Spot, one_line
from backend_lead.changes.openapi.operations import names_in
from backend_lead.changes.openapi.report import Operation, Report
from backend_lead.changes.openapi.rules import HEADER_IN, PARAMETER
from backend_lead.changes.schemas import Edit, Shape, shape
from backend_lead.changes.schemas.keywords import SUNSET, sunset_of
from backend_lead.changes.schemas.kinds import takes_in
from backend_lead.changes.schemas.objects import ITEMS

Key = tuple[str, str]
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
ARRAY = ("array",)


def compare(report: Report, pair: Operation) -> None:
    """Every parameter of an operation, those of its path too."""
    was = _parameters(pair.old, pair.path_old)
    now = _parameters(pair.new, pair.path_new)
    renamed = _renamed(pair)
    old = {(place, renamed.get(name, name) if place == "path" else name): spot
           for (place, name), spot in was.items()}  # fmt: skip
    for key in dict.fromkeys([*old, *now]):
        if key not in now:
            _removed(report, pair, key, old[key])
        elif key not in old:
            _added(report, pair, key, now[key])
        else:
            _changed(report, pair, key, old[key], now[key])


def _parameters(operation: Spot, path: Spot) -> dict[Key, Spot]:
    found: dict[Key, Spot] = {}
    for spot in [*path.items("parameters"), *operation.items("parameters")]:
        place, name = str(spot.get("in")), str(spot.get("name"))
        found[place, name.lower() if place == "header" else name] = spot
    return found


def _renamed(pair: Operation) -> dict[str, str]:
    """Parameters of the path by position: the old name and the new one."""
    was, now = (names_in(_path_of(spot)) for spot in (pair.path_old, pair.path_new))
    return dict(zip(was, now))


def _path_of(path: Spot) -> str:
    return str(path.loc[1]) if len(path.loc) > 1 and path.loc[0] == "paths" else ""


def _part(key: Key, spot: Spot) -> str:
    return f"{key[0]} parameter {spot.get('name')}"


def _named(spot: Spot) -> str:
    return str(spot.get("name"))


def _added(report: Report, pair: Operation, key: Key, spot: Spot) -> None:
    id = "new-request-path-parameter"
    if key[0] != "path":
        kind = "required" if spot.get("required") is True else "optional"
        of_path = pair.path_new.contract is spot.contract and _is_of_path(pair, spot)
        id = (f"new-{kind}-request-default-parameter-to-existing-path" if of_path
              else f"new-{kind}-request-parameter")  # fmt: skip
    report.add(
        id, spot, operation=pair.name, part=_part(key, spot), name=_named(spot), direction="request"
    )


def _is_of_path(pair: Operation, spot: Spot) -> bool:
    return any(one.loc == spot.loc for one in pair.path_new.items("parameters"))


def _removed(report: Report, pair: Operation, key: Key, spot: Spot) -> None:
    id, was = "request-parameter-removed", ""
    if spot.get("deprecated") is True:
        id = "request-parameter-removed-with-deprecation"
        stated = spot.get(SUNSET)
        if stated is not None:
            day, was = sunset_of(stated), str(stated)
            if day is None:
                id = "request-parameter-sunset-parse"
            elif report.today < day:
                id = "request-parameter-removed-before-sunset"
    report.add(id, spot, operation=pair.name, part=_part(key, spot), name=_named(spot), was=was,
               direction="request")  # fmt: skip


def _changed(report: Report, pair: Operation, key: Key, old: Spot, new: Spot) -> None:
    def add(id: str, was: object = "", now: object = "") -> None:
        report.add(id, new, operation=pair.name, part=_part(key, new), name=_named(new), was=was, now=now,
                   direction="request")  # fmt: skip

    required = [spot.get("required") is True or key[0] == "path" for spot in (old, new)]
    if required[0] != required[1]:
        add(f"request-parameter-became-{'required' if required[1] else 'optional'}")
    _life(report, old, new, add)
    if _style(old, key) != _style(new, key):
        add("request-parameter-style-changed", _style(old, key), _style(new, key))
    before, after = _schema(old), _schema(new)
    if before is None or after is None:
        return
    found = report.walk("request", "text").compare(before, after)
    inner = [edit for edit in found if edit.path]
    own = [_widened(edit, before, after, new, key) for edit in found if not edit.path]
    if any(spot.get("required") is True for spot in (old, new)):  # then no default is ever taken
        own = [edit for edit in own if not edit.word.startswith("default-value")]
    deep = report.walk("request", "unknown").compare(before, after)
    inner = [edit for edit in inner if "type-" not in edit.word or "list" in edit.word] + [
        edit for edit in deep if edit.path and "type-" in edit.word and "list" not in edit.word
        and "media" not in edit.word
    ]  # fmt: skip
    inner = [replace(e, path=()) if e.path == (ITEMS,) else e for e in inner]
    special = [e for e in inner if key[0] == "header" and _of_header(e)]
    rest = [e for e in inner if e not in special]
    report.edits([*own, *rest], PARAMETER, pair.name, _part(key, new), _named(new))
    report.edits(special, HEADER_IN, pair.name, _part(key, new), _named(new))


def _of_header(edit: Edit) -> bool:
    """Edits that have ids of their own when the parameter is a header."""
    return (edit.variant, edit.word) in {
        ("", "became-required"), ("", "became-enum"), ("new", "required"),
    }  # fmt: skip


def _widened(edit: Edit, old: Spot, new: Spot, parameter: Spot, key: Key) -> Edit:
    """One value may be written as a list of one, where lists repeat the parameter."""
    if edit.word not in ("type-changed", "type-specialized"):
        return edit
    was, now = shape(old), shape(new)
    style = _style(parameter, key)
    if now.types != ARRAY or was.types == ARRAY or not was.types or style != "form, exploded":
        return edit
    items = now.inner("items")
    if items is None or not _takes(was, shape(items)):
        return edit
    return Edit("type-generalized", (), edit.direction, edit.was, edit.now, edit.old, edit.new)


def _takes(one: Shape, item: Shape) -> bool:
    """Whether items take every value that was taken alone, by type and with the same limits."""

    def rest(of: Shape) -> str:
        return one_line({k: v for k, v in of.words.items()
                         if k not in ("type", "nullable", "description", "title")})  # fmt: skip

    return (takes_in(one.types, item.types) or item.types == ("string",)) and rest(one) == rest(
        item
    )


def _style(spot: Spot, key: Key) -> str:
    style = str(spot.get("style") or STYLES.get(key[0], "form"))
    exploded = spot.get("explode")
    spread = exploded is True or (exploded is None and style == "form")
    return f"{style}, exploded" if spread else style


def _schema(spot: Spot) -> Spot | None:
    schema = spot.at("schema")
    if schema is not None:
        return schema
    for media in spot.children("content").values():
        return media.at("schema")
    return None


def _life(report: Report, old: Spot, new: Spot, add: object) -> None:
    assert callable(add)
    was, now = (spot.get("deprecated") is True for spot in (old, new))
    before, after = old.get(SUNSET), new.get(SUNSET)
    first, then = sunset_of(before), sunset_of(after)
    if was and not now:
        add("request-parameter-reactivated")
    elif now and not was:
        if after is not None and then is None:
            add("request-parameter-sunset-parse", "", after)
        elif then is not None and then < report.today:
            add("request-parameter-sunset-date-too-small", "", then.isoformat())
        else:
            add("request-parameter-deprecated", "", then.isoformat() if then else "")
    elif now and before is not None and after is None:
        add("request-parameter-sunset-deleted", before)
    elif now and first and then and then < first and then < report.today:
        add("request-parameter-sunset-date-changed-too-small", before, after)
