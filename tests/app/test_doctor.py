"""doctor: what is installed, and what that means."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

from backend_lead import __version__
from backend_lead.app import doctor as use
from backend_lead.app.progress import cores
from backend_lead.catalog import kinds
from backend_lead.catalog.prices import PriceBook
from backend_lead.kernel import load
from backend_lead.kernel.prebuilt import Unfit
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
    assert seen["cores"].seen == str(cores())
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


@pytest.mark.parametrize("module", ["buf_bin", "graphql", "yaml"])
def test_an_absent_extra_is_told(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """What contracts need beside the rest is listed, with what is not judged without it."""
    monkeypatch.setitem(sys.modules, module, None)
    found = use.doctor()
    gone = [item for item in found.items if item.group == "extra" and item.state == "absent"]
    assert found.exit_code == 0 and len(gone) == 1
    assert "backend-lead[api]" in gone[0].means and gone[0].name in use.summary(found)


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


def test_the_prebuilt_kernel_is_told() -> None:
    """Where it is used, nothing is compiled and no folder is needed."""
    seen = items(use.doctor())
    assert (seen["compiled"].seen, seen["compiled"].state) == ("prebuilt", "ok")
    assert "folder" not in seen and "prebuilt" not in seen and not seen["numba"].needed


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prebuilt kernel does not fit, as after a change of the kernel's sources."""
    monkeypatch.setattr(load, "_loaded", [Unfit("changed since it was made: core.py")])


@pytest.mark.usefixtures("edited")
def test_the_kept_kernel_and_its_folder_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a new cache folder nothing is kept yet; the folder is named and writable, and why."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    seen = items(use.doctor())
    assert (seen["compiled"].seen, seen["compiled"].state) == ("not kept", "limited")
    assert (seen["prebuilt"].seen, seen["prebuilt"].state) == ("not used", "limited")
    assert "core.py" in seen["prebuilt"].means
    assert str(tmp_path) in seen["folder"].seen and "(writable)" in seen["folder"].seen


def test_without_the_compiler_the_prebuilt_kernel_runs(place: Place) -> None:
    """A numba that does not load is told, and stops nothing."""
    place.write("broken/numba.py", "raise ImportError('no LLVM here')\n")
    place.env["PYTHONPATH"] = f"{place.here / 'broken'}:{SOURCE}"
    done = place.run("doctor", "-f", "json")
    content = json.loads(done.out)
    assert done.code == 0 == content["exit_code"]
    numba = next(i for i in content["items"] if i["name"] == "numba")
    assert numba["state"] == "absent" and "no LLVM here" in numba["seen"]
    assert "compiling" in numba["means"] and "numba" in content["summary"]


@pytest.mark.usefixtures("edited")
def test_without_the_compiler_and_a_prebuilt_kernel_nothing_can_be_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 3, and what is missing."""
    monkeypatch.setitem(sys.modules, "numba", None)
    found = use.doctor()
    assert found.exit_code == 3
    assert items(found)["numba"].state == "absent" and "numba" in use.summary(found)


def test_as_text(place: Place) -> None:
    """The verdict first, then groups."""
    done = place.run("doctor")
    assert done.code == 0
    assert done.out.startswith("Everything backend-lead promises can be proved here")
    assert "\nPackages\n" in done.out and "\nOptional\n" in done.out


def test_missing_parts_of_a_data_layer_are_in_the_headline() -> None:
    """Without PostgreSQL not everything can be proved; DuckDB is looked at as well, and each part
    that is missing says how to install it."""
    parts = [i for i in use.doctor().items if i.group == "parts"]
    assert "duckdb" in [i.name for i in parts]
    gone = use.Item("parts", "postgres", "absent", "without asyncpg", "")
    words = use.summary(use.Diagnosis([gone]))
    assert "on real parts cannot: without postgres" in words and "Everything" not in words
    assert "Everything" in use.summary(use.Diagnosis([replace(gone, state="ok")]))
