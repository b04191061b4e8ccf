"""Security: the ways to authenticate, their scopes, and the schemes they are made of."""

from __future__ import annotations

from typing import Any

from backend_lead.changes.contract import Spot
from backend_lead.changes.openapi.report import Operation, Report

Ways = dict[frozenset[str], dict[str, frozenset[str]]]


def compare(report: Report, pair: Operation) -> None:
    """The ways an operation states for itself, and what all that holds for it demands."""
    was, now = _ways(pair.old.get("security")), _ways(pair.new.get("security"))
    _differences(report, was, now, "api-security", pair.new, pair.name)
    _demanded(report, pair)


def compare_all(report: Report) -> None:
    """The ways that hold for every operation, and the schemes."""
    was, now = (_ways(one.root.get("security")) for one in (report.old, report.new))
    _differences(report, was, now, "api-global-security", report.new.top.at("security"), "")
    _schemes(report)


def _ways(stated: Any) -> Ways:
    """The ways as sets of schemes, each with the scopes it asks for."""
    found: Ways = {}
    for way in stated if isinstance(stated, list) else []:
        if isinstance(way, dict):
            found[frozenset(way)] = {
                name: frozenset(map(str, scopes if isinstance(scopes, list) else []))
                for name, scopes in way.items()
            }
    return found


def _differences(
    report: Report, was: Ways, now: Ways, what: str, at: Spot | None, operation: str
) -> None:
    for way in dict.fromkeys([*was, *now]):
        name = " and ".join(sorted(way))
        if way not in now:
            if way:
                report.add(f"{what}-removed", at, operation=operation, was=name)
        elif way not in was:
            if way:
                report.add(f"{what}-added", at, operation=operation, now=name)
        else:
            for scheme in sorted(way):
                for scope in sorted(now[way][scheme] - was[way][scheme]):
                    report.add(f"{what}-scope-added", at, operation=operation,
                               now=f"{scheme}: {scope}")  # fmt: skip
                for scope in sorted(was[way][scheme] - now[way][scheme]):
                    report.add(f"{what}-scope-removed", at, operation=operation,
                               was=f"{scheme}: {scope}")  # fmt: skip


def _demanded(report: Report, pair: Operation) -> None:
    """Whether callers who were let in before are refused now."""
    was, now = _holding(pair.old), _holding(pair.new)
    if not now or frozenset() in now:
        return
    if not was or frozenset() in was:
        report.add("api-security-became-required", pair.new, operation=pair.name,
                   now=_named(now))  # fmt: skip
        return
    for way, scopes in was.items():
        kept = [asked for other, asked in now.items() if other <= way]
        if not kept:
            report.add("api-security-no-longer-accepted", pair.new, operation=pair.name,
                       was=" and ".join(sorted(way)), now=_named(now))  # fmt: skip
            continue
        more = [sorted(scope for name in asked for scope in asked[name] - scopes[name])
                for asked in kept]  # fmt: skip
        if all(more):
            report.add("api-security-scope-became-required", pair.new, operation=pair.name,
                       now=", ".join(min(more)))  # fmt: skip


def _holding(operation: Spot) -> Ways:
    """What holds for an operation: its own ways, or those of the contract."""
    own = operation.get("security")
    return _ways(own if own is not None else operation.contract.root.get("security"))


def _named(ways: Ways) -> str:
    return " or ".join(sorted(" and ".join(sorted(way)) for way in ways))


def _schemes(report: Report) -> None:
    old, new = (
        spot.children("securitySchemes") if (spot := one.top.at("components")) else {}
        for one in (report.old, report.new)
    )
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            report.add("api-security-component-removed", old[name], was=name)
        elif name not in old:
            report.add("api-security-component-added", new[name], now=name)
        else:
            _scheme(report, name, old[name], new[name])


def _scheme(report: Report, name: str, old: Spot, new: Spot) -> None:
    part = f"security scheme {name}"
    if old.get("type") != new.get("type"):
        report.add("api-security-component-type-changed", new, part=part, was=old.get("type"),
                   now=new.get("type"))  # fmt: skip
    before, after = old.children("flows"), new.children("flows")
    for flow in before:
        if flow not in after:
            continue
        was, now = before[flow], after[flow]
        for key, id in (("authorizationUrl", "oauth-url"), ("tokenUrl", "oauth-token-url")):
            if was.get(key) != now.get(key):
                report.add(f"api-security-component-{id}-changed", now, part=part,
                           was=was.get(key, "none"), now=now.get(key, "none"))  # fmt: skip
        if was.get("tokenUrl") and was.get("tokenUrl") != now.get("tokenUrl"):
            report.add("token-address-gone", now, part=part, was=was.get("tokenUrl"),
                       now=now.get("tokenUrl", "none"))  # fmt: skip
        mine, theirs = (spot.get("scopes") for spot in (was, now))
        if not isinstance(mine, dict) or not isinstance(theirs, dict):
            continue
        for scope in dict.fromkeys([*mine, *theirs]):
            change = ("removed" if scope not in theirs else "added" if scope not in mine
                      else "changed" if mine[scope] != theirs[scope] else "")  # fmt: skip
            if change:
                report.add(f"api-security-component-oauth-scope-{change}", now, part=part,
                           now=scope)  # fmt: skip
