"""Each of the three requests as a conversation of ten turns; the documentation shows these."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from tests.agent.tokens import tokens
from tools.conversations import CONVERSATIONS, page, talk
from tools.write_conversations import FOLDER

TURNS, ANSWER_TOKENS = 10, 4000
LONG = "design-backend"  # a million users: some two minutes


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.full) if n == LONG else n for n in CONVERSATIONS],
)
def test_a_conversation_goes_as_the_documentation_shows(name: str, tmp_path: Path) -> None:
    """Ten turns with a real client; every answer is small, no figure is without an origin, and the
    transcript is the page; tools/write_conversations.py rewrites it."""
    said = anyio.run(talk, name, tmp_path / "work")
    assert len(said) == TURNS
    assert max(tokens(row.wire) for row in said) <= ANSWER_TOKENS
    for row in said:
        for figure in row.answer.get("figures", []):
            assert figure["origin"] and (figure.get("how") or figure.get("run"))
        if row.answer.get("status") == "blocked":
            assert row.answer["findings"][0].get("allowed") or row.answer["next_actions"]
    assert page(name, said) == (FOLDER / f"{name}.md").read_text(encoding="utf-8")
