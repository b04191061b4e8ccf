"""docs/truth.md tells what the suite asks."""

from __future__ import annotations

from tools.truth_page import PAGE, truth_page


def test_the_page_is_current() -> None:
    """The page names each case with what is held, off and left out, as the suite has it."""
    assert PAGE.read_text(encoding="utf-8") == truth_page(), "run: python tools/truth_page.py"
