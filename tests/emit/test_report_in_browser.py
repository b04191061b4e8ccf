"""The report as a browser shows it: on a desk and on a phone, without network, script or error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backend_lead import emit
from backend_lead.emit.report.report_html import SECTIONS
from tests.emit.sample_design import refused_design, sample_design
from tests.emit.sample_seen import add_seen

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDTHS = (1400, 400)
HEIGHTS = """Object.fromEntries([...document.querySelectorAll('section, #refusal')]
  .map(part => [part.id, part.getBoundingClientRect().height]))"""
CUT = """[...document.querySelectorAll('figure.chart svg')].filter(svg => svg.checkVisibility())
  .flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {
    const [inner, outer] = [text, svg].map(part => part.getBoundingClientRect());
    return inner.left < outer.left - 1 || inner.right > outer.right + 1; }))
  .map(text => text.textContent)"""


@dataclass
class Seen:
    """What a browser said of the page at one width."""

    width: int
    text: str
    page_width: int
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    heights: dict[str, float] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Seen]]:
    """The sample's report with a refusal and all that runs may find, opened at every width."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    path = tmp_path_factory.mktemp("report") / "report.html"
    design = add_seen(refused_design(), "1 s")
    path.write_text(emit.render(design, "report")["report.html"], encoding="utf-8")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        found = []
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            seen = Seen(width, "", 0)
            page.on("console", lambda line, seen=seen: seen.console.append(line.text))
            page.on("pageerror", lambda error, seen=seen: seen.console.append(str(error)))
            page.on("request", lambda request, seen=seen: seen.requests.append(request.url))
            page.goto(path.as_uri(), wait_until="load")
            seen.text = page.inner_text("body")
            seen.page_width = page.evaluate("document.documentElement.scrollWidth")
            seen.heights = page.evaluate(HEIGHTS)
            seen.hidden = page.evaluate(CUT)
            found.append(seen)
            page.close()
        browser.close()
    yield found


def test_no_console_output(pages: list[Seen]) -> None:
    """The browser has nothing to complain about."""
    assert [seen.console for seen in pages] == [[] for _ in WIDTHS]


def test_no_request_but_the_page_itself(pages: list[Seen]) -> None:
    """One file is all: nothing is fetched, from the network or from beside it."""
    assert [len(seen.requests) for seen in pages] == [1 for _ in WIDTHS]
    assert all(seen.requests[0].startswith("file:") for seen in pages)


def test_nothing_is_wider_than_the_window(pages: list[Seen]) -> None:
    """A page is read by scrolling down, never sideways."""
    assert [seen.page_width for seen in pages] == list(WIDTHS)


def test_the_answer_is_on_the_page(pages: list[Seen]) -> None:
    """The headline and the five figures are shown at every width."""
    design = sample_design()
    for seen in pages:
        assert design.headline.split(":")[0] in seen.text
        for word in ("requests_per_s", "instances", "p99", "availability", "cost_usd_month"):
            assert design.figures[word].text in seen.text, (seen.width, word)


def test_every_section_is_there(pages: list[Seen]) -> None:
    """All sections of the contents are shown at every width, and the refusal before them."""
    for seen in pages:
        assert set(seen.heights) == {"answer", "refusal", *(word for word, _ in SECTIONS)}
        assert min(seen.heights.values()) > 60, seen.heights
        for words in ("Alternatives", "Roadmap", "What would change the decision",
                      "What was asked cannot be kept", "Go on when", "Better when"):  # fmt: skip
            assert words in seen.text, (seen.width, words)


def test_what_runs_found_of_users_and_data_is_shown(pages: list[Seen]) -> None:
    """Sessions, messages put aside, stale reads, lost writes and ways, with their numbers."""
    for seen in pages:
        for words in ("Sessions as they went", "Messages put aside", "9.34 MB/s", "5.53%",
                      "How fresh reads from replicas are", "up to 7 s", "Acknowledged writes",
                      "How busy the ways between regions are", "Over time"):  # fmt: skip
            assert words in seen.text, (seen.width, words)


def test_pictures_are_not_cut(pages: list[Seen]) -> None:
    """No word of a chart reaches out of it."""
    assert [seen.hidden for seen in pages] == [[] for _ in WIDTHS]
