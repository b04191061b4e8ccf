"""What a tool is: a name, what it does in two sentences, its arguments, and a function."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend_lead.agent.envelope import Answer
from backend_lead.agent.workspace import Workspace
from backend_lead.app.progress import Progress
from backend_lead.model.finding import Finding, InvalidInput, Place

WORDS_MAX = 20_000  # characters of a request; a brief of ten pages
Path_ = Annotated[str, Field(max_length=500)]
Settings = Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=100)]
_NOISE = ("title", "default", "maxLength", "maxItems", "additionalProperties")


class Arguments(BaseModel):
    """Base of the arguments of a tool: unknown names are refused."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def schema_short(cls) -> dict[str, Any]:
        """The JSON Schema without what an agent does not need to call the tool."""
        found: dict[str, Any] = _quiet(cls.model_json_schema())
        return found


@dataclass(frozen=True)
class Call:
    """What a tool works with besides its arguments: the folder, and whom it tells of progress."""

    workspace: Workspace
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True)
class Tool:
    """One tool. `writes`: it writes files of its own; `destructive`: it may change a file of the
    user; `heavy`: it takes seconds and both cores, so only one of these runs at a time."""

    name: str
    title: str
    does: str
    arguments: type[Arguments]
    run: Callable[[Any, Call], Answer]
    writes: bool = False
    destructive: bool = False
    heavy: bool = False

    def read(self, given: dict[str, Any]) -> Arguments:
        """The arguments, read strictly. Raises InvalidInput with every finding."""
        try:
            return self.arguments.model_validate(given)
        except ValidationError as err:
            raise InvalidInput([self._wrong(row) for row in err.errors()]) from None

    def _wrong(self, row: Any) -> Finding:
        name = ".".join(str(part) for part in row["loc"])
        allowed = ", ".join(self.arguments.model_fields)
        if row["type"] == "extra_forbidden":
            return Finding("argument-unknown", "error", f"{self.name} takes no {name!r}",
                           Place(self.name, path=name), name, allowed)  # fmt: skip
        seen = "nothing" if row["type"] == "missing" else repr(row["input"])[:80]
        return Finding("argument-wrong", "error", f"{name}: {row['msg'].lower()}",
                       Place(self.name, path=name), seen, _allowed(row, allowed))  # fmt: skip


@cache
def tools() -> dict[str, Tool]:
    """Every tool by name, in the order an agent meets them; each module of `tools/` is one."""
    from backend_lead.agent import tools as family

    found: dict[str, Tool] = {}
    ranks: dict[str, int] = {}
    for info in pkgutil.iter_modules(family.__path__):
        module = importlib.import_module(f"{family.__name__}.{info.name}")
        tool: Tool = module.TOOL
        if tool.name != info.name:
            raise RuntimeError(f"agent/tools/{info.name}.py holds the tool {tool.name!r}")
        found[tool.name], ranks[tool.name] = tool, module.RANK
    return dict(sorted(found.items(), key=lambda pair: (ranks[pair[0]], pair[0])))


def _allowed(row: Any, names: str) -> str:
    limits = row.get("ctx", {})
    told = [f"{word.replace('_', ' ')} {limits[word]}" for word in ("max_length", "ge", "le", "gt")
            if word in limits]  # fmt: skip
    return ", ".join(told) or (names if row["type"] == "missing" else "see the input schema")


def _quiet(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _quiet(v) for k, v in value.items() if k not in _NOISE or isinstance(v, dict)}
    return [_quiet(v) for v in value] if isinstance(value, list) else value
