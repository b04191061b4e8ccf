"""The files of the data layer as a reference domain's model gives them, nothing run."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from backend_lead.app.evidence import computed
from backend_lead.catalog.domains import load
from backend_lead.emit import render
from backend_lead.model.design import Design
from backend_lead.model.system import System
from backend_lead.search.assess import assess

ROOT = Path(__file__).parents[3]


@cache
def design_of(id: str) -> Design:
    """A domain, judged and not run."""
    return computed(assess(System.model_validate(load(id).system())), 1)


@cache
def files_of(id: str) -> dict[str, str]:
    """Every file of the group."""
    return render(design_of(id), "data")


def judge(name: str) -> str:
    """A program that judges files: beside the repository, else on the path; else the test is
    skipped by its name."""
    own = ROOT / ".judges" / "bin" / name
    found = str(own) if os.access(own, os.X_OK) else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
