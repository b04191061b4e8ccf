"""Writing a design's files: all of them or none, and never over something that is not ours."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from pathlib import Path

from backend_lead.model.finding import Finding, InvalidInput, Place

MANIFEST = "evidence/files.json"


class CannotWrite(Exception):
    """The files could not be written; what was there before is untouched."""


def check_target(folder: Path) -> None:
    """Refuse a target that cannot take files, before any long work. Raises InvalidInput."""
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(
            [Finding("output-not-a-folder", "error", f"{folder} is a file", Place(str(folder)),
                     "a file", "a folder, or a name that is not taken", "-o out/")]
        )  # fmt: skip
    parent = folder
    while not parent.exists():
        parent = parent.parent
    if not os.access(parent, os.W_OK):
        raise InvalidInput(
            [
                Finding(
                    "output-not-writable",
                    "error",
                    f"{parent} cannot be written",
                    Place(str(folder)),
                    "no permission",
                    "a folder you may write",
                    "-o out/",
                )
            ]
        )


def write_files(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write all files below `folder`; files of an earlier run that are no longer made are removed.

    Everything is written beside the target first, then renamed into place, so that a full disk
    leaves what was there. Raises CannotWrite.
    """
    folder = folder.absolute()
    for name in files:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"{name!r} would leave the folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as err:
        raise CannotWrite(_reason(err, folder)) from None
    try:
        manifest = json.dumps({"files": sorted(files)}, indent=1) + "\n"
        for name, text in {**files, MANIFEST: manifest}.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        old = _listed(folder)
        for name in sorted({*files, MANIFEST}):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (stage / name).replace(target)
        for name in sorted(old - set(files) - {MANIFEST}):
            (folder / name).unlink(missing_ok=True)
    except OSError as err:
        raise CannotWrite(_reason(err, folder)) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return [folder / name for name in sorted(files)]


def _listed(folder: Path) -> set[str]:
    """Files an earlier run wrote here."""
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {n for n in names if isinstance(n, str) and not Path(n).is_absolute() and ".." not in n}


def _reason(err: OSError, folder: Path) -> str:
    if err.errno == errno.ENOSPC:
        return f"the disk is full; nothing was changed in {folder}"
    return f"cannot write {folder}: {err.strerror or err}"
