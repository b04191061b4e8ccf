"""Migrations as files: judged by the linter their users run, refused where they cannot go."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backend_lead.views.data.migration.files import files_of, page
from backend_lead.views.data.migration.planning import plan
from backend_lead.views.data.migration.steps import Choices
from tests.trial.test_migrations import NAMES, edited, made, shop

SQUAWK = Path(sys.executable).parent / "squawk"


def written(folder: Path, name: str, rows: str) -> list[Path]:
    """The files of an edit, forward and back."""
    out = []
    for found in plan(*edited(name, rows)):
        assert not found.findings
        for file in files_of(found):
            for way, text in (("up", file.up), ("down", file.down)):
                path = folder / f"{rows}_{name.replace(' ', '_')}_{file.name}.{way}.sql"
                path.write_text(text, encoding="utf-8")
                out.append(path)
    return out


def told(paths: list[Path]) -> list[str]:
    """What the linter says of files; it was run on all of them."""
    done = subprocess.run(
        [str(SQUAWK), "--reporter", "json", *map(str, paths)], capture_output=True, text=True
    )
    return [f"{Path(row['file']).name}: {row['rule_name']}" for row in json.loads(done.stdout)]


def test_the_linter_finds_nothing_in_any_file(tmp_path: Path) -> None:
    """Every kind of edit, small and large; what a step breaks knowingly says so with its reason."""
    paths = [p for name in NAMES for rows in ("50k", "50M") for p in written(tmp_path, name, rows)]
    assert len(paths) > 100
    assert told(paths) == []


def test_the_linter_finds_what_is_wrong(tmp_path: Path) -> None:
    """A file without its notes is told: the linter does look."""
    texts = {p: p.read_text(encoding="utf-8") for p in written(tmp_path, "column gone", "50k")}
    path, text = next((p, t) for p, t in texts.items() if "squawk-ignore ban-drop-column" in t)
    path.write_text(text.replace("-- squawk-ignore", "-- "), encoding="utf-8")
    assert any("ban-drop" in line for line in told([path]))


@pytest.mark.parametrize("name", NAMES)
def test_each_file_waits_little_and_says_what_it_does(name: str) -> None:
    """No step holds up others while it works through rows, unless those are few."""
    for found in plan(*edited(name, "500M")):
        for step in found.steps:
            assert step.blocks == "nothing" or step.held_up_s <= 0.5
            assert step.why
        assert "SET lock_timeout" in "".join(file.up for file in files_of(found))
        assert "## Expand" in page(found, files_of(found)) or not found.of("expand")


def test_what_is_harmless_for_few_rows_is_not_done_to_many() -> None:
    """A change of type rewrites a table of ten thousand rows, and copies one of 500 million."""
    (small,) = plan(*edited("wider type", "10k"))
    (large,) = plan(*edited("wider type", "500M"))
    assert [step.work for step in small.steps if step.table == "products"] == ["rewrite"]
    assert "rewrite" not in {step.work for step in large.steps}
    assert "backfill" in {step.work for step in large.steps}


def test_rows_without_a_value_are_asked_for() -> None:
    """A new field that may not be empty needs a value for the rows that are there."""
    old, new, _ = edited("constant column")
    (found,) = plan(old, new, Choices())
    (finding,) = found.findings
    assert finding.rule == "migration-fill" and "--fill" in finding.hint


def test_a_key_and_a_store_do_not_change_in_place() -> None:
    """Another key is refused, with the way that there is."""
    new = shop()
    new["entities"]["cart"]["fields"]["customer_id"]["key"] = True
    rules = {f.rule for p in plan(made(shop()), made(new), Choices()) for f in p.findings}
    assert "migration-key" in rules


def test_nothing_to_do_is_no_plan() -> None:
    """Two equal models need no migration; an unknown place is told."""
    assert plan(made(shop()), made(shop()), Choices()) == []
    (found,) = plan(made(shop()), made(shop()), Choices(fill={"nothing.here": "1"}))
    assert [f.rule for f in found.findings] == ["migration-place"]
