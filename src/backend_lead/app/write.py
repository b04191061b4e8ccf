"""Writing a design's files: all of them or none, and never over something that is not ours."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from backend_lead.emit import emitters
from backend_lead.model.finding import Finding, InvalidInput, Place

MANIFEST = "evidence/files.json"
MODE = 0o7777  # of a file: who may read and write it
STAGE, OLD = ".backend-lead-", ".old"
Names = re.Pattern[str] | None
NAMED = 5  # files that a message names; of more it tells how many


class CannotWrite(Exception):
    """The files could not be written; the message says what of the folder was changed."""


def check_target(
    folder: Path, model: Path | None = None, *, whole: bool = True, more: Names = None
) -> None:
    """Refuse a target that cannot take files, before any long work. Raises InvalidInput.

    `model`, `whole` and `more` are those of `write_files`.
    """
    parent = folder = folder.absolute()
    while not os.path.lexists(parent):
        parent = parent.parent
    if not parent.is_dir():
        raise InvalidInput(
            [Finding("output-not-a-folder", "error", f"{parent} is a file", Place(str(folder)),
                     "a file", "a folder, or a name that is not taken", "-o out/")]
        )  # fmt: skip
    try:
        with suppress(FileNotFoundError):
            folder.lstat()  # a name that no file system takes is told here
        tempfile.TemporaryDirectory(prefix=STAGE, dir=parent).cleanup()
    except OSError as err:
        raise InvalidInput(
            [Finding("output-not-writable", "error", f"{parent} cannot be written",
                     Place(str(folder)), err.strerror or str(err), "a folder you may write",
                     "-o out/")]
        ) from None  # fmt: skip
    always = [name for one in emitters() for name in one.files] if whole else []
    _refuse_what_is_not_ours(folder, dict.fromkeys(always), model, more)


def write_files(
    folder: Path, files: dict[str, str], *, model: Path | None = None, whole: bool = True,
    more: Names = None,
) -> list[Path]:  # fmt: skip
    """Write all files below `folder`.

    Everything is written beside its place first, then renamed into it, so that a full disk leaves
    what was there; if a rename fails, those before it are taken back. With `whole`, files
    of an earlier run that are no longer made are removed. The `model` that was read may be written
    over; other files that we did not write may not. `more` are names that can be ours beside those
    of the artefacts.
    Raises InvalidInput for these, CannotWrite for what the system refuses.
    """
    folder = folder.absolute()
    for name in files:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"{name!r} would leave the folder")
    _refuse_what_is_not_ours(folder, files, model, more)
    old = _listed(folder, more)
    kept = {name: _sha(text.encode("utf-8")) for name, text in files.items()}
    if not whole:
        kept = {n: sha for n, sha in old.items() if (folder / n).is_file()} | kept
    manifest = json.dumps({"files": kept}, indent=1, sort_keys=True) + "\n"
    made = [p for p in (folder, *folder.parents) if not p.exists()]
    stage, new = None, list[str]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=folder))
        _rename(_staged(stage, {**files, MANIFEST: manifest}), folder, stage / OLD, new)
        made.clear()
        for name in sorted(old.keys() - kept.keys()):
            if _is_unchanged(folder, name, old[name]):
                (folder / name).unlink()
    except OSError as err:
        raise CannotWrite(_reason(err, folder, new)) from None
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        for path in made:  # deepest first; a folder that holds something stays
            shutil.rmtree(path, ignore_errors=True) if path == folder else _remove_empty(path)
    return [folder / name for name in sorted(files)]


def write_evidence(folder: Path, name: str, text: str) -> Path:
    """Write one file of evidence, over an earlier one. Raises CannotWrite."""
    return write_over(folder / name, text)


def write_over(path: Path, text: str) -> Path:
    """Write one file beside its place and rename it into it, over what is there.

    Raises CannotWrite.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{STAGE}{path.name}")
        beside.write_text(text, encoding="utf-8", newline="")
        if path.exists():
            beside.chmod(path.stat().st_mode & MODE)
        beside.replace(path)
    except OSError as err:
        raise CannotWrite(f"cannot write {path}: {err.strerror or err}") from None
    return path


def check_copy(path: Path, source: Path) -> None:
    """Refuse to write a copy of a model over a file that is there. Raises InvalidInput."""
    if path.exists():
        what = "the model itself" if path.resolve() == source.resolve() else "a file"
        told = Finding("output-taken", "error", f"{path} is there already", Place(str(path)), what,
                       "a name that is not taken")  # fmt: skip
        raise InvalidInput([told])


