"""docs/ci.md shows only what runs, and what outside judges accept."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import yaml

from backend_lead.app.check_rules import change_rules
from backend_lead.app.settings import read_settings
from backend_lead.checks import rules
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed
from tests.app.test_gate import committed

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOW, HOOKS, SETTINGS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def accepted(schema: list[str], path: Path) -> bool:
    """Whether check-jsonschema accepts a file."""
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(path)]
    return subprocess.run(command, capture_output=True).returncode == 0


def test_its_commands_run(tmp_path: Path) -> None:
    """Each command as it stands, in a repository with an old project that misses its budget."""
    place = Place(tmp_path)
    poor = changed(("20k USD", "100 USD"))
    place.write("before/backend.yaml", poor)
    committed(place, poor)
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert place.run("check", "shop").code == 1
    seen = []
    for line in block.splitlines():
        name, *words = line.partition("#")[0].split(" > ")[0].split()
        assert name == "backend-lead"
        done = place.run(*shlex.split(" ".join(words)))
        expected = 1 if words[:2] == ["gate", "before/backend.yaml"] else 0  # without the baseline
        assert done.code == expected, (line, done.said)
        seen.append(words[0])
    assert seen == ["check", "check", "gate", "gate", "schema"]
    assert (place.here / "gate.sarif").is_file() and (place.here / "gate.md").is_file()


def test_the_workflow_is_one(tmp_path: Path) -> None:
    """The schema of workflows accepts it; its inputs and outputs are those of the action."""
    path = tmp_path / "backend.yaml"
    path.write_text(WORKFLOW)
    assert accepted(["--builtin-schema", "vendor.github-workflows"], path)
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    _, gate, upload = yaml.safe_load(WORKFLOW)["jobs"]["gate"]["steps"]
    assert set(gate["with"]) <= set(action["inputs"])
    used = re.findall(r"steps\.gate\.outputs\.([a-z-]+)", str(upload))
    assert used and set(used) <= set(action["outputs"])
    told = re.search(r"The inputs (.*) are told", PAGE.replace("\n", " "))
    assert told is not None and set(re.findall("`(.*?)`", told[1])) <= set(action["inputs"])


def test_the_hooks_are_ours(tmp_path: Path) -> None:
    """pre-commit accepts the settings; the ids are those of the manifest."""
    path = tmp_path / "config.yaml"
    path.write_text(HOOKS)
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    ids = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in yaml.safe_load(HOOKS)["repos"][0]["hooks"]} == ids


def test_the_suppressions_are_read(tmp_path: Path) -> None:
    """By us and by the schema; each names a rule that is there."""
    path = tmp_path / ".backend-lead.yaml"
    path.write_text(SETTINGS)
    (tmp_path / "backend.yaml").write_text(GOOD)
    first, second = read_settings(tmp_path / "backend.yaml", date(2026, 12, 1)).accepted
    assert first.rule in rules() and second.rule in change_rules()
    assert accepted(["--schemafile", str(ROOT / "schema" / "settings.schema.json")], path)
