"""Messages of protobuf: fields with the numbers they keep, enumerations, types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from backend_lead.views.api.addresses import key_name
from backend_lead.views.api.names import snake
from backend_lead.views.api.parts import Contract, EnumOf, FieldOf, Operation, ShapeOf
from backend_lead.views.api.types import SCALARS, Type

# Numbers of a request's fields. Each sort has room of its own, so that a field added to one moves
# none of another; 19000 to 19999 belong to protobuf.
KEYS_FROM, CONTROLS_FROM, INPUTS_FROM, FILTERS_FROM = 1, 10, 21, 1001
LIMIT, CURSOR, SORT, IDEMPOTENCY_KEY, UPDATE_MASK, ITEMS = range(CONTROLS_FROM, CONTROLS_FROM + 6)
_FIELD_MASK = ("google.protobuf.FieldMask", "google/protobuf/field_mask.proto")


@dataclass
class Writer:
    """Text of a `.proto` file as it grows, with what it imports.

    `types` is the package of shared types, empty within it; `rooted` writes names from the root,
    where a package of ours hides another of the same name.
    """

    found: Contract
    types: str = ""
    rooted: bool = False
    imports: set[str] = field(default_factory=set)

    def type_name(self, type_: Type) -> str:
        """The type of a field, without `repeated`."""
        if type_.item is not None:
            return self.type_name(type_.item)
        if type_.sort == "ref":
            return "string"
        if type_.sort == "scalar":
            scalar = SCALARS[type_.name]
            if scalar.imports:
                return self.well_known(scalar.proto, scalar.imports)
            return scalar.proto
        enum = type_.sort == "enum"
        own = self.found.enums[type_.name] if enum else self.found.shapes[type_.name]
        return self.shared(own.type_name)

    def shared(self, name: str) -> str:
        """A type of the package of shared types."""
        if not self.types:
            return name
        self.imports.add(self.types.replace(".", "/") + "/types.proto")
        return ("." if self.rooted else "") + f"{self.types}.{name}"

    def well_known(self, name: str, path: str) -> str:
        """A type that comes with protobuf."""
        self.imports.add(path)
        return ("." if self.rooted else "") + name

    def line(self, f: FieldOf, number: int, *, name: str = "", optional: bool = False) -> str:
        """A field with its comment."""
        many = f.type.item is not None
        word = "repeated " if many else "optional " if optional else ""
        ends = " [deprecated = true]" if f.ending else ""
        spelt = name or f.proto
        return f"{_comment(f.told, 2)}  {word}{self.type_name(f.type)} {spelt} = {number}{ends};\n"

    def message(self, name: str, title: str, lines: Iterable[str]) -> str:
        """A message of such lines."""
        body = "".join(lines)
        return f"\n{_comment(title)}message {name} {{{chr(10) + body if body else ''}}}\n"

    def shape(self, shape: ShapeOf) -> str:
        """A shape; its fields have their place in the model as number."""
        owner = f". Owned by {shape.owner}" if shape.entity and shape.owner else ""
        lines = (self.line(f, f.place, optional=f.null) for f in shape.fields)
        return self.message(shape.type_name, shape.title.rstrip(".") + owner, lines)

    # --- requests and answers ---------------------------------------------------------------------
    def request(self, op: Operation) -> list[str]:
        """The messages that ask: the request, and one item of it where it takes several."""
        lines = [
            self.line(f, KEYS_FROM + i, name=snake_of(key_name(op, f)))
            for i, f in enumerate(op.keys)
        ]  # fmt: skip
        each = [self.line(f, KEYS_FROM + i) for i, f in enumerate(op.each_keys)]
        inputs = each + [
            self.line(f, INPUTS_FROM + f.place, optional=not f.required)
            for f in op.inputs if f not in op.each_keys
        ]  # fmt: skip
        out = []
        if op.bulk is not None:
            item = f"{op.type_name}Item"
            out.append(self.message(item, f"One of several for {op.type_name}", inputs))
            lines.append(f"  // At most {op.bulk}.\n  repeated {item} items = {ITEMS};\n")
        else:
            lines += inputs
        names = {f.name for f in op.inputs}
        filters = [f for f in op.filters if f.name not in names] if not op.body else []
        lines += [self.line(f, FILTERS_FROM + f.place, optional=True) for f in filters]
        lines += self._controls(op)
        return [*out, self.message(f"{op.type_name}Request", f"What {op.type_name} takes", lines)]

    def _controls(self, op: Operation) -> list[str]:
        lines = []
        if op.answer == "page":
            lines.append(f"  // Items of a page; {op.said.page} where it is left out.\n"
                         f"  optional int32 limit = {LIMIT};\n")  # fmt: skip
            lines.append("  // `next_cursor` of the page before.\n"
                         f"  optional string cursor = {CURSOR};\n")  # fmt: skip
        if op.said.sorts and op.answer in ("page", "list"):
            lines.append("  // The order: a field's JSON name, after - the last first; "
                         f"{op.usual_sort} where it is left out.\n"
                         f"  optional string sort = {SORT};\n")  # fmt: skip
        if op.needs_key:
            lines.append("  // New for each thing to do, the same when it is tried again.\n"
                         f"  string idempotency_key = {IDEMPOTENCY_KEY};\n")  # fmt: skip
        if op.does == "update" and op.inputs and op.bulk is None:
            mask = self.well_known(*_FIELD_MASK)
            lines.append("  // Which fields to set: an empty list is told from one left alone.\n"
                         f"  {mask} {mask_name(op)} = {UPDATE_MASK};\n")  # fmt: skip
        return lines

    def response(self, op: Operation) -> str:
        """The message that answers."""
        lines: list[str] = []
        if op.answer == "job":
            lines = [f"  {self.shared('Job')} job = 1;\n"]
        elif op.answer == "results":
            lines = [f"  repeated {self.shared('BulkResult')} results = 1;\n"]
        elif op.gives is not None:
            many = op.answer in ("page", "list") or op.gives.item is not None
            lines = [f"  {'repeated ' if many else ''}{self.type_name(op.gives)} "
                     f"{'items' if many else given_name(op)} = 1;\n"]  # fmt: skip
            if op.answer == "page":
                lines.append("  // Absent on the last page.\n  optional string next_cursor = 2;\n")
        return self.message(f"{op.type_name}Response", f"What {op.type_name} answers", lines)

    def enum(self, enum: EnumOf) -> str:
        """An enumeration; zero says that nothing was said."""
        stem = upper(enum.type_name)
        lines = [f"  {stem}_UNSPECIFIED = 0;\n"]
        lines += [
            f"  {stem}_{value} = {number};\n"
            for number, value in enumerate(enum.wire, 1) if value != "UNSPECIFIED"
        ]  # fmt: skip
        told = _comment("Values may be added: treat one you do not know as you would a default")
        return f"\n{told}enum {enum.type_name} {{\n{''.join(lines)}}}\n"


def mask_name(op: Operation) -> str:
    """The field of a request that says which others to set; another name where one of these has
    it."""
    name, taken = "update_mask", {f.proto for f in op.inputs}
    while name in taken:
        name = f"request_{name}"
    return name


def given_name(op: Operation) -> str:
    """The field of an answer that holds what an operation gives."""
    assert op.gives is not None
    if op.gives.sort == "ref":
        return snake(op.gives.name) + "_id"
    return snake(op.gives.name) if op.gives.sort == "shape" else "value"


def upper(pascal_name: str) -> str:
    """`OrderState` as `ORDER_STATE`, in the way buf spells the prefix of values."""
    out = ""
    for i, c in enumerate(pascal_name):
        after = pascal_name[i + 1 : i + 2]
        if i and c.isupper() and ((after and not after.isupper() and not after.isdigit())
                                  or pascal_name[i - 1].islower()):  # fmt: skip
            out += "_"
        out += c
    return out.upper()


def snake_of(camel_name: str) -> str:
    """`orderId` as `order_id`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", camel_name).lower()


def _comment(text: str, indent: int = 0) -> str:
    told = " ".join(text.split()).rstrip(".")
    return f"{' ' * indent}// {told}.\n"