def write_copy(path: Path, text: str) -> None:
    """Write a changed copy of a model as a new file. Raises CannotWrite."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as err:
        raise CannotWrite(f"cannot write {path}: {err.strerror or err}") from None


def _staged(stage: Path, files: dict[str, str]) -> dict[str, Path]:
    """Write each file into the stage; where each stands then."""
    out = {}
    for name, text in files.items():
        out[name] = stage / name
        out[name].parent.mkdir(parents=True, exist_ok=True)
        out[name].write_text(text, encoding="utf-8", newline="\n")
    return out


def _rename(staged: dict[str, Path], folder: Path, old: Path, new: list[str]) -> None:
    """Put each file in its place; what stood there is set back if one of them cannot be.

    `new` then holds the names of those that could not be set back.
    """
    made = []
    try:
        for above in sorted({a for name in staged for a in (folder / name).parents}):
            if not above.exists():
                above.mkdir()
                made.append(above)
        for name, path in sorted(staged.items()):
            _keep(folder / name, old / name)
            path.replace(folder / name)
            new.append(name)
    except OSError:
        for name in list(new):
            with suppress(OSError):
                if (old / name).exists():
                    (old / name).replace(folder / name)
                else:
                    (folder / name).unlink()
                new.remove(name)
        for above in reversed(made):
            _remove_empty(above)
        raise


def _keep(path: Path, beside: Path) -> None:
    """Hold on to a file under a second name, so that it never is without its first."""
    if not path.is_file():
        return
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, beside)
    except OSError:  # a file system without hard links
        shutil.copy2(path, beside)


def _remove_empty(path: Path) -> None:
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()


def _refuse_what_is_not_ours(
    folder: Path, files: Mapping[str, str | None], model: Path | None, more: Names
) -> None:
    """Raise InvalidInput where somebody else's file or folder stands in the place of one of ours.

    Runs in evidence/ are ours: `simulate` keeps them there. A file of the same text is no loss.
    """
    ours = _listed(folder, more)
    read = model.resolve() if model else None
    found = []
    for name in sorted({*files, MANIFEST}):
        path, above = folder / name, folder / Path(name).parts[0]
        if path.is_dir() or (above != path and above.exists() and not above.is_dir()):
            found.append(path if path.is_dir() else above)
        elif (
            name.startswith("evidence/")
            or path.resolve() == read
            or _is_unchanged(folder, name, ours.get(name))
        ):
            continue
        elif path.is_file() and _text(path) != files.get(name):
            found.append(path)
    if found:
        raise InvalidInput([_taken(path, folder, ours) for path in dict.fromkeys(found)])


def _taken(path: Path, folder: Path, ours: Mapping[str, str]) -> Finding:
    edited = path.is_file() and path.relative_to(folder).as_posix() in ours
    what = "was changed since it was written" if edited else "is there, and is not of backend-lead"
    seen = "a folder" if path.is_dir() else "a file edited by hand" if edited else "somebody's file"
    return Finding("output-taken", "error", f"{path.name} {what}", Place(str(path)), seen,
                   "a folder without files of these names", "-o out/, or move it away")  # fmt: skip


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, ValueError):
        return None


def _listed(folder: Path, more: Names) -> dict[str, str]:
    """Files an earlier run wrote here, with the digest of each; only names that can be ours."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    found = found if isinstance(found, dict) else {}
    known = emitters()
    return {
        n: sha for n, sha in found.items()
        if any(one.may_write(n) for one in known) or (more is not None and more.fullmatch(n))
    }  # fmt: skip


def _is_unchanged(folder: Path, name: str, sha: object) -> bool:
    """Whether a file is still the one that was written, and stands in the folder itself."""
    path = folder / name
    above = [p for p in (path, *path.parents) if p != folder and folder in p.parents]
    if any(p.is_symlink() for p in above) or not path.is_file():
        return False
    return _sha(path.read_bytes()) == sha


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _reason(err: OSError, folder: Path, new: list[str]) -> str:
    """Why it stopped, and what of the folder is not as it was."""
    what = "the disk is full" if err.errno == errno.ENOSPC else f"{err.strerror or err}"
    if not new:
        return f"cannot write {folder}: {what}; nothing was changed"
    told = ", ".join(new[:NAMED]) + (f" and {len(new) - NAMED} more" if len(new) > NAMED else "")
    return (f"cannot write all of {folder}: {what}; changed and not to be set back: {told}; the "
            "other files are as they were")  # fmt: skip
