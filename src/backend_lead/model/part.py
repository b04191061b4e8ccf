"""What every mapping of a model shares: unknown keys are errors, names are names."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, StringConstraints
from pydantic_core.core_schema import CoreSchema

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$", max_length=63)
]
Ref = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$", max_length=127)
]


class Part(BaseModel):
    """Base of every mapping in a model: unknown keys are errors.

    What is `shared` is never changed in place: copies of a model share it.
    """

    shared: ClassVar[bool] = False

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The schema, each word with the sentence of this class that tells of it."""
        schema = handler(core)
        for name, value in schema.get("properties", {}).items():
            if about := told(cls.__doc__ or "", name):
                value.setdefault("description", about)
        return schema


def told(text: str, word: str) -> str:
    """The sentence of a text that has a word in backticks; empty where none has."""
    sentences = re.split(r"(?<=[.]) ", " ".join(text.split()))
    return next((s for s in sentences if f"`{word}`" in s or f"`{word}:" in s), "")


P = TypeVar("P", bound=Part)


def copied(part: P) -> P:
    """A copy to change: every mapping and list is new; quantities and what is `shared` are not.

    Some ten times faster than a deep copy, which searches make by the thousand.
    """
    if part.shared:
        return part
    out = part.model_copy()
    for name, value in out.__dict__.items():
        if isinstance(value, Part | dict | list):
            out.__dict__[name] = _copied(value)
    return out


def _copied(value: Any) -> Any:
    if isinstance(value, Part):
        return copied(value)
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return value
