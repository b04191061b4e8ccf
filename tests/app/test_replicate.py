"""simulate with many seeds: the same bytes on any number of workers; stopped, what is finished."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backend_lead.analysis.lowering import lower
from backend_lead.analysis.replications import Part, Task, replicate
from backend_lead.app.progress import Progress
from backend_lead.app.replicate import (
    _verdict,
    as_json,
    gather,
    local,
    replications,
    sweep,
    tasks_of,
)
from backend_lead.app.runs import read_runs
from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.finding import InvalidInput
from backend_lead.model.system import System
from backend_lead.views.resolve import resolve
from tests.app.command_line import Place, finished, wait_for_line
from tests.app.good_model import GOOD

SHORT = ("--duration", "20s")
LONG = ("--duration", "60s")  # long enough to tell that it has settled


def good() -> System:
    read = read_text(GOOD)
    assert read.system is not None
    return read.system


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.write("backend.yaml", GOOD)
    return place


def backwards(tasks: Sequence[Task], _: Progress) -> Iterator[tuple[int, Part]]:
    """A runner that finishes the last task first."""
    for i in reversed(range(len(tasks))):
        yield i, replicate(tasks[i])


def test_workers_and_order_change_no_byte() -> None:
    """One worker, three, and one that works backwards give the same bytes."""
    found = {
        as_json([replications(good(), 4, duration_s=15, runner=runner)])
        for runner in (local(1), local(3), backwards)
    }
    assert len(found) == 1


def test_what_has_not_settled_is_not_known_to_hold() -> None:
    """Runs whose warm-up has no end by rule keep their numbers, but promise nothing."""
    done = replications(good(), 2, duration_s=100)
    settled, unsettled = (replace(done.pooled, settled=is_so) for is_so in (True, False))
    assert {x.verdict for x in done.latencies} == {"pass"}
    assert (_verdict(settled, done.latencies), _verdict(unsettled, done.latencies)) == (
        "pass", "unknown",
    )  # fmt: skip


def test_a_seed_of_many_is_a_seed_alone() -> None:
    """Replication k is the run with seed + k: its requests are the same, each as late."""
    flow = resolve(good())
    lowered = lower(flow)
    one, other = (tasks_of(flow, lowered, 1.0, 2, seed, 15)[k] for seed, k in ((5, 1), (6, 0)))
    assert one.seed == other.seed == 6
    assert replicate(one).hist.tobytes() == replicate(other).hist.tobytes()


def test_a_sweep_has_a_row_for_each_load() -> None:
    """Twice the load brings twice the requests, at a p99 that is not lower."""
    rows = sweep(good(), [1, 2, 20], 3, duration_s=15)
    rates = [row.run.results["requests_per_s"]["value"] for row in rows]
    assert rates[1] / rates[0] == pytest.approx(2, rel=0.03)
    assert rows[2].pooled.quantile(0.99).value > rows[0].pooled.quantile(0.99).value
    assert len({row.run.id for row in rows}) == 3


@pytest.mark.parametrize(("number", "loads"), [(1, [1.0]), (2, []), (2, [0.0]), (2, [1e9])])
def test_what_makes_no_sense_is_told(number: int, loads: list[float]) -> None:
    """One replication, no load, and loads out of range are refused before anything runs."""
    with pytest.raises(InvalidInput):
        sweep(good(), loads, number)


def test_what_is_finished_is_kept() -> None:
    """A Ctrl-C after the second of four leaves two, told as partial, with their interval."""

    def stopped(tasks: Sequence[Task], progress: Progress) -> Iterator[tuple[int, Part]]:
        yield 3, replicate(tasks[3])
        yield 1, replicate(tasks[1])
        raise KeyboardInterrupt

    found = replications(good(), 4, duration_s=15, runner=stopped, keep=True)
    assert found.partial and found.pooled.seeds == (2, 4) and found.verdict != "pass"
    assert found.run.id == "replications-4-15s-partial"
    with pytest.raises(KeyboardInterrupt):
        replications(good(), 4, duration_s=15, runner=stopped)
    assert gather([], stopped_at_once, Progress()) == ({}, True)


def stopped_at_once(_: Sequence[Task], __: Progress) -> Iterator[tuple[int, Part]]:
    raise KeyboardInterrupt
    yield


def test_the_command_shows_and_keeps(place: Place) -> None:
    """Text and JSON; each load is kept as a run that can be read again."""
    done = place.run("simulate", "--replications", "3", *LONG, "-q")
    assert done.code == 0 and "seeds 1 to 3" in done.out and "p99 by seed" in done.out
    told = place.run("simulate", "--sweep", "load=0.5,2", "--replications", "2", *SHORT, "-q",
                     "-f", "json")  # fmt: skip
    loads = json.loads(told.out)["loads"]
    assert [row["load"] for row in loads] == [0.5, 2]
    assert told.code == max(row["verdict"] != "pass" for row in loads)
    runs, findings = read_runs(place.here, loads[0]["run"]["model_digest"])
    assert runs is not None and len(runs) == 3 and not findings


@pytest.mark.parametrize(
    "words",
    [("--sweep", "load=a"), ("--sweep", "users=1"), ("--replications", "3", "--fault", "zone-loss"),
     ("--replications", "3", "--precision", "5%"), ("--sweep", "load=1", "--load", "2"),
     ("--replications", "1"), ("--precision", "0.1%"), ("--precision", "5%", "--fault", "deploy")],
)  # fmt: skip
def test_options_that_do_not_go_together_are_told(words: tuple[str, ...], place: Place) -> None:
    """They end with 2, before anything is simulated."""
    done = place.run("simulate", *words)
    assert done.code == 2 and "seeds" not in done.out


def test_ctrl_c_keeps_the_finished_replications(place: Place) -> None:
    """The command ends with 130, and what is finished is shown and kept, as partial."""
    process = place.start("simulate", "--replications", "5000", "--duration", "10s")
    wait_for_line(process, "simulating")
    with pytest.raises(TimeoutError):
        _wait(process, 4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    done = finished(process.returncode, out, err)
    assert done.code == 130 and "Interrupted" in done.out and "partial" in done.err
    (kept,) = (place.here / "evidence").iterdir()
    told = json.loads(kept.read_text())["results"]["replications"]
    assert 0 < told["finished"] < told["asked"] == 5000


def test_ctrl_c_keeps_a_single_run(place: Place) -> None:
    """What a run found until then is shown and kept; its command repeats it."""
    process = place.start("simulate", "--duration", "2d")
    wait_for_line(process, "simulating")
    with pytest.raises(TimeoutError):
        _wait(process, 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    done = finished(process.returncode, out, err)
    assert done.code == 130 and "Interrupted" in done.out
    run = json.loads((place.here / "evidence" / "steady-partial.json").read_text())
    assert run["results"]["status"] == "cancelled" and run["horizon_s"] < 172_800
    assert f"--duration {run['horizon_s']:g}s" in run["repeat"]


def _wait(process, seconds: float) -> None:  # type: ignore[no-untyped-def]
    import subprocess

    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
