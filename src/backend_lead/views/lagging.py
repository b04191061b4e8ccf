"""Statements of stores whose replicas lag: what they write, and what may come too early."""

from __future__ import annotations

from typing import Literal

from backend_lead.views.flow import Flow, Node
from backend_lead.views.steps import OWN, operation_of

Part = Literal["write", "read", "own read"]


def lagging(flow: Flow, node: Node) -> tuple[str, Part] | None:
    """The entity that a statement writes, or reads from replicas that lag; an own read is one that
    goes to the primary instead, as its caller has just written."""
    component = flow.system.components[node.component]
    operation = operation_of(flow.system, node.key)
    if component.lag is None or not component.replicas:
        return None
    if operation is None or operation.entity not in flow.system.entities:
        return None
    if operation.type == "write":
        return operation.entity, "write"
    if node.name.endswith(OWN):
        return operation.entity, "own read"
    return None if node.station == node.component else (operation.entity, "read")
