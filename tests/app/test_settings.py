""".backend-lead.yaml: findings accepted for a time, with their reason and their end."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from backend_lead.app.baseline import write_baseline
from backend_lead.app.check import RENDERERS, CheckResult, check
from backend_lead.app.settings import settings_schema
from backend_lead.emit.model.backend_yaml import emit
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed, line_of
from tests.emit.sample_design import sample_design

TODAY = date(2026, 3, 1)
ROOT = Path(__file__).resolve().parents[2]
POOR = changed(("20k USD", "100 USD"))
ACCEPTED = """\
suppressions:
  - rule: budget
    place: budget
    reason: the pilot is paid by research
    until: 2026-06-30
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(settings: str, text: str = POOR, *, strict: bool = False) -> CheckResult:
    Path("backend.yaml").write_text(text)
    Path(".backend-lead.yaml").write_text(settings)
    return check("backend.yaml", today=TODAY, strict=strict)


def test_what_is_accepted_does_not_fail_and_stays_visible(here: Path) -> None:
    """In text, JSON, SARIF, Markdown and JUnit it stands with its reason and its end."""
    result = judged(ACCEPTED)
    assert result.exit_code == 0 and result.verdict == "fail"
    assert "budget" not in {f.rule for f in result.findings}
    text = RENDERERS["text"](result)
    assert "suppressed until 2026-06-30: error budget budget it costs" in text
    assert "the pilot is paid by research" in text and "set aside: 1 suppressed" in text
    (aside,) = json.loads(RENDERERS["json"](result))["set_aside"]
    assert (aside["by"], aside["reason"], aside["until"], aside["path"]) == (
        "suppression", "the pilot is paid by research", "2026-06-30", "budget")  # fmt: skip
    results = json.loads(RENDERERS["sarif"](result))["runs"][0]["results"]
    marked = {r["ruleId"]: r.get("suppressions") for r in results}
    assert marked.pop("budget") == [{
        "kind": "external", "status": "accepted",
        "justification": "the pilot is paid by research (until 2026-06-30)",
    }]  # fmt: skip
    assert set(marked.values()) == {None}
    assert "| the pilot is paid by research (until 2026-06-30) |" in RENDERERS["markdown"](result)
    root = ET.fromstring(RENDERERS["junit"](result))
    case = next(c for c in root.iter("testcase") if c.attrib["name"] == "budget")
    skipped = case.find("skipped")
    assert skipped is not None and "the pilot" in skipped.attrib["message"]
    assert case.find("failure") is None


def test_its_last_day_counts_and_the_next_fails(here: Path) -> None:
    """An expired suppression is a finding of its own, and what it accepted fails again."""
    last = judged(ACCEPTED.replace("2026-06-30", "2026-03-01"))
    assert last.exit_code == 0
    over = judged(ACCEPTED.replace("2026-06-30", "2026-02-28"))
    assert over.exit_code == 1
    found = {f.rule: f for f in over.findings}
    assert "budget" in found and found["suppression-expired"].level == "error"
    place = found["suppression-expired"].place
    assert (place.file, place.line) == (".backend-lead.yaml", line_of(ACCEPTED, "rule: budget"))
    mended = judged(ACCEPTED.replace("2026-06-30", "2026-02-28"), GOOD)
    assert mended.exit_code == 1 and "delete the entry" in {f.hint for f in mended.findings}


def test_one_that_matches_nothing_is_told(here: Path) -> None:
    """With its line, as a warning; a rule that is nearly right is proposed."""
    result = judged(ACCEPTED, GOOD)
    (told,) = [f for f in result.findings if f.rule == "suppression-unused"]
    assert (told.level, told.place.line, result.exit_code) == ("warning", 2, 0)
    near = judged(ACCEPTED.replace("rule: budget", "rule: budgets"))
    assert near.exit_code == 1
    assert "did you mean `budget`?" in {f.hint for f in near.findings}
    change = judged(ACCEPTED.replace("rule: budget", "rule: contract-removed"), GOOD)
    assert "suppression-unused" not in {f.rule for f in change.findings}  # only gate knows


@pytest.mark.parametrize(("place", "hit"), [
    ("components.app", True), ("components.app.endpoints.order", True), ("components", True),
    ("components.ap", False), ("components.app.endpoints.order.does", False), (".", True),
])  # fmt: skip
def test_what_lies_below_its_place_is_meant_too(here: Path, place: str, hit: bool) -> None:
    """A component's name covers its endpoints, the beginning of its name does not."""
    text = changed(("wait: 20 ms", "wait: 400 ms"))
    settings = ACCEPTED.replace("rule: budget", "rule: p99-objective")
    result = judged(settings.replace("place: budget", f"place: {place}"), text)
    rules = {f.rule for f in result.findings}
    assert ("p99-objective" in rules) is not hit and ("suppression-unused" in rules) is not hit


