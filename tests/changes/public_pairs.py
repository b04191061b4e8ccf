"""The public pairs of OpenAPI contracts beside the repository, and what is asserted of them."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from backend_lead.changes.change import Change, Level, Text
from backend_lead.changes.openapi import PROTOCOL

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORDS: dict[str, Level] = {"ERR": "breaking", "WARN": "maybe", "INFO": "compatible"}
TODAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Pair:
    """Two files, and the ids with their levels that the reference tool's own tests assert."""

    base: str
    revision: str
    asserted: tuple[tuple[str, Level], ...]

    @property
    def name(self) -> str:
        return f"{self.base} -> {self.revision}"


def systems() -> Path:
    """The folder of public systems beside the repository; where CI lays none, that is a failure."""
    for folder in ROOT.parents:
        found = folder / "shared" / "systems"
        if found.is_dir():
            return found
    if os.environ.get("CI"):
        pytest.fail("the folder shared/systems is not beside the repository")
    pytest.skip("the folder shared/systems is not beside the repository")


def folder() -> Path:
    return systems() / "openapi-breaking-changes"


@cache
def pairs() -> list[Pair]:
    """Every pair of the table, in its order."""
    with (folder() / "expected-changes.csv").open(encoding="utf-8") as rows:
        return [
            Pair(
                row["base"],
                row["revision"],
                tuple(
                    (id, WORDS[level])
                    for id, level in zip(
                        row["reported_change_ids"].split("|"), row["level_of_each"].split("|")
                    )
                ),
            )
            for row in csv.DictReader(rows)
        ]


def levels() -> dict[str, Level]:
    """The rules of the reference tool with their levels."""
    with (folder() / "rule-levels.csv").open(encoding="utf-8") as rows:
        return {row["change_id"]: WORDS[row["default_level"]] for row in csv.DictReader(rows)}


def text(name: str) -> Text:
    return Text(name, (folder() / name).read_text(encoding="utf-8"))


@cache
def changes(base: str, revision: str) -> list[Change]:
    """What we find between two of the files."""
    return PROTOCOL.changes(text(base), text(revision), TODAY)
