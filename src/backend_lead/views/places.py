"""Steps of a model with the path that leads to each, for whoever has to point at one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.model.system import Step, System

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class PlacedStep:
    """A step, the endpoint (`component.endpoint`) that takes it, and its path in the model."""

    path: Path
    endpoint: str
    step: Step


def placed_steps(system: System) -> Iterator[PlacedStep]:
    """Every step of every endpoint, those inside `miss` and `parallel` too."""
    for name, component in system.components.items():
        for word in component.endpoints:
            yield from steps_of(system, f"{name}.{word}")


def steps_of(system: System, endpoint: str) -> Iterator[PlacedStep]:
    """Every step of one endpoint, outer ones first."""
    name, _, word = endpoint.partition(".")
    path: Path = ("components", name, "endpoints", word, "does")
    yield from _below(system.components[name].endpoints[word].does, path, endpoint)


def reached(system: System, ref: str) -> Iterator[str]:
    """An endpoint and those that it calls, each once, callers before callees."""
    found = [ref]
    for endpoint in found:
        name, _, word = endpoint.partition(".")
        part = system.components.get(name)
        if part is None or word not in part.endpoints:
            continue
        yield endpoint
        for step in inner_steps(part.endpoints[word].does):
            if step.call is not None and step.call not in found:
                found.append(step.call)


def inner_steps(steps: list[Step]) -> Iterator[Step]:
    """Steps, and those inside of their `miss` and `parallel`, outer ones first."""
    for step in steps:
        yield step
        yield from inner_steps([*(step.miss or []), *(step.parallel or [])])


def _below(steps: list[Step], path: Path, endpoint: str) -> Iterator[PlacedStep]:
    for i, step in enumerate(steps):
        yield PlacedStep((*path, i), endpoint, step)
        yield from _below(step.miss or [], (*path, i, "miss"), endpoint)
        yield from _below(step.parallel or [], (*path, i, "parallel"), endpoint)
