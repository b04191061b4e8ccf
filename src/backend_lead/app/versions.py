"""The versions a result depends on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from backend_lead import __version__


def versions() -> dict[str, str]:
    out = {"backend-lead": __version__, "python": platform.python_version()}
    for name in ("numba", "numpy"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "absent"
    return out
