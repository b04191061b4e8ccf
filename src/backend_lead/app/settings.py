"""`.backend-lead.yaml`: what a repository has decided about findings, each with its end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from backend_lead.app.check_rules import OF_GATE, change_rules
from backend_lead.app.render_sarif import relative_file
from backend_lead.app.set_aside import Accepted, Accepting, SetAside
from backend_lead.checks import rules
from backend_lead.intake.backend_yaml import read_bytes
from backend_lead.intake.backend_yaml.words import did_you_mean
from backend_lead.model.finding import Finding, InvalidInput, Place, sort_findings
from backend_lead.model.units import counted
from backend_lead.views.document import Document, Loc, path_text
from backend_lead.views.yaml_text import Bounds, quoted

FILE = ".backend-lead.yaml"
ROOT_MARK = ".git"  # a folder, or a file in worktrees and submodules
DAYS_MAX = 366  # a year, a leap one too
BOUNDS = Bounds(1_000_000, 20_000, 20)  # bytes, values, levels; far more than one writes by hand
NO_MAPPING = "yaml-not-a-mapping"
ALLOWED = {  # what may stand at a key, in words
    "rule": "the id of a rule, such as single-writer",
    "place": "a path in the model, or `.`, in 1 to 2000 characters",
    "reason": "a text of 1 to 2000 characters",
    "until": "a day as YYYY-MM-DD",
    "$schema": "a text",
}
EXAMPLE = "{rule: single-writer, place: components.db, reason: sharding comes with 2.0, until: DAY}"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Word = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_.-]*$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Suppression(BaseModel):
    """A finding that is accepted for a time."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule: Word = Field(description="Id of the rule, as `check` tells it.")
    place: Text = Field(
        description="Path in the model, as `check -f json` tells it; what lies below is meant too. "
        "`.` is the model as a whole, with all that is in it."
    )
    reason: Text = Field(description="Why it is accepted, for those who come later.")
    until: Day = Field(description="The last day it is accepted; at most a year ahead.")


class Content(BaseModel):
    """Settings of backend-lead for the models at and below this folder."""

    model_config = ConfigDict(extra="forbid", strict=True)

    schema_: str | None = Field(default=None, alias="$schema", description="For editors.")
    suppressions: list[Suppression] = Field(
        default_factory=list, description="Findings that are accepted for a time."
    )


@dataclass(frozen=True)
class Settings:
    """What is accepted, and the file that says so; nothing where there is no file."""

    file: str = ""
    accepted: list[Accepted] = field(default_factory=list)


def settings_schema() -> str:
    """The published JSON Schema of the settings file."""
    schema = Content.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = FILE
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def settings_file(model: Path) -> Path | None:
    """The nearest settings file from a model's folder up to the root of its repository; of a model
    in none, only beside it."""
    here = model.absolute().parent
    above = [here, *here.parents]
    root = next((i for i, folder in enumerate(above) if (folder / ROOT_MARK).exists()), 0)
    return next((folder / FILE for folder in above[: root + 1] if (folder / FILE).is_file()), None)


def read_settings(model: str | Path, today: date | None = None) -> Settings:
    """The settings that hold for a model. Raises InvalidInput with every finding, file and line."""
    path = settings_file(Path(model))
    if path is None:
        return Settings()
    file = relative_file(str(path))
    try:
        document = Document.parse(read_bytes(path, BOUNDS.bytes), file, BOUNDS)
    except InvalidInput as err:
        if {finding.rule for finding in err.findings} == {"yaml-empty"}:
            return Settings(file)
        raise InvalidInput([_of_settings(finding) for finding in err.findings]) from None
    try:
        content = Content.model_validate(document.plain())
    except ValidationError as err:
        told = [_misfit(dict(e), document) for e in err.errors(include_url=False)]
        raise InvalidInput(told) from None
    accepted, wrong = [], []
    for i, one in enumerate(content.suppressions):
        loc: Loc = ("suppressions", i, "until")
        end = _end(one.until, document.place(loc), today or date.today())
        if isinstance(end, Finding):
            wrong.append(end)
            continue
        at = document.place(("suppressions", i, "rule"))
        accepted.append(Accepted(one.rule, one.place, one.reason, end, at))
    if wrong:
        raise InvalidInput(wrong)
    return Settings(file, accepted)


