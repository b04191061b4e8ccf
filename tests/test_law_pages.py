"""Each law's page is true: its snippet is a model, its test is there, its numbers are a run's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.app.command_line import Place
from tools.law_pages import PAGES, ROOT, laws, merged, sections, small_model


@pytest.mark.parametrize("law", laws())
def test_the_numbers_are_those_of_a_run(law: str) -> None:
    """Without and with what the law's snippet says, the case gives what its table tells."""
    told = laws()[law]
    assert told.numbers, "a law is shown by a case where it matters"
    seen = told.seen()
    found = [(what, *(one.tell(what) for one in seen)) for what, *_ in told.numbers]
    assert found == list(told.numbers)
    assert any(len(set(values)) > 1 for _, *values in found)


@pytest.mark.parametrize("law", laws())
def test_the_tests_are_there(law: str) -> None:
    """What a page names as the test that holds a law to a theory is a test."""
    assert laws()[law].tests
    for path, name in laws()[law].tests:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("law", [name for name, law in laws().items() if law.command])
def test_the_commands_run(law: str, tmp_path: Path) -> None:
    """The command of a law is one of the program, and plays its case."""
    told, place = laws()[law], Place(tmp_path)
    place.write("backend.yaml", merged(small_model(), told.case, told.says))
    place.write("recorded.csv", told.recorded)
    done = place.run("simulate", *told.command.split())
    assert done.code in (0, 1) and "requests" in done.out, done.said  # 1: an objective is missed


def test_the_index_names_every_law() -> None:
    """Each section of each page is linked from the index, by its anchor."""
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    for page in PAGES.glob("*.md"):
        if page.name != "README.md":
            for title, _ in sections(page):
                anchor = re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
                assert f"]({page.name}#{anchor})" in index, (page.name, title)
