"""compare: what got better and worse between two models, who breaks between two contracts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from backend_lead.agent.compared import answer
from backend_lead.agent.envelope import Answer, Next
from backend_lead.agent.tool import Arguments, Call, Path_, Tool

RANK = 6


class Compared(Arguments):
    before: Annotated[
        Path_, Field(description="a model, or an OpenAPI, GraphQL, AsyncAPI, proto file")
    ]
    after: Path_


def run(given: Compared, call: Call) -> Answer:
    """The difference, with what is lost; of contracts what breaks and the safe way instead."""
    from backend_lead.app.compare import compare, model_path
    from backend_lead.app.contract_changes import compare_contracts
    from backend_lead.app.render_contracts import verdict

    paths = [str(call.workspace.inside(text)) for text in (given.before, given.after)]
    names = [call.workspace.told(call.workspace.inside(t)) for t in (given.before, given.after)]
    repeat = f"backend-lead compare {names[0]} {names[1]}"
    contracts = compare_contracts(paths[0], paths[1])
    if contracts is None:
        for path in paths:  # of a folder the model is meant, and it too must be inside
            call.workspace.inside(str(model_path(path)))
        return answer(compare(paths[0], paths[1]), repeat, names)
    told = verdict(contracts)
    for path, name in zip(paths, names):
        told = told.replace(path, name)
    return Answer(
        told, "fail" if contracts.exit_code else "unknown" if contracts.of("maybe") else "pass",
        evidence=[{"id": "compare", "kind": "computed", "repeat": repeat}],
        next_actions=[Next("compare", {"before": names[0], "after": names[1]},
                           "again, when what breaks is done the safe way")]
        if contracts.exit_code else [],
        more={"contract_changes": [
            {"level": c.level, "what": c.message, "id": c.id, "at": c.place.path or c.pointer,
             "instead": c.safe if c.level != "compatible" else ""}
            for c in contracts.changes
        ]},
    )  # fmt: skip


TOOL = Tool(
    "compare", "Compare two states",
    "What got better and worse between two models (p99, capacity, availability, cost), and who "
    "breaks; of two contracts of one protocol what breaks, and the safe way instead.",
    Compared, run,
)  # fmt: skip