@pytest.mark.parametrize(("old", "new", "rule", "line"), [
    ("    reason: the pilot is paid by research\n", "", "settings-missing", 2),
    ("    until: 2026-06-30\n", "", "settings-missing", 2),
    ("reason: the pilot is paid by research", "reason: ' '", "settings-wrong-value", 4),
    ("reason: the pilot is paid by research", "reason: 7", "settings-wrong-value", 4),
    ("until: 2026-06-30", "until: 2026-02-30", "settings-wrong-value", 5),
    ("until: 2026-06-30", "until: next summer", "settings-wrong-value", 5),
    ("until: 2026-06-30", "until: 2027-03-03", "suppression-too-long", 5),
    ("place: budget", "palce: budget", "settings-missing", 2),
    ("suppressions:", "supressions:", "settings-unknown-key", 1),
    ("  - rule: budget\n    place: budget", "    place: [", "yaml-syntax", 4),
])  # fmt: skip
def test_bad_settings_are_told_with_file_and_line(
    here: Path, old: str, new: str, rule: str, line: int
) -> None:
    """Exit code 2, and nothing is accepted by what cannot be read."""
    assert old in ACCEPTED
    result = judged(ACCEPTED.replace(old, new))
    assert result.exit_code == 2
    told = {f.rule: f for f in result.findings}
    assert rule in told, told
    assert (told[rule].place.file, told[rule].place.line) == (".backend-lead.yaml", line)
    assert told[rule].allowed


@pytest.mark.parametrize(("text", "said"), [
    ("suppressions: 3", "`suppressions` is not a list of entries with rule, place, reason, until"),
    ("suppressions: [3]", "`suppressions[0]` is not a mapping with rule, place, reason, until"),
    (ACCEPTED.replace("rule: budget", "rule: a b"),
     "`suppressions[0].rule` is not the id of a rule, such as single-writer"),
    (ACCEPTED.replace("2026-06-30", "soon"),
     "`suppressions[0].until` is not a day as YYYY-MM-DD"),
    ("[1]", "the settings are a mapping of keys to values"),
])  # fmt: skip
def test_what_does_not_fit_is_said_in_words(here: Path, text: str, said: str) -> None:
    """No pattern and no name of a class of ours; nothing of models."""
    (told,) = judged(text).findings
    assert told.message == said
    assert "backend:" not in told.allowed + told.hint


def test_what_the_baseline_knows_does_not_count_again(here: Path) -> None:
    """A suppression that has ended says what counts again after everything else is set aside."""
    Path("backend.yaml").write_text(POOR)
    write_baseline(Path("known.json"), check("backend.yaml", today=TODAY))
    over = ACCEPTED.replace("2026-06-30", "2026-02-28")
    Path(".backend-lead.yaml").write_text(over)
    (told,) = check("backend.yaml", today=TODAY, baseline="known.json").findings
    assert told.rule == "suppression-expired" and told.hint == "delete the entry"
    assert told.message.endswith("has ended: the baseline knows what it accepted")
    alone = {f.rule: f for f in check("backend.yaml", today=TODAY).findings}
    assert alone["suppression-expired"].message.endswith("has ended: 1 finding counts again")


def test_it_is_found_upward_to_the_root_of_the_repository(here: Path) -> None:
    """The nearest one counts; beyond the repository, or without one, nothing is looked for."""
    (here / "repo" / "shop").mkdir(parents=True)
    model = here / "repo" / "shop" / "backend.yaml"
    model.write_text(POOR)
    (here / ".backend-lead.yaml").write_text(ACCEPTED)
    assert check(model, today=TODAY).exit_code == 1
    (here / "repo" / ".git").mkdir()
    assert check(model, today=TODAY).exit_code == 1
    (here / "repo" / ".backend-lead.yaml").write_text(ACCEPTED)
    assert check(model, today=TODAY).exit_code == 0
    (here / "repo" / "shop" / ".backend-lead.yaml").write_text("# nothing is accepted here\n")
    assert check(model, today=TODAY).exit_code == 1


def test_the_schema_agrees_with_the_reader(here: Path, place: Place) -> None:
    """check-jsonschema accepts and refuses what `check` does; the command prints that schema."""
    schema = ROOT / "schema" / "settings.schema.json"
    assert schema.read_text(encoding="utf-8") == settings_schema()
    assert json.loads(place.run("schema", "settings").out) == json.loads(settings_schema())
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema)]
    for name, text, code in (
        ("good.yaml", "$schema: settings.schema.json\n" + ACCEPTED, 0),
        ("no-reason.yaml", ACCEPTED.replace("    reason: the pilot is paid by research\n", ""), 1),
        ("no-end.yaml", ACCEPTED.replace("    until: 2026-06-30\n", ""), 1),
        ("other.yaml", ACCEPTED + "other: 1\n", 1),
    ):
        Path(name).write_text(text)
        assert subprocess.run([*command, name], capture_output=True).returncode == code, name
        assert (judged(text).exit_code == 2) is bool(code), name


@pytest.mark.parametrize("model", sorted((ROOT / "examples").glob("*/backend.yaml")),
                         ids=lambda path: path.parent.name)  # fmt: skip
def test_editors_accept_what_is_read(model: Path) -> None:
    """The schema that the first line of an example names, or the published one, accepts it."""
    first = model.read_text().splitlines()[0]
    _, _, name = first.partition("# yaml-language-server: $schema=")
    schema = name or "../../schema/backend.schema.json"
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", schema, model.name]
    done = subprocess.run(command, cwd=model.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-1000:]


def test_editors_find_the_schema_of_what_is_written(tmp_path: Path) -> None:
    """The first line of a backend.yaml that is written names the schema that lies beside it."""
    for name, text in emit(sample_design()).items():
        (tmp_path / name).write_text(text)
    first = (tmp_path / "backend.yaml").read_text().splitlines()[0]
    _, _, name = first.partition("# yaml-language-server: $schema=")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", name, "backend.yaml"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "backend.yaml").write_text(GOOD.replace("kind: cdn", "kind: 7"))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 1
