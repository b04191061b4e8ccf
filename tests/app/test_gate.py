"""gate: one verdict and one table for a change of a model."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backend_lead.app import gate as use
from backend_lead.app.gate import Gate
from backend_lead.app.render_gate import CHARACTERS_MAX, ROOM, render_markdown, render_sarif
from backend_lead.model.finding import Finding, Place
from tests.app.command_line import Place as Folder
from tests.app.command_line import tree
from tests.app.good_model import GOOD, changed, line_of
from tests.app.test_model_contracts import MODEL

SLOW = changed(("wait: 20 ms", "wait: 400 ms"))
TODAY = date(2026, 3, 1)
FIRST = ["p99 of the slowest request", "Availability of the worst journey", "Cost per month",
         "Highest load within the objectives", "Top risk", "Breaking changes"]  # fmt: skip


def gated(folder: Path, before: str | None, after: str, *, strict: bool = False) -> Gate:
    """Two texts gated; None is no model before."""
    was, now = folder / "before.yaml", folder / "backend.yaml"
    if before is not None:
        was.write_text(before)
    now.write_text(after)
    return use.gate(was, now, strict=strict, today=TODAY)


def with_contract() -> dict[str, Any]:
    """A model with a contract that can be judged."""
    said = copy.deepcopy(MODEL)
    said["components"]["app"] |= {"instance": "m7g.large", "count": 3, "zones": 3}
    said["api"]["screens"]["product"]["clients"] = ["mobile"]
    return said


def table(text: str) -> dict[str, list[str]]:
    """The table above the folds, by its first cells."""
    rows = re.findall(r"^\| (.*) \|$", text.partition("<details>")[0], re.MULTILINE)
    cells = [row.split(" | ") for row in rows if not row.startswith("---")]
    return {first: rest for first, *rest in cells}


def test_a_change_that_harms_nobody_passes(tmp_path: Path) -> None:
    """The same numbers before and after; what is not known is said in the verdict."""
    found = gated(tmp_path, GOOD, "# a note\n" + GOOD)
    assert found.exit_code == 0
    assert found.verdict == "passes, not fully known: 2 not judged"
    rows = table(render_markdown(found))
    assert list(rows) == ["What", *FIRST]
    assert all(rows[name][2] == "as before" and rows[name][3] == "computed" for name in FIRST)


def test_an_objective_that_is_lost_is_told_above_the_table(tmp_path: Path) -> None:
    """Worse is said in words and numbers, of the request it happens to."""
    found = gated(tmp_path, GOOD, SLOW)
    assert found.exit_code == 1
    text = render_markdown(found)
    assert text.startswith("### backend-lead: does not pass: 1 finding to mend\n")
    assert "\n- error p99-objective: \\`app.order\\`" in text.partition("| What")[0]
    before, after, change, origin = table(text)["p99 of the slowest request"]
    assert before.endswith("(app.order)") and after.endswith("(app.order)")
    assert re.fullmatch(r"\+\d+\.\d% \(worse\)", change) and origin == "computed"
    assert "severity" in table(text)["Top risk"][1]


def test_a_promise_made_smaller_does_not_hide_what_is_lost(tmp_path: Path) -> None:
    """check holds the model to its own objective; the gate to that of the model before."""
    looser = changed(("wait: 20 ms", "wait: 400 ms"), ("p99: 300 ms", "p99: 3 s"))
    found = gated(tmp_path, GOOD, looser)
    lost, less = found.failing
    assert (lost.rule, lost.allowed) == ("p99-objective", "at most 300 ms")
    assert (less.rule, less.place.line) == ("promise-lowered", line_of(looser, "p99: 3 s"))
    assert lost.place.line == line_of(looser, "order:\n        writes")
    agreed = "reason: agreed, until: 2026-04-01}\n"
    accepted = "suppressions:\n- {rule: p99-objective, place: components.app.endpoints.order, "
    accepted += f"{agreed}- {{rule: promise-lowered, place: 'slos[0]', {agreed}"
    (tmp_path / ".backend-lead.yaml").write_text(accepted)
    let = gated(tmp_path, GOOD, looser)
    assert let.exit_code == 0
    assert "promise-lowered" in {one.finding.rule for one in let.checked.set_aside}
    assert table(render_markdown(let))["Promises lowered"][2] == "1 lowered, 1 accepted (worse)"


def test_the_worst_regression_is_worse(tmp_path: Path) -> None:
    """From an answer to none: p99 and availability say so, beside what the findings say."""
    found = gated(tmp_path, GOOD, changed(("- cpu: 2 ms", "- cpu: 3000 ms")))
    rows = table(render_markdown(found))
    p99 = rows["p99 of the slowest request"]
    assert p99[1].startswith("no answer (") and p99[2] == "more (worse)"
    available = rows["Availability of the worst journey"]
    assert available[1].startswith("no answer (") and available[2] == "less (worse)"
    again = gated(tmp_path, changed(("- cpu: 2 ms", "- cpu: 3000 ms")), GOOD)
    assert table(render_markdown(again))["p99 of the slowest request"][2] == "less (better)"


def test_promises_lowered_do_not_pass_unnoticed(tmp_path: Path) -> None:
    """Objectives and budget made looser: failing findings, and a row above the folds."""
    looser = changed(("p99: 300 ms, availability: 99.9%", "p99: 30 s, availability: 90%"),
                     ("budget: 20k", "budget: 200k"))  # fmt: skip
    found = gated(tmp_path, GOOD, looser)
    assert found.exit_code == 1
    assert [f.rule for f in found.failing] == ["promise-lowered"] * 3
    assert {f.place.line for f in found.failing} == {
        line_of(looser, "p99: 30 s"), line_of(looser, "budget: 200k")}  # fmt: skip
    text = render_markdown(found)
    before, after, change, origin = table(text)["Promises lowered"]
    assert "budget: 20" in before and "budget: 200" in after and "p99 of browse, buy: 30 s" in after
    assert (change, origin) == ("3 lowered (worse)", "stated")
    differ = text.partition("Numbers that differ")[2]
    assert re.search(r"promised budget \| .* \| \+900.0% \(worse\) \| stated", differ)
    tighter = gated(tmp_path, looser, GOOD)
    assert tighter.exit_code == 0 and "Promises lowered" not in table(render_markdown(tighter))


def test_a_new_model_is_said_to_be_new(tmp_path: Path) -> None:
    """Without a model before there is the state after, and nothing is called as before."""
    found = gated(tmp_path, None, GOOD)
    assert found.exit_code == 0 and found.compared is None
    assert "not compared: there is no model before; this one is new" in found.verdict
    rows = table(render_markdown(found))
    assert list(rows) == ["What", *FIRST]
    assert all(rows[name][0] == "-" for name in FIRST)
    assert rows["Breaking changes"][1] == "not compared"
    assert gated(tmp_path, None, SLOW).exit_code == 1


def test_a_model_before_that_cannot_be_used_is_not_known(tmp_path: Path) -> None:
    """The change that mends it may go in; with --strict what is not known fails."""
    found = gated(tmp_path, "backend: [", GOOD)
    assert found.exit_code == 0
    assert "not fully known" in found.verdict and "before cannot be used" in found.verdict
    assert "before-unusable" in {f.rule for f in found.checked.findings if f.level == "unknown"}
    assert gated(tmp_path, "backend: [", GOOD, strict=True).exit_code == 1


def test_a_model_that_cannot_be_used_is_not_checked(tmp_path: Path) -> None:
    """Exit code 2 with what is wrong, and no table."""
    found = gated(tmp_path, GOOD, changed(("kind: postgres", "kind: postgress")))
    assert found.exit_code == 2
    text = render_markdown(found)
    assert "not checked: the model cannot be used" in text and "postgress" in text
    assert not table(text)


def test_who_breaks_is_named_and_may_be_accepted(tmp_path: Path) -> None:
    """A field taken away: rule, place and clients; a suppression lets it in and stays visible."""
    said = with_contract()
    before = json.dumps(said, indent=1)
    del said["entities"]["product"]["fields"]["name"]
    after = json.dumps(said, indent=1)
    found = gated(tmp_path, before, after)
    assert found.exit_code == 1
    assert table(render_markdown(found))["Breaking changes"][1].endswith("for mobile, web")
    breaks = [f for f in found.failing if f.seen == "breaking"]
    assert breaks and len(breaks) == len(found.failing)
    assert "api/openapi/web.yaml GET /v1/products" in {f.place.path for f in breaks}
    assert all(f.place.file.endswith("backend.yaml") and f.place.line > 1 for f in breaks)
    entries = {f"- {{rule: {f.rule}, place: '{f.place.path}', reason: told to all, "
               "until: 2026-04-01}" for f in breaks}  # fmt: skip
    settings = tmp_path / ".backend-lead.yaml"
    settings.write_text("suppressions:\n" + "\n".join(sorted(entries)))
    let = gated(tmp_path, before, after)
    assert let.exit_code == 0, let.failing
    assert f"none; {len(breaks)} accepted" in table(render_markdown(let))["Breaking changes"][1]
    results = json.loads(render_sarif(let))["runs"][0]["results"]
    suppressed = [r for r in results if r.get("suppressions")]
    assert len(suppressed) == len(breaks)
    settings.write_text(settings.read_text().replace("2026-04-01", "2026-02-01"))
    assert gated(tmp_path, before, after).exit_code == 1


def test_what_a_model_says_is_no_markup_and_calls_nobody(tmp_path: Path) -> None:
    """Bars, tags and names with an @ of a model are text in the comment."""
    text = render_markdown(gated(tmp_path, GOOD, changed(
        ("kind: postgres", 'kind: "a|b<img src=x>@team </details>"'))))  # fmt: skip
    assert not re.search(r"(?<!\\)<img", text) and "@team" not in text and "\\|b" in text
    assert text.count("</details>") == text.count("<details>")


@pytest.mark.parametrize("parts", [100, 3000])
def test_a_comment_is_never_too_long(tmp_path: Path, parts: int) -> None:
    """However many findings: it fits, says what it left out, and stays well formed."""
    found = gated(tmp_path, GOOD, GOOD)
    many = [Finding("unused-component", "warning", f"`spare-{i}` is used by nobody \U0001f914",
                    Place("backend.yaml", i)) for i in range(parts)]  # fmt: skip
    text = render_markdown(replace(found, checked=replace(found.checked, findings=many)))
    assert len(text.encode("utf-16-le")) // 2 <= CHARACTERS_MAX - ROOM
    assert text.count("<details>") == text.count("</details>")
    assert list(table(text)) == ["What", *FIRST]
    assert ("rows are left out: a comment has no room for more" in text) is (parts == 3000)


def test_the_command_writes_every_format_at_once(place: Folder) -> None:
    """One run, four formats that say the same; nothing else is written."""
    place.write("before/backend.yaml", GOOD)
    place.write("after/backend.yaml", SLOW)
    before = tree(place.here)
    done = place.run("gate", "before", "after", "-f", "github", "--write", "markdown=gate.md",
                     "--write", "json=gate.json", "--write", "sarif=gate.sarif")  # fmt: skip
    assert done.code == 1
    line = line_of(SLOW, "order:\n        writes")
    assert f"::error file=after/backend.yaml,line={line}," in done.out
    assert done.out.rstrip().endswith("after: does not pass: 1 finding to mend")
    content = json.loads((place.here / "gate.json").read_text())
    assert content["exit_code"] == 1 and content["verdict"] == "fail"
    assert [row["name"] for row in content["table"]] == FIRST
    assert content["check"]["findings"] and content["compare"]["lost"]
    assert "does not pass" in (place.here / "gate.md").read_text()
    results = json.loads((place.here / "gate.sarif").read_text())["runs"][0]["results"]
    assert "p99-objective" in {r["ruleId"] for r in results}
    assert set(tree(place.here)) == {*before, "gate.md", "gate.json", "gate.sarif"}
    alone = place.run("gate", "before")
    assert alone.code == 0 and "not compared: no model before was named" in alone.out
    assert place.run("gate").code == 2
    assert place.run("gate", "before", "after", "--write", "png=x").code == 2


def git(folder: Path, *words: str) -> str:
    """Run git as nobody in particular, without anybody's settings."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
           "GIT_CONFIG_GLOBAL": "/dev/null"}  # fmt: skip
    names = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *names, *words], cwd=folder, env=env, check=True,
                          capture_output=True, text=True)  # fmt: skip
    return done.stdout.strip()


