"""Subgraphs put together in the plainest way, to be read as one schema; the composers judge apart.

A type that several hold must be the same in each but for entities, which only their owner has in
whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import (
    REMOVE,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)


def merged(texts: Iterable[str]) -> str:
    """One schema without the directives of federation."""
    objects: dict[str, dict[str, str]] = {}
    others: dict[str, str] = {}
    for text in texts:
        for node in parse(text).definitions:
            if isinstance(node, ObjectTypeDefinitionNode):
                _object(node, objects)
            elif isinstance(node, EnumTypeDefinitionNode | InputObjectTypeDefinitionNode
                            | ScalarTypeDefinitionNode):  # fmt: skip
                written = print_ast(visit(node, Bare()))
                assert others.setdefault(node.name.value, written) == written
            else:
                assert node.kind == "schema_extension", node.kind
    types = [f"type {name} {{\n" + "\n".join(fields.values()) + "\n}"
             for name, fields in objects.items()]  # fmt: skip
    return "\n".join([*types, *others.values()])


class Bare(Visitor):
    """Takes every directive away."""

    def enter_directive(self, *_: Any) -> Any:
        """A directive goes."""
        return REMOVE


def _object(node: ObjectTypeDefinitionNode, objects: dict[str, dict[str, str]]) -> None:
    fields = objects.setdefault(node.name.value, {})
    shared = any(d.name.value == "shareable" for d in node.directives or ())
    new = {f.name.value: print_ast(visit(f, Bare())) for f in node.fields or ()}
    if shared and fields:
        assert new == fields, node.name.value
    for name, written in new.items():
        assert fields.setdefault(name, written) == written, f"{node.name.value}.{name}"
