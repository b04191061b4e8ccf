"""How long an answer may be kept, and by whom: what strategy, contract and mock all say."""

from __future__ import annotations

from backend_lead.catalog.api_policies import PUBLIC_AGE_S
from backend_lead.views.api.parts import Operation


def cache_control(op: Operation) -> str:
    """The Cache-Control of a query's answers (RFC 9111; stale-while-revalidate: RFC 5861)."""
    if op.said.public:
        age = f"{PUBLIC_AGE_S.value:.0f}"
        return f"public, max-age={age}, stale-while-revalidate={age}"
    return "private, no-cache" if op.does == "get" else "private, no-store"
