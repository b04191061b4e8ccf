"""Keys and values that do not fit the model, each as a finding with its line."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backend_lead.intake.backend_yaml.type_words import type_hint
from backend_lead.intake.backend_yaml.words import (
    allowed,
    bare,
    did_you_mean,
    example,
    fitting,
    is_type,
    keys_of,
    listed,
    quantity_noun,
    type_at,
)  # fmt: skip
from backend_lead.model.finding import Finding, sort_findings
from backend_lead.model.quantity import Quantity
from backend_lead.model.units import Dimension
from backend_lead.views.document import Document, Loc, path_text
from backend_lead.views.yaml_text import quoted

_FINDINGS_MAX = 200
_UNITS = {"duration": "ms", "bytes": "MB"}
_OWN_RULES = {"range": "model-range", "client": "model-client", "shares": "model-shares",
              "step": "model-step", "deprecated": "model-deprecated", "watch": "model-watch",
              "connection": "model-connection", "autoscale": "model-scaling",
              "breaker": "model-breaker", "bursts": "model-bursts",
              "happening": "model-happening", "need": "model-need",
              "hop": "model-hop", "session": "model-session"}  # fmt: skip
_AT = {"need": ("need",), "session": ("session", "goes_on")}  # where a rule's word stands
_ALLOWED = {
    "model-range": "range: [low, high] with low <= value <= high",
    "model-client": "users with think_time, rate, or every",
    "model-watch": "every, or eject with pause, or both",
    "model-connection": "heartbeat with every, or neither",
    "model-scaling": "least up to most",
    "model-breaker": "window (a time), or last (attempts, least or more)",
    "model-bursts": "factor x lasts / every at most 1, lasts below every",
    "model-happening": "what it needs, and no other words",
    "model-shares": "shares that add up to 100%",
    "model-step": "one verb a step; read together with miss",
    "model-deprecated": "since, and later sunset",
    "model-hop": "two zones, or two regions with a bandwidth of theirs",
    "model-session": "goes_on: [80%], or a share for each step but the last",
    "model-need": "1 to as many as are called together",
}
_HINTS = {
    "model-range": "for example {value: 10 s, range: [5 s, 20 s], origin: assumed}",
    "model-client": "callers who wait for answers: users and think_time; others: rate; jobs: every",
    "model-watch": "for example {every: 5 s, fails: 3, passes: 2}",
    "model-connection": "for example heartbeat: gate.beat, every: 30 s",
    "model-scaling": "raise most, or lower least",
    "model-breaker": "for example {failures: 50%, last: 20, least: 10, pause: 5 s}",
    "model-bursts": "for example {factor: 5, lasts: 10 s, every: 5 min}",
    "model-happening": "for example {at: 60 s, what: slow, where: db, times: 3, lasts: 30 s}",
    "model-shares": "change one share so that the sum is 100%",
    "model-hop": "for example {between: [us-east-1, eu-west-1], rtt: 80 ms}",
    "model-session": "for example session: {think: 5 s, goes_on: [80%], leaves: 50%}",
    "model-need": "a smaller need, or none: then all must answer well",
    "model-step": "put each verb into an entry of its own, starting with -",
    "model-deprecated": 'for example {since: "2026-01-01", sunset: "2026-07-01"}',
}


_NO_USERS = "of a client that asks nothing yet: rate: 0/s, in place of users and think_time"


def shape_findings(err: ValidationError, document: Document) -> list[Finding]:
    """All errors of a validation as findings, sorted; past two hundred, how many more there are."""
    details = err.errors(include_url=False)
    found = [_finding(detail, document) for detail in details[:_FINDINGS_MAX]]
    if len(details) > _FINDINGS_MAX:
        found.append(Finding(
            "model-many-errors", "error", f"there are {len(details) - _FINDINGS_MAX:,} more errors",
            document.place(()), f"{len(details):,} errors", "none", "mend the ones above first",
        ))  # fmt: skip
    return sort_findings(found)


def _finding(detail: ErrorDetails, document: Document) -> Finding:
    loc, word = detail["loc"], detail["type"]
    if word == "missing" and isinstance(loc[-1], str):
        return _missing(loc, document)
    if word == "extra_forbidden":
        return _unknown_key(loc, document)
    if loc and loc[-1] == "[key]":
        return _wrong_name(loc[:-1], document)
    if word in _OWN_RULES:
        loc = (*loc, *_AT.get(word, ()))
        return _own(_OWN_RULES[word], str(detail["msg"]), loc, document)
    return _wrong_value(detail, document)


def _missing(loc: Loc, document: Document) -> Finding:
    kind = type_at(loc)
    parent = document.value(loc[:-1])
    seen = f"keys: {listed(parent)}" if isinstance(parent, dict) and parent else "nothing"
    simple = example(kind)
    return Finding(
        "model-missing", "error", f"`{path_text(loc)}` is missing",
        document.place(loc), quoted(seen), allowed(kind),
        f"add the line {loc[-1]}: {simple}" if simple else f"add {loc[-1]}: with its content below",
    )  # fmt: skip


def _unknown_key(loc: Loc, document: Document) -> Finding:
    key, known = str(loc[-1]), keys_of(type_at(loc[:-1]))
    where = f"`{path_text(loc[:-1])}`" if len(loc) > 1 else "a model"
    return Finding(
        "model-unknown-key", "error", f"`{quoted(key)}` is not a key of {where}",
        document.place(loc, of_key=True), quoted(key), listed(known, 50),
        did_you_mean(key, known) or "delete the line, or see the allowed keys",
    )  # fmt: skip


def _near_name(name: str) -> str:
    """A name that may stand where this one may not; empty where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in letters).split()
    return "-".join(words).lstrip("0123456789-")[:60]