def committed(place: Folder, text: str, name: str = "shop/backend.yaml") -> str:
    """A repository with a model committed; the commit."""
    if not (place.here / ".git").exists():
        git(place.here, "init", "-q", "-b", "main")
    place.write(name, text)
    git(place.here, "add", "-A")
    git(place.here, "commit", "-qm", "state")
    return git(place.here, "rev-parse", "HEAD")


def test_the_model_before_comes_from_a_commit(place: Folder) -> None:
    """Compared with the commit named; the working tree and the index stay as they are."""
    commit = committed(place, GOOD)
    place.write("shop/backend.yaml", SLOW)
    status = git(place.here, "status", "--porcelain")
    done = place.run("gate", "--base", "HEAD", "shop")
    assert done.code == 1 and f"before: {commit[:12]}:shop/backend.yaml" in done.out
    assert "backend-lead gate --base HEAD shop" in done.out
    assert git(place.here, "status", "--porcelain") == status
    assert place.names() == sorted(set(place.names()))
    assert not [n for n in place.names() if n.startswith("temporary/")]
    place.write("other/backend.yaml", GOOD)
    new = place.run("gate", "--base", "HEAD", "other")
    assert new.code == 0 and "this model is new" in new.out


def test_a_model_that_moved_is_compared_with_what_it_was(place: Folder) -> None:
    """Moved in a commit or only staged, and changed on the way: the old name is found."""
    commit = committed(place, GOOD)
    git(place.here, "mv", "shop", "store")
    place.write("store/backend.yaml", SLOW)
    for how in ("staged", "committed"):
        if how == "committed":
            git(place.here, "commit", "-qam", "moved")
        done = place.run("gate", "--base", commit, "store")
        assert done.code == 1 and f"before: {commit[:12]}:shop/backend.yaml" in done.out
        assert "p99-objective" in done.out and "is new" not in done.out
    gone = place.run("gate", "--base", commit, "shop")
    assert gone.code == 1
    assert "shop/backend.yaml was moved to store/backend.yaml" in gone.out


