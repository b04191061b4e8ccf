"""How the model file is laid out: a header, then each part under a comment about it."""

from __future__ import annotations

from typing import Any

from backend_lead.views.yaml_layout import entry, scalar

_HEADER = """\
# yaml-language-server: $schema=backend.schema.json
# The model of this backend; everything beside it is generated from it.
# A bare value is stated; the others say where they come from and how far they may be off.
# After a change: backend-lead check backend.yaml
"""
_SECTIONS = {
    "workload": "Who calls, how often, and through which components requests enter",
    "journeys": "What users do: requests in order",
    "components": "The parts: what they run on, how many, and what each request costs",
    "entities": "What is kept: size, number, popularity",
    "api": "What callers are promised: operations, the shapes they share, and screens",
    "data": "The data layer: purposes, products for those who analyse, answers in milliseconds",
    "slos": "Objectives",
    "topology": "Where it runs",
    "results": "What was found for the model with this digest",
}


def page(content: dict[str, Any]) -> str:
    """A fresh file: header, then each part of the model under a comment."""
    return _HEADER + "".join(section(key, value) + "\n" for key, value in content.items())


def section(key: str, value: Any) -> str:
    """A top-level entry, with the comment that says what it is; no newline at its end."""
    about = f"\n# {_SECTIONS[key]}\n" if key in _SECTIONS else ""
    return about + entry(scalar(key), value, 0)
