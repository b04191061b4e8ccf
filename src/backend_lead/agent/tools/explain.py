"""explain: what stands behind a figure, decision, run, tactic, rule, kind, fault or fact."""

from __future__ import annotations

import re
import shlex
from typing import Annotated

from pydantic import Field

from backend_lead.agent.envelope import CHARACTERS_MAX, Answer
from backend_lead.agent.tool import Arguments, Call, Path_, Tool
from backend_lead.agent.workspace import MODEL
from backend_lead.model.finding import InvalidInput

RANK = 8
AGAIN = re.compile(r"again: `([^`]+)`")
TEXT_MAX = CHARACTERS_MAX - 2500  # characters of what is told; the whole is a resource


class Explained(Arguments):
    word: Annotated[str, Field(max_length=200, description="empty: lists the words")] = ""
    model: Path_ = ""


def run(given: Explained, call: Call) -> Answer:
    """The text behind a word; of a figure its origin and the command that gives it again."""
    from backend_lead.app import explain as use

    try:
        path = call.workspace.model(given.model)
    except InvalidInput:
        if given.model:
            raise
        path = call.workspace.root / MODEL  # words of the catalogue need no model
    if not given.word:
        groups = use.known_by_family(path)
        facts = len(groups.pop("facts"))
        number = sum(map(len, groups.values())) + facts
        told = f"{number} words can be explained; {facts} facts are in catalog://components."
        return Answer(told, "unknown", more={f"{n}_words": w for n, w in groups.items()})
    name = call.workspace.told(path)
    found = use.explain(given.word, path, name)
    text = found.text.strip()
    again = AGAIN.search(text)
    cut = f"\n[... {len(text) - TEXT_MAX} more characters: design://explain/{given.word}]"
    return Answer(
        text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + cut, "unknown",
        findings=found.findings,
        evidence=[{"id": given.word, "kind": "explained",
                   "repeat": again[1] if again else
                   f"backend-lead explain {shlex.quote(given.word)} -m {shlex.quote(name)}"}],
    )  # fmt: skip


TOOL = Tool(
    "explain", "What stands behind it",
    "The origin of a figure, decision or run (to cite it), or what a tactic, rule, kind, fault or "
    "catalogue fact says, with sources.",
    Explained, run,
)  # fmt: skip
