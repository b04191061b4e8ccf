"""What is shown while a run goes on has no part in what comes out."""

from __future__ import annotations

from pathlib import Path

from tests.analysis.played import SERVICE

from .command_line import Place, tree


def test_a_quiet_run_leaves_the_same_bytes_as_a_loud_one(tmp_path: Path) -> None:
    """The answer and all that is kept beside the model, with and without a word on the way."""
    words = ("simulate", "--duration", "10s")
    found = []
    for name, more in (("quiet", ["-q"]), ("loud", [])):
        place = Place(tmp_path / name)
        place.write("backend.yaml", SERVICE)
        done = place.run(*words, *more)
        assert ("simulating 10 s" in done.err) == (name == "loud")
        found.append((done.code, done.out, tree(place.here)))
    assert found[0] == found[1]
    assert any(path.startswith("evidence/") for path in found[0][2])
