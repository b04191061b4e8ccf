"""migrate as people run it: written again over its own files, nothing written where refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from backend_lead.catalog.domains import load
from backend_lead.changing import migrate


@pytest.fixture
def models(tmp_path: Path) -> tuple[Path, Path]:
    """The shop, and the shop with a channel for each order."""
    old, new = load("ecommerce").system(), load("ecommerce").system()
    new["entities"]["order"]["fields"]["channel"] = {"type": "string", "most": 20}
    return written(tmp_path / "old.yaml", old), written(tmp_path / "new.yaml", new)


def written(path: Path, model: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(model, sort_keys=False), encoding="utf-8")
    return path


def ran(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(migrate, [str(w) for w in words])
    return done.exit_code, done.output


def test_a_second_run_writes_over_the_first(models: tuple[Path, Path], tmp_path: Path) -> None:
    """With other flags into the same folder: files of the first that are not made any more are
    gone; one that was changed by hand is not written over."""
    out = tmp_path / "out"
    fill = ("--fill", "orders.channel='web'")
    assert ran(*models, "-o", out, *fill)[0] == 0
    first = {p.name for p in out.rglob("*.sql")}
    code, told = ran(*models, "-o", out, "--fill", "orders.channel=left(state, 3)")
    assert code == 0, told
    second = {p.name for p in out.rglob("*.sql")}
    assert first != second and not (first - second) & {p.name for p in out.rglob("*")}
    one = next(out.rglob("*.up.sql"))
    one.write_text("-- mine", encoding="utf-8")
    code, told = ran(*models, "-o", out, *fill)
    assert code == 2 or one.read_text(encoding="utf-8") == "-- mine"


def test_what_is_refused_is_not_written(models: tuple[Path, Path], tmp_path: Path) -> None:
    """A mistyped place refuses the whole: its reason comes after the plan, and no file is made."""
    out = tmp_path / "out"
    code, told = ran(*models, "-o", out, "--fill", "orders.channel='web'", "--loses", "odrers.x")
    assert code == 1 and not out.exists()
    assert "there is no table for 'odrers.x'" in told and "Wrote" not in told
    assert told.index("odrers") > told.index("steps in")
