"""Extract a service: the part that holds the most workers gets workers of its own."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import Component, System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, fresh_name, steps_up
from backend_lead.views.api.moved import follow
from backend_lead.views.flow import Flow
from backend_lead.views.places import inner_steps
from backend_lead.views.rates import unloaded_s
from backend_lead.views.resolve import resolve

INSTANCES_MAX = 2000


class ExtractService(Tactic):
    id = "extract-service"
    title = "Extract a service"
    answers = ("slow-dependency", "flash-crowd")
    does = (
        "Moves the requests of the journey that holds the most workers out of a service into one "
        "of their own, with its own instances and connections; the tables stay where they are."
    )
    helps = (
        "When a slow or crowded part takes the workers of all others: behind its own it hurts only "
        "itself, and each part is sized and rolled out for itself."
    )
    costs = (
        "One more component to run and deploy, with spare room of its own; its instances open "
        "connections of their own; calls between the two parts become a hop."
    )
    hurts = (
        "Both parts still share the database, and its trouble; cut along the wrong line, every "
        "request crosses the hop."
    )
    sources = (
        "S. Newman, Monolith to Microservices, O'Reilly 2019, ch. 3 and 4 (extraction; shared "
        "database)",
        "M. Nygard, Release It!, 2nd ed., 2018, ch. 5 'Stability Patterns' (Bulkheads)",
    )

    def sites(self, system: System) -> list[str]:
        flow: Flow | None = None
        found = []
        for name, part in system.components.items():
            if _may_split(part) and len(part.endpoints) > 1:
                flow = flow or resolve(system)
                if _heaviest(flow, name) is not None:
                    found.append(name)
        return found

    def apply(self, system: System, site: str) -> Applied:
        found = _heaviest(resolve(system), site)
        assert found is not None
        journey, words = found
        out = copy(system)
        name = fresh_name(out, journey)
        old = out.components[site]
        new = old.model_copy(deep=True)
        new.title = f"Service of journey {journey}"
        new.endpoints = {word: end for word, end in old.endpoints.items() if word in words}
        old.endpoints = {word: end for word, end in old.endpoints.items() if word not in words}
        new.count = max(2 if new.zones > 1 else 1, min(new.zones, old.count or 1))
        out.components = _beside(out.components, site, name, new)
        _redirect(out, {f"{site}.{word}": f"{name}.{word}" for word in words})
        relieves = frozenset({"CPU", "workers", "pool", "redundancy"})
        counts = steps_up(new.count, INSTANCES_MAX)
        return Applied(out, (Knob(name, "count", counts, relieves),))

    def heading(self, site: str) -> str:
        return f"Give the heaviest journey of {site} a service of its own"


def _may_split(part: Component) -> bool:
    """A service that answers requests: nothing holds on to one of its instances."""
    kind = kind_of(part.kind)
    return kind.role == "service" and kind.asked_with == "call" and part.autoscale is None


def _heaviest(flow: Flow, site: str) -> tuple[str, list[str]] | None:
    """The journey whose requests hold most of a service's workers, and its endpoints there; None
    where that is all of them."""
    system = flow.system
    mine = {word for word, end in system.components[site].endpoints.items() if end.on is None}
    asked: dict[str, list[str]] = {}
    for name, journey in system.journeys.items():
        words = {ref.partition(".")[2] for ref in journey.steps if ref.partition(".")[0] == site}
        asked[name] = [word for word in system.components[site].endpoints if word in words & mine]
    held = {word: _held(flow, f"{site}.{word}") for word in mine}
    parts = {
        name: words for name, words in asked.items()
        if words and len(words) < len(mine) and name not in _shared_names(system, site)
    }  # fmt: skip
    if not parts:
        return None
    best = max(parts, key=lambda name: (sum(held[word] for word in parts[name]), name))
    return best, parts[best]


def _shared_names(system: System, site: str) -> set[str]:
    """Journeys that begin a connection which the service holds: their clients stay with it."""
    held = [c.connection for c in system.workload.clients.values() if c.connection]
    refs = {ref for link in held for ref in (link.open, link.heartbeat) if ref}
    return {name for name, journey in system.journeys.items() if refs & set(journey.steps)}


def _held(flow: Flow, key: str) -> float:
    """Workers that an endpoint holds on the mean when nobody waits, by Little's law."""
    return flow.visits.get(key, 0.0) * sum(unloaded_s(flow, key))


def _beside(
    parts: dict[str, Component], site: str, name: str, new: Component
) -> dict[str, Component]:
    """The components with a new one right after another."""
    out: dict[str, Component] = {}
    for key, part in parts.items():
        out[key] = part
        if key == site:
            out[name] = new
    return out


def _redirect(system: System, moved: dict[str, str]) -> None:
    """Name endpoints by where they are now, wherever they are asked for."""
    for journey in system.journeys.values():
        journey.steps = [moved.get(ref, ref) for ref in journey.steps]
    for part in system.components.values():
        for endpoint in part.endpoints.values():
            for step in inner_steps(endpoint.does):
                if step.call is not None:
                    step.call = moved.get(step.call, step.call)
    for entity in system.entities.values():
        if entity.created_by is not None:
            entity.created_by = moved.get(entity.created_by, entity.created_by)
    follow(system, moved)


TACTIC = ExtractService()
