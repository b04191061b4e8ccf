"""What a brief asked for in vain is not forgotten with the sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.app.check import check
from backend_lead.app.design import design, read_model, read_request
from backend_lead.app.generate import generate
from backend_lead.emit import render
from backend_lead.model.design import Design

BRIEF = "a bank, EU only, regulated, for 200 users"
SAID = "'regulated' is read but not honoured yet"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that `design` writes for a regulated bank."""
    answer = design(read_request(BRIEF), quick=True)
    path = tmp_path_factory.mktemp("bank") / "backend.yaml"
    path.write_text(render(answer, "backend-yaml")["backend.yaml"], encoding="utf-8")
    return path


def pages(answer: Design) -> dict[str, str]:
    return {n: t for word in ("readme", "risks", "executive") for n, t in
            render(answer, word).items() if n.endswith(".md")}  # fmt: skip


def test_generate_tells_what_design_told(model: Path) -> None:
    """README, risks and the page for who decides say it of the written model too."""
    for name, text in pages(generate(read_model(str(model)))).items():
        said = SAID if name != "executive.md" else "Asked for, but not covered: regulated"
        assert said in text, name


def test_check_tells_it_with_its_line(model: Path) -> None:
    """A warning at the line of the brief; gone when the brief no longer asks for it."""
    (row,) = [f for f in check(model).findings if f.rule == "brief-not-honoured"]
    assert SAID in row.message and row.level == "warning" and row.place.path == "brief"
    text = model.read_text(encoding="utf-8")
    line = text.splitlines()[row.place.line - 1]
    assert line.startswith("brief:") and "take the words out" in row.hint
    other = model.with_name("other.yaml")
    other.write_text(text.replace(line, "brief: a bank, EU only, for 200 users"), encoding="utf-8")
    assert not [f for f in check(other).findings if f.rule == "brief-not-honoured"]


def test_a_brief_of_free_words_says_nothing(model: Path) -> None:
    """Somebody's own words under `brief` are no error."""
    text = model.read_text(encoding="utf-8")
    line = next(x for x in text.splitlines() if x.startswith("brief:"))
    other = model.with_name("free.yaml")
    other.write_text(text.replace(line, 'brief: "?"'), encoding="utf-8")
    assert not [f for f in check(other).findings if f.rule.startswith("brief-")]
