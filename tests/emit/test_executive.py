"""The page for who decides: short, honest, in the numbers of the report."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from backend_lead import emit
from backend_lead.emit.management import executive
from backend_lead.model.design import Design
from backend_lead.model.figure import Figure
from backend_lead.model.finding import Finding, Place
from backend_lead.model.quantity import Money
from backend_lead.model.system import Team
from tests.emit.sample_design import bare_design, refused_design, sample_design
from tests.emit.test_report import Page
from tests.emit.test_report_in_browser import CHROMIUM, FLAGS

JARGON = re.compile(
    r"\b(p99|p95|SLO|shards?|replicas?|zones?|failover|latency|throughput|endpoint|cache-aside|"
    r"egress|primary|multi-zone|instances?)\b", re.IGNORECASE,
)  # fmt: skip
MINUTES, PER_MINUTE = 2, 140


def passing() -> Design:
    """The sample with every promise kept."""
    design = sample_design()
    design.verdict = "pass"
    design.trials = [replace(t, verdict="pass", recover_s=t.recover_s or 12.0)
                     for t in design.trials]  # fmt: skip
    return design


def wordy() -> Design:
    """The sample with far too long titles, questions and gaps."""
    design = passing()
    long = "many words about something that could have been said much shorter " * 6
    design.title = long
    for part in design.system.components.values():
        part.title = long
    for client in design.system.workload.clients.values():
        client.title = long
    design.questions = [replace(q, text=long + "?", taken=long) for q in design.questions * 4]
    design.not_covered = [long, "the bill: " + long]
    design.trials = [replace(t, id=f"t{i}", title=long) for i, t in enumerate(design.trials)]
    return design


DESIGNS = {"fails": sample_design, "passes": passing, "not run": bare_design, "wordy": wordy,
           "refused": refused_design}  # fmt: skip


def spoken(text: str) -> list[str]:
    """The words of a Markdown page that are read aloud; the line of links is not."""
    body = re.sub(r"^More: .*$|^\| ---.*$", "", text, flags=re.MULTILINE)
    return re.findall(r"[^\s|#*`]*\w[^\s|#*`]*", body)


def page(design: Design) -> str:
    return emit.render(design, "executive")["executive.md"]


@pytest.mark.parametrize("name", DESIGNS)
def test_read_aloud_in_two_minutes(name: str) -> None:
    """However long titles and questions are, the page stays within its words."""
    words = spoken(page(DESIGNS[name]()))
    assert 60 < len(words) <= MINUTES * PER_MINUTE


@pytest.mark.parametrize("name", DESIGNS)
def test_both_files_say_the_same(name: str) -> None:
    """Every sentence, cell and line of the Markdown stands in the HTML, in order."""
    out = emit.render(DESIGNS[name](), "executive")
    html = Page(out["executive.html"])
    text = " ".join(" ".join(html.words).split())
    at = 0
    for block in executive.page(DESIGNS[name]()):
        cells = [cell for row in block.rows for cell in row]
        for said in (block.title, *block.sentences, *cells, *block.lines):
            found = text.find(" ".join(said.split()), at)
            assert found >= 0, said
            at = found
    assert not html.wrong and not html.open


def test_headings_are_money_risk_and_ask() -> None:
    """The five parts stand in their order: proposal, promises, money, risks, what is needed."""
    titles = re.findall(r"^## (.*)$", page(passing()), re.MULTILINE)
    assert titles == ["We propose to build this", "What it carries and promises", "Money",
                      "Largest risks", "What is needed from you"]  # fmt: skip


def test_a_design_that_fails_is_not_offered() -> None:
    """A broken promise is named, marked in the table, and approval is not asked for."""
    text = page(sample_design())
    assert "## Not ready to be built" in text and "Do not approve it as it stands" in text
    assert "did not recover (missed)" in text and "Approval of" not in text
    assert "We propose" not in text


def test_what_was_not_run_is_not_promised() -> None:
    """Without runs nothing is promised, priced or approved."""
    text = page(bare_design())
    assert "## Not yet judged" in text and "Not priced" in text
    assert "Approval of" not in text and "kept every promise" not in text


def test_approval_names_the_bill_and_its_worst_end() -> None:
    """What is asked for is the bill, and the dearest end of the assumptions beside it."""
    text = page(passing())
    assert "Approval of 61.2k USD a month, and of up to 112,000 USD until" in text
    assert "between 33,000 USD and 112,000 USD" in text and "2026-10-01" in text


def test_budget_and_team_are_answered() -> None:
    """A stated budget is compared; a stated team is named."""
    design = passing()
    design.system.budget = Money.model_validate("50k USD/month")
    design.system.team = Team(size=4)
    text = page(design)
    assert "over the budget of" in text and "team of 4" in text


def test_no_jargon_of_ours() -> None:
    """Words a reader would have to look up are not used by the page itself."""
    design = passing()
    for trial, word in zip(design.trials, ("zone-loss", "cache-cold", "primary-failover")):
        trial.__dict__["id"] = word
    design.questions = []
    assert not JARGON.findall(page(design))
    assert not JARGON.findall(page(bare_design()))


def test_three_risks_of_three_kinds() -> None:
    """One outage, one weak place, one assumption: not the same sort three times."""
    lines = executive.page(sample_design())[3].lines
    assert len(lines) == executive.RISKS
    assert "does not recover" in lines[0] and "112,000 USD" in lines[2]


def test_every_number_is_known_elsewhere() -> None:
    """A number of the page stands in the model, the evidence or the README as well."""
    design = passing()
    out = emit.render(design)
    known = " ".join(out[p] for p in ("README.md", "backend.yaml", "evidence/figures.json"))
    numbers = re.findall(r"\d[\d,.]*\d(?:[kMG]|%)?|\d[kMG%]?", _without_ordinals(page(design)))
    assert len(numbers) > 15
    counts = {str(len(design.trials)), str(len(design.questions) - 1), str(len(design.questions))}
    missing = [n for n in numbers if n not in known and n not in counts]
    assert not missing, missing


def _without_ordinals(text: str) -> str:
    return re.sub(r"^\d\. ", "", text, flags=re.MULTILINE)


def test_a_rate_instead_of_users() -> None:
    """Where no users are stated the page speaks of requests."""
    design = passing()
    design.figures.pop("concurrent_users")
    assert "Requests at the busiest time | 93.1k/s" in page(design)
    assert isinstance(design.figures["requests_per_s"], Figure)


@pytest.mark.parametrize("name", DESIGNS)
def test_prints_on_one_page(name: str, tmp_path: Path) -> None:
    """A4, one page, nothing fetched."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    path = tmp_path / "executive.html"
    path.write_text(emit.render(DESIGNS[name](), "executive")["executive.html"], encoding="utf-8")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        shown = browser.new_page()
        asked: list[str] = []
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(path.as_uri())
        pdf = shown.pdf(prefer_css_page_size=True)
        browser.close()
    assert asked == [path.as_uri()]
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_the_choice_is_one_sentence() -> None:
    """How many designs were compared, and the cheapest other with its price and promises."""
    assert (
        "Chosen from 4 designs: the cheapest other, “Modular monolith”, costs 39,800 USD a month "
        "but keeps 2 of 5 promises (missing: fast answers, availability, growth)."
        in page(passing())
    )
    alone = passing()
    alone.alternatives = alone.alternatives[1:2]
    assert "Chosen from" not in page(alone)
    assert "Searched with 2 aims, which all led to this design." in page(alone)
    alone.alternatives = sample_design().alternatives[1:3]
    assert "97,400 USD a month and keeps every promise." in page(alone)
    dear = replace(alone.alternatives[1], usd_month=50_000, complexity_usd=90_000)
    alone.alternatives = (alone.alternatives[0], dear)  # less on the bill, more of work
    assert ("50,000 USD a month and keeps every promise; with the work to run it 140,000 USD "
            "against 68,100 USD." in page(alone))  # fmt: skip


