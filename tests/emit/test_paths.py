"""Alternatives, roadmap, flips and refusal: in the page, the README and the evidence alike."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from backend_lead import emit
from backend_lead.emit.report import path_words, ranges, side_by_side
from backend_lead.emit.report.path_readings import PathReadings, quantity_at
from backend_lead.model.design import Design
from backend_lead.model.system import Team
from tests.emit.sample_design import bare_design, refused_design, sample_design
from tests.emit.sample_paths import sample_stages
from tests.emit.test_report import Page


def section(design: Design, word: str) -> str:
    """The text of one section of the page, spaces made one."""
    html = emit.render(design, "report-html")["report.html"]
    part = html.split(f'<section id="{word}">')[1].split("</section>")[0]
    return " ".join(" ".join(Page(part).words).split())


def markdown(design: Design, title: str) -> str:
    text = emit.render(design, "readme")["README.md"]
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def by_rate(design: Design) -> Design:
    """The same design with its load stated in requests a second."""
    client = design.system.workload.clients["mobile"]
    rated = client.model_copy(update={"users": None})
    design.figures.pop("concurrent_users")
    design.system.workload.clients = {"mobile": rated}
    design.stages = tuple(
        replace(stage, not_yet=tuple(
            replace(step, unit="requests/s" if step.unit else "") for step in stage.not_yet))
        for stage in design.stages
    )  # fmt: skip
    return design


def test_alternatives_stand_side_by_side() -> None:
    """Every design has its column, the chosen one first and marked; every value has its cell."""
    design = sample_design()
    html = emit.render(design, "report-html")["report.html"]
    table = html.split('<table class="beside">')[1].split("</table>")[0]
    heads = re.findall(r"<th[^>]*>(.*?)</th>", table.split("</thead>")[0], re.S)
    assert heads[1].startswith("Recommended") and "chosen" in heads[1]
    assert [re.split("<| ", head)[0] for head in heads[2:]] == ["Modular", "Fastest", "Most"]
    rows = table.split("<tbody>")[1].split("</tr>")[:-1]
    assert len(rows) == len(side_by_side.lines(design))
    assert all(row.count("<td") == len(design.alternatives) for row in rows)
    text = markdown(design, "Alternatives")
    for line in side_by_side.lines(design):
        for cell in line.cells:
            assert (cell.figure.text if cell.figure else cell.words) in text


def test_losing_arguments_are_told() -> None:
    """Each design that was left says why, what it misses, and when it would be better."""
    design = sample_design()
    for text in (section(design, "alternatives"), markdown(design, "Alternatives")):
        for row in design.alternatives:
            assert row.why_not[2:] in text and row.better_when in text
            assert all(words in text for words in row.missed)
        assert text.count("Better when") == 3


@pytest.mark.parametrize(("column", "winner"), [
    ("usd_month", "recommended"), ("p99_s", "fastest"), ("availability", "resilient"),
])  # fmt: skip
def test_the_best_of_a_line_is_marked(column: str, winner: str) -> None:
    """The lowest cost and p99 and the highest availability are marked, once each; the monolith,
    which carries a part of the load, is cheaper for that."""
    design = sample_design()
    read = PathReadings(design)
    rows = side_by_side.in_order(design)
    figures = [read.alternative(row, column) for row in rows]
    line = next(x for x in side_by_side.lines(design) if [c.figure for c in x.cells] == figures)
    assert [row.id for row, cell in zip(rows, line.cells, strict=True) if cell.best] == [winner]


def test_a_design_that_carries_too_little_does_not_win_by_its_p99() -> None:
    """A p99 at a lighter load is not compared with one at the stated load."""
    design = sample_design()
    quick = replace(design.alternatives[0], p99_s=0.001)
    design.alternatives = (quick, *design.alternatives[1:])
    line = next(line for line in side_by_side.lines(design) if line.label == "p99")
    assert [cell.text for cell in line.cells if cell.best] == ["81 ms"]


def test_the_reason_of_the_choice_is_only_told_where_numbers_hold_it() -> None:
    """It is the least bill and work of those that keep as much; else no such claim is made."""
    design = sample_design()
    assert "of the 3 that do, it takes the least" in path_words.why_chosen(design)
    dear = replace(design.alternatives[1], usd_month=99_000.0)
    design.alternatives = (design.alternatives[0], dear, *design.alternatives[2:])
    assert path_words.why_chosen(design) == ""


def test_the_load_of_a_team_is_a_line_where_a_team_is_stated() -> None:
    """Hours asked of hours there are; without a team the page says that it is not known."""
    design = sample_design()
    assert "No team is stated" in section(design, "alternatives")
    design.system.team = Team(size=3)
    design.alternatives = tuple(replace(row, hours_given=125.0) for row in design.alternatives)
    text = section(design, "alternatives")
    assert "Of the team's hours" in text and "55.2%" in text and "No team is stated" not in text


def test_aims_that_found_one_design_are_said_to() -> None:
    """One column is no comparison: the page says that every aim came out alike."""
    design = sample_design()
    design.alternatives = (
        replace(design.alternatives[1], same_as=("the cheapest", "the fastest")),
    )
    text = section(design, "alternatives")
    assert "3 aims were searched for, and all came out as this one design" in text
    assert "beside" not in emit.render(design, "report-html")["report.html"].split("</style>")[1]


def test_an_aim_that_ended_in_the_chosen_design_is_not_called_best() -> None:
    """Another column may be bold: the page says where the searches ended, not what is best."""
    design = sample_design()
    first, *rest = design.alternatives
    design.alternatives = (replace(first, same_as=("the cheapest", "the fastest")), *rest)
    for text in (section(design, "alternatives"), markdown(design, "Alternatives")):
        assert "the searches for the cheapest and the fastest end here too" in text
        assert "clear gains only" in text and "also:" not in text


def test_what_single_steps_found_says_so() -> None:
    """Of many parts neither the alternatives nor the flips are told as whole searches."""
    design = sample_design()
    assert "by single steps" not in section(design, "alternatives")
    design.alternatives = tuple(replace(row, by_steps=True) for row in design.alternatives)
    design.flips = tuple(replace(flip, by_steps=True) for flip in design.flips)
    for text in (section(design, "alternatives"), markdown(design, "Alternatives")):
        assert "by single steps from the chosen design" in text
    assert "not searched anew" in section(design, "flips")


def test_each_stage_has_cost_trigger_and_what_is_left() -> None:
    """The page and the README name the same cost, trigger and steps not built."""
    design = sample_design()
    for text in (section(design, "roadmap"), markdown(design, "Roadmap").replace("\\", "")):
        for words in (
            "10k users", "100k users", "1M users", "612 USD", "7,480 USD", "61,200 USD",
            "the use of app cores reaches 58%", "p99 of app.place_order reaches 171 ms",
            "the use of recommender cores reaches 71%", "31k users", "620k users",
        ):  # fmt: skip
            assert words in " ".join(text.replace(" :", ":").split()), words
        for stage in design.stages:
            assert all(step.title in text for step in stage.not_yet)


def test_a_load_stated_as_a_rate_has_no_users() -> None:
    """Stages, capacity and the picture speak of requests where no users are stated."""
    design = by_rate(sample_design())
    text = section(design, "roadmap")
    assert "931 requests/s" in text and " users" not in text
    assert " users" not in section(design, "capacity") and "121k requests/s" in section(
        design, "capacity"
    )
    assert "requests a second" in emit.render(design, "report-html")["report.html"]
    assert " users" not in markdown(design, "Capacity") + markdown(design, "Roadmap")


def test_flips_have_value_range_change_and_test() -> None:
    """Each number that turns the choice is told with both values, its range and its test."""
    design = sample_design()
    read = PathReadings(design)
    title = "What would change the decision"
    for text in (section(design, "flips"), markdown(design, title).replace("\\", "")):
        for flip in design.flips:
            for words in (read.name(flip), flip.text, flip.at_text, flip.low_text, flip.high_text,
                          flip.change[1:], flip.test[1:]):  # fmt: skip
                assert words in text, words
        assert "2 of them within the assumed range" in text
        assert "None was found" not in text


def test_the_picture_of_a_flip_is_in_order() -> None:
    """On its scale an assumption's range, its value and its flip stand in the order of numbers."""
    for span in ranges.spans(sample_design()):
        assert span.low is not None and span.high is not None
        marks = sorted((span.low, span.high, span.flip.value, span.flip.at))
        places = [span.place(mark) for mark in marks]
        assert places == sorted(places) and 0 <= places[0] < places[-1] <= 1
    outside = ranges.spans(sample_design())[2]
    assert outside.high is not None
    assert outside.place(outside.high) < outside.place(outside.flip.at) < 1, "room is left beyond"


