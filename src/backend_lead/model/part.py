"""What every mapping of a model shares: unknown keys are errors, names are names."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$", max_length=63)
]
Ref = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$", max_length=127)
]


class Part(BaseModel):
    """Base of every mapping in a model: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
