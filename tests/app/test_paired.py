"""compare --replications: both models under the same random numbers, in each form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from backend_lead.analysis.replications import Part, Task, replicate
from backend_lead.app.paired import content, not_played, paired, rows, title
from backend_lead.app.progress import Progress
from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.finding import InvalidInput
from backend_lead.model.system import System
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed

SLOWER = changed(("- wait: 20 ms", "- wait: 22 ms"))


def system(text: str) -> System:
    read = read_text(text)
    assert read.system is not None
    return read.system


def test_the_command_tells_the_difference(tmp_path: Path) -> None:
    """Two milliseconds more in one request are told for it, and for no other."""
    place = Place(tmp_path)
    place.write("old.yaml", GOOD)
    place.write("new.yaml", SLOWER)
    words = ("compare", "old.yaml", "new.yaml", "--replications", "4", "--duration", "30s", "-q")
    told = json.loads(place.run(*words, "-f", "json").out)["simulated"]
    found = {(pair["what"], pair["name"]): pair for pair in told["pairs"]}
    assert found["app.order", "p99"]["difference"]["low"] > 0
    assert found["app.order", "p99"]["narrower"] > 2
    assert not found["app.get_item", "p99"]["told_apart"]
    assert found["all requests", "mean"]["difference"]["value"] == pytest.approx(0.0002, rel=0.5)
    text = place.run(*words)
    assert text.code == 0 and "Simulated with the same 4 seeds" in text.out
    assert "Narrower" in place.run(*words, "-f", "markdown").out


def test_one_seed_is_refused() -> None:
    """One pair says nothing about how far others lie."""
    with pytest.raises(InvalidInput):
        paired(system(GOOD), system(SLOWER), 1)


def test_pairs_that_are_finished_are_kept() -> None:
    """Stopped after five of eight runs, the two whole pairs are told, as partial."""

    def stopped(tasks: Sequence[Task], progress: Progress) -> Iterator[tuple[int, Part]]:
        for i in (0, 1, 3, 4, 2):
            yield i, replicate(tasks[i])
        raise KeyboardInterrupt

    found = paired(system(GOOD), system(SLOWER), 4, duration_s=15, runner=stopped, keep=True)
    assert found.partial and found.seeds == (1, 2)
    with pytest.raises(KeyboardInterrupt):
        paired(system(GOOD), system(SLOWER), 4, duration_s=15, runner=stopped)


def test_one_finished_pair_is_kept() -> None:
    """Stopped after the first pair: its numbers and their difference are told, no interval is."""

    def stopped(tasks: Sequence[Task], progress: Progress) -> Iterator[tuple[int, Part]]:
        for i in (0, 3, 1):
            yield i, replicate(tasks[i])
        raise KeyboardInterrupt

    found = paired(system(GOOD), system(SLOWER), 3, duration_s=15, runner=stopped, keep=True)
    assert found.partial and found.seeds == (1,)
    assert (
        title(found) == "Simulated with the same 1 seed, 15 s each (interrupted: 3 were asked for)"
    )
    _, cells = rows(found)
    (mean,) = [cell for cell in cells if cell[0] == "all requests, mean"]
    assert mean[1].endswith("ms") and mean[3].startswith("+0.") and mean[4] == "not known"
    told = content(found)
    assert told["partial"] and not any(pair["told_apart"] for pair in told["pairs"])
    assert {pair["difference"]["high"] for pair in told["pairs"]} == {None}


def test_without_a_finished_pair_there_is_nothing_to_tell() -> None:
    """Two runs of one model, none of the other: stopped."""

    def stopped(tasks: Sequence[Task], progress: Progress) -> Iterator[tuple[int, Part]]:
        for i in (0, 2):
            yield i, replicate(tasks[i])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        paired(system(GOOD), system(SLOWER), 3, duration_s=15, runner=stopped, keep=True)


def test_faults_in_which_models_differ_are_told_as_not_played() -> None:
    """They are named with the command that plays them; what is the same on both sides is not."""
    crash = "faults: [{at: 5 s, what: crash, where: app, lasts: 3 s}]\ntopology:"
    broken = system(changed(("topology:", crash)))
    (told,) = not_played(system(GOOD), broken)
    assert told.level == "warning" and "--fault stated" in told.hint
    assert not not_played(broken, broken)
    failing = system(
        changed(("    count: 6", "    count: 6\n    fails: {every: 60 s, lasts: 5 s}"))
    )
    (told,) = not_played(system(GOOD), failing)
    assert "--fault random-failures" in told.hint
