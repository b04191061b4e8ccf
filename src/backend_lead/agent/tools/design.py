"""design: from a sentence or a model to a design with its evidence, written into a folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from pydantic import Field

from backend_lead.agent.asked import read
from backend_lead.agent.envelope import Answer, Next, run_evidence
from backend_lead.agent.tool import WORDS_MAX, Arguments, Call, Path_, Settings, Tool
from backend_lead.model.design import Design, Verdict
from backend_lead.model.finding import Finding, InvalidInput, Place

RANK = 2
HEADLINE = ("requests_per_s", "instances", "p99", "availability", "cost_usd_month")
ASSUMED_MOST, ASKED_MOST = 8, 6
READ_FIRST = ("README.md", "report.html", "backend.yaml", "api/strategy.md", "data/README.md",
              "data/proof.md")  # fmt: skip


class Designed(Arguments):
    request: Annotated[str, Field(max_length=WORDS_MAX, description="a sentence")] = ""
    model: Annotated[Path_, Field(description="or a backend.yaml")] = ""
    assume: Settings = []
    out: Annotated[Path_, Field(description="folder to write")] = "out"
    quick: Annotated[bool, Field(description="no alternatives, roadmap or real parts")] = True
    search: Annotated[bool, Field(description="false: only judge and write the model")] = True
    only: Annotated[str, Field(max_length=40, description="one group: api, data, ...")] = ""


def run(given: Designed, call: Call) -> Answer:
    """Search and prove, or with `search` false judge as it stands; then write every file."""
    from backend_lead.app import design as searching
    from backend_lead.app import generate as judging
    from backend_lead.app.write import check_target, write_files
    from backend_lead.emit import render

    if not given.request and not given.model:
        raise InvalidInput([Finding("request-missing", "error", "what is to be designed?",
                                    Place("request"), "neither a request nor a model",
                                    "a sentence, or the path of a model",
                                    "request: Design a shop for 2k users")])  # fmt: skip
    request, model = read(given.request, given.model, given.assume, call)
    out = call.workspace.inside(given.out)
    only = _group(given, model)
    check_target(out, model, whole=only is None)
    if given.search:
        found = searching.design(request, quick=given.quick, progress=call.progress)
    else:
        assert model is not None  # _group refuses a sentence without a search
        found = judging.generate(request, only=only, beside=model.parent, progress=call.progress)
    files = render(found, only)
    verdict, told = found.verdict, list(found.findings)
    if request.parts and not given.quick and given.search:
        from backend_lead.app.render_verify import files as proof
        from backend_lead.app.render_verify import told as seen
        from backend_lead.app.verify import verify_text, worst

        proved = verify_text(files["backend.yaml"], progress=call.progress)
        files, verdict, told = files | proof(proved), worst(verdict, proved.verdict), [
            *told, *seen(proved)]  # fmt: skip
    call.progress.check()
    call.progress.stage("writing")
    write_files(out, files, model=model, whole=only is None)
    if "backend.yaml" in files:
        call.workspace.model(call.workspace.told(out))
    return _answer(given, call, found, out, list(files), verdict, told)


def _group(given: Designed, model: Path | None) -> str | None:
    """The group of artefacts that is asked for; None for all. Raises InvalidInput."""
    from backend_lead.app.generate import groups

    if not given.search and model is None:
        raise InvalidInput([Finding("search-needed", "error", "a sentence has no model yet",
                                    Place("search"), "false", "true, or a model",
                                    "leave out search")])  # fmt: skip
    if not given.only:
        return None
    if given.search:
        raise InvalidInput([Finding("only-search", "error", "a search writes every file",
                                    Place("only"), given.only, "only with search: false",
                                    "design first, then search: false with only")])  # fmt: skip
    if given.only not in groups():
        raise InvalidInput([Finding("only-unknown", "error", f"no group is called {given.only!r}",
                                    Place("only"), given.only, ", ".join(groups()))])  # fmt: skip
    return given.only


def _answer(
    given: Designed, call: Call, found: Design, out: Path, names: list[str], verdict: Verdict,
    told: list[Finding],
) -> Answer:  # fmt: skip
    folder = call.workspace.told(out)
    verb = "design" if given.search else "generate"
    what = shlex.quote(given.request or given.model or "backend.yaml")
    model = f"{folder}/backend.yaml"
    nothing = f"Nothing of {given.only} follows from this model. " if not names else ""
    return Answer(
        nothing + found.headline, verdict,
        figures=[found.figures[name] for name in HEADLINE if name in found.figures],
        findings=[f for f in told if f.level != "note"],
        assumptions=[
            {"path": a.path, "taken": a.text, "range": [a.low_text, a.high_text], "why": a.why}
            for a in found.assumptions[:ASSUMED_MOST]
        ],
        open_questions=[
            {"question": q.text, "taken": q.taken, "why": q.why}
            for q in found.questions[:ASKED_MOST]
        ],
        evidence=[run_evidence(run, model) for run in found.runs]
        or [{"id": "solver", "kind": "computed", "seed": found.seed, "hash": found.digest,
             "repeat": f"backend-lead {verb} {what}"}],
        next_actions=_next(found, model),
        more={
            "decisions": [{"id": d.id, "title": d.title} for d in found.decisions],
            "trials": [{"fault": t.title, "verdict": t.verdict, "why": t.why, "run": t.run}
                       for t in found.trials],
            "refused_because": list(found.refusal.binds) if found.refusal else [],
            "files": {"folder": folder, "number": len(names),
                      "read_first": [f"design://files/{folder}/{n}" for n in READ_FIRST
                                     if n in names]},
        },
    )  # fmt: skip


def _next(found: Design, model: str) -> list[Next]:
    out = [
        Next("capacity", {"model": model}, "what breaks first, and what moves that"),
        Next("simulate", {"model": model, "load": 2}, "what if users double"),
    ]
    if "p99" in found.figures:
        out.append(Next("explain", {"word": "p99", "model": model},
                        "where a figure comes from, before it is cited"))  # fmt: skip
    if found.verdict != "pass":
        out.insert(0, Next("ask", {"model": model}, "it does not hold as asked: what would help"))
    return out


TOOL = Tool(
    "design", "Design a backend",
    "From a sentence, or a backend.yaml, to a proven design: searched, simulated at full load, "
    "broken on purpose, written to a folder. Takes 20-60 s; sends progress.",
    Designed, run, writes=True, destructive=True, heavy=True,
)  # fmt: skip
