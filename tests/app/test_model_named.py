"""How a command is told its model: as MODEL or with -m, a file or its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from backend_lead.cli import cli
from tests.app.good_model import GOOD


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backend.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", ["check", "capacity"])
def test_a_folder_stands_for_the_model_in_it(command: str, folder: Path) -> None:
    """Folder, file, and -m with either give the same answer."""
    run = CliRunner().invoke
    ways = ([str(folder)], [str(folder / "backend.yaml")], ["-m", str(folder)])
    said = {run(cli, [command, *way]).output for way in ways}
    assert len(said) == 1 and "requests/s" in said.pop()
    twice = run(cli, [command, str(folder), "-m", str(folder)])
    assert twice.exit_code == 2 and "given twice" in twice.output


@pytest.mark.parametrize("command", ["generate", "simulate", "check", "capacity", "explain"])
def test_every_command_has_the_option(command: str) -> None:
    """-m is the model wherever there is one."""
    assert "-m, --model" in CliRunner().invoke(cli, [command, "--help"]).output


def test_the_nearest_name_is_the_figure_of_the_answer(tmp_path: Path) -> None:
    """`explain cost` names the bill before each of its lines."""
    from backend_lead.app.explain import _near

    words = ["cost.app.nodes", "cost_per_million", "cost_usd_month", "cost.db.storage", "cdn"]
    assert _near("cost", words)[0] == "cost_usd_month"
