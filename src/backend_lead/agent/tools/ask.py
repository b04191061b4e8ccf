"""ask: the open questions of a request or model, ranked by what their answers move."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import Field

from backend_lead.agent.asked import read
from backend_lead.agent.envelope import Answer, Next
from backend_lead.agent.tool import WORDS_MAX, Arguments, Call, Path_, Settings, Tool
from backend_lead.model.figure import Figure

RANK = 1
NUMBERS_MOST = 8


class Asked(Arguments):
    request: Annotated[str, Field(max_length=WORDS_MAX)] = ""
    model: Path_ = ""
    assume: Settings = []


def run(given: Asked, call: Call) -> Answer:
    """The questions; nothing is simulated and nothing written."""
    from backend_lead.app.ask import ask
    from backend_lead.app.figures import thousands

    request, _ = read(given.request, given.model, given.assume, call)
    found = ask(request, call.progress)
    questions = [
        {
            "question": f"{open_.number.label}?", "taken": open_.number.text,
            "range": [open_.number.low_text, open_.number.high_text],
            "usd_month": [_usd(open_.number.cost_low), _usd(open_.number.cost_high)],
            "why": open_.number.why, "answer": open_.flag.removeprefix("--assume ") + "VALUE",
        }
        for open_ in found.numbers[:NUMBERS_MOST]
    ]  # fmt: skip
    questions += [{"question": q.text, "taken": q.taken, "why": q.why} for q in request.questions]
    more = {"request": given.request} if given.request else {"model": given.model}
    first = [str(q["answer"]).replace("VALUE", str(q["taken"]).replace(" ", ""))
             for q in questions[:1] if "answer" in q]  # fmt: skip
    return Answer(
        f"{len(questions)} open questions, those that move the bill most first; as assumed the "
        f"design costs {thousands(found.usd_month)} USD/month (computed, not simulated). "
        f"{found.others} more assumed numbers move less.",
        "unknown",
        figures=[Figure("cost_usd_month", "Cost per month as assumed", found.usd_month, "USD/month",
                        f"{thousands(found.usd_month)} USD/month", "computed",
                        "quantity x list price of the design a search without a run finds")],
        evidence=[{"id": "ask", "kind": "computed", "repeat": _repeat(given)}],
        findings=[f for f in request.findings if f.level != "note"],
        open_questions=questions,
        next_actions=[Next("design", {k: v for k, v in more.items() if v} | {"assume": first},
                           "with the answers in `assume`; leave out what is not known")],
    )  # fmt: skip


def _usd(value: float | None) -> float | str:
    """USD a month at an end of a range, or that there no sizes hold."""
    return "no sizes hold" if value is None else round(value, 2)


def _repeat(given: Asked) -> str:
    from backend_lead.app.assume import assume_words

    what = shlex.quote(given.request or given.model or "backend.yaml")
    return f"backend-lead design {what} --ask{assume_words(given.assume)}"


TOOL = Tool(
    "ask", "Open questions",
    "What a request leaves open, ranked by how far the answer moves the monthly bill. Answers go "
    "into `assume` of design as NAME=VALUE.",
    Asked, run, heavy=True,
)  # fmt: skip
