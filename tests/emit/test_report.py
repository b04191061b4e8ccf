"""The report, its Markdown twin, the decision records and the evidence."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest

from backend_lead import emit
from backend_lead.emit.report import charts, drawing, objectives, picture, report_html
from backend_lead.emit.report.readings import Readings
from backend_lead.model.design import Design, Stated
from backend_lead.model.finding import Finding
from tests.emit.sample_design import bare_design, sample_design

VOID = {"meta", "br", "link", "img", "hr", "input"}
GROUPS = ("report", "decisions", "evidence")
MADR = ("## Context and Problem Statement", "## Decision Drivers", "## Considered Options",
        "## Decision Outcome", "### Consequences", "### Confirmation",
        "## Pros and Cons of the Options", "## More Information")  # fmt: skip


def written(design: Design) -> dict[str, str]:
    """The artefacts of this folder."""
    return {path: text for group in GROUPS for path, text in emit.render(design, group).items()}


@cache
def full() -> dict[str, str]:
    """The artefacts of the sample, written once."""
    return written(sample_design())


class Page(HTMLParser):
    """Reads a page: text, attributes by tag, ids, and whether every tag is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.tags if attrs.get("id")]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(full()["report.html"])


def test_families_list_themselves() -> None:
    """The artefacts of this folder are found without a registry, each under its file's name."""
    found = {e.id: e.group for e in emit.emitters()}
    wanted = {"report-html": "report", "readme": "report", "decisions": "decisions",
              "evidence": "evidence"}  # fmt: skip
    assert wanted.items() <= found.items()


def test_only_names_a_group_or_an_id() -> None:
    """`only` takes a group or an id and refuses anything else with the list of what there is."""
    assert set(emit.render(sample_design(), "readme")) == {"README.md"}
    with pytest.raises(LookupError, match="readme"):
        emit.render(sample_design(), "poster")


@pytest.mark.parametrize("word", objectives.FIVE)
def test_every_output_quotes_the_same_text(word: str) -> None:
    """Each of the five figures is spelt the same in the page, the README and the evidence."""
    design = sample_design()
    out, text = full(), design.figures[word].text
    assert f">{text}</button>" in out["report.html"]
    assert f"**{text}**" in out["README.md"]
    figures = json.loads(out["evidence/figures.json"])["figures"]
    assert [f["text"] for f in figures if f["id"] == word] == [text]


def test_the_same_design_gives_the_same_bytes() -> None:
    """Two writers of one design agree on every byte, drawings included."""
    assert written(sample_design()) == full()


def test_the_page_is_whole_and_small(page: Page) -> None:
    """Tags close in order, ids are unique, links inside the page have an end; under 3 MB."""
    assert not page.wrong and not page.open
    assert len(page.ids) == len(set(page.ids))
    inner = [str(a["href"])[1:] for _, a in page.tags if str(a.get("href", "")).startswith("#")]
    opens = [str(a["popovertarget"]) for _, a in page.tags if "popovertarget" in a]
    assert inner and opens and set(inner + opens) <= set(page.ids)
    assert len(full()["report.html"].encode()) < 3_000_000


def test_the_page_loads_nothing(page: Page) -> None:
    """No script, no style sheet, no image or font from outside."""
    html = full()["report.html"]
    assert not [t for t, _ in page.tags if t in ("script", "link", "img", "iframe", "object")]
    for _, attrs in page.tags:
        for name in ("src", "href", "xlink:href", "data"):
            assert not re.match(r"(https?:)?//", attrs.get(name) or "")
    assert "@import" not in html and "url(http" not in html and "@font-face" not in html


def test_the_brief_is_text() -> None:
    """A brief, a title or a component that looks like markup is shown, never run."""
    design = sample_design()
    evil = '<script>alert("1")</script> for 1 million'
    design.system = design.system.model_copy(update={"brief": evil, "title": evil})
    design.title = design.headline = evil
    design.system.components["app"].title = evil
    design.stated = [Stated("1 million", 34, 43, "users", "1M")]
    out = written(design)
    page = Page(out["report.html"])
    assert not [tag for tag, _ in page.tags if tag == "script"] and not page.wrong
    assert "".join(page.words).count(evil.split(" for")[0]) >= 4
    assert "<script" not in out["README.md"]


def test_stated_words_are_marked_in_place() -> None:
    """Words read as quantities are marked where they stand; a wrong place marks nothing."""
    parts = report_html.marked("for 1 million users", [Stated("1 million", 4, 13, "users", "1M")])
    assert [text for text, _ in parts] == ["for ", "1 million", " users"]
    assert report_html.marked("for 2 users", [Stated("1 million", 4, 13, "users", "1M")]) == [
        ("for 2 users", None)
    ]


