"""A system as the plain content of its file: defaults left out, quantities in people's units."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from backend_lead.model.contract import Deprecated, EntityField, Need, Release, Tier
from backend_lead.model.manners import Scheduled
from backend_lead.model.quantity import Quantity
from backend_lead.model.results import Result
from backend_lead.model.system import Pooler, Slo, System, Team, Topology
from backend_lead.model.workload import Peak
from backend_lead.views.yaml_layout import OneLine, Words

_ONE_LINE = (Deprecated, EntityField, Need, Peak, Pooler, Release, Result, Scheduled, Team, Tier)
_ALWAYS: dict[type[BaseModel], set[str]] = {
    System: {"topology"},
    Slo: {"journey"},
    Topology: {"provider", "region", "zones"},
}
_LAST = {"endpoints", "operations"}  # long parts of a component, behind its short ones


def content(system: System, *, full: bool) -> dict[str, Any]:
    """The mapping that says the same as `system`; `full` keeps some defaults worth seeing."""
    found: dict[str, Any] = _content(system, full)
    return found


def _content(value: Any, full: bool) -> Any:
    if isinstance(value, Quantity):
        return _quantity(value)
    if isinstance(value, Need) and value == Need(ask=value.ask):
        return value.ask
    if isinstance(value, BaseModel):
        kind = type(value)
        always = _ALWAYS.get(kind, set()) if full else set()
        out: dict[str, Any] = OneLine() if isinstance(value, _ONE_LINE) else {}
        fields = sorted(kind.model_fields.items(), key=lambda entry: entry[0] in _LAST)
        for name, field in fields:
            inner = getattr(value, name)
            if name in always or not _is_default(inner, field):
                out[field.alias or name] = _content(inner, full)
                if name == "origins":
                    out[name] = OneLine(inner)
        return out
    if isinstance(value, dict):
        return {key: _content(inner, full) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_content(inner, full) for inner in value]
    return value


def _is_default(value: Any, field: FieldInfo) -> bool:
    if field.is_required():
        return False
    return type(value) is type(field.default) and bool(value == field.default)


def _quantity(value: Quantity) -> Words | OneLine:
    out = OneLine(value=Words(value.text))
    if value.range is not None:
        out["range"] = [Words(value.dimension.format(end)) for end in value.range]
    if value.origin != "stated":
        out["origin"] = value.origin
    for word in ("source", "why"):
        if getattr(value, word) is not None:
            out[word] = getattr(value, word)
    return out if len(out) > 1 else Words(value.text)
