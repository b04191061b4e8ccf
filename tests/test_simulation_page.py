"""docs/simulation.md shows only what runs: its commands are taken from it and run in order."""

from __future__ import annotations

import json
from pathlib import Path

from backend_lead.model.windows import ESTIMATES
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed
from tests.test_readme import ROOT, blocks

PAGE = "docs/simulation.md"


def test_every_command_of_the_page_runs(tmp_path: Path) -> None:
    """Each ends with 0; with one worker or more the answer is the same."""
    place = Place(tmp_path)
    place.write("backend.yaml", GOOD)
    place.write("new.yaml", changed(("- wait: 20 ms", "- wait: 22 ms")))
    said = {}
    for block in blocks(PAGE):
        for words in block:
            done = place.run(*words[1:])
            assert done.code == 0, (words, done.said)
            said[" ".join(words[2:])] = done.out
    assert len(said) == 10
    assert (
        said["--replications 4 --duration 60s"]
        == said["--replications 4 --duration 60s --workers 1"]
    )
    assert "as asked" in said["--precision 5%"]
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("  by 3 s")]
    assert line in said["--day 48s"].splitlines()
    (line,) = [line for line in text.splitlines() if line.startswith("  by 20 s")]
    assert line in said["--day 4min --window 20s --html run.html"].splitlines()
    assert "Over time" in (place.here / "run.html").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in (*ESTIMATES, "per_s", "batches"))
    rows = json.loads(said["--day 48s --format json"])["run"]["results"]["series"]
    assert len(rows) == 48 and all(f"`{name}`" in text for name in rows[0])
    assert "bound ended the run" in said["--precision 2% --most 200k"]
