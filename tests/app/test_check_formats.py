"""check in the formats other programs read: SARIF, JUnit, GitHub's commands, Markdown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from backend_lead.app.check import RENDERERS, check
from backend_lead.checks import rules
from tests.app.command_line import Place
from tests.app.good_model import GOOD, changed, line_of

POOR = changed(("20k USD", "100 USD"))
WRONG = changed(("kind: postgres", "kind: postgress"))
COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^:,\r\n]*,?)+)::([^\r\n]*)")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a model in a folder whose name needs escaping."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my models, all").mkdir()
    return tmp_path


def rendered(form: str, text: str, *, strict: bool = False, name: str = "backend.yaml") -> str:
    path = Path("my models, all") / name
    path.write_text(text)
    return RENDERERS[form](check(path, strict=strict))


def sarif(text: str) -> dict[str, Any]:
    """The one run of a log, held to what SARIF 2.1.0 demands of what we write."""
    log = json.loads(text)
    assert log["version"] == "2.1.0" and "sarif-2.1.0" in log["$schema"]
    (run,) = log["runs"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(ids) == len(set(ids))
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert (result["level"] == "none") == (result["kind"] != "fail")
        assert result["message"]["text"]
    marks = [tuple(r["partialFingerprints"].values()) for r in run["results"]]
    assert len(set(marks)) == len(marks)
    return dict(run)


def test_sarif_points_at_the_line(here: Path) -> None:
    """A finding has its rule with help, its level, a relative URI and the line it stands on."""
    run = sarif(rendered("sarif", POOR))
    found = next(r for r in run["results"] if r["ruleId"] == "budget")
    assert found["level"] == "error"
    where = found["locations"][0]["physicalLocation"]
    assert unquote(where["artifactLocation"]["uri"]) == "my models, all/backend.yaml"
    assert " " not in where["artifactLocation"]["uri"]
    assert where["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
    assert where["region"]["startLine"] == line_of(POOR, "budget:")
    helped = {rule["id"]: rule["help"]["text"] for rule in run["tool"]["driver"]["rules"]}
    assert rules()["budget"].why in helped["budget"] and set(rules()) <= set(helped)
    names = {rule["id"]: rule["name"] for rule in run["tool"]["driver"]["rules"]}
    assert names["p99-proved"] == "P99Proved" and all(n.isidentifier() for n in names.values())
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_sarif_tells_the_same_finding_again_when_lines_move(here: Path) -> None:
    """The fingerprint of a finding does not depend on the line, or the number, it tells."""
    first = sarif(rendered("sarif", POOR))
    moved = sarif(rendered("sarif", "# a note\n\n" + POOR.replace("100 USD", "200 USD")))

    def marks(run: dict[str, Any]) -> list[Any]:
        return [r["partialFingerprints"] for r in run["results"]]

    assert marks(first) == marks(moved)
    lines = [r["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"]
             for r in (first, moved)]  # fmt: skip
    assert lines[1] == lines[0] + 2


def test_what_is_not_known_is_open_in_sarif(here: Path) -> None:
    """A rule without its evidence neither passes nor fails."""
    run = sarif(rendered("sarif", GOOD))
    kinds = {r["ruleId"]: (r["kind"], r["level"]) for r in run["results"]}
    assert kinds["p99-proved"] == ("open", "none")


def test_junit_has_a_case_per_rule(here: Path) -> None:
    """Broken rules fail, unknown ones are skipped, the others pass; the counts add up."""
    root = ET.fromstring(rendered("junit", POOR))
    (suite,) = root.findall("testsuite")
    cases = {case.attrib["name"]: case for case in suite.findall("testcase")}
    assert set(rules()) <= set(cases)
    failure = cases["budget"].find("failure")
    assert failure is not None and failure.attrib["type"] == "error"
    assert f"backend.yaml:{line_of(POOR, 'budget:')}" in (failure.text or "")
    assert cases["p99-proved"].find("skipped") is not None
    assert len(cases["single-writer"]) == 0
    assert int(suite.attrib["tests"]) == len(cases)
    for tag, count in (("failure", "failures"), ("skipped", "skipped"), ("error", "errors")):
        assert int(suite.attrib[count]) == len(suite.findall(f"testcase/{tag}"))
        assert root.attrib[count] == suite.attrib[count]


def test_strict_junit_fails_what_is_not_known(here: Path) -> None:
    """With --strict the exit code and the cases say the same."""
    suite = ET.fromstring(rendered("junit", GOOD, strict=True)).find("testsuite")
    assert suite is not None and int(suite.attrib["failures"]) == 2
    assert suite.attrib["skipped"] == "0"


def test_github_commands_are_escaped(here: Path) -> None:
    """Each finding is one line that GitHub can read; commas, colons and lines are escaped."""
    *commands, verdict = rendered("github", POOR).splitlines()
    assert verdict.startswith("does not hold: 1 error")
    assert commands
    for line in commands:
        assert COMMAND.fullmatch(line), line
    first = COMMAND.fullmatch(commands[0])
    assert first is not None and first[1] == "error"
    told = dict(part.split("=", 1) for part in first[2].split(","))
    assert told["file"] == "my models%2C all/backend.yaml"
    assert told["line"] == str(line_of(POOR, "budget:")) and told["title"] == "budget"
    assert "%0Aseen%3A" not in first[3] and "%0Aseen: " in first[3]
    unknown = next(line for line in commands if "p99-proved" in line)
    assert unknown.startswith("::warning ") and "(not known)" in unknown


def test_markdown_is_a_table_whatever_a_model_says(here: Path) -> None:
    """Bars, tags and lines of a model stay in their cell."""
    text = rendered("markdown", changed(("kind: postgres", 'kind: "a|b<script>"')))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == "| Level | Rule | Where | What |"
    assert len(rows) > 2
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 5
        assert "<script" not in row.replace("\\<", "")
    good = rendered("markdown", POOR)
    assert "| Cost per month | " in good and "| error | budget | " in good


def test_a_model_that_cannot_be_used_comes_in_the_format_asked_for(place: Place) -> None:
    """Exit code 2 on stdout in every format, for the model and for the prices."""
    place.write("backend.yaml", WRONG)
    line = line_of(WRONG, "postgress")
    run = place.run("check", "-f", "sarif")
    assert run.code == 2 and run.err == ""
    log = sarif(run.out)
    assert not log["invocations"][0]["executionSuccessful"]
    region = log["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == line
    assert log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        "backend.yaml"
    )
    junit = place.run("check", "-f", "junit")
    assert junit.code == 2
    suite = ET.fromstring(junit.out).find("testsuite")
    assert suite is not None and int(suite.attrib["errors"]) >= 1
    assert suite.find("testcase[@name='budget']/skipped") is not None
    github = place.run("check", "-f", "github")
    assert github.code == 2 and f"::error file=backend.yaml,line={line}," in github.out
    markdown = place.run("check", "-f", "markdown")
    assert markdown.code == 2 and f"backend.yaml:{line}" in markdown.out
    place.write("backend.yaml", GOOD)
    prices = place.run("check", "-f", "sarif", "--prices", "none.csv")
    assert prices.code == 2 and sarif(prices.out)["results"]
    absent = place.run("check", "nowhere.yaml", "-f", "json")
    assert absent.code == 2 and json.loads(absent.out)["exit_code"] == 2
