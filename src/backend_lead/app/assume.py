"""--assume: numbers that would be assumed, set by whoever asks; from then on they are stated."""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from backend_lead.analysis.assumptions import assumed, quantities
from backend_lead.app.design import Request
from backend_lead.app.model_file import catalogue_findings
from backend_lead.intake.backend_yaml.meaning import check as well_meant
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System
from backend_lead.search.sensitivity import at
from backend_lead.tactics.tactic import copy
from backend_lead.views.document import Document

OPTION = Place("--assume")
CLIENT = re.compile(r"workload\.clients\.[^.]+\.(.+)")
SHARE = re.compile(r"workload\.clients\.([^.]+)\.journeys\.([^.]+)")
SUMMED = ("users", "rate")  # of several clients: what is said is said of all together
SHOWN = 12  # candidates listed of an ambiguous name
NEARLY = 1e-9


def with_assumptions(request: Request, settings: Sequence[str]) -> Request:
    """The request with numbers set. Raises InvalidInput."""
    if not settings:
        return request
    return replace(request, system=assume(request.system, settings))


def assume(system: System, settings: Sequence[str]) -> System:
    """A copy with each `NAME=VALUE` set and stated. Raises InvalidInput with every finding.

    NAME is the path of an assumed number, or its last parts where these name only one; the same
    quantity of several clients counts as one: users and rates are set in sum, in the proportion
    they had. Shares that are not set make room for those that are.
    """
    if not settings:
        return system
    wanted: dict[str, tuple[float, str]] = {}
    wrong: list[Finding] = []
    for setting in settings:
        try:
            for path, value in _read(system, setting):
                if path in wanted and wanted[path][0] != value:
                    wrong.append(_bad("twice", f"{path} is set twice", setting, "one value"))
                wanted[path] = (value, setting)
        except InvalidInput as err:
            wrong += err.findings
    if wrong:
        raise InvalidInput(wrong)
    out = system
    for path, (value, _) in wanted.items():
        if not SHARE.fullmatch(path):
            out = at(out, path, value)
    out = copy(out)
    _set_shares(out, {path: value for path, (value, _) in wanted.items()})
    return _stated(system, out, {path: setting for path, (_, setting) in wanted.items()})


def assume_words(settings: Sequence[str]) -> str:
    """The options as they are written in a command that repeats a result."""
    return "".join(f" --assume {shlex.quote(setting)}" for setting in settings)


def resolve_name(system: System, name: str) -> list[str]:
    """Paths of the assumed numbers that a name stands for: one, or one of each client.

    Raises InvalidInput where there is none, or more than one quantity.
    """
    every = [path for path, _ in quantities(system)]
    open_paths = {path for path, _ in assumed(system)}
    found = [p for p in every if p == name] or [p for p in every if p.endswith(f".{name}")]
    free = [p for p in found if p in open_paths]
    if found and not free:
        what = "makes no load" if ".access." in found[0] else "is stated, not assumed"
        raise InvalidInput([_bad("stated", f"{found[0]} {what}", name,
                                 "a number that is assumed",
                                 "say it in the request, or change it in the model")])  # fmt: skip
    if not free:
        raise InvalidInput([_bad("unknown", f"no assumed number is called {name!r}", name,
                                 "the path of a number in backend.yaml, or its last part",
                                 _near(name, sorted(open_paths)))])  # fmt: skip
    rests = {m[1] if (m := CLIENT.fullmatch(path)) else path for path in free}
    if len(rests) > 1:
        more = f", and {len(free) - SHOWN} more" if len(free) > SHOWN else ""
        raise InvalidInput([_bad("ambiguous", f"{name!r} may mean {len(free)} numbers", name,
                                 ", ".join(free[:SHOWN]) + more,
                                 f"--assume {free[0]}=...")])  # fmt: skip
    return free


def short_name(system: System, path: str) -> str:
    """The fewest last parts of a path that name it and nothing else."""
    parts = path.split(".")
    for start in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[start:])
        try:
            if resolve_name(system, name) == [path]:
                return name
        except InvalidInput:
            continue
    return path


def _read(system: System, setting: str) -> list[tuple[str, float]]:
    name, equals, text = (part.strip() for part in setting.partition("="))
    if not equals or not name or not text:
        raise InvalidInput([_bad("form", "expected NAME=VALUE", setting, "as in think_time=8s",
                                 "--assume think_time=8s")])  # fmt: skip
    known = dict(quantities(system))
    out = []
    paths = resolve_name(system, name)
    for path in paths:
        quantity = known[path]
        try:
            out.append((path, quantity.dimension.parse(text)))
        except ValueError as err:
            raise InvalidInput([_bad("value", f"{path}: {err}", text, quantity.dimension.example,
                                     f"--assume {name}={quantity.text}")]) from None  # fmt: skip
    if len(paths) > 1 and paths[0].rpartition(".")[2] in SUMMED:
        together = sum(known[path].value for path in paths)
        return [(path, value * known[path].value / together) for path, value in out]
    return out


