"""The identity of a model: a digest of what it says, not of how it is written."""

from __future__ import annotations

import hashlib
import json

from backend_lead.model.system import System

_NOT_IDENTITY = {"results", "schema_"}


def digest(system: System) -> str:
    """First 16 hex digits of the SHA-256 of the model's content; layout and results don't count."""
    content = system.model_dump(mode="json", exclude=_NOT_IDENTITY)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