@pytest.mark.parametrize("at", [5.0, 5.2, 9.99, 10.01, 19.9, 20.0])
def test_labels_of_the_picture_stay_inside(at: float) -> None:
    """However near value and flip stand, their labels keep apart and within the picture."""
    design = sample_design()
    design.flips = (replace(design.flips[0], at=at, at_text=f"{at:g} s"),)
    for width, svg in zip(ranges.WIDTHS, ranges.svgs(design), strict=True):
        spots = []
        for x, anchor, text in re.findall(r'<text x="([\d.]+)".*?anchor="(\w+)".*?>([^<]*)<', svg):
            if text.startswith(("taken", "changes")):
                w = len(text) * 7.0
                left = float(x) - {"start": 0, "middle": w / 2, "end": w}[anchor]
                spots.append((left, left + w))
        (a, b), (c, d) = sorted(spots)
        assert a >= 0 and d <= width and b <= c


def test_paths_lead_to_quantities() -> None:
    """Dots, brackets and numbers in a path are followed; what leads nowhere is None."""
    system = sample_design().system
    for path in ("components.app.endpoints.list_products.does[0].cpu",
                 "components.app.endpoints.list_products.does.0.cpu"):  # fmt: skip
        found = quantity_at(system, path)
        assert found is not None and found.range == (0.001, 0.005)
    assert quantity_at(system, "catalogue.postgres.failover") is None
    assert quantity_at(system, "components.app") is None


