"""What a tactic has to say. It returns bounded knobs; how much is the search's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from backend_lead.model.part import copied
from backend_lead.model.system import System

FREE = frozenset({"pool", "concurrency", "size", "partitions", "batch", "slots"})


@dataclass(frozen=True)
class Knob:
    """A field of a component the search may set: one of `values`, cheapest first.

    `field` may lead inside: `pooler.size`, `topics.events.partitions`. `relieves` names the
    resources more of it relieves, each by its first word: CPU, workers, pool, connections, memory,
    held (connections that clients hold), partitions, commits.
    """

    component: str
    field: str
    values: tuple[Any, ...]
    relieves: frozenset[str]

    @property
    def id(self) -> str:
        return f"{self.component}.{self.field}"

    @property
    def word(self) -> str:
        """The last word of the field: what is set."""
        return self.field.rsplit(".", 1)[-1]

    @property
    def free(self) -> bool:
        """Whether more of it costs nothing by itself."""
        return self.word in FREE

    def get(self, system: System) -> Any:
        """The value in a system; None where the way to it is not there."""
        return _get(self._home(system), self.word)

    def set(self, system: System, value: Any) -> None:
        """Write the value into a system the caller owns."""
        home = self._home(system)
        assert home is not None
        if isinstance(home, dict):
            home[self.word] = value
        else:
            setattr(home, self.word, value)

    def _home(self, system: System) -> Any:
        """The part of the model that the last word of the field belongs to."""
        home: Any = system.components[self.component]
        for name in self.field.split(".")[:-1]:
            home = _get(home, name)
        return home


def _get(home: Any, name: str) -> Any:
    if home is None:
        return None
    return home.get(name) if isinstance(home, dict) else getattr(home, name)


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
