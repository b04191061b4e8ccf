"""views/c4.md: the C4 model of a design, context and containers, as Mermaid."""

from __future__ import annotations

from backend_lead.catalog import kinds
from backend_lead.emit.engineering.calls import CLIENT, Edge, edges
from backend_lead.emit.engineering.mermaid import fenced, identifier, in_c4
from backend_lead.emit.report.wording import cell, rate, size_of
from backend_lead.model.design import Design
from backend_lead.model.system import System
from backend_lead.model.units import counted
from backend_lead.model.workload import Client
from backend_lead.views.resolve import resolve

ID = "c4"
GROUP = "views"
FILES = ("views/c4.md",)
_STORES = ("relational store", "cache")


def emit(design: Design) -> dict[str, str]:
    """Write context and containers, equal to the model."""
    found = edges(design, resolve(design.system))
    parts = [
        f"# C4 views of {cell(design.title)}",
        "Drawn from the model. Rates at the stated peak: a bare one was counted by the run; one "
        "with ≈ is computed from the model, or is a count split over callers.",
        "## Context",
        fenced(_context(design, found)),
        "## Containers",
        fenced(_containers(design, found)),
        "Not drawn: systems of others, of which the model knows none. What a request does step by "
        "step: [sequences.md](sequences.md).",
    ]
    return {"views/c4.md": "\n\n".join(parts) + "\n"}


def _person(name: str, client: Client) -> str:
    load = rate(client.rate.value) if client.rate else ""
    if client.users:
        load = counted(client.users.text, "user")
    pause = f", {client.think_time.text} between requests" if client.think_time else ""
    return f'Person({identifier("P", name)}, "{in_c4(client.title or name)}", "{load}{pause}")'


def _id(system: System, name: str) -> str:
    return identifier("P", name.removeprefix(CLIENT)) if name.startswith(CLIENT) else (
        identifier("C", name)
    )  # fmt: skip


def _context(design: Design, found: list[Edge]) -> str:
    system = design.system
    whole = identifier("S", system.backend)
    figure = design.figures.get("requests_per_s")
    about = f"{figure.text} at peak" if figure else ""
    lines = ["C4Context", *(f"  {_person(n, c)}" for n, c in system.workload.clients.items())]
    lines.append(f'  System({whole}, "{in_c4(design.title)}", "{in_c4(about)}")')
    for name in system.workload.clients:
        asked = sum(e.per_s for e in found if e.source == f"{CLIENT}{name}")
        lines.append(f'  Rel({identifier("P", name)}, {whole}, "≈ {rate(asked)}")')
    return "\n".join(lines)


def _containers(design: Design, found: list[Edge]) -> str:
    system = design.system
    lines = ["C4Container", *(f"  {_person(n, c)}" for n, c in system.workload.clients.items())]
    lines.append(
        f'  System_Boundary({identifier("S", system.backend)}, "{in_c4(design.title)}") {{'
    )
    for name, part in system.components.items():
        kind = kinds().get(part.kind)
        word = "ContainerDb" if kind and kind.role in _STORES else "Container"
        zones = f"{part.zones} zones" if part.zones > 1 else "1 zone"
        size = ", ".join(text for text in (size_of(part), zones) if text)
        lines.append(f'    {word}({identifier("C", name)}, "{in_c4(part.title or name)}", '
                     f'"{in_c4(kind.title if kind else part.kind)}", "{in_c4(size)}")')  # fmt: skip
    lines.append("  }")
    for edge in found:
        lines.append(f"  Rel({_id(system, edge.source)}, {_id(system, edge.target)}, "
                     f'"{edge.text}")')  # fmt: skip
    return "\n".join(lines)
