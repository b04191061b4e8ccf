"""What changed between two contracts, protocol by protocol, and whom it may break.

The family lists itself: every module here with a `PROTOCOL` is one; file name = id. Members share
`change` (what a change is), `contract` (YAML and JSON documents with places) and `schemas` (the
comparison of JSON schemas), and know nothing of each other.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from backend_lead.changes.change import Protocol

SHARED = {"change", "contract", "schemas"}


@cache
def protocols() -> dict[str, Protocol]:
    """Every protocol by id, sorted."""
    found: dict[str, Protocol] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name in SHARED:
            continue
        protocol: Protocol = importlib.import_module(f"{__name__}.{info.name}").PROTOCOL
        if protocol.id != info.name:
            raise RuntimeError(f"changes/{info.name} holds the protocol {protocol.id!r}")
        found[protocol.id] = protocol
    return dict(sorted(found.items()))
