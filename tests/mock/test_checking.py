"""Formats by the grammars of their standards."""

from __future__ import annotations

import pytest

from backend_lead.mock.checking import is_duration


@pytest.mark.parametrize("text", [
    "PT1H", "PT1M", "PT1S", "PT1H2M", "PT1H2M3S", "PT2M3S", "PT0S", "PT36H", "P1D", "P1DT12H",
    "P1M", "P1M2D", "P1Y", "P1Y2M", "P1Y2M3D", "P1Y2M3DT4H5M6S", "P1MT5S", "P1YT5M", "P4W",
    "P0004W", "pt1h2m", "p1dT1h",
])  # fmt: skip
def test_a_duration_of_the_grammar_is_one(text: str) -> None:
    """RFC 3339, appendix A: each unit followed by the next smaller, or by none. Its letters are
    strings of ABNF, which has no upper and lower case (RFC 5234, 2.3)."""
    assert is_duration(text)


@pytest.mark.parametrize("text", [
    "", "P", "PT", "P1", "T1H", "1H", "P1DT", "P1H", "PT1D", "PT1H3S", "PT497562263H02214688S",
    "P1Y2D", "P1Y2DT1H", "PT1S2M", "P2D1M", "P1W2D", "P1D1W", "P1WT1H", "PT1.5S", "PT1,5S", "-PT1S",
    "+PT1S", "PT-1S", "PT1H ", " PT1H", "PT1H\n", "P1Y1Y", "PT\N{ARABIC-INDIC DIGIT ONE}S",
])  # fmt: skip
def test_what_the_grammar_does_not_make_is_no_duration(text: str) -> None:
    """Nor a unit left out between two, a fraction, a sign, a space, or weeks with others."""
    assert not is_duration(text)
