"""change: one thing in a model, with what it makes better, worse or break; written if asked."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from backend_lead.agent.compared import answer
from backend_lead.agent.envelope import Answer, Next, blocked
from backend_lead.agent.tool import Arguments, Call, Path_, Tool
from backend_lead.model.finding import Finding, InvalidInput

RANK = 7
EDITS_MAX = 100
DANGLING = "model-unknown-reference"


class Changed(Arguments):
    model: Path_ = ""
    set: Annotated[dict[str, Any], Field(max_length=EDITS_MAX, description="path: value")] = {}
    remove: Annotated[list[Path_], Field(max_length=EDITS_MAX, description="paths")] = []
    tactic: Annotated[str, Field(max_length=60)] = ""
    site: Annotated[str, Field(max_length=100)] = ""
    write: Annotated[bool, Field(description="false: only tell what it would do")] = False


def run(given: Changed, call: Call) -> Answer:
    """Edit, judge before and after, and write the model only if asked to."""
    from backend_lead.app.compare import compare_readings
    from backend_lead.app.edit import Edit, edited, sites
    from backend_lead.app.model_file import read_checked
    from backend_lead.app.settings import accepting_of
    from backend_lead.app.write import write_over

    path = call.workspace.model(given.model)
    name = call.workspace.told(path)
    before = read_checked(path)
    if not (given.set or given.remove or given.tactic):
        return _ways(name, sites(before.system))
    try:
        after = edited(before, Edit(given.set, given.remove, given.tactic, given.site))
    except InvalidInput as err:
        return _refused(err.findings, given, name)
    found = compare_readings(before, after, (name, f"{name}, changed"), (path.parent, path.parent),
                             accepting_of(path))  # fmt: skip
    call.progress.check()
    told = answer(found, "", [name, name])
    arguments = {k: v for k, v in given.model_dump().items() if v} | {"model": name}
    told.evidence = [{**told.evidence[0], "repeat": f"change {json.dumps(arguments)}"}]
    if given.write:
        write_over(path, after.document.to_text())
        told.summary = f"Written to {name}. {told.summary}"
        told.next_actions = [
            Next("design", {"model": name, "search": False, "out": _folder(name)},
                 "write its artefacts anew, with runs"),
            Next("simulate", {"model": name}, "the solver predicts these; a run proves them"),
        ]  # fmt: skip
    else:
        told.summary = f"Not written. {told.summary}"
        told.next_actions = [Next("change", arguments | {"write": True}, "to write it")]
    return told


def _refused(findings: list[Finding], given: Changed, name: str) -> Answer:
    """What cannot be; where only references to what is removed are left, the call that removes
    those too."""
    told = blocked(findings)
    dangling = [f.place.path for f in findings if f.rule == DANGLING and f.place.path]
    if given.remove and len(dangling) == len(findings):
        said = {k: v for k, v in given.model_dump().items() if v and k != "write"}
        said |= {"model": name, "remove": [*given.remove, *dangling]}
        why = f"shows what it would do to remove {', '.join(dangling)} as well"
        told.next_actions = [Next("change", said, why)]
    return told


def _folder(name: str) -> str:
    return name.rpartition("/")[0] or "."


def _ways(name: str, found: dict[str, list[str]]) -> Answer:
    first = next(iter(found.items()), None)
    then = [Next("change", {"model": name, "tactic": t, "site": s[0]}, "try it; nothing is written")
            for t, s in ([first] if first else [])]  # fmt: skip
    return Answer(f"Nothing is said to change. {len(found)} tactics apply somewhere in {name}.",
                  "unknown", next_actions=then, more={"tactics": found})  # fmt: skip


TOOL = Tool(
    "change", "Change a model",
    "Sets or removes values by path, or applies a tactic at a site and sizes it; tells what gets "
    "better or worse and which clients and screens break. Writes only with write: true. Without "
    "arguments: which tactics apply where.",
    Changed, run, writes=True, destructive=True, heavy=True,
)  # fmt: skip
