"""Getting the compiled kernel: once per machine, kept in the user's cache, keyed by its sources.

numba's own cache looks at one file only, so the folder is named by a digest of all kernel sources
and of the versions that compile them.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType


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
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return _temporary(folder.name)


def _temporary(name: str) -> Path:
    """A folder of our own in the temporary one; compiled code is never read from anybody else's."""
    folder = Path(tempfile.gettempdir()) / f"backend-lead-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
        folder = Path(tempfile.mkdtemp(prefix="backend-lead-"))
    return folder / name


def is_kept() -> bool:
    """Whether this machine has compiled these very sources before."""
    return any(cache_dir().rglob("core.run-*.nbi"))


def compiled() -> ModuleType:
    """The kernel module, compiled (or loaded) and ready to run."""
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    import numba

    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # set by numba at run time
    core = importlib.import_module("backend_lead.kernel.core")
    if not core.run.signatures:
        core.prime.compile("void(int64)")
        core.run.compile("int64(int64)")
    return core
