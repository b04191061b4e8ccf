"""Adding an artefact is adding one file: nothing else is edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend_lead.app.design import Request
from backend_lead.app.generate import generate, groups
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.write import check_target, write_files
from backend_lead.emit import engineering, render
from backend_lead.model.finding import InvalidInput
from tests.added import added
from tests.catalog.every_kind import asked_by_a_service
from tests.emit.sample_design import sample_design

POSTER = '''"""poster.md: what a design is called, for a wall."""

ID = "poster"
GROUP = "wall"
FILES = ("poster.md",)


def emit(design):
    return {"poster.md": f"# {design.title}, seed {design.seed}\\n"}
'''
MODEL = asked_by_a_service(
    "50/s", "{query: store.ask, timeout: 1 s}",
    "  store:\n    kind: postgres\n    instance: db.m7g.large\n"
    "    operations: {ask: {type: read, cpu: 1 ms, entity: thing}}",
)  # fmt: skip


def test_a_file_is_an_artefact(tmp_path: Path) -> None:
    """`generate` writes it with the others, writes over its own file, and spares somebody's."""
    out, taken = tmp_path / "out", tmp_path / "taken"
    taken.mkdir()
    (taken / "poster.md").write_text("mine")
    with added(engineering, tmp_path / "more", "poster.py", POSTER):
        assert {"poster", "wall"} <= set(groups())
        found = generate(Request(read_checked_text(MODEL).system))
        for seed in (found.seed, found.seed + 1):
            written = write_files(out, render(replace(found, seed=seed)))
            assert (out / "poster.md") in written and (out / "README.md") in written
        assert (out / "poster.md").read_text() == f"# {found.title}, seed {found.seed + 1}\n"
        with pytest.raises(InvalidInput):
            check_target(taken)
    assert "poster" not in groups()
    assert "poster.md" not in render(found)


def test_an_artefact_names_what_it_writes(tmp_path: Path) -> None:
    """A file it does not name is refused: nobody would know later whose it is."""
    text = POSTER.replace('("poster.md",)', "()")
    with added(engineering, tmp_path, "poster.py", text), pytest.raises(LookupError, match="FILES"):
        render(sample_design(), "poster")
