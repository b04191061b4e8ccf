"""explain: what is kept is told of the model it is of, and of no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_lead.app.assume import assume
from backend_lead.app.capacity_runs import load_of
from backend_lead.app.check import check
from backend_lead.app.explain import Explained, explain, known_by_family
from backend_lead.app.mock import _ran
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.runs import read_runs
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed
from tests.app.test_check import keep_run, model
from tests.checks.test_kept_evidence import damaged

OTHER = changed(("users: 10k", "users: 11k"))
REPEAT = "backend-lead simulate {} --seed 1 --duration 60s"


def refused(word: str, path: Path) -> Finding:
    with pytest.raises(InvalidInput) as told:
        explain(word, path)
    (found,) = told.value.findings
    return found


def keep_design(folder: Path) -> None:
    """A figure and a decision, as a design of the good model keeps them."""
    identity = digest(read_checked_text(GOOD).system)
    figure = {"id": "p99", "label": "p99", "text": "9 ms", "origin": "simulated", "run": "steady",
              "low": 0.008, "high": 0.01, "unit": "s",
              "repeat": REPEAT.format("backend.yaml")}  # fmt: skip
    decision = {"id": "0001", "number": 1, "title": "Spread it", "status": "accepted", "costs": "",
                "problem": "One zone.", "summary": "Three zones.", "options": []}  # fmt: skip
    for name, part, row in (("figures", "figures", figure), ("trail", "decisions", decision)):
        path = folder / "evidence" / f"{name}.json"
        path.write_text(json.dumps({"model_digest": identity, part: [row]}))


def test_a_run_of_another_model_is_refused(tmp_path: Path) -> None:
    """What was seen, what is allowed, and both commands: of that model, and of the one asked."""
    model(tmp_path)
    keep_run(tmp_path, repeat=REPEAT.format("backend.yaml"))
    (tmp_path / "my other.yaml").write_text(OTHER)
    found = refused("steady", tmp_path / "my other.yaml")
    assert found.rule == "explain-other-model" and "not of" in found.message
    one, other = (digest(read_checked_text(text).system) for text in (GOOD, OTHER))
    assert found.seen == f"backend.yaml, model {one}" and other in found.allowed
    assert found.hint == (
        f"backend-lead explain steady -m {tmp_path}/backend.yaml, or "
        f"backend-lead simulate '{tmp_path}/my other.yaml' --seed 1 --duration 60s"
    )


def test_a_run_of_an_earlier_state_is_told_with_a_warning(tmp_path: Path) -> None:
    """The same file, changed since: the run is shown, and said to be of an earlier state."""
    path = model(tmp_path, OTHER)
    keep_run(tmp_path)
    found = explain("steady", path)
    assert found.text.startswith("# Run steady")
    (warning,) = found.findings
    assert (warning.rule, warning.level) == ("explain-stale", "warning")
    assert "an earlier state of" in warning.message
    assert digest(read_checked_text(OTHER).system) in warning.allowed
    assert warning.hint == f"anew: backend-lead simulate {path} --seed 1"


def test_a_run_of_this_model_is_told_whatever_its_file_is_called(tmp_path: Path) -> None:
    """A copy is the same model; the command names the file that was asked."""
    model(tmp_path)
    keep_run(tmp_path, repeat=REPEAT.format("backend.yaml"))
    path = tmp_path / "a copy.yaml"
    path.write_text(GOOD)
    found = explain("steady", path)
    assert found.findings == []
    assert f"again: `backend-lead simulate '{path}' --seed 1 --duration 60s`" in found.text
    assert "again: `backend-lead simulate a/b.yaml --seed" in explain(
        "steady", path, "a/b.yaml"
    ).text  # fmt: skip


def test_a_run_with_numbers_set_is_of_the_model_with_them_set(tmp_path: Path) -> None:
    """`--assume` changes what was run, not whose run it is."""
    text = changed(
        ("think_time: 10 s", "think_time: {value: 10 s, range: [5 s, 20 s], origin: assumed}")
    )
    path = model(tmp_path, text)
    system = assume(read_checked_text(text).system, ["think_time=8s"])
    keep_run(tmp_path, model_digest=digest(system),
             repeat=REPEAT.format("backend.yaml") + " --assume think_time=8s")  # fmt: skip
    assert explain("steady", path).findings == []
    path.write_text(text.replace("users: 10k", "users: 11k"))
    assert [f.rule for f in explain("steady", path).findings] == ["explain-stale"]


def test_figures_and_decisions_are_told_alike(tmp_path: Path) -> None:
    """Of the model they are of without a word, of an earlier state with one, of another not."""
    path, other = model(tmp_path), tmp_path / "other.yaml"
    keep_run(tmp_path)
    keep_design(tmp_path)
    other.write_text(OTHER)
    for word in ("p99", "0001", "1"):
        assert explain(word, path).findings == []
        assert refused(word, other).rule == "explain-other-model"
    assert "again: `backend-lead simulate shop/backend.yaml --" in explain(
        "p99", path, "shop/backend.yaml"
    ).text  # fmt: skip
    model(tmp_path, OTHER)
    assert {f.rule for w in ("p99", "1") for f in explain(w, path).findings} == {"explain-stale"}


def test_a_word_of_the_catalogue_is_told_without_the_run_of_another_model(tmp_path: Path) -> None:
    """The fault is explained; that a run of this name is of another model is a warning."""
    model(tmp_path)
    kept = json.loads(keep_run(tmp_path).read_text()) | {"id": "zone-loss", "kind": "zone-loss"}
    (tmp_path / "evidence" / "zone-loss.json").write_text(json.dumps(kept))
    path = tmp_path / "other.yaml"
    path.write_text(OTHER)
    found = explain("zone-loss", path)
    assert found.text.startswith("# Fault `zone-loss`") and "# Run" not in found.text
    assert [(f.rule, f.level) for f in found.findings] == [("explain-other-model", "warning")]
    assert f"simulate {path} --fault zone-loss" in found.text


def test_whose_run_it_is_is_not_known_where_the_model_cannot_be_read(tmp_path: Path) -> None:
    """It is shown, and said to be unknown; of a file that is not there nothing is shown."""
    path = model(tmp_path, "backend: [")
    keep_run(tmp_path)
    found = explain("steady", path)
    assert [(f.rule, f.level) for f in found.findings] == [("explain-not-known", "unknown")]
    assert refused("steady", tmp_path / "absent.yaml").rule == "file-missing"


def test_only_runs_are_called_runs(tmp_path: Path) -> None:
    """Proofs of stores, other paths and manifests beside them are none."""
    keep_run(tmp_path)
    for name in ("paths", "files", "data-stores"):
        (tmp_path / "evidence" / f"{name}.json").write_text("{}")
    assert known_by_family(model(tmp_path))["runs"] == ["steady"]


def kept(tmp_path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(keep_run(tmp_path).read_text())
    content["results"]["latency_s"] = {"app.order": {
        "requests": 9, "failed": 1,
        **{name: {"value": 0.1, "low": 0.09, "high": 0.11} for name in ("p50", "p95", "p99")},
    }}  # fmt: skip
    content["results"]["requests"] = dict.fromkeys(
        ("started", "ok", "failed", "timed_out", "in_flight"), 1
    )
    return content


def asked(path: Path) -> Iterator[Explained | Finding]:
    """What explain says of a run: what it shows, or why it does not."""
    try:
        yield explain("steady", path)
    except InvalidInput as err:
        yield from err.findings


def test_whatever_a_kept_run_lacks_every_reader_has_an_answer(tmp_path: Path) -> None:
    """With any value gone or of another type a run is shown or said to be unreadable, by explain,
    and by what check, capacity and mock read it with."""
    path = model(tmp_path)
    content = kept(tmp_path)
    unreadable = 0
    for told in damaged(content):
        (tmp_path / "evidence" / "steady.json").write_text(json.dumps(told))
        (found,) = asked(path)
        if isinstance(found, Finding):
            assert found.rule in ("run-unreadable", "explain-other-model"), found
            unreadable += found.rule == "run-unreadable"
        runs, findings = read_runs(tmp_path, content["model_digest"])
        assert bool(runs) != any(f.rule in ("run-unreadable", "run-stale") for f in findings)
        for run in runs or ():
            assert load_of(run) == 1.0
            for row in run.results["latency_s"].values():
                _ran(row, 0.0)
    assert unreadable > 100


def test_what_is_amiss_in_a_run_is_named(tmp_path: Path) -> None:
    """The part that is missing or of another type, in check and in explain."""
    path, content = model(tmp_path), kept(tmp_path)
    del content["results"]["requests_per_s"]["value"]
    (tmp_path / "evidence" / "steady.json").write_text(json.dumps(content))
    said = "this run cannot be read: results.requests_per_s.value is missing"
    (warning,) = (f for f in check(path).findings if f.rule == "run-unreadable")
    assert warning.message == refused("steady", path).message == said
    assert (warning.level, refused("steady", path).level) == ("warning", "error")


def test_a_run_names_the_model_it_is_of(place: Place) -> None:
    """What a run is repeated with names its file, quoted, wherever it is told; a run that takes the
    place of another model's says so."""
    place.write("backend.yaml", GOOD)
    place.write("my other.yaml", OTHER)
    words = ("simulate", "--duration", "8s", "-q")
    assert "takes the place" not in place.run(*words).err
    done = place.run(*words, "my other.yaml", "-f", "json")
    again = "backend-lead simulate 'my other.yaml' --seed 1 --duration 8s"
    assert json.loads(done.out)["run"]["repeat"] == again
    assert "warning" in done.err and "takes the place of one of backend.yaml" in done.err
    told = place.run("explain", "steady-8s", "-m", "my other.yaml")
    assert (told.code, told.err) == (0, "") and told.out.endswith(f"- again: `{again}`\n")
    many = place.run(*words, "my other.yaml", "--replications", "2", "-f", "json")
    again = again.replace("--seed", "--replications 2 --seed")
    assert json.loads(many.out)["loads"][0]["run"]["repeat"] == again
    wrong = place.run("explain", "steady-8s")
    assert (wrong.code, wrong.out) == (2, "") and "explain-other-model" in wrong.err
    asked_for = place.run("check", "my other.yaml").out
    assert "backend-lead simulate 'my other.yaml' --fault" in asked_for
    assert "or of my other.yaml" in place.run("check").out
