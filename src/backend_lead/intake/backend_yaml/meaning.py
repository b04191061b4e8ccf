"""What a model refers to must be there: names, cycles, unused parts, results of another model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from backend_lead.intake.backend_yaml.contract import contract_findings
from backend_lead.intake.backend_yaml.data_layer import data_findings
from backend_lead.intake.backend_yaml.telling import Teller
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding
from backend_lead.model.part import Part
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import Step, System
from backend_lead.model.units import counted
from backend_lead.views.document import Document, Loc, path_text

POSITIVE = {
    "p99", "recover_within", "timeout", "ttl", "retention", "memory", "storage", "row", "every",
    "back_within", "failures", "window", "pause", "target", "legal_hold", "erase_within",
    "restore_within", "within", "fresh", "scans", "backups_kept",
}  # fmt: skip


@dataclass(frozen=True)
class _Use:
    """A step in its place."""

    loc: Loc
    endpoint: str
    step: Step


def check(system: System, document: Document) -> list[Finding]:
    """Every finding that needs the model alone; which fields a kind takes is not asked here."""
    checks = _Check(system, document)
    found = list(checks.every())
    if not any(finding.level == "error" for finding in found):
        found += checks.unused()
    return found


class _Check(Teller):
    def __init__(self, system: System, document: Document) -> None:
        super().__init__(document)
        self.system = system
        components = system.components
        self.endpoints = [f"{c}.{e}" for c, part in components.items() for e in part.endpoints]
        self.operations = [f"{c}.{o}" for c, part in components.items() for o in part.operations]
        self.topics = [f"{c}.{t}" for c, part in components.items() for t in part.topics]
        self.known = set(self.endpoints), set(self.operations)
        self.uses = list(_uses(system))

    def every(self) -> Iterator[Finding]:
        yield from self.callers()
        yield from self.steps()
        yield from self.handlers()
        yield from self.entities()
        yield from self.positive(self.system, ())
        yield from self.cycles()
        yield from contract_findings(self.system, self.document)
        yield from data_findings(self.system, self.document)
        yield from self.results()

    def callers(self) -> Iterator[Finding]:
        system = self.system
        for name, client in system.workload.clients.items():
            for journey in client.journeys:
                if journey not in system.journeys:
                    loc = ("workload", "clients", name, "journeys", journey)
                    yield self.unknown("journey", journey, system.journeys, loc, of_key=True)
            if client.connection is not None:
                for word in ("open", "heartbeat"):
                    ref = getattr(client.connection, word)
                    if ref is not None and ref not in self.known[0]:
                        loc = ("workload", "clients", name, "connection", word)
                        yield self.unknown("endpoint", ref, self.endpoints, loc)
        clients = system.workload.clients
        if all(client.rate is not None and client.rate.value == 0 for client in clients.values()):
            yield self.find("model-no-load", "error", "no client asks anything",
                            ("workload", "clients"), f"{counted(str(len(clients)), 'client')} with "
                            "a rate of 0", "at least one that asks: users, or a rate above 0",
                            "state the load you plan for, for example rate: 10/s")  # fmt: skip
        for i, name in enumerate(system.workload.entry):
            if name not in system.components:
                yield self.unknown("component", name, system.components, ("workload", "entry", i))
        factor = system.workload.peak.factor
        if factor.value < 1:
            yield self.find("model-peak", "error", "a peak is not below the mean",
                            ("workload", "peak", "factor"), factor.text, "1 or more",
                            "the stated load is the peak; factor: peak / mean")  # fmt: skip
        for name, path in system.journeys.items():
            for i, ref in enumerate(path.steps):
                if ref not in self.known[0]:
                    yield self.unknown("endpoint", ref, self.endpoints,
                                       ("journeys", name, "steps", i))  # fmt: skip
        seen: set[str] = set()
        for i, slo in enumerate(system.slos):
            if slo.journey != "*" and slo.journey not in system.journeys:
                yield self.unknown("journey", slo.journey, ["*", *system.journeys],
                                   ("slos", i, "journey"))  # fmt: skip
            if slo.journey in seen:
                yield self.find("model-duplicate-slo", "warning",
                                f"`{slo.journey}` has an objective already; the first one counts",
                                ("slos", i), slo.journey, "one objective for each journey",
                                "delete one of the two")  # fmt: skip
            seen.add(slo.journey)

    def steps(self) -> Iterator[Finding]:
        endpoints, operations = self.known
        for use in self.uses:
            step, loc = use.step, tuple(use.loc)
            if step.call is not None and step.call not in endpoints:
                hint = "an operation of a store: ask with query" if step.call in operations else ""
                yield self.unknown("endpoint", step.call, self.endpoints, (*loc, "call"), hint=hint)
            if step.query is not None and step.query not in operations:
                hint = "an endpoint of a service: ask with call" if step.query in endpoints else ""
                yield self.unknown("operation", step.query, self.operations, (*loc, "query"),
                                   hint=hint)  # fmt: skip
            if step.publish is not None and step.publish not in self.topics:
                yield self.unknown("topic", step.publish, self.topics, (*loc, "publish"))
            for verb in ("read", "invalidate"):
                name = getattr(step, verb)
                if name is not None and name not in self.system.components:
                    yield self.unknown("component", name, self.system.components, (*loc, verb))
            if step.entity is not None and step.entity not in self.system.entities:
                yield self.unknown("entity", step.entity, self.system.entities, (*loc, "entity"))

    def handlers(self) -> Iterator[Finding]:
        for name, component in self.system.components.items():
            for word, endpoint in component.endpoints.items():
                loc: Loc = ("components", name, "endpoints", word)
                if endpoint.on is not None and endpoint.on not in self.topics:
                    yield self.unknown("topic", endpoint.on, self.topics, (*loc, "on"))
                for manner in ("batch", "slots", "tries", "rebalance", "eager"):
                    if endpoint.on is None and manner in endpoint.model_fields_set:
                        yield self.find("model-manner-unused", "warning",
                                        f"`{manner}` does nothing without `on`", (*loc, manner),
                                        manner, "on endpoints that handle a topic",
                                        "add on: TOPIC, or delete it", of_key=True)  # fmt: skip

    def entities(self) -> Iterator[Finding]:
        system = self.system
        for name, component in system.components.items():
            for word, operation in component.operations.items():
                if operation.entity is not None and operation.entity not in system.entities:
                    loc = ("components", name, "operations", word, "entity")
                    yield self.unknown("entity", operation.entity, system.entities, loc)
        for name, entity in system.entities.items():
            if entity.store is not None and entity.store not in system.components:
                yield self.unknown("component", entity.store, system.components,
                                   ("entities", name, "store"))  # fmt: skip
            ref = entity.created_by
            if ref is not None and ref not in self.known[0] and ref not in self.known[1]:
                yield self.unknown("endpoint", ref, self.endpoints,
                                   ("entities", name, "created_by"))  # fmt: skip

    def positive(self, value: object, loc: Loc) -> Iterator[Finding]:
        """Quantities that make no sense at zero."""
        if isinstance(value, Quantity):
            if loc[-1] in POSITIVE and value.value <= 0:
                yield self.find("model-zero", "error", f"`{path_text(loc)}` cannot be zero", loc,
                                value.text, "more than zero",
                                f"for example {value.dimension.example}")  # fmt: skip
        elif isinstance(value, Part):
            for name in type(value).model_fields:
                yield from self.positive(getattr(value, name), (*loc, name))
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from self.positive(inner, (*loc, name))
        elif isinstance(value, list):
            for i, inner in enumerate(value):
                yield from self.positive(inner, (*loc, i))

    def cycles(self) -> Iterator[Finding]:
        calls: dict[str, dict[str, Loc]] = {}
        for use in self.uses:
            for target, verb in self.leads_to(use.step):
                calls.setdefault(use.endpoint, {}).setdefault(target, (*use.loc, verb))
        for ring in _rings(calls):
            hops = list(pairwise(ring))
            lines = [self.document.place(calls[a][b]).line for a, b in hops]
            path = f"{ring[0]} " + " ".join(f"-> {b} (line {n})" for (_, b), n in zip(hops, lines))
            yield self.find("model-cycle", "error", f"calls go round in a circle: {path}",
                            calls[ring[0]][ring[1]], " -> ".join(ring),
                            "calls and messages that end: none leads back to where it came from",
                            "take one call out, or answer it from a queue or cache")  # fmt: skip

    def leads_to(self, step: Step) -> Iterator[tuple[str, str]]:
        """Endpoints that a step sets to work, with its verb: the callee, or handlers of a topic."""
        if step.call in self.known[0]:
            yield str(step.call), "call"
        if step.publish is not None:
            for name, component in self.system.components.items():
                for word, endpoint in component.endpoints.items():
                    if endpoint.on == step.publish:
                        yield f"{name}.{word}", "publish"

    def unused(self) -> Iterator[Finding]:
        system = self.system
        used = {j for client in system.workload.clients.values() for j in client.journeys}
        for name in system.journeys:
            if name not in used:
                yield self.find("model-unused-journey", "warning", f"no client makes `{name}`",
                                ("journeys", name), name, "journeys that a client makes",
                                "give it a share under workload.clients, or delete it",
                                of_key=True)  # fmt: skip
        calls: dict[str, set[str]] = {}
        for use in self.uses:
            calls.setdefault(use.endpoint, set()).update(t for t, _ in self.leads_to(use.step))
        reached: set[str] = set()
        waiting = [ref for name, j in system.journeys.items() if name in used for ref in j.steps]
        for client in system.workload.clients.values():
            if client.connection is not None:
                waiting += [client.connection.open, client.connection.heartbeat or ""]
        if system.api is not None:
            waiting += [op.endpoint or "" for op in system.api.operations.values()]
        while waiting:
            ref = waiting.pop()
            if ref not in reached:
                reached.add(ref)
                waiting.extend(calls.get(ref, ()))
        for ref in self.endpoints:
            if ref not in reached:
                component, _, endpoint = ref.partition(".")
                yield self.find("model-unreachable", "warning", f"nobody asks for `{ref}`",
                                ("components", component, "endpoints", endpoint), ref,
                                "endpoints that a journey, an operation, another endpoint or a "
                                "topic asks for",
                                "add it to a journey, or delete it", True)  # fmt: skip

    def results(self) -> Iterator[Finding]:
        results = self.system.results
        now = digest(self.system)
        if results is not None and results.digest != now:
            yield self.find("model-results-stale", "note", "the results belong to an earlier model",
                            ("results", "digest"), results.digest, now,
                            "run backend-lead check or design again")  # fmt: skip


def _uses(system: System) -> Iterator[_Use]:
    """Every step of every endpoint, those inside `miss` and `parallel` too."""
    for name, component in system.components.items():
        for word, endpoint in component.endpoints.items():
            loc = ("components", name, "endpoints", word, "does")
            yield from _below(endpoint.does, loc, f"{name}.{word}")


def _below(steps: list[Step], loc: tuple[str | int, ...], endpoint: str) -> Iterator[_Use]:
    for i, step in enumerate(steps):
        yield _Use((*loc, i), endpoint, step)
        yield from _below(step.miss or [], (*loc, i, "miss"), endpoint)
        yield from _below(step.parallel or [], (*loc, i, "parallel"), endpoint)


def _rings(calls: dict[str, dict[str, Loc]]) -> Iterator[list[str]]:
    """One closed path for each call that leads back to where the path came through."""
    done: set[str] = set()
    for root in calls:
        path: list[str] = []
        stack: list[Iterator[str]] = [iter([root])]
        while stack:
            name = next(stack[-1], None)
            if name is None:
                stack.pop()
                if path:
                    done.add(path.pop())
            elif name in path:
                yield [*path[path.index(name) :], name]
            elif name not in done:
                path.append(name)
                stack.append(iter(calls.get(name, {})))
