"""Versions and deprecation: windows that follow from how often clients are released."""

from __future__ import annotations

import math
from datetime import date, timedelta

from backend_lead.catalog.api_policies import OWN_WINDOW_S, PARTNER_WINDOW_S
from backend_lead.emit.api.reading import WHO, Reading, code, days, many
from backend_lead.emit.api.rest import APP_VERSION
from backend_lead.model.contract import Audience
from backend_lead.views.api.parts import Operation


def window_s(read: Reading, audience: Audience) -> float:
    """How long something must still work after it was announced to end: the longest that a client
    released before the announcement may be in use."""
    if audience == "mobile":
        return max((sum(read.release(c)[:2]) for c in read.callers("mobile")), default=0.0)
    return PARTNER_WINDOW_S.value if audience == "partner" else OWN_WINDOW_S.value


def window_of(read: Reading, op: Operation) -> float:
    """The longest window among the audiences of an operation."""
    return max(window_s(read, audience) for audience in op.audiences)


def lifecycle(read: Reading, audience: Audience) -> str:
    """The policy of an audience, and whether what is deprecated keeps it."""
    told = ["### Versions and deprecation", _versions(read, audience)]
    if audience == "mobile":
        told += [app_rule(read, name) for name in (c.name for c in read.callers("mobile"))]
    ending = [op for op in read.asked(audience) if op.said.deprecated is not None]
    told += [_ending(read, op) for op in ending]
    return "\n\n".join(told)


def _versions(read: Reading, audience: Audience) -> str:
    window = window_s(read, audience)
    major = read.found.major
    longer = [op for op in read.asked(audience) if window_of(read, op) > window]
    why = {
        "mobile": "one release cycle until the next version is in the stores, then the support "
        "window of the last one that used it",
        "web": "we release it ourselves; open tabs and a rolled-back release are all that is left",
        "partner": "partners release when their own plans allow",
        "internal": "callers are released with us",
    }[audience]
    return (
        f"Version {read.found.version}: `/v{major}` holds whatever only adds. What breaks callers "
        f"is `/v{major + 1}`, and the old operation works {days(window)} more ({why})."
    ) + _longer(read, longer, len(read.asked(audience)))


def _longer(read: Reading, longer: list[Operation], total: int) -> str:
    if not longer:
        return ""
    most = max(window_of(read, op) for op in longer)
    whose = next(a for a in longer[0].audiences if window_s(read, a) == window_of(read, longer[0]))
    many_of = "All" if len(longer) == total else f"{len(longer)} of"
    return (
        f" {many_of} these {total} operations are shared with {WHO[whose].lower()}: for them it is "
        f"{days(most)}."
    )


def app_rule(read: Reading, name: str) -> str:
    """How long releases of an app must work, and which is the oldest that may."""
    caller = read.found.callers[name]
    every, support, said = read.release(caller)
    alive = math.ceil(support / every)
    assumed = "" if said else " (assumed: the model names no `access.release`)"
    return (
        f"`{name}` is released every {days(every)} and each release must work {days(support)}"
        f"{assumed}: {many(alive, 'release')} are in use at a time. The minimum version is the one "
        f"{alive} releases back. The app sends its version in `{APP_VERSION}`; older ones get 426 "
        f"with `code: update-required`, ask for the update, and keep {_readable(read, name)}. A "
        "breaking change announced with release n may be taken away "
        f"with release n + {alive + 1}."
    )


def _readable(read: Reading, name: str) -> str:
    """What an outdated app may still do: what is public, and what belongs to its user."""
    keep = [
        op.id
        for op in read.asked("mobile")
        if op.nature == "query" and name in op.clients and (op.said.public or op.said.mine)
    ]
    return f"reading ({code(keep[:4])})" if keep else "nothing else"


def _ending(read: Reading, op: Operation) -> str:
    end = op.said.deprecated
    assert end is not None
    since, sunset = date.fromisoformat(end.since), date.fromisoformat(end.sunset)
    need = timedelta(seconds=window_of(read, op))
    have = sunset - since
    instead = f"`{read.found.operations[end.instead].id}`" if end.instead else "nothing"
    told = (
        f"`{op.id}` ends on {end.sunset}, {have.days} days after {end.since}; instead: {instead}. "
    )
    if have < need:
        return told + (
            f"That is {(need - have).days} days short of the window: either say {since + need}, or "
            f"ask {code(op.clients)} to confirm that they have left it."
        )
    return told + f"The window asks for {need.days}."
