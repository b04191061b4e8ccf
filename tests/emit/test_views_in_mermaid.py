"""Mermaid itself draws every view, titles of any kind included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_lead import emit
from tests.emit.mermaid_text import diagrams
from tests.emit.sample_design import sample_design
from tests.emit.test_report_in_browser import CHROMIUM, FLAGS
from tests.emit.test_views import HOSTILE, hostile_design

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(
    os.environ.get("MERMAID_JS", ROOT / "node_modules" / "mermaid" / "dist" / "mermaid.min.js")
)
DRAW = """async ([id, text]) => {
  const drawn = await mermaid.render(id, text);
  const page = new DOMParser().parseFromString(drawn.svg, 'text/html');
  page.querySelectorAll('style').forEach(style => style.remove());
  return page.body.textContent;
}"""


@pytest.fixture(scope="module")
def mermaid() -> Iterator[Any]:
    """A page in which Mermaid draws, as strict as code hosts let it."""
    if not SCRIPT.is_file():
        pytest.skip("Mermaid is not here: npm install mermaid, or MERMAID_JS=path/mermaid.min.js")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = browser.new_page()
        page.set_content("<body></body>")
        page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
        page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
        yield page
        browser.close()


def draw(mermaid: Any, pages: dict[str, str]) -> list[str]:
    """The words of every drawing; raises where Mermaid refuses one."""
    texts = [text for page in pages.values() for text in diagrams(page)]
    return [mermaid.evaluate(DRAW, [f"d{i}", text]) for i, text in enumerate(texts)]


def test_every_view_is_drawn(mermaid: Any) -> None:
    """Each drawing of the sample shows the titles of its parts, and the picture of the README."""
    design = sample_design()
    words = draw(mermaid, emit.render(design, "views"))
    assert len(words) == 2 + 6
    for title in (part.title for part in design.system.components.values()):
        assert title and title.replace(" ", "") in words[1].replace(" ", "")
    assert "by_category on each of 8 shards" in words[2] and "[hit (92%)]" in words[2]
    assert draw(mermaid, emit.render(design, "readme"))


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_are_shown_as_written(mermaid: Any, title: str) -> None:
    """Whatever a title holds, Mermaid draws it as text."""
    words = draw(mermaid, emit.render(hostile_design(title), "views"))
    shown = "".join(title.split())
    in_c4, in_sequence = ("".join(w.split()) for w in (words[1], words[-1]))
    assert shown in in_sequence
    assert shown.replace('"', "'").replace(";", "") in in_c4.replace(";", "").replace(",", "")
