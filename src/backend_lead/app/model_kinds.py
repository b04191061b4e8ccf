"""What the kinds allow: their fields, their machines, their zones, and where a model runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from backend_lead.catalog import kind_of, kinds
from backend_lead.catalog.kind import Kind
from backend_lead.catalog.prices import PriceBook, machine_types
from backend_lead.catalog.prices.book import HOME
from backend_lead.intake.backend_yaml.words import did_you_mean, listed
from backend_lead.model.finding import Finding
from backend_lead.model.system import Component, System
from backend_lead.views.document import Document

FRONT = ("load balancer", "cdn")


def kind_findings(system: System, document: Document) -> Iterator[Finding]:
    """Components against their kinds, the way requests enter, and the place."""
    for name, component in system.components.items():
        if component.kind not in kinds():
            loc = ("components", name, "kind")
            yield Finding(
                "model-unknown-kind", "error", f"there is no kind `{component.kind}`",
                document.place(loc), component.kind, listed(kinds()),
                did_you_mean(component.kind, kinds()) or "use one of the kinds, or leave it out",
            )  # fmt: skip
            continue
        kind = kind_of(component.kind)
        yield from _fields(name, component, kind, document)
        yield from _machine(name, component, kind, document)
        yield from _zones(system, name, component, document)
    yield from _entry(system, document)
    yield from _place(system, document)


def role_of(system: System, component: str) -> str | None:
    """The role of a component; None where there is none or its kind is not known."""
    part = system.components.get(component)
    return kind_of(part.kind).role if part is not None and part.kind in kinds() else None


def _fields(name: str, component: Component, kind: Kind, document: Document) -> Iterator[Finding]:
    fields = kind.fields | ({"region"} if {"instance", "zones"} <= kind.fields else set())
    takes = [word for word in type(component).model_fields if word in fields]
    for word in type(component).model_fields:
        if word in component.model_fields_set and word not in fields:
            yield Finding(
                "model-field-not-taken", "error",
                f"`{name}` takes no `{word}`: it is of kind {kind.id}",
                document.place(("components", name, word), of_key=True), word, listed(takes),
                did_you_mean(word, takes) or f"delete the line, or give `{name}` another kind",
            )  # fmt: skip
    for word in sorted(kind.required):
        if not getattr(component, word):
            yield Finding(
                "model-field-missing", "error", f"`{name}` needs `{word}`: it is of kind {kind.id}",
                document.place(("components", name), of_key=True), "nothing",
                f"{word}, for example {_example(word, kind)}", f"add {word}: below `{name}`",
            )  # fmt: skip
    for word, operation in component.operations.items():
        if kind.own_cores and operation.cpu is None:
            yield Finding(
                "model-field-missing", "error",
                f"`{name}.{word}` needs `cpu`: it takes cores of {kind.id}",
                document.place(("components", name, "operations", word), of_key=True), "nothing",
                "cpu, for example 0.2 ms", f"add cpu: to `{name}.{word}`",
            )  # fmt: skip


def _example(word: str, kind: Kind) -> str:
    if word == "instance":
        return f"{kind.machine_class}m7g.large"
    if word == "operations":
        return f"by_id: {{type: read, {'cpu: 0.2 ms' if kind.own_cores else 'wait: 50 ms'}}}"
    if word == "topics":
        return "orders: {message: 1 kB, partitions: 12}"
    return "list_items: {does: [cpu: 2 ms]}"


def _machine(name: str, component: Component, kind: Kind, document: Document) -> Iterator[Finding]:
    wanted = component.instance
    if wanted is None or "instance" not in kind.fields:
        return
    place = document.place(("components", name, "instance"))
    prefix = kind.machine_class
    mine = [t for t in machine_types() if _prefix(t) == prefix]
    families = listed(sorted({f"{t.rsplit('.', 1)[0]}.*" for t in mine}))
    if wanted not in machine_types():
        bare = wanted.removeprefix(_prefix(wanted))
        yield Finding(
            "model-unknown-machine", "error", f"there is no machine type `{wanted}`", place,
            wanted, families, did_you_mean(prefix + bare, mine) or f"for example {mine[0]}",
        )  # fmt: skip
    elif _prefix(wanted) != prefix:
        other = prefix + wanted.removeprefix(_prefix(wanted))
        right = did_you_mean(other, mine)
        yield Finding(
            "model-machine-class", "error",
            f"`{wanted}` is no machine for {kind.id}: a {kind.role} runs on "
            + (f"a {prefix}* machine" if prefix else "a plain machine"),
            place, wanted, families, right or f"for example {mine[0]}",
        )  # fmt: skip


@cache
def _prefix(machine: str) -> str:
    classes = {kind.machine_class for kind in kinds().values()} - {""}
    return next((c for c in sorted(classes) if machine.startswith(c)), "")


def _zones(
    system: System, name: str, component: Component, document: Document
) -> Iterator[Finding]:
    most = system.topology.zones
    if component.zones > most:
        yield Finding(
            "model-zones", "error",
            f"`{name}` is spread over {component.zones} zones; the topology has {most}",
            document.place(("components", name, "zones")), str(component.zones),
            f"1 to {most}", f"zones: {most}, or raise topology.zones",
        )  # fmt: skip


def _entry(system: System, document: Document) -> Iterator[Finding]:
    fits = [name for name in system.components if role_of(system, name) in FRONT]
    edges: list[str] = []
    for i, name in enumerate(system.workload.entry):
        place, role = document.place(("workload", "entry", i)), role_of(system, name)
        if role is not None and role not in FRONT:
            yield Finding(
                "model-entry-role", "error",
                f"requests cannot enter through `{name}`: it is a {role}", place, name,
                listed(fits) or "load balancers and CDNs; the model has none",
                "list load balancers and CDNs only; services are reached through journeys",
            )  # fmt: skip
        elif name in system.workload.entry[:i]:
            yield Finding("model-entry-twice", "error", f"`{name}` is passed twice", place, name,
                          "each component once", "delete one of the two")  # fmt: skip
        elif role == "cdn":
            edges.append(name)
            if len(edges) > 1:
                yield Finding("model-entry-cdns", "error", "requests pass at most one CDN", place,
                              ", ".join(edges), "one CDN", "delete one of the two")  # fmt: skip


def _place(system: System, document: Document) -> Iterator[Finding]:
    topology = system.topology
    regions = PriceBook.load(provider=topology.provider).regions()
    if not regions:
        yield Finding(
            "model-no-prices", "warning",
            f"there are no prices of `{topology.provider}`; those of aws are taken",
            document.place(("topology", "provider")), topology.provider, "aws",
            "take the bill as a first idea, not as an answer",
        )  # fmt: skip
        regions = PriceBook.load().regions()
    if topology.region not in regions:
        yield Finding(
            "model-no-prices", "warning",
            f"there are no prices for `{topology.region}`; those of {HOME} are taken",
            document.place(("topology", "region")), topology.region, listed(regions),
            did_you_mean(topology.region, regions) or f"prices differ by up to 40% from {HOME}",
        )  # fmt: skip
    yield from _standby(system, document, regions)
    for name, part in system.components.items():
        if part.region is not None and part.region not in regions:
            yield Finding(
                "model-no-prices", "warning",
                f"there are no prices for `{part.region}`; those of {HOME} are taken",
                document.place(("components", name, "region")), part.region, listed(regions),
                did_you_mean(part.region, regions) or "",
            )  # fmt: skip
    if topology.regions > 1:
        yield Finding(
            "model-one-region", "warning", "only one region is computed: all load goes to it",
            document.place(("topology", "regions")), str(topology.regions), "1",
            "describe the region that carries the most",
        )  # fmt: skip


def _standby(system: System, document: Document, regions: list[str]) -> Iterator[Finding]:
    """A second region must be another one, and one with prices."""
    standby, home = system.topology.standby, system.topology.region
    if standby is None:
        return
    place = document.place(("topology", "standby", "region"))
    others = [region for region in regions if region != home]
    if standby.region == home:
        yield Finding("model-standby-region", "error",
                      f"`{home}` cannot stand in for itself", place, home, listed(others),
                      "name another region")  # fmt: skip
    elif standby.region not in regions:
        yield Finding(
            "model-no-prices", "warning",
            f"there are no prices for `{standby.region}`; those of {HOME} are taken", place,
            standby.region, listed(others), did_you_mean(standby.region, others) or "",
        )  # fmt: skip
