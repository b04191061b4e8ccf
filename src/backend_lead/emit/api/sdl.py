"""A subgraph in GraphQL's schema language: what one service adds to the graph (federation v2).

A subgraph holds the operations its service answers, the entities it owns in whole, and of the
entities of others no more than their key, by which the gateway asks their owner.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from backend_lead.emit.api.problems import PROBLEMS
from backend_lead.model.contract import Audience
from backend_lead.views.api.arguments import (
    Argument,
    answer_type,
    arguments,
    input_name,
    input_type,
    output_type,
    page_name,
    sort_name,
    sort_values,
)
from backend_lead.views.api.graph import Graph
from backend_lead.views.api.owning import taken_from, wanted_roles
from backend_lead.views.api.parts import FieldOf, Operation, ShapeOf
from backend_lead.views.api.types import CUSTOM_SCALARS, Type

FEDERATION = "v2.9"  # the first with @listSize; what composers of today take
_RFC3339 = "https://www.rfc-editor.org/rfc/rfc3339"
_SPECIFIED = {
    "DateTime": f"{_RFC3339}#section-5.6",
    "Date": f"{_RFC3339}#section-5.6",
    "Duration": f"{_RFC3339}#appendix-A",
    "URL": "https://www.rfc-editor.org/rfc/rfc3986",
    "EmailAddress": "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
    "JSON": "https://www.rfc-editor.org/rfc/rfc8259",
}
_ABOUT = {
    "Long": "A whole number of 64 bits, as text: digits beyond 2^53 are kept.",
    "Decimal": "A decimal number, exact, as text.",
    "DateTime": "A moment in UTC.",
    "Date": "A day.",
    "Duration": "A length of time.",
    "EmailAddress": "An e-mail address.",
    "URL": "An address of the web.",
    "JSON": "Any JSON object.",
}
_PROBLEM = """\
"Why something failed. The same codes as in REST; branch on `code`."
type Problem @shareable {
  code: String!
  title: String!
  detail: String
}
"""
_JOB = """\
"Work that takes longer than a request may."
type Job @shareable {
  id: ID!
  state: JobState!
  createdAt: DateTime!
  problem: Problem
  "What it gave, once it is done, as REST writes it."
  result: JSON
}

