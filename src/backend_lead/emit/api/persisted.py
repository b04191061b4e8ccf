"""What our own apps send to the graph, written down: a document for each screen and each operation
that no screen asks, known by its hash, and limits for the gateway that follow from them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from backend_lead.model.contract import Audience
from backend_lead.views.api.documents import Document, Pick, every_document
from backend_lead.views.api.graph import Graph
from backend_lead.views.api.names import kebab
from backend_lead.views.api.plan import cost, depth, plan
from backend_lead.views.api.types import PAGE_MOST

SPARE = 2  # limits are this many times what the dearest operation of today needs
FORMAT = "apollo-persisted-query-manifest"


def operations(graph: Graph) -> dict[str, str]:
    """The documents and manifests of every client, by their path."""
    out: dict[str, str] = {}
    for name, caller in graph.found.callers.items():
        every = every_document(graph, caller)
        entries = []
        for one in every:
            body = text(one)
            out[f"{_folder(name)}{one.file}.graphql"] = body
            entries.append({
                "id": hashlib.sha256(body.encode()).hexdigest(), "name": one.name,
                "type": one.kind, "body": body,
            })  # fmt: skip
        if entries:
            content = {"format": FORMAT, "version": 1, "operations": entries}
            written = json.dumps(content, ensure_ascii=False, indent=2)
            out[f"{_folder(name)}manifest.json"] = written + "\n"
    return out


def known(graph: Graph, audience: Audience) -> dict[str, str]:
    """The documents of an audience's clients by their hash."""
    callers = (c for c in graph.found.callers.values() if c.audience == audience)
    bodies = (text(one) for caller in callers for one in every_document(graph, caller))
    return {hashlib.sha256(body.encode()).hexdigest(): body for body in bodies}


def _folder(client: str) -> str:
    return f"api/graphql/operations/{kebab(client)}/"


def text(document: Document) -> str:
    """A document as GraphQL writes it."""
    takes = ", ".join(f"${word}: {a.type}" for word, a in document.variables.items())
    head = f"{document.kind} {document.name}" + (f"({takes})" if takes else "")
    return f"{head} {{\n{''.join(_line(root, 1) for root in document.roots)}}}\n"


def _line(pick: Pick, deep: int) -> str:
    pad = "  " * deep
    alias = f"{pick.alias}: " if pick.alias else ""
    takes = ", ".join(f"{a.name}: ${word}" for word, a in pick.takes)
    out = f"{pad}{alias}{pick.name}" + (f"({takes})" if takes else "")
    if not pick.children:
        return out + "\n"
    return f"{out} {{\n{''.join(_line(child, deep + 1) for child in pick.children)}{pad}}}\n"


def router(graph: Graph) -> dict[str, Any]:
    """The gateway's configuration: only known operations, bounded in depth and cost."""
    every = {name: every_document(graph, caller) for name, caller in graph.found.callers.items()}
    known = [one for found in every.values() for one in found]
    manifests = [
        f"./operations/{kebab(name)}/manifest.json" for name, found in every.items() if found
    ]
    out: dict[str, Any] = {"supergraph": {"introspection": False}, "apq": {"enabled": False}}
    if not known:
        return out
    out["persisted_queries"] = {
        "enabled": True,
        "log_unknown": True,
        "local_manifests": manifests,
        "safelist": {"enabled": True, "require_id": True},
    }
    out["limits"] = {
        "max_depth": SPARE * max(depth(one) for one in known),
        "max_root_fields": SPARE * max(len(one.roots) for one in known),
        "max_aliases": SPARE * max(1, *(sum(bool(r.alias) for r in one.roots) for one in known)),
    }
    out["demand_control"] = {
        "enabled": True,
        "mode": "enforce",
        "strategy": {
            "static_estimated": {
                "list_size": max(
                    (op.page_most for op in graph.operations if op.paged), default=PAGE_MOST
                ),
                "max": SPARE * max(cost(one) for one in known),
            }
        },
    }
    return out


def plan_page(graph: Graph) -> str:
    """What each screen costs behind the gateway: fetches, rounds, and where N+1 lurks."""
    lines = [
        "# Plans of the graph",
        "",
        "How the gateway answers each operation of our apps: the services it asks, how many rounds "
        "wait for one another, what it counts as cost, and where a service would do work once for "
        "each thing unless it answers keys in one batch.",
        "",
        "| client | operation | fetches | rounds | cost | services, round by round |",
        "|---|---|---|---|---|---|",
    ]
    risks: list[str] = []
    for name, caller in graph.found.callers.items():
        for one in every_document(graph, caller):
            made = plan(graph, one)
            rounds = " then ".join(
                " + ".join(f.service for f in made.level(n)) for n in range(1, made.rounds + 1)
            )
            lines.append(
                f"| {name} | {one.name} | {len(made.fetches)} | {made.rounds} | {cost(one)} "
                f"| {rounds} |"
            )
            risks += [
                f"- `{one.name}` of {name}: {r.service} answers {r.what} {r.times} times at "
                f"`{r.path}`; answer them in one batch by their keys."
                for r in made.risks
            ]
    told = risks or ["None: no operation asks a service for something once for each of several."]
    return "\n".join([*lines, "", "## N+1", "", *dict.fromkeys(told), ""])