def _end(text: str, at: Place, today: date) -> date | Finding:
    """The last day of a suppression, or why it cannot be one."""
    last = date.fromordinal(today.toordinal() + DAYS_MAX)
    try:
        end = date.fromisoformat(text)
    except ValueError:
        return Finding("settings-wrong-value", "error", f"`{at.path}` is no day of the calendar",
                       at, quoted(text), f"a day up to {last}", f"for example {last}")  # fmt: skip
    if end > last:
        return Finding(
            "suppression-too-long", "error", "a suppression lasts at most a year", at, text,
            f"a day up to {last}", "look at it again then: it may be kept with a later day",
        )  # fmt: skip
    return end


def _misfit(detail: dict[str, Any], document: Document) -> Finding:
    """A key or value that does not belong there, with its line."""
    loc, word = detail["loc"], detail["type"]
    path, known = path_text(loc), [*Suppression.model_fields]
    if word == "missing":
        return Finding("settings-missing", "error", f"`{path}` is missing", document.place(loc),
                       "nothing", ", ".join(known), f"for example {EXAMPLE}")  # fmt: skip
    if word == "extra_forbidden":
        names = known if len(loc) > 1 else ["suppressions", "$schema"]
        key = str(loc[-1])
        return Finding(
            "settings-unknown-key", "error", f"`{quoted(key)}` is not a key here",
            document.place(loc, of_key=True), quoted(key), ", ".join(names),
            did_you_mean(key, names) or "delete it",
        )  # fmt: skip
    node = document.node(loc)
    seen = quoted(document.text[node.start : node.end]) if node else ""
    return Finding("settings-wrong-value", "error", f"`{path}` is not {_allowed(loc)}",
                   document.place(loc), seen or "nothing", _allowed(loc),
                   f"for example {EXAMPLE}")  # fmt: skip


def _of_settings(finding: Finding) -> Finding:
    """What the reader of YAML says of models, said of this file."""
    if finding.rule != NO_MAPPING:
        return finding
    return replace(
        finding, message="the settings are a mapping of keys to values",
        allowed="suppressions: and a list", hint=f"for example suppressions: [{EXAMPLE}]",
    )  # fmt: skip


def _allowed(loc: Loc) -> str:
    """What may stand at a place of the file."""
    if loc and loc[-1] in ALLOWED:
        return ALLOWED[str(loc[-1])]
    keys = ", ".join(Suppression.model_fields)
    return f"a mapping with {keys}" if len(loc) > 1 else f"a list of entries with {keys}"


# --- what they do to findings ---------------------------------------------------------------------
def accepting_of(
    model: Path, today: date | None = None, aside: Sequence[SetAside] = ()
) -> Accepting:  # fmt: skip
    """What is accepted of a model on a day, and what is set `aside` already. Raises InvalidInput"""
    day = today or date.today()
    return Accepting(read_settings(model, day).accepted, tuple(aside), day)


def told_of(
    settings: Settings, seen: list[tuple[str, str]], counting: list[tuple[str, str]], today: date
) -> list[Finding]:
    """What the suppressions themselves have to tell, given (rule, path) of all that was found:
    those past their day fail, those that match nothing are a warning; `counting` is what nothing
    else sets aside. Of what only `gate` and `compare` find, that is not told."""
    told = []
    for one in settings.accepted:
        hits = sum(one.matches(rule, path) for rule, path in seen)
        if one.until < today:
            again = sum(one.matches(rule, path) for rule, path in counting)
            what = "nothing of it is found any more"
            if again:
                what = counted(str(again), "finding") + f" count{'s' * (again == 1)} again"
            elif hits:
                what = "the baseline knows what it accepted"
            told.append(Finding(
                "suppression-expired", "error",
                f"the suppression of {one.rule} at {one.place} has ended: {what}", one.at,
                f"until {one.until}", f"{today} or later",
                "mend what it accepted" if again else "delete the entry",
            ))  # fmt: skip
        elif not hits and one.rule not in change_rules() and one.rule not in OF_GATE:
            near = did_you_mean(one.rule, rules()) if one.rule not in rules() else ""
            told.append(Finding(
                "suppression-unused", "warning",
                f"nothing is found of {one.rule} at {one.place}", one.at, "no finding",
                "a rule and a place that check tells", near or "delete it, or mend its place",
            ))  # fmt: skip
    return sort_findings(told)