def test_a_new_model_where_another_is_gone_is_not_known_to_be_new(place: Folder) -> None:
    """One unlike what is gone may be it nevertheless: said as unknown, which --strict refuses; a
    file that is no model is no reason."""
    commit = committed(place, GOOD)
    committed(place, "name: notes\n", "notes.yaml")
    (place.here / "notes.yaml").unlink()
    place.write("store/backend.yaml", json.dumps(with_contract()))
    git(place.here, "add", "-A")
    new = place.run("gate", "--base", "HEAD", "store")
    assert "this model is new" in new.out and "before-not-found" not in new.out
    git(place.here, "rm", "-rqf", "shop")
    done = place.run("gate", "--base", commit, "store", "-f", "json")
    told = {f["rule"]: f for f in json.loads(done.out)["check"]["findings"]}
    assert told["before-not-found"]["level"] == "unknown"
    assert "shop/backend.yaml" in told["before-not-found"]["message"]
    assert "is new" not in json.loads(done.out)["headline"]
    assert place.run("gate", "--base", commit, "store", "--strict").code == 1


@pytest.mark.parametrize("name", ["shop", "shop/backend.yaml", "backend.yaml"])
def test_a_model_that_is_deleted_is_said_to_be(place: Folder, name: str) -> None:
    """Exit code 1 until it is accepted with a reason; what never was there cannot be used."""
    committed(place, GOOD, name if name.endswith(".yaml") else f"{name}/backend.yaml")
    git(place.here, "rm", "-rq", name)
    done = place.run("gate", "--base", "HEAD", name)
    assert done.code == 1 and "backend.yaml was deleted" in done.out
    assert "error model-deleted" in done.out and "does not pass: 1 finding" in done.out
    place.write(".backend-lead.yaml", "suppressions:\n- {rule: model-deleted, place: ., "
                f"reason: the shop is closed, until: {date.today()}}}\n")  # fmt: skip
    let = place.run("gate", "--base", "HEAD", name)
    assert let.code == 0 and "the shop is closed" in let.out
    assert place.run("gate", "--base", "HEAD", "nowhere").code == 2