def test_every_figure_opens_its_origin(page: Page) -> None:
    """Each headline figure and sum has a note with its origin, how, run and command."""
    design = sample_design()
    html = full()["report.html"]
    notes = re.findall(r'<div popover id="[^"]*".*?</div>', html, re.S)
    for figure in [*design.figures.values(), *(s.figure for s in design.arithmetic)]:
        mine = [n for n in notes if f"<b>{figure.text}</b> {figure.label}<" in n]
        assert mine, figure.id
        assert f'class="tag o-{figure.origin}"' in mine[0]
        text = "".join(Page(mine[0]).words)
        assert figure.how in text and figure.repeat in text and figure.run in text


def test_results_of_runs_name_their_run() -> None:
    """Every simulated reading in the evidence names a run and the command that repeats it."""
    figures = json.loads(full()["evidence/figures.json"])["figures"]
    simulated = [f for f in figures if f["origin"] == "simulated"]
    assert len(simulated) > 50
    assert all(f.get("run") and f.get("repeat") for f in simulated)
    assert len({f["id"] for f in figures}) == len(figures)


@pytest.mark.parametrize("name", ["product-cache", "recommender", "balancer", "edge"])
def test_a_removed_component_is_gone_everywhere(name: str) -> None:
    """A component taken out of the system is in no output."""
    title = sample_design().system.components[name].title or name
    with_it, without = full(), written(sample_design(without=name))
    for text in (with_it["report.html"], with_it["README.md"]):
        assert title in text
    for path, text in without.items():
        assert title not in text, path
        assert not re.search(rf"(?<![\w.-]){name}(?![\w-])", _visible(path, text)), path


def _visible(path: str, text: str) -> str:
    """What is read; sums name places such as the edge in words of their own."""
    words = " ".join(Page(text).words) if path.endswith(".html") else text
    return re.sub(r"(?i)at the edge|out of the edge", "", words)


def test_what_was_not_run_is_not_passed() -> None:
    """Empty parts say so, and nothing of an empty design looks met."""
    out = written(bare_design())
    text = "".join(Page(out["report.html"]).words)
    for words in ("Not run: no fault was tried.", "Not run: no latency is known.", "Not priced.",
                  "Nothing was run.", "Not known whether it meets its objectives"):  # fmt: skip
        assert words in text
    assert "v-pass" not in out["report.html"].split("</style>")[1]
    readme = out["README.md"]
    assert "Not run: no fault was tried." in readme and "| met |" not in readme


def test_a_figure_without_its_records_has_no_verdict() -> None:
    """A p99 or availability whose records are absent is shown, and not shown as met."""
    design = sample_design()
    design.latencies, design.availability = [], []
    verdicts = {row.id: row.verdict for row in objectives.rows(design)}
    assert verdicts["p99"] == verdicts["availability"] == "unknown"
    assert objectives.worst(["pass", "unknown"]) == "unknown"
    assert objectives.worst(["pass", "unknown", "fail"]) == "fail"


def test_an_unknown_verdict_is_said() -> None:
    """A trial without a verdict is neither recovered nor failed, and stands among the reasons."""
    design = sample_design()
    design.trials = [replace(design.trials[2], recover_s=None)]
    out = written(design)
    cards = out["report.html"].split('<section id="trials">')[1].split("</section>")[0]
    assert "v-unknown" in cards and "v-pass" not in cards and "did not recover" not in cards
    assert "1 of 1 fault trials have no verdict" in out["README.md"]


def test_a_missed_objective_is_a_reason() -> None:
    """The verdict names what was missed."""
    assert objectives.reasons(sample_design())[0] == (
        "fault trial “The product cache is empty” did not hold"
    )


def test_decisions_are_madr_records() -> None:
    """Each decision has every MADR section, its options with numbers, and a line in the index."""
    design, out = sample_design(), full()
    records = {p: t for p, t in out.items() if re.match(r"decisions/\d{4}-[a-z0-9-]+\.md", p)}
    assert len(records) == len(design.decisions)
    for path, text in records.items():
        assert text.startswith("---\nstatus: accepted\n---\n")
        assert [line for line in text.splitlines() if line in MADR] == list(MADR)
        assert path.removeprefix("decisions/") in out["decisions/README.md"]
        assert path in out["README.md"] and path in out["report.html"]
    assert "310k" in records["decisions/0002-cache-product-reads.md"]


def test_a_record_has_a_date_only_if_the_design_has_one() -> None:
    """No clock is read: the date of a record is the design's or absent."""
    design = sample_design()
    design.versions = {**design.versions, "date": "2026-11-23"}
    record = next(t for p, t in written(design).items() if p.startswith("decisions/0001"))
    assert "\ndate: 2026-11-23\n" in record


def test_evidence_is_sorted_json() -> None:
    """Every evidence file parses, has a schema version and sorted keys; one file per run."""
    design = sample_design()
    files = {p: t for p, t in written(design).items() if p.startswith("evidence/")}
    for text in files.values():
        value = json.loads(text)
        assert value["schema_version"] == 1
        assert text == json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert {f"evidence/{run.id}.json" for run in design.runs} <= set(files)


