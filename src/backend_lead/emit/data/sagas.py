"""data/sagas/: requests that write to several places, as a state machine in their store."""

from __future__ import annotations

import textwrap

from backend_lead.emit.report.wording import cell
from backend_lead.model.design import Design
from backend_lead.views.data.layer import layer
from backend_lead.views.data.saga_steps import TRIES, SagaPlan, plans, seen_elsewhere, statements

ID = "sagas"
GROUP = "data"
FILES = ()
MORE = r"data/sagas/[\w-]+\.sql"
RUNS = False


def emit(design: Design) -> dict[str, str]:
    """Nothing where each request writes to one place."""
    made = layer(design.system)
    found = plans(made) if made else []
    head = f"Written from the model {design.digest}; change the model, not this file."
    out = {}
    for home in dict.fromkeys(p.home for p in found):
        own = [p for p in found if p.home == home]
        out[f"data/sagas/{home}.sql"] = _comment(head) + _about(own) + "\n" + "\n\n".join(
            (_comment(s.about) if s.about else "") + s.sql for s in statements(own)
        ) + "\n"  # fmt: skip
    others = {s.place for p in found for s in p.steps} - out.keys()
    for place in sorted(others & set(made.stores if made else ()) - {p.home for p in found}):
        seen = seen_elsewhere()
        out[f"data/sagas/{place}.sql"] = _comment(head, seen.about) + seen.sql + "\n"
    return out


def _about(own: list[SagaPlan]) -> str:
    lines = [f"{p.name}: {cell(p.saga.title)}; {', then '.join(s.place for s in p.steps)}."
             for p in own]  # fmt: skip
    return _comment(
        *lines,
        "A saga ends done with every step done, or undone with every step that was done taken "
        "back, the last first. It is stuck where taking back failed too often: alert on any, and "
        "let somebody look. A step's key is the saga's id and the step's number: whoever gets it "
        "twice does it once and gives the same answer.",
        "A worker: saga_next('30 s') in a transaction of its own; then, for a place that is this "
        "store, the rows and saga_told in one transaction; for another, the act, then saga_told. "
        "It says `failed` only where nothing was done for certain. The request itself may be the "
        f"first worker. After {TRIES} tries without an answer a step is taken back.",
    )


def _comment(*texts: str) -> str:
    return "".join(f"-- {line}\n" for text in texts for line in textwrap.wrap(text, 96))