def test_a_refusal_is_the_headline() -> None:
    """What cannot be kept is said first with what binds; no approval is asked for."""
    text = page(refused_design())
    assert text.split("\n\n")[1] == "## Cannot be built as asked"
    assert "takes 40.9 ms without any load." in text and "900 us" not in text
    assert "Can be built: 1,000,000 concurrent users, with p99 160 ms instead of 1 ms" in text
    assert "Approval of" not in text and "which promise to give up" in text


def test_the_slowest_answers_to_its_own_objective() -> None:
    """A journey that is slow by nature stands beside its own objective, not the strictest one."""
    design = passing()
    slow = max(design.latencies, key=lambda x: x.p99_s.value)
    design.latencies = [
        replace(x, objective_p99_s=3.0) if x is slow else x for x in design.latencies
    ]
    assert "| 99 of 100 answers within | 3 s |" in executive.emit(design)["executive.md"]
    assert "| 99 of 100 answers within | 200 ms |" in executive.emit(passing())["executive.md"]


def test_every_promise_that_is_counted_has_a_row() -> None:
    """Growth, which the search asks of every design, stands with the promises as what it is."""
    rows = {what: (promised, found) for what, promised, found in executive.page(passing())[1].rows}
    assert rows["Grow without new parts"] == ("twice (assumed)", "yes")
    design = passing()
    one = design.alternatives[1]
    design.alternatives = (replace(one, kept=one.kept[:4], missed=one.kept[4:]),)
    rows = {what: (promised, found) for what, promised, found in executive.page(design)[1].rows}
    assert rows["Grow without new parts"][1] == "no (missed)"


def test_the_work_and_what_is_not_counted_stand_with_the_bill() -> None:
    """However short the page is, what decided beside the bill and what is not in it is told."""
    design = passing()
    design.not_covered = ["the bill: traces, support"]
    text = page(design)
    assert "Work to run it: 6,900 USD a month more (assumed)." in text
    assert "Not counted: traces, support." in text


def test_what_was_asked_for_and_is_not_covered_is_said_at_once() -> None:
    """In the words of the brief, in the first part, not only among the risks."""
    design = passing()
    place = Place("backend.yaml", 1, 1, "brief")
    design.findings = [Finding("brief-not-honoured", "warning", "not yet", place, "regulated")]
    assert "Asked for, but not covered: regulated." in page(design).split("\n## ")[1]


def test_a_question_is_not_cut_off_while_another_can_be_asked_whole() -> None:
    """A question of too many words waits for the README where a shorter one is open."""
    design = passing()
    long = replace(design.questions[0], text="Would " + "very many words " * 10 + "do?")
    design.questions = [long, *design.questions]
    line = executive.page(design)[4].lines[2]
    assert "…" not in line and "How long does a user think" in line
