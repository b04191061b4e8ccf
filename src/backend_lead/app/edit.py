"""edit: a model with one thing changed, its text kept where nothing changed; nothing is written.

What is set is said as path and value, as the model says them: `components.app.count` = 6. A
tactic is applied at one of its sites, and its knobs are sized for the stated load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from backend_lead.app.model_file import read_checked_text
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.emit.model.patch import patched
from backend_lead.intake.backend_yaml import Reading
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.system import System
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Tactic

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
PATH = re.compile(r"(?:[^.\[\]]+|\[\d+\])(?:\.[^.\[\]]+|\[\d+\])*")

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class Edit:
    """What to change: values by path, paths to remove, and a tactic with its site."""

    values: Mapping[str, Any]
    removed: Sequence[str] = ()
    tactic: str = ""
    site: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.values or self.removed or self.tactic)


def edited(reading: Reading, edit: Edit) -> Reading:
    """The model after the edit, read anew from its text. Raises InvalidInput.

    Comments and order of the text stay; `results`, which are of the model before, are taken out.
    """
    if edit.is_empty:
        raise _bad(
            "nothing",
            "nothing is said to change",
            "",
            "a value to set, a path to remove, or a tactic",
            "components.app.count: 6",
        )
    file = reading.document.file
    system = reading.system
    if edit.values or edit.removed:
        content = reading.document.plain()
        for path in sorted(edit.removed, key=_loc_order, reverse=True):
            _remove(content, path)
        for path, value in edit.values.items():
            _set(content, path, value)
        content.pop("results", None)
        system = _read(content, file).system
    if edit.tactic:
        system = _applied(system, edit.tactic, edit.site)
    system = system.model_copy(update={"results": None})
    text = patched(reading.document.to_text(), system)
    return read_checked_text(fresh(system) if text is None else text, file)


def sites(system: System) -> dict[str, list[str]]:
    """Where each tactic applies and is not yet applied; those that apply nowhere are left out."""
    found = {name: tactic.sites(system) for name, tactic in tactics().items()}
    return {name: where for name, where in found.items() if where}


def _read(content: dict[str, Any], file: str) -> Reading:
    """A model from its content; its findings have paths, but no lines of a text nobody sees."""
    try:
        text = json.dumps(content, allow_nan=False)
    except (TypeError, ValueError) as err:
        raise _bad(
            "value",
            f"a value is no text, number, list or mapping: {err}",
            "",
            "what YAML can say",
            "",
        ) from None
    try:
        return read_checked_text(text, file)
    except InvalidInput as err:
        errors = [f for f in err.findings if f.level == "error"]
        raise InvalidInput(
            [replace(f, place=Place(file, path=f.place.path)) for f in errors]
        ) from None


def _applied(system: System, name: str, site: str) -> System:
    tactic = tactics().get(name)
    if tactic is None:
        raise _bad(
            "tactic",
            f"no tactic is called {name!r}",
            name,
            ", ".join(tactics()),
            _meant(name, tactics()),
        )
    where = tactic.sites(system)
    if not site and len(where) == 1:
        site = where[0]
    if site not in where:
        raise _no_site(tactic, site, where, system)
    applied = tactic.apply(system, site)
    return size_and_assess(applied.system, applied.knobs, 1.0).system


def _no_site(tactic: Tactic, site: str, where: list[str], system: System) -> InvalidInput:
    if not where:
        also = [name for name, found in sites(system).items() if site in found]
        hint = f"at {site} these apply: {', '.join(also)}" if also else "explain it, to see why"
        return _bad(
            "site",
            f"{tactic.id} applies nowhere here, or is applied already",
            site or "-",
            "a tactic that applies",
            hint,
        )
    what = f"{tactic.id} does not apply at {site!r}" if site else f"where {tactic.id} is to apply"
    return _bad("site", what, site or "nothing", ", ".join(where), f"site: {where[0]}")


def _loc(path: str) -> Loc:
    if not PATH.fullmatch(path):
        raise _bad(
            "path",
            f"{path!r} is no path",
            path,
            "names with dots, places in lists in brackets",
            "components.app.endpoints.list.does[0].cpu",
        )
    return tuple(m[1] if m[1] is not None else int(m[2]) for m in _STEP.finditer(path))


def _loc_order(path: str) -> tuple[tuple[bool, int, str], ...]:
    """An order in which, from its end, removing entries of a list moves none of the others."""
    return tuple((isinstance(s, int), s if isinstance(s, int) else 0, str(s)) for s in _loc(path))


def _home(content: Any, path: str) -> tuple[Any, str | int]:
    """The part that holds the last step of a path."""
    *above, last = _loc(path)
    for step in above:
        inner = _step(content, step, path)
        if not isinstance(inner, dict | list):
            what = "a value" if inner is not None else "nothing"
            raise _bad(
                "path",
                f"{path}: there is {what} at {step!r}, not a part",
                str(step),
                _names(content),
                _meant(step, content) or f"set all of {step} at once",
            )
        content = inner
    return content, last


def _step(content: Any, step: str | int, path: str) -> Any:
    if isinstance(content, list):
        if isinstance(step, int) and step < len(content):
            return content[step]
        raise _bad(
            "path",
            f"{path}: the list has {len(content)} entries",
            str(step),
            f"[0] to [{len(content) - 1}]" if content else "none",
            "",
        )
    return content.get(step)


def _set(content: dict[str, Any], path: str, value: Any) -> None:
    home, last = _home(content, path)
    if isinstance(home, list):
        if last == len(home):
            home.append(value)
        elif _step(home, last, path) is not None and isinstance(last, int):
            home[last] = value
    elif isinstance(last, int):
        raise _bad("path", f"{path}: there is no list", str(last), _names(home), "")
    else:
        was = home.get(last)
        if isinstance(was, dict) and "value" in was and not isinstance(value, dict | list):
            value = str(value)  # a quantity that was assumed; from now on it is stated
        home[last] = value


def _remove(content: dict[str, Any], path: str) -> None:
    home, last = _home(content, path)
    if isinstance(home, list) and isinstance(last, int):
        _step(home, last, path)
        del home[last]
    elif last in home:
        del home[last]
    else:
        raise _bad(
            "path",
            f"{path}: there is no {last!r} to remove",
            str(last),
            _names(home),
            _meant(last, home),
        )


def _meant(name: str | int, among: Any) -> str:
    near = get_close_matches(str(name), [str(one) for one in among], 1)
    return f"did you mean {near[0]}?" if near else ""


def _names(home: Any) -> str:
    if isinstance(home, dict):
        return ", ".join(str(name) for name in home)
    return f"[0] to [{len(home) - 1}]" if home else "none"


def _bad(rule: str, message: str, seen: str, allowed: str, hint: str) -> InvalidInput:
    told = Finding(f"edit-{rule}", "error", message, Place("edit"), seen, allowed, hint)
    return InvalidInput([told])
