"""The API of a model that states none, read off its endpoints: a beginning to be corrected."""

from __future__ import annotations

from backend_lead.model.contract import Access, Api, ApiOperation, Audience, Does
from backend_lead.model.system import Step, System
from backend_lead.model.workload import Client
from backend_lead.views.api.names import plural

_FIRST: dict[str, Does] = {
    "get": "get", "read": "get", "view": "get", "show": "get", "open": "get", "fetch": "get",
    "load": "get", "list": "list", "browse": "list", "search": "search", "find": "search",
    "create": "create", "add": "create", "insert": "create", "place": "create", "post": "create",
    "send": "create", "submit": "create", "register": "create", "upload": "create",
    "update": "update", "change": "update", "edit": "update", "save": "update", "set": "update",
    "delete": "delete", "remove": "delete",
}  # fmt: skip
_AUDIENCES: dict[str, Audience] = {
    "mobile": "mobile", "app": "mobile", "phone": "mobile", "ios": "mobile", "android": "mobile",
    "partner": "partner", "partners": "partner", "third": "partner", "integration": "partner",
    "integrations": "partner", "merchant": "partner", "merchants": "partner", "vendor": "partner",
    "internal": "internal", "service": "internal", "services": "internal", "job": "internal",
    "device": "mobile", "devices": "mobile",
}  # fmt: skip
NETWORKS: dict[Audience, str] = {
    "mobile": "4g", "web": "wifi", "partner": "datacentre", "internal": "datacentre",
}  # fmt: skip


def access_of(name: str, client: Client) -> Access:
    """How a class of callers reaches the API; where the model says nothing, by its name."""
    if client.access is not None:
        access = client.access
    else:
        words = name.replace("_", "-").split("-")
        audience = next((_AUDIENCES[word] for word in words if word in _AUDIENCES), None)
        access = Access(audience=audience or ("partner" if client.rate else "web"))
    if access.network is None:
        access = access.model_copy(update={"network": NETWORKS[access.audience]})
    return access


def derived(system: System) -> Api | None:
    """An operation for each endpoint that a journey asks for; None where none is about an entity
    with fields.

    What it does follows from the first word of its name, what it is about from the entity that its
    statements are about.
    """
    operations: dict[str, ApiOperation] = {}
    for journey in system.journeys.values():
        for ref in journey.steps:
            component, _, name = ref.partition(".")
            entity = _entity(system, ref)
            if entity is None:
                continue
            taken = name in operations and operations[name].endpoint != ref
            word = f"{component}-{name}" if taken else name
            operations.setdefault(word, ApiOperation(
                title=system.components[component].endpoints[name].title,
                does=_does(system, ref), of=entity, endpoint=ref,
            ))  # fmt: skip
    return Api(operations=operations) if operations else None


def _does(system: System, ref: str) -> Does:
    component, _, name = ref.partition(".")
    first = name.replace("-", "_").split("_")[0]
    if first in _FIRST:
        return _FIRST[first]
    return "act" if system.components[component].endpoints[name].writes else "get"


def _entity(system: System, ref: str) -> str | None:
    """What an endpoint is about: the entity it writes, else the one its name holds, else the first
    it reads; only those with fields."""
    component, _, name = ref.partition(".")
    endpoint = system.components[component].endpoints[name]
    told: list[tuple[bool, str]] = []
    waiting: list[Step] = list(endpoint.does)
    while waiting:
        step = waiting.pop(0)
        waiting += [*(step.miss or ()), *(step.parallel or ())]
        if step.entity:
            told.append((False, step.entity))
        if step.query:
            store, _, word = step.query.partition(".")
            operation = system.components[store].operations.get(word)
            if operation is not None and operation.entity:
                told.append((operation.type == "write", operation.entity))
    known = [(writes, e) for writes, e in told
             if e in system.entities and system.entities[e].fields]  # fmt: skip
    words = set(name.replace("-", "_").split("_"))
    named = [
        e for e in system.entities
        if system.entities[e].fields and words & {e, plural(e)}
    ]  # fmt: skip
    written = [e for writes, e in known if writes]
    for among in (named, written, [e for _, e in known]):
        if among:
            return among[0]
    return next((e for e, entity in system.entities.items() if entity.fields), None)
