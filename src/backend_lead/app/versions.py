"""The versions a result depends on."""

from __future__ import annotations

import hashlib
import platform
import shlex
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from backend_lead import __version__
from backend_lead.analysis.cost import own_prices


def versions() -> dict[str, str]:
    out = {"backend-lead": __version__, "python": platform.python_version()}
    for name in ("numba", "numpy"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "absent"
    if own := own_prices():
        digest = hashlib.sha256(Path(own).read_bytes()).hexdigest()[:16]
        out["prices"] = f"{shlex.quote(own)} sha256:{digest}"
    return out
