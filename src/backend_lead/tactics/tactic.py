"""What a tactic has to say. It returns bounded knobs; how much is the search's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from backend_lead.model.part import copied
from backend_lead.model.system import System


@dataclass(frozen=True)
class Knob:
    """A field of a component the search may set: one of `values`, cheapest first.

    `relieves` names the resources more of it relieves: CPU, workers, pool, connections, memory.
    """

    component: str
    field: str
    values: tuple[Any, ...]
    relieves: frozenset[str]

    @property
    def id(self) -> str:
        return f"{self.component}.{self.field}"

    def get(self, system: System) -> Any:
        part = system.components[self.component]
        if self.field == "pooler.size":
            return part.pooler.size if part.pooler else None
        return getattr(part, self.field)

    def set(self, system: System, value: Any) -> None:
        """Write the value into a system the caller owns."""
        part = system.components[self.component]
        if self.field == "pooler.size":
            assert part.pooler is not None
            part.pooler.size = value
        else:
            setattr(part, self.field, value)


@dataclass(frozen=True)
class Applied:
    """A model after a tactic, and the knobs it opens."""

    system: System
    knobs: tuple[Knob, ...]


class Tactic:
    """Base of all tactics. The texts make its page; `Source`s are in `sources`.

    `answers` names the trials and rules it is for; empty where it is for load, cost or
    availability, which a search weighs.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    does: ClassVar[str]
    helps: ClassVar[str]
    costs: ClassVar[str]
    hurts: ClassVar[str]
    sources: ClassVar[tuple[str, ...]]
    answers: ClassVar[tuple[str, ...]] = ()

    def sites(self, system: System) -> list[str]:
        """Names of the components (or "system") where it applies and is not yet applied."""
        raise NotImplementedError

    def apply(self, system: System, site: str) -> Applied:
        """The model with the tactic at a site; the model given is not changed."""
        raise NotImplementedError

    def heading(self, site: str) -> str:
        """A short imperative title for the decision."""
        return f"{self.title} ({site})"


def copy(system: System) -> System:
    """A deep copy to change."""
    return copied(system)


def fresh_name(system: System, wanted: str) -> str:
    """`wanted`, or `wanted-2`, ... where it is taken."""
    name, n = wanted, 1
    while name in system.components:
        n += 1
        name = f"{wanted}-{n}"
    return name


def steps_up(low: int, high: int) -> tuple[int, ...]:
    """Whole numbers from low to high: all small ones, then in steps of about 5 %."""
    values = [low]
    while values[-1] < high:
        values.append(min(high, values[-1] + max(1, values[-1] // 20)))
    return tuple(values)
