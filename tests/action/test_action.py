"""The action: what it compares with, what it says, and that it never calls clean what it could
not check."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.runner import ACTION, ROOT, act, cloned, hosted
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed
from tests.app.test_gate import committed, git

SLOW = changed(("wait: 20 ms", "wait: 400 ms"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def pull(sha: str) -> dict[str, object]:
    """The event of a pull request against a commit."""
    return {"pull_request": {"number": 7, "base": {"sha": sha, "ref": "main"}}}


def test_a_pull_request_is_compared_with_its_base(place: Place) -> None:
    """A shallow clone lacks the base: it is fetched; summary, annotations, SARIF and outputs say
    the same, and the job fails after the comment is written."""
    base = committed(place, GOOD)
    committed(place, SLOW)
    here = cloned(place, depth=1)
    with hosted() as host:
        done = act(here, "pull_request", pull(base), host, model="shop")
    assert done.code == 1, done.log
    assert done.outputs["verdict"] == "fail" and done.outputs["exit-code"] == "1"
    assert "### backend-lead: does not pass: 1 finding to mend" in done.summary
    assert f"before: {base[:12]}:shop/backend.yaml" in done.summary
    assert "::error file=shop/backend.yaml,line=" in done.log
    assert git(here.here, "rev-parse", "--is-shallow-repository") == "true"
    results = json.loads(Path(done.outputs["sarif"]).read_text())["runs"][0]["results"]
    assert "p99-objective" in {r["ruleId"] for r in results}
    assert json.loads(Path(done.outputs["json"]).read_text())["exit_code"] == 1
    (comment,) = host.comments
    assert comment["body"].startswith("<!-- backend-lead-gate ")
    assert comment["body"].rstrip().endswith(done.summary.rstrip())
    assert git(here.here, "status", "--porcelain") == ""


def test_the_comment_is_changed_in_place(place: Place) -> None:
    """One comment a model, whoever else writes and however many; another model has another."""
    base = committed(place, GOOD)
    committed(place, SLOW)
    with hosted() as host:
        for i in range(120):
            host.add(f"talk {i}", kind="User")
        act(place, "pull_request", pull(base), host, model="shop")
        first = dict(host.comments[120])
        host.comments.append({**first, "id": 1, "user": {"login": "eve", "type": "User"}})
        committed(place, GOOD + "# mended\n")
        done = act(place, "pull_request", pull(base), host, model="shop")
        assert done.code == 0 and "the comment was changed" in done.log
        assert len(host.comments) == 122 and host.comments[120]["id"] == first["id"]
        assert "passes, not fully known" in host.comments[120]["body"]
        assert host.comments[121]["body"] == first["body"]  # of somebody with the same mark
        act(place, "pull_request", pull(base), host, model="shop/backend.yaml")
        assert len(host.comments) == 123


def test_without_the_right_to_write_nothing_fails(place: Place) -> None:
    """In a fork's pull request the comment is left out, told as a notice; so without a network."""
    base = committed(place, GOOD)
    with hosted() as host:
        host.writable = False
        done = act(place, "pull_request", pull(base), host, model="shop")
    assert done.code == 0 and not host.comments
    assert "::notice title=backend-lead::no comment: the token may not write here" in done.log
    gone = act(place, "pull_request", pull(base), model="shop")
    assert gone.code == 0 and "::notice title=backend-lead::no comment:" in gone.log
    with hosted() as host:
        act(place, "pull_request", pull(base), host, model="shop", comment="false")
        act(place, "push", {"before": base}, host, model="shop")
        assert host.asked == []


def test_a_push_is_compared_with_what_was_there(place: Place) -> None:
    """The commit before; a new branch has none, and that is said."""
    base = committed(place, GOOD)
    committed(place, SLOW)
    done = act(place, "push", {"before": base}, model="shop", sarif="false")
    assert done.code == 1 and f"{base[:12]}:shop/backend.yaml" in done.summary
    assert done.outputs["sarif"] == "" and done.outputs["json"]
    first = act(place, "push", {"before": "0" * 40}, model="shop")
    assert first.code == 1 and "not compared: no model before was named" in first.summary
    committed(place, GOOD, "other/backend.yaml")
    new = act(place, "push", {"before": base}, model="other")
    assert new.code == 0 and "this model is new" in new.summary


def test_a_pull_request_that_deletes_the_model_is_told(place: Place) -> None:
    """It fails and says what is gone, also where the folder is gone."""
    base = committed(place, GOOD)
    git(place.here, "rm", "-rq", "shop")
    git(place.here, "commit", "-qm", "closed")
    done = act(place, "pull_request", pull(base), model="shop/backend.yaml")
    assert done.code == 1 and "shop/backend.yaml was deleted" in done.summary