def test_infinite_results_stay_json() -> None:
    """An unbounded number is null in JSON and has words in the page."""
    design = sample_design()
    design.runs[0] = replace(design.runs[0], results={"p99_s": float("inf")})
    design.decisions[0] = replace(
        design.decisions[0], before=replace(design.decisions[0].before, p99_s=float("inf"))
    )
    out = written(design)
    assert json.loads(out["evidence/load-7c1e.json"])["results"]["p99_s"] is None
    assert "unbounded" in out["report.html"]


def test_charts_are_the_same_twice_and_take_the_colours_of_the_page() -> None:
    """A chart has the same bytes each time, no white ground, and no stand-in colour left."""
    first, second = charts.of_design(sample_design()), charts.of_design(sample_design())
    assert first == second
    for svgs in first.values():
        for svg in svgs:
            assert "#0a0b" not in svg and 'fill="white"' not in svg and "var(--" in svg


def test_without_d2_the_picture_is_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the picture cannot be drawn the page says so and lists boxes and arrows."""
    monkeypatch.setattr(drawing, "svg", lambda *_: None)
    html = written(sample_design())["report.html"]
    assert "could not be drawn" in html and '<ul class="boxes">' in html


def test_arrows_carry_what_the_run_counted() -> None:
    """An arrow shows the visits of its target; without a run it shows nothing."""
    edges = {(e.source, e.target): e for e in picture.graph(sample_design()).edges}
    assert edges["app", "recommender"].label == "24.7k/s"
    assert edges["client-web", "edge"].label == ""
    assert all(e.label == "" for e in picture.graph(bare_design()).edges)


def test_readings_have_one_id_each() -> None:
    """No two readings of a design share an id with different numbers."""
    seen: dict[str, str] = {}
    for figure in Readings(sample_design())._every():
        if figure is not None:
            assert seen.setdefault(figure.id, figure.text) == figure.text


def test_assumptions_that_were_not_tried_stand_apart() -> None:
    """Only tried assumptions show costs and claim an order; the others have their own heading."""
    page = full()["report.html"]
    tried, left = page[page.index('id="assumptions"') :].split("<h3>Not tried</h3>")
    think, cpu = "Pause of a user between two requests (Mobile apps)", "Computing time of “list"
    assert think in tried and "33,000 USD, 112,000 USD" in tried
    assert cpu in left and cpu not in tried
    design = sample_design()
    design.assumptions = [replace(a, cost_low=None, cost_high=None) for a in design.assumptions]
    text = written(design)
    assert "moves the cost most" not in text["report.html"]
    assert "take a search" in text["report.html"] and "take a search" in text["README.md"]


def test_every_computed_figure_says_how_to_repeat_it() -> None:
    """A figure that was found names the command that finds it again; stated ones need none."""
    every = json.loads(full()["evidence/figures.json"])["figures"]
    given = {*sample_design().figures, *(row.figure.id for row in sample_design().arithmetic)}
    found = [f for f in every if f["origin"] in ("simulated", "computed") and f["id"] not in given]
    assert len(found) > 50
    assert [f["id"] for f in found if not f.get("repeat")] == []


@pytest.mark.parametrize("text", [
    "[press](http://example.org)", "![x](http://example.org/x.png)", "<img src=x onerror=y>",
    "a | b", "`code`", "*bold*",
])  # fmt: skip
def test_words_of_a_model_are_words_in_markdown(text: str) -> None:
    """A title or brief cannot bring a link, an image, a tag or a table column."""
    design = sample_design()
    design.title = text
    for path, page in written(design).items():
        if path.endswith(".md"):
            assert text not in page, path
    assert "http://example.org" not in re.sub(
        r"\\\[.*?\\\]\(\S+\)", "", written(design)["README.md"]
    )


def test_a_rate_is_not_counted_in_users() -> None:
    """Where the load is a rate, capacity speaks of requests and never of users."""
    design = sample_design()
    workload = design.system.workload
    clients = {n: c for n, c in workload.clients.items() if c.users is None}
    design.system = design.system.model_copy(
        update={"workload": workload.model_copy(update={"clients": clients})}
    )
    part = written(design)["README.md"].partition("## Capacity")[2].partition("\n## ")[0]
    assert "requests/s" in part and not re.search(r"\d\S* users", part)
    assert re.search(r"\d\S* users", full()["README.md"].partition("## Capacity")[2])


def test_what_is_not_known_is_named() -> None:
    """Where every number meets its objective, the rule that could not tell is the reason."""
    design = sample_design()
    design.findings = [Finding("object-access", "unknown", "nobody knows whose `item` is")]
    told = objectives.reasons(design)
    assert "not known: nobody knows whose `item` is" in told
    design.verdict = "unknown"
    assert objectives.word(design) == objectives.DESIGN_WORDS["unknown"], "a trial did not hold"
    design.trials = [t for t in design.trials if t.verdict == "pass"]
    design.latencies = [x for x in design.latencies if x.verdict == "pass"]
    design.availability = [x for x in design.availability if x.verdict == "pass"]
    assert objectives.word(design) == objectives.RULES_UNKNOWN
    out = written(design)
    assert f"**{objectives.RULES_UNKNOWN}**" in out["README.md"]
    assert objectives.RULES_UNKNOWN in out["report.html"]
