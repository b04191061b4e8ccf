"""The hooks, run by pre-commit itself: what it hands them, and what stops a commit."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.runner import ROOT
from tests.app.command_line import Done, Place, finished
from tests.app.good_model import GOOD, changed
from tests.app.test_gate import committed, git
from tests.test_tidy import tracked

SLOW = changed(("wait: 20 ms", "wait: 400 ms"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

if find_spec("pre_commit") is None:
    pytest.skip("pre-commit is not installed", allow_module_level=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A repository in which our hooks stand as local ones: what runs is this checkout."""
    place = Place(tmp_path)
    here = f"{sys.executable} -m backend_lead.cli"
    hooks = [
        {**hook, "language": "unsupported", "entry": hook["entry"].replace("backend-lead", here)}
        for hook in HOOKS
    ]
    for hook in hooks:
        hook.pop("additional_dependencies", None)
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    place.write(".pre-commit-config.yaml", yaml.safe_dump(config))
    committed(place, GOOD)
    return place


def pre_commit(place: Place, *words: str) -> Done:
    """Run pre-commit as it is run before a commit: on what is staged."""
    env = place.environment() | {"PRE_COMMIT_HOME": str(place.home / "pc"),
                                 "GIT_CONFIG_GLOBAL": "/dev/null"}  # fmt: skip
    env["PYTHONPATH"] = ":".join(path for path in sys.path if path)
    done = subprocess.run([sys.executable, "-m", "pre_commit", *words], cwd=place.here, env=env,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)  # fmt: skip
    return finished(done.returncode, done.stdout, done.stderr)


def staged(place: Place, name: str, text: str) -> Done:
    place.write(name, text)
    git(place.here, "add", "-A")
    return pre_commit(place, "run")


def test_the_manifest_is_one() -> None:
    """pre-commit accepts the file; it takes models, whatever folder they are in."""
    done = subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest",
                           str(ROOT / ".pre-commit-hooks.yaml")], capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert [hook["id"] for hook in HOOKS] == ["backend-lead-check", "backend-lead-gate"]


def test_a_commit_that_harms_nobody_goes_in(place: Place) -> None:
    """Both hooks pass for a model that is changed, and are skipped where there is none."""
    done = staged(place, "shop/backend.yaml", GOOD + "# a note\n")
    assert done.code == 0 and done.out.count("Passed") == 2, done.said
    git(place.here, "reset", "-q", "--hard")
    other = staged(place, "notes.txt", "no model\n")
    assert other.code == 0 and other.out.count("Skipped") == 2, other.said


def test_a_commit_that_loses_an_objective_is_stopped(place: Place) -> None:
    """With the finding and its line, of each model that is staged."""
    place.write("other/backend.yaml", SLOW)
    done = staged(place, "shop/backend.yaml", SLOW)
    assert done.code == 1 and done.out.count("Failed") == 2
    assert "::error file=shop/backend.yaml,line=" in done.out
    assert "other/backend.yaml" in done.out and "p99-objective" in done.out
    looser = changed(("wait: 20 ms", "wait: 400 ms"), ("p99: 300 ms", "p99: 3 s"))
    git(place.here, "reset", "-q", "--hard")
    lost = staged(place, "shop/backend.yaml", looser)  # check passes; the gate does not
    assert lost.code == 1 and (lost.out.count("Passed"), lost.out.count("Failed")) == (1, 1)
    assert "was kept before, and is missed" in lost.out


@pytest.mark.full
def test_it_is_installed_by_pre_commit_itself(tmp_path: Path) -> None:
    """As users get it: cloned, installed into an environment of pre-commit's, run."""
    place = Place(tmp_path)
    committed(place, SLOW)
    copy = tmp_path / "tool"
    git(tmp_path, "clone", "-q", str(ROOT), str(copy))
    for path in tracked():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    git(copy, "add", "-A")
    git(copy, "commit", "-q", "--allow-empty", "-m", "as it stands here")
    for hook, says in (("check", "does not hold: 1 error"), ("gate", "does not pass: 1 finding")):
        words = ("try-repo", str(copy), f"backend-lead-{hook}", "--all-files", "--verbose")
        done = pre_commit(place, *words)
        assert says in done.out, done.said
