"""Endpoints that move to another component: the contract follows, callers notice nothing."""

from __future__ import annotations

from backend_lead.model.system import System


def follow(system: System, moved: dict[str, str]) -> None:
    """Let operations name their endpoints by where they are now.

    An entity whose owner was not said, and of which an operation moves, stays with the service
    that had it: the rows do.
    """
    if system.api is None:
        return
    operations = dict(system.api.operations)
    for name, said in operations.items():
        if said.endpoint is None or said.endpoint not in moved:
            continue
        operations[name] = said.model_copy(update={"endpoint": moved[said.endpoint]})
        entity = system.entities.get(said.of)
        if entity is not None and entity.owner is None:
            entity.owner = said.endpoint.partition(".")[0]
    system.api = system.api.model_copy(update={"operations": operations})
