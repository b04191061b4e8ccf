"""Writing files all or none, where the system refuses one of them in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.app import write


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the way appears only after it was looked for."""
    monkeypatch.setattr(write, "_refuse_what_is_not_ours", lambda *_: None)


def test_a_rename_that_fails_takes_back_those_before(tmp_path: Path, unasked: None) -> None:
    """Old files are as they were, new ones are gone, and that is what is said."""
    (tmp_path / "b.md" / "in the way").mkdir(parents=True)
    (tmp_path / "a.md").write_text("old")
    with pytest.raises(write.CannotWrite, match="nothing was changed"):
        write.write_files(tmp_path, {"a.md": "new", "a2.md": "new", "b.md": "new"})
    assert (tmp_path / "a.md").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "b.md"]


def test_what_cannot_be_taken_back_is_named(
    tmp_path: Path, unasked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the way back is closed too, the changed files are told and no others."""
    (tmp_path / "b.md" / "in the way").mkdir(parents=True)

    def refused(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(write.CannotWrite) as said:
        write.write_files(tmp_path, {"a.md": "new", "b.md": "new"})
    assert "changed and not to be set back: a.md;" in str(said.value)
    assert "nothing was changed" not in str(said.value)