def test_a_base_that_is_named_counts(place: Place) -> None:
    """A branch, known from origin or fetched; strict and baseline are handed on."""
    committed(place, GOOD)
    git(place.here, "checkout", "-qb", "work")
    committed(place, SLOW)
    here = cloned(place, depth=1)  # has `work` alone
    done = act(here, "workflow_dispatch", {}, model="shop", base="main")
    assert done.code == 1 and "missed" not in done.outputs["verdict"]
    assert act(here, "push", {}, model="shop", base="work").code == 1
    assert here.run("check", "shop", "--write-baseline", "known.json").code == 0
    known = act(here, "push", {}, model="shop", baseline="known.json", strict="true")
    assert known.code == 0, known.summary
    assert "passes; not compared" in known.summary and "known in known.json" in known.summary
    whole = cloned_whole(place)
    assert act(whole, "push", {}, model="shop", base="main").code == 1
    assert git(whole.here, "rev-parse", "--is-shallow-repository") == "false"


def cloned_whole(place: Place) -> Place:
    shutil.rmtree(place.root / "clone")
    return cloned(place)


@pytest.mark.parametrize(("inputs", "says"), [
    ({"base": "nowhere"}, "fetch-depth: 0"),
    ({"base": "--upload-pack=touch pwned"}, "the base is no branch, tag or commit"),
    ({"model": "nowhere/backend.yaml"}, "there is no folder nowhere"),
])  # fmt: skip
def test_what_could_not_be_checked_is_never_clean(
    place: Place, inputs: dict[str, str], says: str
) -> None:
    """Exit code 3, an error, and a comment that takes back an earlier green one."""
    base = committed(place, GOOD)
    with hosted() as host:
        model = {"model": "shop"} | inputs
        act(place, "pull_request", pull(base), host, model=model["model"])
        done = act(place, "pull_request", pull(base), host, **model)
        assert done.code == 3 and done.outputs["verdict"] == "not-checked"
        assert "::error title=backend-lead could not check::" in done.log
        assert says in done.summary and "could not check" in done.summary
        assert "passes" not in done.summary.partition("<pre>")[0].replace("that it passes", "")
        (comment,) = host.comments
        assert "could not check" in comment["body"]
    assert done.outputs["sarif"] == "" and done.outputs["json"] == ""
    assert not (place.here / "pwned").exists()


def test_a_tool_that_is_not_there_is_never_clean(place: Place) -> None:
    """Where the installation fails the comment says so, and the job fails."""
    base = committed(place, GOOD)
    with hosted() as host:
        done = act(place, "pull_request", pull(base), host, installed=False, model="shop",
                   version="1.0; touch pwned")  # fmt: skip
        assert done.code == 3 and "the input version is no version" in done.log
        assert "could not check" in host.comments[0]["body"]
    assert not (place.here / "pwned").exists()


def test_a_broken_model_is_invalid(place: Place) -> None:
    """Exit code 2 with what is wrong at its line."""
    base = committed(place, GOOD)
    committed(place, "backend: [\n")
    done = act(place, "push", {"before": base}, model="shop")
    assert done.code == 2 and done.outputs["verdict"] == "invalid"
    assert "not checked: the model cannot be used" in done.summary
    assert "::error file=shop/backend.yaml,line=" in done.log


def test_nothing_a_stranger_writes_is_run(place: Place) -> None:
    """Values come by the environment, never into a script; talk gives the runner no commands."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"], step["name"]
        assert "uses" not in step
    name = "a b;$(touch pwned)`touch pwned`"
    base = committed(place, GOOD, f"{name}/backend.yaml")
    done = act(place, "push", {"before": base}, model=name)
    assert done.code == 0, done.log
    broken = act(place, "push", {"before": base}, model=name, baseline="::error::x")
    assert broken.code == 2
    assert not re.search(r"^\s*::error::x", broken.log, re.MULTILINE)
    assert not (place.here / "pwned").exists()


def test_outside_judges_accept_the_files() -> None:
    """action.yml by the schema of actions, the script by shellcheck."""
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    done = subprocess.run([*judge, str(ROOT / "action.yml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    beside = Path(sys.executable).parent / "shellcheck"
    shellcheck = shutil.which("shellcheck") or (str(beside) if beside.exists() else None)
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    scripts = [str(path) for path in (ROOT / "action").glob("*.sh")]
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True)
    assert scripts and done.returncode == 0, done.stdout


@pytest.mark.full
def test_it_installs_itself(place: Place) -> None:
    """The first step too, from the action's own files: an environment of its own, then the gate."""
    base = committed(place, GOOD)
    done = act(place, "push", {"before": base}, installed=False, model="shop")
    assert done.code == 0, done.log
    assert (place.root / "runner" / "backend-lead" / "bin" / "backend-lead").is_file()