def test_what_was_not_searched_is_not_said_to_be_absent() -> None:
    """Without a search the parts say so; after one without flips, that none was found."""
    for word in ("alternatives", "roadmap", "flips"):
        assert "that takes a search" in section(bare_design(), word)
    design = sample_design()
    design.flips = ()
    assert "None was found" in section(design, "flips")
    assert "evidence/paths.json" not in emit.render(bare_design(), "evidence")


def test_a_refusal_stands_before_the_answer() -> None:
    """What binds and the closest designs come first, in the page and in the README."""
    design = refused_design()
    assert design.refusal
    out = emit.render(design, "report")
    html = out["report.html"].split("<main>")[1]
    assert html.index('id="refusal"') < html.index('id="answer"')
    box = " ".join(" ".join(Page(html.split("</aside>")[0]).words).split())
    readme = out["README.md"].split("## Architecture")[0].replace("\\", "")
    for text in (box, readme):
        assert "900 µs" in text and "398 times that" in text
        for near in design.refusal.closest:
            assert near.keeps in text and near.gives in text
        assert "61,200 USD" in text and "no steady state" in text
    for path, text in emit.render(sample_design(), "report").items():
        assert "cannot be kept" not in text, path


def test_the_evidence_has_every_number_of_these_parts() -> None:
    """paths.json holds the records; figures.json their figures with the command to find them."""
    design = refused_design()
    out = emit.render(design, "evidence")
    kept = json.loads(out["evidence/paths.json"])
    assert [row["id"] for row in kept["alternatives"]] == [r.id for r in design.alternatives]
    assert kept["stages"][0]["not_yet"][0]["above"] == 31_000
    assert kept["flips"][0]["at"] == 6.2 and len(kept["refusal"]["closest"]) == 3
    figures = {f["id"]: f for f in json.loads(out["evidence/figures.json"])["figures"]}
    cost = figures["alternative.fastest.usd_month"]
    assert cost["value"] == 97_400 and cost["repeat"].startswith("backend-lead design 'Design a")
    assert figures[f"flip.{design.flips[0].path}.at"]["unit"] == "s"
    assert figures["stage.1.alert"]["text"] == "58%"


def test_each_number_of_these_parts_opens_its_origin() -> None:
    """A figure of a comparison is a button with the note of how it was found."""
    html = emit.render(sample_design(), "report-html")["report.html"]
    for words in ("Fastest: cost per month", "Stage 2: p99 of app.place_order",
                  "Hit ratio of the product cache: the choice changes at"):  # fmt: skip
        note = re.search(rf'<p class="what"><b>[^<]*</b> {re.escape(words)}</p>.*?</div>', html)
        assert note and "backend-lead design" in note[0] and "o-computed" in note[0], words


def test_journeys_with_the_same_availability_are_one() -> None:
    """Journeys that go through the same parts share their rows; none is left out."""
    design = sample_design()
    design.availability += [replace(design.availability[1], journey="return")]
    text = section(design, "availability")
    assert "buy, account, return" in text and text.count("orders-db") == 1


def test_a_trigger_that_fires_on_the_first_day_says_so() -> None:
    """Where a stage begins next to its own alert, an earlier one is named; else none is."""
    *_, last = sample_stages()
    assert path_words.at_once(last) == ""
    assert path_words.at_once(replace(last, alert_now=0.5)) == ""
    said = path_words.at_once(replace(last, alert_now=0.7))
    assert "70% at the load of this stage already" in said and "alert at 63%" in said
    design = sample_design()
    design.stages = (*design.stages[:2], replace(last, alert_now=0.7))
    for word in ("readme", "report-html", "work-plan"):
        assert "alert at 63%" in "".join(emit.render(design, word).values()), word
