"""Each model in examples/ is checked as its `expected` folder says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.example_results import FIGURES, figures

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_an_example_is_checked_as_expected(name: str) -> None:
    """Verdict, figures and findings are those that are kept; tools/write_docs.py rewrites them."""
    kept = (EXAMPLES / name / "expected" / FIGURES).read_text(encoding="utf-8")
    assert figures(EXAMPLES / name / "backend.yaml") == kept
    assert {"requests_per_s", "cost_usd_month"} <= set(json.loads(kept)["figures"])
