"""doctor: what is installed, and what that means."""

from __future__ import annotations

import json
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

from backend_lead import __version__
from backend_lead.app import doctor as use
from backend_lead.catalog import kinds
from backend_lead.catalog.prices import PriceBook
from backend_lead.tactics import tactics
from tests.app.command_line import SOURCE, Place


def items(found: use.Diagnosis) -> dict[str, use.Item]:
    return {item.name: item for item in found.items}


def test_it_tells_what_is_here() -> None:
    """Versions, cores and the catalogue are those of this machine; all of it says what it means."""
    found = use.doctor()
    seen = items(found)
    assert found.exit_code == 0
    assert seen["backend-lead"].seen == __version__
    assert platform.python_version() in seen["python"].seen
    assert seen["numba"].seen == version("numba") and seen["llvmlite"].seen == version("llvmlite")
    assert seen["cores"].seen == str(use.cores())
    assert f"{len(kinds())} kinds" in seen["holds"].seen
    assert f"{len(tactics())} tactics" in seen["holds"].seen
    assert seen["d2"].state == "ok" and any(c.isdigit() for c in seen["d2"].seen)
    assert all(item.means for item in found.items)


def test_old_prices_are_said_to_be() -> None:
    """A year after the oldest row, bills may be off."""
    oldest = date.fromisoformat(PriceBook.load().as_of()[0])
    young = items(use.doctor(oldest.replace(day=min(28, oldest.day))))["prices"]
    old = items(use.doctor(oldest.replace(year=oldest.year + 2, day=1)))["prices"]
    assert young.state == "ok" and old.state == "limited"
    assert str((oldest.replace(year=oldest.year + 2, day=1) - oldest).days) in old.seen
    assert "--prices" in old.means


def script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def test_tools_that_hang_or_fail_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that says its version is there; one that hangs or fails is told as such."""
    script(tmp_path, "git", "echo git version 9.9.9\n")
    script(tmp_path, "docker", "exec /bin/sleep 60\n")
    script(tmp_path, "k6", "exit 3\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(use, "VERSION_TIMEOUT_S", 0.5)
    found = use.doctor()
    seen = items(found)
    assert (seen["git"].state, seen["git"].seen) == ("ok", "git version 9.9.9")
    assert seen["docker"].state == seen["k6"].state == "limited"
    assert (seen["terraform"].state, seen["terraform"].seen) == ("absent", "not on PATH")
    assert found.exit_code == 0


def test_the_kept_kernel_and_its_folder_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a new cache folder nothing is kept yet; the folder is named and writable."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    seen = items(use.doctor())
    assert (seen["compiled"].seen, seen["compiled"].state) == ("not kept", "limited")
    assert str(tmp_path) in seen["folder"].seen and "(writable)" in seen["folder"].seen


def test_without_the_compiler_it_still_runs(place: Place) -> None:
    """A numba that does not load: exit code 3, what is missing and what it is for."""
    place.write("broken/numba.py", "raise ImportError('no LLVM here')\n")
    place.env["PYTHONPATH"] = f"{place.here / 'broken'}:{SOURCE}"
    done = place.run("doctor", "-f", "json")
    content = json.loads(done.out)
    assert done.code == 3 == content["exit_code"]
    numba = next(i for i in content["items"] if i["name"] == "numba")
    assert numba["state"] == "absent" and "no LLVM here" in numba["seen"]
    assert "simulation" in numba["means"] and "numba" in content["summary"]


def test_as_text(place: Place) -> None:
    """The verdict first, then groups."""
    done = place.run("doctor")
    assert done.code == 0
    assert done.out.startswith("Everything backend-lead promises can be proved here")
    assert "\nPackages\n" in done.out and "\nOptional\n" in done.out
