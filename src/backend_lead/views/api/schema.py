"""Types as JSON Schema (2020-12), the same for REST bodies and for the data of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from backend_lead.model.contract import Audience
from backend_lead.views.api.names import screaming
from backend_lead.views.api.parts import Contract, FieldOf, Operation, ShapeOf
from backend_lead.views.api.types import SCALARS, Type

REFS = "#/components/schemas/"


def schema(contract: Contract, type_: Type, *, stem: str = "") -> dict[str, Any]:
    """The schema of a type. Shapes and enumerations are referred to by their name and `stem`."""
    if type_.item is not None:
        return {"type": "array", "items": schema(contract, type_.item, stem=stem)}
    if type_.sort == "ref":
        return dict(SCALARS["id"].schema)
    if type_.sort == "scalar":
        return dict(SCALARS[type_.name].schema)
    if type_.sort == "enum":
        return {"$ref": f"{REFS}{contract.enums[type_.name].type_name}"}
    return {"$ref": f"{REFS}{contract.shapes[type_.name].type_name}{stem}"}


def field_schema(
    contract: Contract, f: FieldOf, audience: Audience | None = None, *, stem: str = ""
) -> dict[str, Any]:
    """The schema of a field: its type with what the field adds; its example with what an audience
    sees."""
    out = schema(contract, f.type, stem=stem)
    if f.most is not None:
        out["maxItems" if f.type.item is not None else "maxLength"] = f.most
    if f.null:
        out = _nullable(out)
    if f.ending:
        out["deprecated"] = True
    if "$ref" not in out or f.ending:
        out["description"] = _sentence(f.title, contract, f)
    if "$ref" not in out and "anyOf" not in out:
        example = example_of(contract, f)
        out["examples"] = [pruned(contract, f.type, example, audience) if audience else example]
    return out


def _nullable(found: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in found:
        return {"anyOf": [found, {"type": "null"}]}
    return {**found, "type": [found["type"], "null"]}


def _sentence(title: str, contract: Contract, f: FieldOf) -> str:
    told = title.rstrip(".")
    if f.type.sort == "ref":
        of = contract.shapes[f.type.name].title.rstrip(".")
        told += f": the id of a {f.type.name.replace('_', ' ')}" if of != told else ""
    return replace(f, title=told).told + "."


def shape_schema(
    contract: Contract, shape: ShapeOf, audience: Audience | None = None
) -> dict[str, Any]:
    """The schema of a shape: every field there, those that may be empty included."""
    fields = contract.seen_by(shape, audience) if audience else shape.fields
    return object_schema(contract, fields, shape.title, audience)


def object_schema(
    contract: Contract, fields: Iterable[FieldOf], title: str,
    audience: Audience | None = None, *, inputs: bool = False, least: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """An object with these fields. As an answer every field is there; as `inputs` those that need
    not be given may be left out but for the `least` number, and nothing else is taken."""
    fields = tuple(fields)
    needed = [f.json for f in fields if f.required or not inputs]
    out: dict[str, Any] = {"type": "object", "description": title.rstrip(".") + "."}
    if needed:
        out["required"] = needed
    out["properties"] = {f.json: field_schema(contract, f, audience) for f in fields}
    if inputs:
        out["additionalProperties"] = False
        if least > len(needed):
            out["minProperties"] = least
    return out


def enum_schema(contract: Contract, name: str) -> dict[str, Any]:
    """An enumeration; callers must expect values that are added later."""
    enum = contract.enums[name]
    return {
        "type": "string",
        "enum": list(enum.wire),
        "description": "Values may be added: treat one you do not know as you would a default.",
        "examples": [enum.wire[0]],
    }


# --- examples -------------------------------------------------------------------------------------
def example_of(contract: Contract, f: FieldOf, depth: int = 0) -> Any:
    """A value a field may have: the model's own, or one made of its type."""
    if f.example is not None:
        return _said(f.type, f.example)
    if f.type.sort == "scalar" and f.type.name == "string" and f.most is not None:
        return str(SCALARS["string"].sample)[: f.most]
    return sample(contract, f.type, depth)


def _said(type_: Type, example: Any) -> Any:
    """The example of the model in the way JSON writes the type; of a list, one item is said."""
    if type_.item is not None:
        return [_said(type_.item, example)]
    if type_.sort == "enum":
        return screaming(str(example))
    if type_.sort == "shape":
        amount, _, currency = str(example).partition(" ")
        return {"amount": amount, "currency": currency}
    written = SCALARS["id" if type_.sort == "ref" else type_.name].schema["type"]
    return str(example) if written == "string" else example


def sample(contract: Contract, type_: Type, depth: int = 0) -> Any:
    """A value of a type."""
    if type_.item is not None:
        return [] if depth > 3 else [sample(contract, type_.item, depth + 1)]
    if type_.sort == "ref":
        return SCALARS["id"].sample
    if type_.sort == "scalar":
        return SCALARS[type_.name].sample
    if type_.sort == "enum":
        return contract.enums[type_.name].wire[0]
    return shape_example(contract, contract.shapes[type_.name].fields, depth + 1)


def shape_example(contract: Contract, fields: Iterable[FieldOf], depth: int = 0) -> dict[str, Any]:
    """An object with an example for each field."""
    return {
        f.json: None if depth > 4 and f.null else example_of(contract, f, depth) for f in fields
    }


def carried(contract: Contract, operations: Iterable[Operation]) -> Iterator[Type]:
    """Every type that operations take, or give in their answers or, of what takes long, with its
    job at last; a bulk answers with a result for each."""
    for op in operations:
        if op.gives is not None and op.answer != "results":
            yield op.gives
        for f in (*op.keys, *op.inputs, *op.filters):
            yield f.type


def pruned(contract: Contract, type_: Type, value: Any, audience: Audience) -> Any:
    """A value of a type without the fields that an audience does not see."""
    if type_.item is not None and isinstance(value, list):
        return [pruned(contract, type_.item, one, audience) for one in value]
    if type_.sort != "shape" or not isinstance(value, dict):
        return value
    seen = contract.seen_by(contract.shapes[type_.name], audience)
    return {
        f.json: pruned(contract, f.type, value[f.json], audience) for f in seen if f.json in value
    }
