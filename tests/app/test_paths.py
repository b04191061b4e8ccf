"""What else could have been built, on the terminal and read back."""

from __future__ import annotations

import json

from tests.app import outputs
from tests.app.command_line import Place
from tests.app.designed import Designed

IMPOSSIBLE = "an app backend for 300 concurrent users worldwide, p99 1 ms, 100 USD a month"


def test_the_terminal_shows_the_other_ways_once(designed: Designed) -> None:
    """Alternatives, stages and what would change the decision, after the trials."""
    said = designed.done.out
    for heading in ("Alternatives", "Stages", "What would change the decision"):
        assert said.count(f"\n{heading}") == 1 and said.index(heading) > said.index("on purpose")
    kept = json.loads((designed.folder / "evidence" / "paths.json").read_text())
    assert [row["chosen"] for row in kept["alternatives"]].count(True) == 1
    assert len(kept["stages"]) == 3 and 1 <= len(kept["flips"]) <= 3 and kept["refusal"] is None
    for flip in kept["flips"]:
        assert f"{flip['label']} (taken: {flip['text']}) at {flip['at_text']}" in said


def test_an_impossible_promise_is_refused(place: Place) -> None:
    """Exit code 1; each promise that binds, and what can be built; generate says so again."""
    done = place.run("design", IMPOSSIBLE, "-o", "out")
    assert done.code == 1, done.said
    headline = done.out.strip().splitlines()[0]
    assert headline.startswith(
        "Refused: no design was found that keeps p99 1 ms and 100 USD/month; the closest keeps "
    )
    assert headline.count(". ") == 0 and headline.endswith("instead of 100.")
    for words in ("What binds", "without any load", "The closest that can be built",
                  "light in fibre"):  # fmt: skip
        assert words in done.out
    assert "breaking it on purpose" not in done.said
    again = place.run("generate", "out/backend.yaml", "-o", "again")
    assert again.code == 1 and headline in again.out
    files = [place.here / folder / "evidence" / "paths.json" for folder in ("out", "again")]
    assert files[0].read_text() == files[1].read_text()


def test_paths_that_cannot_be_read_are_told_and_left_out(shop: Place) -> None:
    """A file that was damaged gives a warning and a design without them."""
    (shop.here / "evidence" / "paths.json").write_text('{"model_digest"')
    done = shop.run("generate", "backend.yaml", "-o", "again")
    assert done.code == 0, done.said
    assert not (shop.here / "again" / "evidence" / "paths.json").exists()
    assert "Alternatives (" not in done.out


def test_a_quick_design_is_the_same_without_the_other_ways(
    place: Place, designed: Designed
) -> None:
    """`--quick` gives the same model, and tells what it left out and how to have it; another seed
    other runs of it."""
    done = place.run("design", designed.sentence, "-o", "out", "--quick", "--seed", "3")
    assert done.code == 0, done.said
    models = [folder / "backend.yaml" for folder in (place.here / "out", designed.folder)]
    texts = [json.loads((m.parent / "evidence" / "figures.json").read_text()) for m in models]
    assert texts[0]["model_digest"] == texts[1]["model_digest"]
    other, here = (outputs.evidence(m.parent, "steady.json") for m in models)
    assert (other["seed"], here["seed"]) == (3, 1)
    assert other["model_digest"] == here["model_digest"]
    assert other["results"]["latency_s"] != here["results"]["latency_s"]
    assert "Alternatives" not in done.out and "run design without --quick" in done.said
