"""What rules judge: a model and what was found about it, as plain data; None is: not known."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from backend_lead.model.design import Cost, JourneyAvailability, Run
from backend_lead.model.finding import Place
from backend_lead.model.system import System
from backend_lead.views.document import Loc, path_text
from backend_lead.views.flow import Flow

LIMIT_DEFAULT = 0.75
FULL = 0.999  # above this share a queue has no steady state


class Use(Protocol):
    """One limited resource: the share of it in use (1 = full) and the mean wait for it (s). Who
    finds full what `sheds` goes on without it."""

    @property
    def id(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def busy(self) -> float: ...
    @property
    def wait_s(self) -> float: ...
    @property
    def sheds(self) -> bool: ...


class Solved(Protocol):
    """A solver's answer: resources, and p99 (s) per request where there is a steady state, of all
    and of those that some client makes;
    `refused` are shares of calls that find full what they must pass (`Call.gate`), `cut_short` of
    those that end by their timeout, by who asks and who is asked."""

    @property
    def stable(self) -> bool: ...
    @property
    def requests_per_s(self) -> float: ...
    @property
    def uses(self) -> Sequence[Use]: ...
    @property
    def p99_s(self) -> Mapping[str, float]: ...
    @property
    def asked_p99_s(self) -> Mapping[str, float]: ...
    @property
    def refused(self) -> Mapping[str, float]: ...
    @property
    def cut_short(self) -> Mapping[tuple[str, str], float]: ...
    def later_than(self, node: str, seconds: float) -> float: ...


def _path_only(loc: Loc) -> Place:
    return Place(path=path_text(loc))


@dataclass(frozen=True)
class Evidence:
    """A model with what is known about it at its stated peak.

    `solution` holds with all zones up, `zone_lost` after the loss of one (None where no zone can be
    lost alone). `idle_p99_s` are latencies without any load. `limits` says per use id how busy it
    may be with one zone lost. `runs` are runs of the kernel of exactly this model. `today`
    (YYYY-MM-DD) is there where a command judges; where files are made it is not, for they must not
    change by themselves. `refused_per_s` are requests that a limit at the door refuses. `scaled`
    says how many replicas the stations have in `solution` to which scaling added some because those
    stated are too few. `place` finds a path of the model in its file.
    """

    system: System
    flow: Flow | None = None
    solution: Solved | None = None
    zone_lost: Solved | None = None
    availability: Sequence[JourneyAvailability] | None = None
    cost: Cost | None = None
    runs: Sequence[Run] | None = None
    idle_p99_s: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    today: str | None = None
    place: Callable[[Loc], Place] = _path_only
    refused_per_s: float = 0.0
    scaled: Mapping[str, int] = field(default_factory=dict)

    def command(self, words: str, options: str = "") -> str:
        """A command about this model: `backend-lead`, `words`, its file, `options`."""
        file = shlex.quote(self.place(()).file or "backend.yaml")
        return " ".join(part for part in ("backend-lead", words, file, options) if part)

    def objective_s(self, request: str) -> float:
        """The p99 allowed for a user-facing request: the strictest of its journeys."""
        return self.system.p99_of(request)

    def objective_place(self, journey: str, field_name: str) -> Place:
        """Where the objective of a journey stands."""
        slo = self.system.slo_of(journey)
        number = next(i for i, one in enumerate(self.system.slos) if one is slo)
        return self.place(("slos", number, field_name))

    def request_place(self, request: str) -> Place:
        """Where an endpoint stands."""
        name, _, word = request.partition(".")
        return self.place(("components", name, "endpoints", word))

    def component_place(self, name: str, field_name: str = "") -> Place:
        """Where a component, or a field of it, stands."""
        part = self.system.components.get(name)
        if part is not None and field_name in part.model_fields_set:
            return self.place(("components", name, field_name))
        return self.place(("components", name))

    @property
    def zones_words(self) -> list[tuple[str, Solved]]:
        """What was solved, each with the words that say for which state."""
        out = []
        if self.solution is not None:
            out.append(("with all zones up", self.solution))
        if self.zone_lost is not None:
            out.append(("with one zone lost", self.zone_lost))
        return out
