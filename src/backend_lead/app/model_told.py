"""What is told of a word of a model that cannot be, or that does nothing."""

from __future__ import annotations

from backend_lead.model.finding import Finding
from backend_lead.views.document import Document, Loc, path_text

SERVING = "model-serving"


def wrong(
    document: Document, loc: Loc, message: str, seen: str, allowed: str, hint: str,
    rule: str = SERVING,
) -> Finding:  # fmt: skip
    """An error: the model cannot be used with it."""
    return Finding(rule, "error", f"`{path_text(loc)}` {message}", document.place(loc), seen,
                   allowed, hint)  # fmt: skip


def idle(document: Document, loc: Loc, why: str, seen: str, allowed: str, hint: str) -> Finding:
    """A warning: what is said has no effect."""
    return Finding(SERVING, "warning", f"`{path_text(loc)}` does nothing: {why}",
                   document.place(loc), seen, allowed, hint)  # fmt: skip
