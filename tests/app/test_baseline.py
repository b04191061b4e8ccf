"""check --baseline: what is known does not fail, what is new does, what is gone is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend_lead.app.baseline import what_of, write_baseline
from backend_lead.app.check import RENDERERS, CheckResult, check
from tests.app.command_line import Place, tree
from tests.app.good_model import GOOD, changed

POOR = changed(("20k USD", "100 USD"))  # over its budget
WORSE = changed(("20k USD", "100 USD"), ("users: 10k", "users: 300k"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(text: str, baseline: str | None = None, *, strict: bool = False) -> CheckResult:
    Path("backend.yaml").write_text(text)
    return check("backend.yaml", baseline=baseline, strict=strict)


def known(text: str) -> None:
    """Write the baseline of a model."""
    write_baseline(Path("known.json"), judged(text))


def test_an_old_project_starts_green(here: Path) -> None:
    """Everything found is known: exit code 0 even with --strict, and the verdict stays true."""
    before = judged(POOR)
    assert before.exit_code == 1
    known(POOR)
    after = judged(POOR, "known.json", strict=True)
    assert (after.exit_code, after.findings) == (0, [])
    assert {one.finding for one in after.set_aside} == set(before.findings)
    assert after.verdict == "fail"
    assert "does not hold: nothing new; set aside: 3 known" in RENDERERS["text"](after)


def test_only_what_is_new_fails(here: Path) -> None:
    """A load that is not carried is not covered by a budget that is missed."""
    known(POOR)
    result = judged(WORSE, "known.json")
    assert result.exit_code == 1
    rules = {f.rule for f in result.findings if f.level == "error"}
    assert "load-carried" in rules and "budget" not in rules


def test_numbers_lines_and_names_of_folders_may_change(here: Path) -> None:
    """The same finding with another number, on another line, asked from elsewhere, is known."""
    known(POOR)
    (here / "deep").mkdir()
    moved = Path("deep/backend.yaml")
    moved.write_text("# a note\n\n" + changed(("20k USD", "200 USD")))
    result = check(moved, baseline="known.json")
    assert result.exit_code == 0 and [f.rule for f in result.findings] == []


def test_what_got_worse_is_new_and_what_got_milder_is_known(here: Path) -> None:
    """A finding that was a warning and is an error now fails; the other way round it does not."""
    known(POOR)
    content = json.loads(Path("known.json").read_text())
    for row in content["findings"]:
        if row["rule"] == "budget":
            row["level"] = "warning"
        if row["rule"] == "p99-proved":
            row["level"] = "error"
    Path("known.json").write_text(json.dumps(content))
    result = judged(POOR, "known.json")
    told = {f.rule for f in result.findings if f.level != "note"}
    assert told == {"budget"} and result.exit_code == 1


def test_a_second_one_of_the_same_is_new(here: Path) -> None:
    """As many as were known are known, not more."""
    known(POOR)
    text = Path("known.json").read_text()
    twice = text.replace('"level": "error"}', '"level": "error", "count": 2}')
    Path("known.json").write_text(twice)
    (gone,) = judged(POOR, "known.json").findings
    assert (gone.rule, gone.level) == ("baseline-gone", "note")


def test_what_is_gone_is_told_so_that_the_baseline_can_shrink(here: Path) -> None:
    """A note with the line of the baseline; nothing fails, with --strict neither."""
    known(POOR)
    result = judged(GOOD, "known.json", strict=True)
    (gone,) = result.findings
    assert (gone.rule, gone.level, result.exit_code) == ("baseline-gone", "note", 0)
    assert "budget at budget is gone: it costs # USD a month" in gone.message
    line = Path("known.json").read_text().splitlines()[gone.place.line - 1]
    assert '"budget"' in line
    assert "--write-baseline" in gone.hint
    write_baseline(Path("known.json"), result)
    assert '"budget"' not in Path("known.json").read_text()


def test_writing_it_again_changes_nothing(here: Path) -> None:
    """The same model gives the same bytes, with its own baseline or without."""
    known(POOR)
    first = Path("known.json").read_bytes()
    write_baseline(Path("known.json"), judged(POOR, "known.json"))
    assert Path("known.json").read_bytes() == first


@pytest.mark.parametrize(("text", "rule", "line"), [
    ("[]", "baseline-format", 1),
    ('{"format": "other"}', "baseline-format", 1),
    ('{\n"format": 1,,}', "baseline-format", 2),
    ('{"format": "backend-lead-baseline", "version": 99, "findings": []}', "baseline-version", 1),
    ('{"format": "backend-lead-baseline", "version": 1}', "baseline-format", 1),
    ('{\n"format": "backend-lead-baseline", "version": 1,\n"findings": [\n{"rule": 1}]}',
     "baseline-format", 4),
    ("\xff" * 4, "baseline-format", 1),
    ("[" * 100_000, "baseline-format", 1),
])  # fmt: skip
def test_what_is_no_baseline_is_an_error_with_its_line(
    here: Path, text: str, rule: str, line: int
) -> None:
    """Another format, another version, broken JSON: exit code 2, never taken for empty."""
    Path("known.json").write_bytes(text.encode("latin-1"))
    result = judged(GOOD, "known.json")
    assert result.exit_code == 2
    (finding,) = result.findings
    assert (finding.rule, finding.place.file, finding.place.line) == (rule, "known.json", line)
    assert "--write-baseline" in finding.hint


def test_numbers_are_left_out_and_names_are_not() -> None:
    """What a finding says without its numbers; digits of names stay."""
    said = "`app2` has a p99 of 1,234.5 ms at peak; up to 75%, 3 zones; run: backend-lead x"
    assert what_of(said) == "`app2` has a p99 of # at peak; up to #, # zones"


def test_sarif_says_new_and_unchanged(here: Path) -> None:
    """With a baseline every result has its state, and keeps its fingerprint."""
    plain = json.loads(RENDERERS["sarif"](judged(WORSE)))["runs"][0]["results"]
    known(POOR)
    results = json.loads(RENDERERS["sarif"](judged(WORSE, "known.json")))["runs"][0]["results"]
    states = {r["ruleId"]: r["baselineState"] for r in results}
    assert (states["budget"], states["load-carried"]) == ("unchanged", "new")
    marks = [r["partialFingerprints"] for r in results if r["ruleId"] != "baseline-gone"]
    assert marks == [r["partialFingerprints"] for r in plain]


def test_the_command_writes_and_reads_it(place: Place) -> None:
    """Written by one command, green with the next; a file that is no baseline stays as it is."""
    place.write("backend.yaml", POOR)
    assert place.run("check").code == 1
    done = place.run("check", "--write-baseline", "known.json")
    assert done.code == 0 and "3 findings are known in known.json now" in done.err
    assert place.run("check", "--baseline", "known.json", "--strict").code == 0
    missing = place.run("check", "--baseline", "nowhere.json")
    assert missing.code == 2 and "check --write-baseline nowhere.json" in missing.out
    before = tree(place.here)
    refused = place.run("check", "--write-baseline", "backend.yaml")
    assert refused.code == 2 and "is no baseline" in refused.err
    assert tree(place.here) == before
    place.write("backend.yaml", "backend: [")
    broken = place.run("check", "--write-baseline", "known.json")
    assert broken.code == 2
    assert tree(place.here)["known.json"] == before["known.json"]
