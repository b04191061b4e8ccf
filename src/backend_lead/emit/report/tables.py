"""A Markdown table."""

from __future__ import annotations


def table(head: list[str], rows: list[list[str]], right: int = 0) -> str:
    """A Markdown table; the last `right` columns hold numbers."""
    rule = ["---"] * (len(head) - right) + ["---:"] * right
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
