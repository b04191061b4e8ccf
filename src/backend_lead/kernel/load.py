"""Getting the kernel: the prebuilt one, else compiled once per machine and kept in a cache.

numba's own cache looks at one file only, so the folder is named by a digest of all kernel sources
and of the versions that compile them.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from backend_lead.kernel import prebuilt
from backend_lead.kernel.prebuilt import Kernel, Unfit

OTHERS_MAY_WRITE = 0o022

_loading = threading.Lock()
_loaded: list[Kernel | Unfit] = []  # what came of the prebuilt kernel, once it was looked at


def compiled() -> Kernel:
    """The kernel, ready to run."""
    found = _prebuilt()
    return found if isinstance(found, Kernel) else just_in_time()


def readiness() -> Literal["prebuilt", "kept", "not kept"]:
    """Where the kernel comes from; "not kept": it is compiled first, some ten seconds."""
    if isinstance(_prebuilt(), Kernel):
        return "prebuilt"
    return "kept" if any(cache_dir().rglob("core.run-*.nbi")) else "not kept"


def why_compiled() -> str:
    """Why the prebuilt kernel is not used; empty if it is."""
    found = _prebuilt()
    return "" if isinstance(found, Kernel) else str(found)


def _prebuilt() -> Kernel | Unfit:
    with _loading:
        if not _loaded:
            try:
                _loaded.append(prebuilt.load())
            except Unfit as err:
                _loaded.append(err)
        return _loaded[0]


def just_in_time() -> Kernel:
    """The kernel compiled by numba, or as numba kept it."""
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    import numba

    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # set by numba at run time
    core = importlib.import_module("backend_lead.kernel.core")
    if not core.run.signatures:
        core.prime.compile("void(int64)")
        core.run.compile("int64(int64)")
    return Kernel(core.prime, core.run)


def cache_dir() -> Path:
    """Where the compiled kernel is kept; a temporary folder when the home cannot be written."""
    here = Path(__file__).parent
    key = hashlib.sha256()
    for source in sorted(here.glob("*.py")):
        key.update(source.read_bytes())
    key.update(f"{version('numba')} {version('llvmlite')} {sys.version_info[:2]}".encode())
    base = os.environ.get("XDG_CACHE_HOME") or ""
    home = os.path.expanduser("~")  # noqa: PTH111  # Path.expanduser raises where there is none
    root = Path(base) if Path(base).is_absolute() else Path(home) / ".cache"
    folder = root / "backend-lead" / f"kernel-{key.hexdigest()[:16]}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder.parent.mkdir(exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return folder if _ours(folder) and _ours(folder.parent) else _temporary(folder.name)
    except OSError:
        return _temporary(folder.name)


def _ours(folder: Path) -> bool:
    """Whether nobody else can put code there for us to run."""
    if not hasattr(os, "getuid"):
        return True  # other systems keep a profile's folders to its user
    state = folder.lstat()
    return state.st_uid == os.getuid() and not state.st_mode & OTHERS_MAY_WRITE


def _temporary(name: str) -> Path:
    """A folder of our own in the temporary one; compiled code is never read from anybody else's."""
    folder = Path(tempfile.gettempdir()) / f"backend-lead-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or not _ours(folder):
        folder = Path(tempfile.mkdtemp(prefix="backend-lead-"))
    return folder / name
