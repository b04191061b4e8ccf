"""The README shows only what runs: its commands are taken from it and run in order."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.designed import Designed
from tests.mock.served import served

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *(
    path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))
)]  # fmt: skip
SENTENCE = "Design a backend system that can handle 1 million concurrent users"


def blocks(page: str) -> list[list[list[str]]]:
    """Commands of each shell block of a page, as words."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [[shlex.split(line, comments=True) for line in block.splitlines()] for block in found]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of ours with this Python."""
    command = [sys.executable, "-m", "backend_lead.cli", *words[1:]]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300
    )


def test_every_command_of_the_usage_runs(tmp_path: Path, designed: Designed) -> None:
    """From a sentence to a shop's design, checked, broken and explained, as the README says; what
    its first line writes is taken from where the tests ran the same line before."""
    folder = tmp_path
    (usage,) = (block for block in blocks("README.md") if block[0][0] == "backend-lead")
    for words in usage:
        if words[0] == "cd":
            folder = folder / words[1]
            continue
        if words[1] == "design":
            assert words[2:] == [designed.sentence, "-o", "shop/"]
            shutil.copytree(designed.folder, folder / "shop")
            continue
        if words[1] == "mock":  # it ends only when it is stopped
            with served(folder / "backend.yaml", *words[2:]) as (_, process):
                pass
            assert process.returncode == 0
            continue
        done = run(words, folder)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    assert (folder / "report.html").is_file() and (folder / "again" / "backend.yaml").is_file()


def test_first_command_is_complete() -> None:
    """A newcomer's one line makes an environment, installs, and asks for a million users."""
    (words,) = blocks("README.md")[0]
    assert words[:4] == ["python3", "-m", "venv", ".venv"]
    assert words[-4:] == ["design", SENTENCE, "-o", "out/"]


@pytest.mark.full
def test_the_million_users_hold(tmp_path: Path) -> None:
    """The README's first design meets its objectives, and is the same bytes when asked again."""
    (words,) = blocks("README.md")[0]
    command = words[words.index("design") - 1 :]
    reports = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        done = run(command, tmp_path / name)
        assert done.returncode == 0, done.stderr
        out = tmp_path / name / "out"
        reports.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert reports[0] == reports[1]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of a page is a file here."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


def test_exit_codes_are_those_of_the_tool(tmp_path: Path) -> None:
    """What the README says of exit codes 1 and 2 is so."""
    assert run(["backend-lead", "design", "how do I cook rice"], tmp_path).returncode == 2
    assert run(["backend-lead", "desing"], tmp_path).returncode == 2