def _wrong_name(loc: Loc, document: Document) -> Finding:
    name = str(loc[-1])
    better = _near_name(name)
    return Finding(
        "model-wrong-name", "error", f"`{quoted(name)}` cannot be a name here",
        document.place(loc, of_key=True), quoted(name),
        "small letters, digits, - and _, a letter first, up to 63 characters",
        f"for example {better}" if better else "for example app",
    )  # fmt: skip


def _own(rule: str, message: str, loc: Loc, document: Document) -> Finding:
    return Finding(rule, "error", message, document.place(loc), _seen(loc, document),
                   _ALLOWED[rule], _HINTS[rule])  # fmt: skip


def _wrong_value(detail: ErrorDetails, document: Document) -> Finding:
    loc = detail["loc"]
    kind = type_at(loc)
    while loc and (kind is None or document.node(loc) is None):
        loc = loc[:-1]
        kind = type_at(loc)
    core = bare(kind)
    if isinstance(core, type) and issubclass(core, Quantity):
        return _wrong_quantity(loc, core.dimension, str(detail.get("ctx", {}).get("reason", "")),
                               document)  # fmt: skip
    value, path, fits = document.value(loc), path_text(loc), allowed(kind)
    rule, hint = "model-wrong-value", f"for example {example(kind)}"
    message = f"`{path}` should be {fits}"
    if get_origin(core) is list or get_origin(core) is tuple:
        rule, hint = "model-wrong-shape", "write [A, B], or one line per entry starting with -"
    elif get_origin(core) is dict or keys_of(core):
        rule, hint = "model-wrong-shape", "put the keys below, two spaces further in"
    elif core is str and isinstance(value, bool | int | float):
        hint = f'put quotes around it: "{_seen(loc, document)}"'
    elif is_type(kind) and isinstance(value, str):
        hint = type_hint(value)
    elif core is str and isinstance(value, str) and example(kind) == "NAME":
        near = ".".join(_near_name(part) for part in value.split("."))
        hint = f"for example {near}" if fitting(kind, near) else hint.replace("NAME", "app")
    elif core is str and isinstance(value, list) and value and fitting(kind, str(value[0])):
        hint = f"name one: {value[0]}"
    elif get_origin(core) is Literal:
        hint = did_you_mean(str(value), map(str, get_args(core))) or hint
    if rule == "model-wrong-shape":
        message = f"`{path}` should be {fits.partition(',')[0]}"
    if value is None or value == [] or value == {}:
        message = f"`{path}` is empty"
    return Finding(rule, "error", message, document.place(loc), _seen(loc, document), fits, hint)


def _wrong_quantity(loc: Loc, dim: Dimension, reason: str, document: Document) -> Finding:
    """The part of a quantity that cannot be read: its value or an end of its range."""
    for part in (("value",), ("range", 0), ("range", 1)):
        inner = (*loc, *part)
        if document.node(inner) is not None and not _reads(document.value(inner), dim):
            loc = inner
            break
    value, seen = document.value(loc), _seen(loc, document)
    if value is None:
        message = " is empty"
    elif "outside" in reason:
        message = f": {seen} is outside what is allowed here"
    elif not isinstance(value, str | int | float):
        message = " is not one value"
    else:
        message = ": " + reason.partition(", for example")[0]
    return Finding(
        "model-wrong-value", "error", f"`{path_text(loc)}`{message}", document.place(loc), seen,
        f"{quantity_noun(dim)} such as {dim.example}, from {dim.format(dim.low)} to"
        f" {dim.format(dim.high)}",
        _quantity_hint(value, dim) + (f"; {_NO_USERS}" if _no_users(loc, value) else ""),
    )  # fmt: skip


def _no_users(loc: Loc, value: Any) -> bool:
    """Whether a client is said to have no users."""
    return loc[:2] == ("workload", "clients") and loc[3:4] == ("users",) and str(value) == "0"


def _reads(value: Any, dim: Dimension) -> bool:
    if not isinstance(value, str | int | float):
        return False
    try:
        dim.parse(value)
    except ValueError:
        return False
    return True


def _quantity_hint(value: Any, dim: Dimension) -> str:
    """A spelling that would do, made from what was written where that is possible."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and value < 0:
        return f"negative values do not occur; for example {dim.example}"
    if number and dim.id in _UNITS:
        return f"add the unit: {value} {_UNITS[dim.id]}?"
    if number and dim.id == "ratio" and 1 < value <= 100:
        return f"did you mean {value}%?"
    return f"for example {dim.example}"


def _seen(loc: Loc, document: Document) -> str:
    node = document.node(loc)
    if node is None or node.start == node.end:
        return "nothing"
    return quoted(document.text[node.start : node.end])
