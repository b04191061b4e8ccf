"""What the fields of the graph take and give, as GraphQL writes types."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.views.api.addresses import key_name
from backend_lead.views.api.names import camel, screaming
from backend_lead.views.api.parts import Contract, FieldOf, Operation
from backend_lead.views.api.types import SCALARS, Type


@dataclass(frozen=True)
class Argument:
    """An argument of a field: its name, type, what it is, and its default if it has one."""

    name: str
    type: str
    title: str
    default: int | None = None
    ending: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.type.endswith("!")


def output_type(found: Contract, type_: Type) -> str:
    """The type of an answer, without the `!` of what is always there."""
    if type_.item is not None:
        return f"[{output_type(found, type_.item)}!]"
    if type_.sort == "scalar":
        return SCALARS[type_.name].graphql
    if type_.sort == "enum":
        return found.enums[type_.name].type_name
    if type_.sort == "ref" and not found.shapes[type_.name].key:
        return "ID"
    return found.shapes[type_.name].type_name


def input_type(found: Contract, type_: Type) -> str:
    """The type of an input: a reference is given by its id, a shape is an input type."""
    if type_.item is not None:
        return f"[{input_type(found, type_.item)}!]"
    if type_.sort == "ref":
        return "ID"
    if type_.sort == "shape":
        return input_name(found, type_.name)
    return output_type(found, type_)


def input_name(found: Contract, shape: str) -> str:
    """The input type of a shape."""
    return found.shapes[shape].type_name + "Input"


def page_name(found: Contract, op: Operation) -> str:
    """The type of a page of what an operation lists."""
    assert op.gives is not None
    return output_type(found, op.gives).strip("[]!") + "Page"


def sort_name(op: Operation) -> str:
    """The enumeration of an operation's orders."""
    return op.type_name + "Sort"


def sort_values(op: Operation) -> list[str]:
    """The orders of an operation: by a field, and the last first."""
    return [
        value for name in op.said.sorts for value in (screaming(name), f"{screaming(name)}_DESC")
    ]


def sort_words(op: Operation) -> list[str]:
    """The same as REST tells them."""
    return [word for n in map(camel, op.said.sorts) for word in (n, f"-{n}")]


def arguments(found: Contract, op: Operation, without: FieldOf | None = None) -> list[Argument]:
    """What an operation takes in the graph, `without` the filter that is known already."""
    out = [
        Argument(key_name(op, f), input_type(found, f.type) + "!", f.title) for f in op.keys
    ]  # fmt: skip
    if op.body and op.inputs:
        many = op.bulk is not None
        stem = f"{op.type_name}Input"
        told = f"Up to {op.bulk} at once" if many else "What to set"
        bang = "!" if op.needs_input or op.in_path else ""
        out.append(
            Argument("items" if many else "input", f"[{stem}!]!" if many else stem + bang, told)
        )
    elif not op.body:
        names = {f.name for f in op.inputs}
        filters = tuple(f for f in op.filters if f.name not in names and f != without)
        for f in op.inputs:
            bang = "!" if f.required else ""
            type_ = input_type(found, f.type) + bang
            out.append(Argument(f.json, type_, f.title, ending=f.ending))
        for f in filters:
            out.append(
                Argument(
                    f.json,
                    input_type(found, f.type),
                    f"Only those with this {f.title}",
                    ending=f.ending,
                )
            )
    if op.said.sorts and op.answer in ("page", "list"):
        usual = dict(zip(sort_words(op), sort_values(op)))[op.usual_sort]
        out.append(Argument("sort", sort_name(op), f"The order; {usual} where it is left out"))
    if op.answer == "page":
        out.append(Argument("limit", "Int", "Items of a page", op.said.page))
        out.append(Argument("cursor", "String", "`nextCursor` of the page before"))
    if op.needs_key:
        told = "New for each thing to do, the same when it is tried again"
        out.append(Argument("idempotencyKey", "String!", told))
    return out


def answer_type(found: Contract, op: Operation) -> str:
    """What the field of an operation gives. It may be null: when the service that answers fails,
    the rest of the screen has its data."""
    if op.answer == "job":
        return "Job"
    if op.answer == "results":
        return "[BulkResult!]"
    if op.answer == "nothing":
        return "Boolean"
    if op.answer == "page":
        return page_name(found, op)
    assert op.gives is not None
    given = output_type(found, op.gives)
    return f"[{given}!]" if op.answer == "list" else given
