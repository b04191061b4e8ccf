"""Paths, operations and webhooks: added, removed, deprecated, and the pairs to look into."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend_lead.changes.contract import Spot
from backend_lead.changes.openapi.report import Operation, Report
from backend_lead.changes.schemas.keywords import STABILITY, SUNSET, stability, sunset_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
UNPROMISED = ("draft", "alpha")  # what may go without a word
_PARAMETER = re.compile(r"\{[^{}]*\}")


def pairs(report: Report) -> Iterator[Operation]:
    """Operations that are in both contracts; those in one only are reported.

    A path is the same whatever its parameters are called.
    """
    old, new = (contract.top.children("paths") for contract in (report.old, report.new))
    was = {shape_of(path): path for path in old}
    now = {shape_of(path): path for path in new}
    for shape in dict.fromkeys([*was, *now]):
        if shape not in now:
            for method, spot in methods(old[was[shape]]):
                _removed(report, f"{method.upper()} {was[shape]}", spot, path=True)
        elif shape not in was:
            for method, spot in methods(new[now[shape]]):
                report.add("endpoint-added", spot, operation=f"{method.upper()} {now[shape]}")
        else:
            before, after = old[was[shape]], new[now[shape]]
            mine, theirs = dict(methods(before)), dict(methods(after))
            for method in dict.fromkeys([*mine, *theirs]):
                name = f"{method.upper()} {now[shape]}"
                if method not in theirs:
                    _removed(report, f"{method.upper()} {was[shape]}", mine[method], path=False)
                elif method not in mine:
                    report.add("endpoint-added", theirs[method], operation=name)
                else:
                    yield Operation(name, mine[method], theirs[method], before, after)


def webhooks(report: Report) -> Iterator[Operation]:
    """Webhooks that are in both contracts; those in one only are reported."""
    old, new = (contract.top.children("webhooks") for contract in (report.old, report.new))
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            report.add("webhook-removed", old[name], operation=f"webhook {name}")
        elif name not in old:
            report.add("webhook-added", new[name], operation=f"webhook {name}")
        else:
            mine, theirs = dict(methods(old[name])), dict(methods(new[name]))
            for method in mine:
                if method in theirs:
                    yield Operation(f"webhook {name}", mine[method], theirs[method], old[name],
                                    new[name], True)  # fmt: skip


def shape_of(path: str) -> str:
    """A path without the names of its parameters."""
    return _PARAMETER.sub("{}", path)


def names_in(path: str) -> list[str]:
    """The parameters a path names, in order."""
    return [hit[1:-1] for hit in _PARAMETER.findall(path)]


def methods(path: Spot) -> Iterator[tuple[str, Spot]]:
    """The operations of a path."""
    for method in METHODS:
        spot = path.at(method)
        if spot is not None and isinstance(spot.value, dict):
            yield method, spot


def compare(report: Report, pair: Operation) -> None:
    """What an operation says of itself: its life, its id, its tags."""
    _stability(report, pair)
    _deprecation(report, pair)
    was, now = pair.old.get("operationId"), pair.new.get("operationId")
    if was != now:
        if was:
            report.add("api-operation-id-removed", pair.new, operation=pair.name, was=was)
        if now:
            report.add("api-operation-id-added", pair.new, operation=pair.name, now=now)
    before, after = (_tags(spot) for spot in (pair.old, pair.new))
    for tag in before:
        if tag not in after:
            report.add("api-tag-removed", pair.new, operation=pair.name, was=tag)
    for tag in after:
        if tag not in before:
            report.add("api-tag-added", pair.new, operation=pair.name, now=tag)


def _tags(spot: Spot) -> list[str]:
    stated = spot.get("tags")
    return [str(tag) for tag in stated] if isinstance(stated, list) else []


def schemas_removed(report: Report) -> None:
    """Components that are gone; who used them sees it where they were used."""
    old, new = (c.top.at("components") for c in (report.old, report.new))
    was = old.children("schemas") if old else {}
    now = new.children("schemas") if new else {}
    for name, spot in was.items():
        if name not in now:
            report.add("api-schema-removed", spot, was=name)


def _removed(report: Report, name: str, spot: Spot, *, path: bool) -> None:
    what = "api-path-removed" if path else "api-removed"
    level = spot.get("x-stability-level")
    if level is not None and level not in STABILITY:
        report.add("api-invalid-stability-level", spot, operation=name, was=level)
    if level in UNPROMISED:
        return
    if spot.get("deprecated") is not True:
        report.add(f"{what}-without-deprecation", spot, operation=name)
        return
    stated = spot.get(SUNSET)
    if stated is None:
        report.add(f"{what}-with-deprecation", spot, operation=name)
        return
    day = sunset_of(stated)
    if day is None:
        report.add("api-path-sunset-parse", spot, operation=name, was=stated)
    elif report.today < day:
        report.add(f"{what}-before-sunset", spot, operation=name, was=day.isoformat())
    else:
        report.add(f"{what}-with-deprecation", spot, operation=name, was=day.isoformat())


def _stability(report: Report, pair: Operation) -> None:
    levels = []
    for spot in (pair.old, pair.new):
        stated = spot.get("x-stability-level")
        levels.append(stability(stated))
        if levels[-1] is None:
            report.add("api-invalid-stability-level", spot, operation=pair.name, was=stated)
    was, now = levels
    if was is None or now is None or was == now:
        return
    report.add(f"api-stability-{'decreased' if now < was else 'increased'}", pair.new,
               operation=pair.name, was=STABILITY[was], now=STABILITY[now])  # fmt: skip


def _deprecation(report: Report, pair: Operation) -> None:
    was, now = (spot.get("deprecated") is True for spot in (pair.old, pair.new))
    name, at = pair.name, pair.new
    before, after = pair.old.get(SUNSET), pair.new.get(SUNSET)
    if was and not now:
        report.add("endpoint-reactivated", at, operation=name)
    elif now and not was:
        day = sunset_of(after)
        if after is None:
            report.add("endpoint-deprecated", at, operation=name)
        elif day is None:
            report.add("api-deprecated-sunset-parse", at, operation=name, now=after)
        elif day < report.today:
            report.add("api-sunset-date-too-small", at, operation=name, now=day.isoformat())
        else:
            report.add("endpoint-deprecated-with-sunset", at, operation=name,
                       now=day.isoformat())  # fmt: skip
    elif now and before is not None and after is None:
        report.add("sunset-deleted", at, operation=name, was=before)
    elif now and before != after:
        first, then = sunset_of(before), sunset_of(after)
        if first and then and then < first and then < report.today:
            report.add("api-sunset-date-changed-too-small", at, operation=name,
                       was=first.isoformat(), now=then.isoformat())  # fmt: skip