enum JobState {
  WAITING
  RUNNING
  DONE
  FAILED
}
"""
_RESULT = """\
"What became of one of several items."
type BulkResult @shareable {
  index: Int!
  status: Int!
  problem: Problem
  "The key of what it made or changed; of several parts, with / between."
  id: ID
}
"""


@dataclass
class Subgraph:
    """The SDL of one service, gathered: types in the order in which they are met."""

    graph: Graph
    service: str
    blocks: dict[str, str] = field(default_factory=dict)
    directives: set[str] = field(default_factory=set)
    scalars: set[str] = field(default_factory=set)
    waiting: list[tuple[str, Type]] = field(default_factory=list)

    # --- the whole --------------------------------------------------------------------------------
    def text(self) -> str:
        """The subgraph."""
        self._roots()
        graph = self.graph
        for name in graph.found.shapes:
            owned = name in graph.readable and graph.owner(graph.found.shapes[name]) == self.service
            lists = any(graph.service(r.op) == self.service for r in graph.reverses.get(name, ()))
            if owned or lists:
                self.waiting.append(("output", Type("shape", name)))
        while self.waiting:
            way, type_ = self.waiting.pop(0)
            self._type(way, type_)
        if any("Problem" in block for block in self.blocks.values()):
            self.blocks.setdefault("Problem", _PROBLEM)
        head = self._head()
        scalars = [self._scalar(name) for name in CUSTOM_SCALARS if name in self.scalars]
        return "\n".join([head, *self.blocks.values(), *scalars])

    def _head(self) -> str:
        imports = ", ".join(json.dumps(f"@{name}") for name in sorted(self.directives))
        url = f"https://specs.apollo.dev/federation/{FEDERATION}"
        wanted = f", import: [{imports}]" if imports else ""
        return f'extend schema @link(url: "{url}"{wanted})\n'

    def _roots(self) -> None:
        for root, nature in (("Query", "query"), ("Mutation", "command")):
            own = [op for op in self.graph.operations
                   if op.nature == nature and self.graph.service(op) == self.service]  # fmt: skip
            lines = "".join(self._root(op) for op in own)
            if nature == "query":
                lines += "".join(self._job(name, op) for name, op in self.graph.jobs.items()
                                 if self.graph.service(op) == self.service)  # fmt: skip
            if lines:
                self.blocks[root] = f"type {root} {{\n{lines}}}\n"

    def _root(self, op: Operation) -> str:
        return self._asked(op, op.id, arguments(self.graph.found, op))

    def _job(self, name: str, op: Operation) -> str:
        marks = self._tags(self.graph.not_for(op.audiences))
        told = _text(f"How a job of {op.id} goes, to who began it.")
        return f'  {told}\n  {name}(\n    "The id of the job."\n    jobId: ID!\n  ): Job{marks}\n'

    def _asked(self, op: Operation, name: str, takes: list[Argument]) -> str:
        """A field that an operation answers: a root, or a list of a thing."""
        found = self.graph.found
        self._answer(op)
        for f in (*op.inputs, *op.filters, *op.keys):
            self.waiting.append(("input", f.type))
        marks = self._sizes(op) + self._tags(self.graph.not_for(op.audiences))
        if op.said.deprecated is not None:
            end = op.said.deprecated
            instead = f"; instead: {found.operations[end.instead].id}" if end.instead else ""
            reason = f"Since {end.since}, ends on {end.sunset}{instead}"
            marks += f" @deprecated(reason: {_text(reason)})"
        told = op.title.rstrip(".") + "." + (" Of the caller." if op.said.mine else "")
        told = " ".join([told, *taken_from(found, op), *wanted_roles(op)])
        listed = self._arguments(takes)
        return f"  {_text(told)}\n  {name}{listed}: {answer_type(found, op)}{marks}\n"

    def _arguments(self, takes: list[Argument]) -> str:
        if not takes:
            return ""
        lines = [
            f"    {_text(a.title.rstrip('.') + '.')}\n    {a.name}: {a.type}"
            + (f" = {a.default}" if a.default is not None else "")
            + (f" @deprecated(reason: {_text(a.ending)})" if a.ending and not a.required else "")
            for a in takes
        ]
        return "(\n" + "\n".join(lines) + "\n  )"

    def _answer(self, op: Operation) -> None:
        found = self.graph.found
        if op.body and op.inputs:
            self._input(f"{op.type_name}Input", f"What {op.id} takes", op.inputs)
        if op.said.sorts and op.answer in ("page", "list"):
            values = "".join(f"  {value}\n" for value in sort_values(op))
            name = sort_name(op)
            self.blocks[name] = f'"Orders of {op.id}."\nenum {name} {{\n{values}}}\n'
        if op.answer == "job":
            self.scalars |= {"DateTime", "JSON"}
            self._use("shareable")
            self.blocks["Job"] = _JOB
        elif op.answer == "results":
            self._use("shareable")
            self.blocks["BulkResult"] = _RESULT
        elif op.gives is not None and op.answer != "nothing":
            self.waiting.append(("output", op.gives))
            if op.answer == "page":
                self._use("shareable")
                name = page_name(found, op)
                item = output_type(found, op.gives)
                self.blocks[name] = (
                    f'"A page; `nextCursor` is null on the last one."\ntype {name} @shareable {{\n'
                    f"  items: [{item}!]!\n  nextCursor: String\n}}\n"
                )

    def _sizes(self, op: Operation) -> str:
        if op.answer == "page":
            self._use("listSize")
            return (' @listSize(slicingArguments: ["limit"], sizedFields: ["items"], '
                    "requireOneSlicingArgument: false)")  # fmt: skip
        if op.answer in ("list", "results"):
            self._use("listSize")
            return f" @listSize(assumedSize: {op.bulk or WHOLE_LIST})"
        return ""

    # --- types ------------------------------------------------------------------------------------
    def _type(self, way: str, type_: Type) -> None:
        found = self.graph.found
        while type_.item is not None:
            type_ = type_.item
        if type_.sort == "scalar":
            name = output_type(found, type_)
            if name in CUSTOM_SCALARS:
                self.scalars.add(name)
        elif type_.sort == "enum":
            self._enum(type_.name)
        elif way == "input":
            if type_.sort == "shape":
                shape = found.shapes[type_.name]
                self._input(input_name(found, type_.name), shape.title, shape.fields, shape)
        elif type_.sort == "shape" or found.shapes[type_.name].key:
            self._output(found.shapes[type_.name])

    def _enum(self, name: str) -> None:
        enum = self.graph.found.enums[name]
        if enum.type_name not in self.blocks:
            values = "".join(f"  {value}\n" for value in enum.wire)
            self.blocks[enum.type_name] = (
                f'"Values may be added: treat one you do not know as you would a default."\n'
                f"enum {enum.type_name} {{\n{values}}}\n"
            )

    def _input(
        self, name: str, title: str, fields: Iterable[FieldOf], shape: ShapeOf | None = None
    ) -> None:
        if name in self.blocks:
            return
        found = self.graph.found
        lines = ""
        self.blocks[name] = ""
        for f in fields:
            if shape is not None and not self._given(shape, f):
                continue
            self.waiting.append(("input", f.type))
            needed = "!" if f.required or (shape is not None and not f.null) else ""
            ends = "" if needed else _ends(f)  # GraphQL deprecates no input that must be given
            taken = f"{input_type(found, f.type)}{needed}{ends}"
            lines += f"  {_text(_title(f))}\n  {f.json}: {taken}\n"
        self.blocks[name] = f"{_text(title.rstrip('.') + '.')}\ninput {name} {{\n{lines}}}\n"

    def _given(self, shape: ShapeOf, f: FieldOf) -> bool:
        """Whether a field of a shape can be given: someone of the graph's audiences sees it."""
        return any(f in self.graph.found.seen_by(shape, a) for a in self.graph.audiences)

    def _output(self, shape: ShapeOf) -> None:
        if shape.type_name in self.blocks:
            return
        graph, entity = self.graph, self.graph.is_entity(shape.name)
        own = entity and shape.name in graph.readable and graph.owner(shape) == self.service
        lists = [r for r in graph.reverses.get(shape.name, ())
                 if entity and graph.service(r.op) == self.service]  # fmt: skip
        self.blocks[shape.type_name] = ""
        fields = graph.fields(shape) if own or not entity else shape.key
        body = "".join(self._field(shape, f) for f in fields)
        for reverse in lists:
            takes = arguments(graph.found, reverse.op, without=reverse.by)
            body += self._asked(reverse.op, reverse.name, takes)
        marks = "" if entity else " @shareable"
        if entity:
            self._use("key")
            asked = "" if own or lists else ", resolvable: false"
            marks = f" @key(fields: {_text(key_fields(graph, shape))}{asked})"
        else:
            self._use("shareable")
        # A comment and no description: composers hint at descriptions that differ.
        known = "" if own or not entity else "# Known here by its key.\n"
        told = _text(shape.title.rstrip(".") + ".")
        name = shape.type_name
        self.blocks[name] = f"{known}{told}\ntype {name}{marks} {{\n{body}}}\n"

    def _field(self, shape: ShapeOf, f: FieldOf) -> str:
        one = f.type.item or f.type
        if one.sort == "ref" and not self.graph.walks(f):
            given = "[ID!]" if f.type.item is not None else "ID"
        else:
            self.waiting.append(("output", f.type))
            given = output_type(self.graph.found, f.type)
        refused = f.type.item is None and self.graph.may_refuse(f)
        given += "" if f.null or refused else "!"
        marks = ""
        if f.type.item is not None and f.most is not None:
            self._use("listSize")
            marks = f" @listSize(assumedSize: {f.most})"
        marks += self._tags(self.graph.hidden_from(shape, f)) + _ends(f)
        told = _title(f)
        if self.graph.may_refuse(f):
            told += " What the caller may not see is left out." if f.type.item is not None else (
                " Null where the caller may not see it."
            )  # fmt: skip
        return f"  {_text(told)}\n  {f.graphql}: {given}{marks}\n"

    def _tags(self, hidden: tuple[Audience, ...]) -> str:
        if hidden:
            self._use("tag")
        return "".join(f' @tag(name: "{hidden_tag(audience)}")' for audience in hidden)

    def _scalar(self, name: str) -> str:
        page = f"https://{self.graph.found.host}/docs/scalars#{name.lower()}"
        url = _SPECIFIED.get(name, page)
        return f"{_text(_ABOUT[name])}\nscalar {name} @specifiedBy(url: {_text(url)})\n"

    def _use(self, directive: str) -> None:
        self.directives.add(directive)


WHOLE_LIST = 1000  # items of a list that is given whole, at most; the same bound as in REST


def hidden_tag(audience: Audience) -> str:
    """The tag of what an audience's contract of the graph leaves out."""
    return f"hidden-from-{audience}"


def key_fields(graph: Graph, shape: ShapeOf) -> str:
    """The key of an entity as a selection: `id`, or `org { id } user { id }`."""
    out = []
    for f in shape.key:
        of = graph.found.shapes[f.type.name] if graph.walks(f) else None
        inner = f" {{ {key_fields(graph, of)} }}" if of is not None and of.key else ""
        out.append(f.graphql + inner)
    return " ".join(out)


def _title(f: FieldOf) -> str:
    return f.told + "."


def _ends(f: FieldOf) -> str:
    """That a field is deprecated, and what to use instead."""
    return f" @deprecated(reason: {_text(f.ending)})" if f.ending else ""


def _text(text: str) -> str:
    """A text in quotes, as JSON and GraphQL both write it."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


CODES = tuple(sorted({problem.code for problem in PROBLEMS.values()}))
