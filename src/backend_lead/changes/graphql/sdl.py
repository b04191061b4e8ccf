"""Reads SDL with graphql-core: plain schemas, and subgraphs whose directives nobody defined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_ast_schema, parse, specified_scalar_types
from graphql.language import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NamedTypeNode,
    NameNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    Visitor,
    visit,
)

from backend_lead.changes.change import Text
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.yaml_text import quoted

TOKENS_MAX = 500_000  # more than the largest public schemas hold
DEFINITION_OF: dict[type[Node], type[TypeDefinitionNode]] = {
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
}


@dataclass(frozen=True)
class Sdl:
    """A schema, and for `Type`, `Type.field` and `Type.field(arg)` its node and directives."""

    file: str
    schema: GraphQLSchema
    nodes: dict[str, Node]
    directives: dict[str, list[ConstDirectiveNode]]

    @property
    def assumed(self) -> set[str]:
        """Types nobody defined: scalars of directives, and the standard ones."""
        return {name for name in self.schema.type_map if name not in self.nodes}

    def place(self, name: str) -> Place:
        """Where something stands, or what contains it."""
        while name and name not in self.nodes:
            name = name.rpartition("(")[0] or name.rpartition(".")[0]
        node = self.nodes.get(name)
        if node is None or node.loc is None:
            return Place(self.file, path=name)
        token = node.loc.start_token
        return Place(self.file, token.line, token.column, name)


def read(text: Text) -> Sdl:
    """Read a schema. Raises InvalidInput with every finding if it cannot be used."""
    document = _parsed(text)
    document, wrong = _completed(document, text.file)
    if wrong:
        raise InvalidInput(wrong)
    try:
        schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
        schema.type_map  # noqa: B018  # types are built when they are asked for
        for kind in schema.type_map.values():
            getattr(kind, "fields", None)
    except (GraphQLError, TypeError, KeyError, RecursionError) as err:
        raise _refused(text.file, "the schema cannot be built", quoted(str(err)), 1, 1) from None
    nodes: dict[str, Node] = {}
    directives: dict[str, list[ConstDirectiveNode]] = {}
    for definition in document.definitions:
        for name, node in _named(definition):
            if node.loc is None:  # a scalar that was added for a directive
                continue
            nodes.setdefault(name, node)
            directives.setdefault(name, []).extend(getattr(node, "directives", None) or ())
    return Sdl(text.file, schema, nodes, directives)


def _parsed(text: Text) -> DocumentNode:
    try:
        return parse(text.text, max_tokens=TOKENS_MAX)
    except GraphQLError as err:
        at = err.locations[0] if err.locations else None
        line, column = (at.line, at.column) if at else (1, 1)
        message = "this is not GraphQL"
        if "tokens" in err.message:
            message = "the file holds too many words"
        raise _refused(text.file, message, quoted(err.message), line, column) from None
    except RecursionError:
        raise _refused(text.file, "the file is nested too deeply", "brackets in brackets", 1,
                       1) from None  # fmt: skip


def _refused(file: str, message: str, seen: str, line: int, column: int) -> InvalidInput:
    return InvalidInput([Finding(
        "contract-graphql", "error", message, Place(file, line, column), seen,
        "a schema in the GraphQL schema definition language", "correct the line",
    )])  # fmt: skip


def _completed(document: DocumentNode, file: str) -> tuple[DocumentNode, list[Finding]]:
    """The document with what a subgraph may leave out: extended types, scalars of directives."""
    wrong: list[Finding] = []
    defined: dict[str, Node] = {}
    for node in document.definitions:
        if isinstance(node, TypeDefinitionNode):
            name = node.name.value
            if name in defined:
                wrong.append(_finding(file, node, "the type is defined twice", name,
                                      "each type once", "extend the type instead"))  # fmt: skip
            defined[name] = node
    definitions: list[DefinitionNode] = []
    for node in document.definitions:
        if isinstance(node, TypeExtensionNode) and node.name.value not in defined:
            whole = DEFINITION_OF[type(node)]
            content: dict[str, Any] = {key: getattr(node, key, None) for key in whole.keys}
            node = whole(**content)
            defined[node.name.value] = node
        definitions.append(node)
    known = {*defined, *specified_scalar_types}
    for node in list(definitions):
        of_directive = isinstance(node, DirectiveDefinitionNode)
        for used in _types_used(node):
            name = used.name.value
            if name in known:
                continue
            known.add(name)
            if of_directive:  # such as FieldSet, which a linked specification defines
                definitions.append(ScalarTypeDefinitionNode(name=NameNode(value=name)))
            else:
                wrong.append(_finding(file, used, "the type is not defined", name,
                                      "a type that the file defines or extends",
                                      "add the type, or correct its name"))  # fmt: skip
    return DocumentNode(definitions=tuple(definitions)), wrong


def _finding(file: str, node: Node, message: str, seen: str, allowed: str, hint: str) -> Finding:
    token = node.loc.start_token if node.loc else None
    place = Place(file, token.line, token.column) if token else Place(file)
    return Finding("contract-graphql", "error", message, place, quoted(seen), allowed, hint)


class _Types(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[NamedTypeNode] = []

    def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
        self.found.append(node)


def _types_used(node: Node) -> list[NamedTypeNode]:
    visitor = _Types()
    visit(node, visitor)
    return visitor.found


def _named(definition: Node) -> Iterator[tuple[str, Node]]:
    """A definition and what is in it, by the names people use."""
    if isinstance(definition, DirectiveDefinitionNode):
        yield f"@{definition.name.value}", definition
        return
    if not isinstance(definition, TypeDefinitionNode | TypeExtensionNode):
        return
    name = definition.name.value
    yield name, definition
    inner = [*(getattr(definition, "fields", None) or ()),
             *(getattr(definition, "values", None) or ())]  # fmt: skip
    for field in inner:
        yield f"{name}.{field.name.value}", field
        for argument in getattr(field, "arguments", None) or ():
            yield f"{name}.{field.name.value}({argument.name.value})", argument
