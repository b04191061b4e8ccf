"""capacity: how far a model goes, what breaks first, and what moves that."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from backend_lead.agent.envelope import Answer, Next
from backend_lead.agent.tool import Arguments, Call, Path_, Settings, Tool
from backend_lead.model.design import Verdict
from backend_lead.model.digest import digest
from backend_lead.model.figure import Figure
from backend_lead.model.units import rate_text

if TYPE_CHECKING:
    from backend_lead.app.capacity import Outlook

RANK = 4
WAYS_MOST = 6
IDLE_MOST = 12  # names of what does not move the limit


class Capable(Arguments):
    model: Path_ = ""
    assume: Settings = []


def run(given: Capable, call: Call) -> Answer:
    """The highest load within the objectives, what is full in which order, and steps on."""
    from backend_lead.app.assume import assume, assume_words
    from backend_lead.app.capacity import capacity
    from backend_lead.app.figures import thousands
    from backend_lead.app.model_file import read_checked
    from backend_lead.app.render_capacity import times_text

    path = call.workspace.model(given.model)
    name = call.workspace.told(path)
    system = assume(read_checked(path).system, given.assume)
    found = capacity(system, path.parent, call.progress)
    repeat = f"backend-lead capacity {shlex.quote(name)}{assume_words(given.assume)}"
    reached, first = found.capacity, found.first
    stated = rate_text(found.requests_per_s, "requests", thousands)
    high = rate_text(reached.max_requests_per_s, "requests", thousands)
    if found.users:
        stated = f"{thousands(found.users)} users ({stated})"
        high = f"{thousands(reached.max_users)} users ({high})"
    verdict: Verdict = "pass" if found.carries else "fail"
    steps = [
        {"tactic": s.tactic, "site": s.site, "to_requests_per_s": s.max_requests_per_s,
         "times": s.gain, "usd_month": s.usd_month, "then_limited_by": s.next_limit}
        for s in found.steps[:WAYS_MOST]
    ]  # fmt: skip
    then = [Next("change", {"model": name, "tactic": s["tactic"], "site": s["site"]},
                 "the step that goes farthest; nothing is written without write: true")
            for s in steps[:1]]  # fmt: skip
    then.append(Next("simulate", {"model": name, "load": round(1 + max(0.1, reached.margin), 2)},
                     "see it at its limit"))  # fmt: skip
    return Answer(
        f"{'Carries' if verdict == 'pass' else 'Does not carry'} the stated {stated} within its "
        f"objectives; the highest load is {high}, {times_text(1 + reached.margin)} times the "
        f"stated one ({reached.limit}). First full: {first.resource}. "
        f"Costs {thousands(found.usd_month)} USD/month.",
        verdict,
        figures=_figures(found, high, repeat),
        evidence=[{"id": "capacity", "kind": "computed", "hash": digest(system),
                   "repeat": repeat}],
        next_actions=then,
        more={
            "full_first": [
                {"resource": b.resource, "at_requests_per_s": b.at_requests_per_s,
                 "busy_at_stated_load": b.busy_at_target, "law": b.why}
                for b in reached.bottlenecks
            ],
            "ways_on": steps,
            "useless_alone": found.idle[:IDLE_MOST],
            "useless_alone_more": max(0, len(found.idle) - IDLE_MOST),
            "steps_not_tried": found.untried,
            "loads": [{"times": r.load, "requests_per_s": r.requests_per_s,
                       "p99_computed_s": r.computed_s, "p99_simulated_s": r.simulated_s,
                       "run": r.run} for r in found.loads],
        },
    )  # fmt: skip


def _figures(found: Outlook, high: str, repeat: str) -> list[Figure]:
    """What is cited of it: how far it goes, and what is full first at which load."""
    first = found.first
    how = "highest load at which the solver's p99 of every request keeps its objective"
    return [
        Figure("capacity", "Highest load within the objectives", found.capacity.max_requests_per_s,
               "1/s", high, "computed", how, repeat=repeat),
        Figure("first_full", f"Load at which {first.resource} is full",
               first.at_requests_per_s, "1/s", rate_text(first.at_requests_per_s, "requests"),
               "computed", first.why, repeat=repeat),
    ]  # fmt: skip


TOOL = Tool(
    "capacity", "What breaks first",
    "How far a model goes within its objectives, which resource is full first and at which load, "
    "and which tactic moves that at what price.",
    Capable, run, heavy=True,
)  # fmt: skip