def _bad(rule: str, message: str, seen: str, allowed: str, hint: str = "") -> Finding:
    return Finding(f"assume-{rule}", "error", message, OPTION, seen, allowed, hint)


def _near(name: str, paths: list[str]) -> str:
    """What the writer may have meant: a close last part, or a close path."""
    from rapidfuzz import process

    lasts = sorted({path.rpartition(".")[2] for path in paths})
    last = process.extractOne(name.rpartition(".")[2], lasts, score_cutoff=60)
    if "." in name:
        whole = process.extractOne(name, paths, score_cutoff=60)
        return f"did you mean {whole[0]}?" if whole else "design --ask lists what weighs most"
    return f"did you mean {last[0]}?" if last else "design --ask lists what weighs most"


def _set_shares(system: System, wanted: dict[str, float]) -> None:
    """Set shares of journeys together; the others of a client keep their proportions."""
    by_client: dict[str, dict[str, float]] = defaultdict(dict)
    for path, value in wanted.items():
        if match := SHARE.fullmatch(path):
            by_client[match[1]][match[2]] = value
    for client, fixed in by_client.items():
        shares = system.workload.clients[client].journeys
        left = 1 - sum(fixed.values())
        others = sum(q.value for name, q in shares.items() if name not in fixed)
        if left < -NEARLY or (left > NEARLY and others <= 0):
            raise InvalidInput([_bad("shares", f"the shares of {client} must add up to 100%",
                                     f"{1 - left:.4g}", "1", "leave one share open")])  # fmt: skip
        for name, quantity in shares.items():
            value = fixed.get(name, quantity.value * max(0.0, left) / others if others else 0.0)
            low, high = quantity.range or (value, value)
            room = {"value": value, "range": (min(low, value), max(high, value))}
            shares[name] = quantity.model_copy(update=room if quantity.range else {"value": value})


def _stated(before: System, after: System, settings: dict[str, str]) -> System:
    """The model with the origin of what was set, held to what a model file is held to."""
    for path, quantity in list(quantities(after)):
        if path in settings:
            _replace(after, path, quantity.model_copy(update={
                "origin": "stated", "range": None, "why": None,
                "source": f"--assume {settings[path]}",
            }))  # fmt: skip
    try:
        System.model_validate(_plain(after))
    except ValidationError as err:
        said = ", ".join(dict.fromkeys(settings.values()))
        told = [_bad("value", e["msg"], said, "a model that makes sense") for e in err.errors()]
        raise InvalidInput(told) from None
    known = {(f.rule, f.place.path) for f in _errors(before)}
    new = [f for f in _errors(after) if (f.rule, f.place.path) not in known]
    if new:
        raise InvalidInput([replace(f, place=replace(OPTION, path=f.place.path)) for f in new])
    return after


def _plain(part: Any) -> Any:
    """A model the way a file says it: quantities as text, what is as by default left out."""
    if isinstance(part, Quantity):
        return part.text
    if isinstance(part, BaseModel):
        fields = type(part).model_fields
        said = {name: getattr(part, name) for name in fields if name != "results"}
        return {
            fields[name].alias or name: _plain(value)
            for name, value in said.items()
            if value is not None and value != fields[name].get_default(call_default_factory=True)
        }
    if isinstance(part, dict):
        return {name: _plain(value) for name, value in part.items()}
    return [_plain(value) for value in part] if isinstance(part, list | tuple) else part


def _errors(system: System) -> list[Finding]:
    document = Document.parse(json.dumps(_plain(system)), OPTION.file)
    found = [*well_meant(system, document), *catalogue_findings(system, document)]
    return [f for f in found if f.level == "error"]


def _replace(system: System, path: str, quantity: Quantity) -> None:
    """Put a quantity at a path of a model that the caller owns."""
    *way, last = re.findall(r"[^.\[\]]+", path)
    part: object = system
    for name in way:
        if isinstance(part, dict):
            part = part[name]
        else:
            part = part[int(name)] if isinstance(part, list) else getattr(part, name)
    if isinstance(part, dict):
        part[last] = quantity
    else:
        setattr(part, last, quantity)
