"""Each model in examples/ is checked, and its answer written, as its `expected` folder says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend_lead.app.design import read_model
from backend_lead.intake.brief import read_brief
from tools.example_results import DESIGNED, FIGURES, KEPT, answers, figures

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SIZE_MOST = 1_500_000  # bytes of one example: what a reader clones, and a diff shows


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_an_example_is_checked_as_expected(name: str) -> None:
    """Verdict, figures and findings are those that are kept; tools/write_docs.py rewrites them."""
    kept = (EXAMPLES / name / "expected" / FIGURES).read_text(encoding="utf-8")
    assert figures(EXAMPLES / name / "backend.yaml") == kept
    assert {"requests_per_s", "cost_usd_month"} <= set(json.loads(kept)["figures"])


@pytest.mark.parametrize("name", sorted(KEPT))
def test_the_answer_of_an_example_is_written_as_expected(name: str) -> None:
    """Byte for byte what `generate --only GROUP` writes, and no file that it does not."""
    folder = EXAMPLES / name / "expected"
    kept = {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in folder.rglob("*") if path.is_file() and path.name not in (FIGURES, DESIGNED)
    }  # fmt: skip
    written = answers(EXAMPLES / name / "backend.yaml")
    assert sorted(kept) == sorted(written)
    for path, text in written.items():
        assert kept[path] == text, f"{path} differs; run: python tools/write_docs.py"
    assert sum(len(text.encode()) for text in kept.values()) < SIZE_MOST


@pytest.mark.parametrize("name", ["api-strategy", "data-layer"])
def test_the_answer_to_a_sentence_keeps_to_its_reference_domain(name: str) -> None:
    """The example that answers a sentence promises what the sentence is given today; after a
    change of its domain tools/write_examples.py designs it anew."""
    kept = read_model(str(EXAMPLES / name / "backend.yaml")).system
    assert kept.brief is not None
    asked = read_brief(kept.brief).system
    assert kept.api == asked.api
    assert kept.data == asked.data
    assert kept.entities == asked.entities
    assert {n: c.access for n, c in kept.workload.clients.items()} == {
        n: c.access for n, c in asked.workload.clients.items()
    }