def test_commands_name_the_model_that_was_given(place: Folder) -> None:
    """So that they can be pasted, with spaces too; each figure is told once."""
    place.write("my shop/backend.yaml", GOOD)
    place.write("before.yaml", GOOD)
    done = place.run("gate", "before.yaml", "my shop", "-f", "json")
    content = json.loads(done.out)
    assert content["repeat"] == "backend-lead gate before.yaml 'my shop'"
    again = "backend-lead check 'my shop/backend.yaml'"
    assert {f["repeat"] for f in content["check"]["figures"]} == {again}
    checked = json.loads(place.run("check", "my shop", "-f", "json").out)
    assert {f["repeat"] for f in checked["figures"]} == {again}
    text = place.run("gate", "before.yaml", "my shop").out
    rows = re.findall(r"^\| ([^|]+) \|", text.partition("Where the figures come from")[2], re.M)
    assert len(rows) == len(set(rows)) and "Availability of the worst journey" in rows


def test_what_cannot_be_used_is_named(place: Folder) -> None:
    """A bad baseline or settings file is not told as a bad model."""
    place.write("shop/backend.yaml", GOOD)
    place.write("known.json", "{")
    done = place.run("gate", "shop", "--baseline", "known.json")
    assert done.code == 2 and "not checked: the baseline cannot be used" in done.out
    checked = place.run("check", "shop/backend.yaml", "--baseline", "known.json")
    assert checked.code == 2 and "the baseline cannot be used: 1 error" in checked.out
    place.write(".git/HEAD", "")
    place.write(".backend-lead.yaml", "suppressions: 3")
    done = place.run("gate", "shop")
    assert done.code == 2 and "not checked: the settings cannot be used" in done.out


