"""dbt, and what it said last time of the same project over the same rows.

dbt pins older libraries, so it lives in an environment of its own: `.judges` beside the sources.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from backend_lead.emit.data.analytics import ONLY_TRIED, project
from backend_lead.views.data.needs import needs
from backend_lead.views.data.star import Star
from tests.emit.api.judges import kept
from tests.views.data.few_rows import fill
from tests.views.data.stars import rows

ROOT = Path(__file__).resolve().parents[3]
FILE, PEPPER = "warehouse.duckdb", ONLY_TRIED


@dataclass(frozen=True)
class Verdict:
    """What became of each node (`model.analytics.fct_orders`), and the rows of each mart."""

    statuses: dict[str, str]
    marts: dict[str, list[list[str]]]

    @property
    def bad(self) -> dict[str, str]:
        """What neither passed nor was built."""
        return {k: v for k, v in self.statuses.items() if v not in ("pass", "success")}


def dbt() -> str:
    """The program; the test is skipped where it is not there."""
    own = ROOT / ".judges" / "bin" / "dbt"
    found = str(own) if own.is_file() else shutil.which("dbt")
    if found is None:
        pytest.skip("dbt is not here: python -m venv .judges && .judges/bin/pip install "
                    "'dbt-core<1.12' dbt-duckdb")  # fmt: skip
    return found


def built(star: Star) -> Verdict:
    """What `dbt build` makes of the project of a star schema over a few rows."""
    files = project(star, needs(star))

    def ask() -> list[Any]:
        with tempfile.TemporaryDirectory() as folder:
            place = laid_out(Path(folder), star)
            verdict = run(place, "build")
            return [verdict.statuses, verdict.marts]

    statuses, marts = kept("dbt build 2", [files, seeded()], ask)
    return Verdict(statuses, marts)


def seeded() -> str:
    """What the rows are made by, so that other rows are judged anew."""
    return (ROOT / "tests" / "views" / "data" / "few_rows.py").read_text(encoding="utf-8")


def laid_out(place: Path, star: Star, newest: dt.datetime | None = None) -> Path:
    """The project in a folder beside a warehouse with a few rows, the newest as late as said."""
    for name, text in project(star, needs(star)).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    with duckdb.connect(str(place / FILE)) as database:
        fill(star.layer, database)
        for fact in star.facts if newest else ():
            table = fact.parent or fact.table
            database.execute(
                f"update raw.{table} set {fact.when} = {fact.when} + (select ? - "
                f"max({fact.when}) from raw.{table})", [newest])  # fmt: skip
    return place


def run(place: Path, *words: str, **more: str) -> Verdict:
    """Run dbt there; the verdict is read from what it writes. Its own failure fails the test."""
    done = subprocess.run(
        [dbt(), *words, "--profiles-dir", "."], cwd=place, text=True, capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(place), "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
             **more},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "eprecat" not in done.stdout, done.stdout
    name = "sources.json" if words[0] == "source" else "run_results.json"
    results = json.loads((place / "target" / name).read_text(encoding="utf-8"))["results"]
    statuses = {r["unique_id"]: r["status"] for r in results}
    if words[0] == "source":
        return Verdict(statuses, {})
    with duckdb.connect(str(place / FILE), read_only=True) as database:
        database.execute("set timezone = 'UTC'")
        listed = "select table_name from duckdb_tables() where schema_name = 'marts'"
        names = database.execute(listed).fetchall()
        return Verdict(statuses, {n: rows(database, f"marts.{n}") for (n,) in sorted(names)})