@pytest.mark.parametrize("base", ["nowhere", "--upload-pack=touch x", "", "HEAD:shop"])
def test_a_commit_that_is_not_there_is_no_clean_answer(place: Folder, base: str) -> None:
    """Exit code 3: it could not be compared."""
    committed(place, GOOD)
    done = place.run("gate", "--base", base, "shop")
    assert done.code == 3 and done.out == "" and "error:" in done.err
    assert not (place.here / "x").exists()


def test_outside_of_a_repository_it_could_not_be_compared(place: Folder) -> None:
    """Exit code 3, with what git says."""
    place.write("backend.yaml", GOOD)
    done = place.run("gate", "--base", "HEAD")
    assert done.code == 3 and "error: git" in done.err


def test_runs_kept_with_the_model_before_are_taken_along(place: Folder) -> None:
    """What was proved at the commit counts there: nothing new is told as not proved."""
    place.write("shop/backend.yaml", GOOD)
    place.run("simulate", "shop", "-q")
    committed(place, GOOD)
    done = place.run("gate", "--base", "HEAD", "shop", "-f", "json")
    content = json.loads(done.out)
    assert content["compare"]["findings"] == {"new": [], "gone": []}
    assert "p99-proved" not in {f["rule"] for f in content["check"]["findings"]}


def test_the_hook_judges_each_model(place: Folder) -> None:
    """Only models that fail are told; the exit code is the highest; an unchanged one passes."""
    committed(place, GOOD)
    committed(place, SLOW, "slow/backend.yaml")
    done = place.run("hook", "check", "shop/backend.yaml", "slow/backend.yaml")
    assert done.code == 1 and "slow/backend.yaml" in done.out and "shop/" not in done.out
    place.write("shop/backend.yaml", SLOW)
    gone = place.run("hook", "gate", "shop/backend.yaml")
    assert gone.code == 1 and "::error file=shop/backend.yaml" in gone.out
    place.write("shop/backend.yaml", "backend: [")
    assert place.run("hook", "check", "shop/backend.yaml", "slow/backend.yaml").code == 2
    assert place.run("hook", "gate").code == 0
