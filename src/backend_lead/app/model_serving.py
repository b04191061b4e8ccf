"""How parts serve and what happens to them, against what is there: hosts, locks, timelines."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.app.model_copies import copies_findings, copies_struck
from backend_lead.app.model_network import network_findings, region_struck
from backend_lead.app.model_pauses import pause_findings
from backend_lead.app.model_sharing_out import shed_findings, weight_findings
from backend_lead.app.model_told import wrong
from backend_lead.catalog import kind_of, kinds
from backend_lead.intake.backend_yaml.words import did_you_mean, listed
from backend_lead.model import units
from backend_lead.model.finding import Finding
from backend_lead.model.serving import Happening
from backend_lead.model.system import Component, System
from backend_lead.views.document import Document, Loc, path_text
from backend_lead.views.network import first_place
from backend_lead.views.places import placed_steps, steps_of

LOSS_MAX = 0.99  # of packets; what loses more is cut


def serving_findings(system: System, document: Document) -> Iterator[Finding]:
    """Hosts that are not there, locks without rows, and a timeline that strikes nothing."""
    for name in system.components:
        yield from _hosted(system, name, document)
        yield from _locks(system, name, document)
        yield from _priorities(system, name, document)
        yield from shed_findings(system, name, document)
        yield from weight_findings(system, name, document)
    yield from _needed(system, document)
    yield from pause_findings(system, document)
    yield from network_findings(system, document)
    yield from copies_findings(system, document)
    for i, one in enumerate(system.faults):
        yield from _happening(system, one, ("faults", i), document)


def _hosted(system: System, name: str, document: Document) -> Iterator[Finding]:
    part = system.components[name]
    said = part.serving
    if said is None or said.host is None:
        return
    loc: Loc = ("components", name, "serving", "host")
    able = [
        other for other, one in system.components.items()
        if other != name and one.instance and one.kind in kinds()
        and not (one.serving and one.serving.host) and "serving" in kind_of(one.kind).fields
    ]  # fmt: skip
    if said.host not in able:
        hint = did_you_mean(said.host, able)
        yield wrong(
            document, loc, "names no component with machines of its own", said.host,
            listed(able) or "none here",
            hint or "name a component that runs on instances and has no host itself",
        )  # fmt: skip
        return
    if said.cores is not None:
        yield wrong(document, ("components", name, "serving", "cores"),
                     f"are those of `{said.host}`, on whose machines it runs", str(said.cores),
                     "no cores beside a host", "say it of the host, or delete it")  # fmt: skip
    home = system.components[said.host]
    if home.instance != part.instance:
        yield wrong(document, loc, f"says that `{name}` runs on the machines of `{said.host}`, "
                     "but they are of another type", f"{part.instance}", f"{home.instance}",
                     f"instance: {home.instance}")  # fmt: skip


def _priorities(system: System, name: str, document: Document) -> Iterator[Finding]:
    """Priorities that nobody serves by: neither the part itself nor one that it asks."""
    parts = [name, *called_by(system, name)]
    said = (system.components[part].serving for part in parts if part in system.components)
    if any(one is not None and one.order == "priority" for one in said) or _sheds(system, name):
        return
    for word, endpoint in system.components[name].endpoints.items():
        if endpoint.priority is not None:
            loc: Loc = ("components", name, "endpoints", word, "priority")
            yield Finding(
                "model-serving", "warning", f"`{path_text(loc)}` does nothing: no queue of `{name}`"
                " or of what it asks is served by priority", document.place(loc),
                str(endpoint.priority), "serving: {order: priority} of one of them, or sheds",
                "say the order, or delete the priority",
            )  # fmt: skip


def _sheds(system: System, name: str) -> bool:
    said = system.components[name].serving
    return said is not None and said.sheds is not None


def _locks(system: System, name: str, document: Document) -> Iterator[Finding]:
    for word, operation in system.components[name].operations.items():
        if operation.locks and operation.entity is None:
            loc: Loc = ("components", name, "operations", word, "locks")
            yield wrong(
                document, loc, "locks rows, but names no entity whose", "no entity",
                listed(list(system.entities)) or "an entity", "add entity: to it",
            )  # fmt: skip


def _stations(system: System, name: str) -> list[str]:
    """The stations that may be named: components, and the replicas of stores that have some."""
    part = system.components.get(name)
    if part is None:
        return []
    return [name, *([f"{name}.replicas"] if part.replicas else [])]


def _happening(
    system: System, one: Happening, loc: Loc, document: Document
) -> Iterator[Finding]:  # fmt: skip
    able = [
        station for name, part in system.components.items()
        if part.kind in kinds() and "instance" in kind_of(part.kind).fields
        for station in _stations(system, name)
    ]  # fmt: skip
    if one.region is not None:
        yield from region_struck(system, one, loc, document)
        return
    if one.zone is not None:
        most = max((p.zones for p in system.components.values() if not first_place(system, p)),
                   default=1)  # fmt: skip
        if one.zone > most:
            yield wrong(document, (*loc, "zone"), "is no zone that the model uses",
                         str(one.zone), f"1 to {most}", f"zone: {most}")  # fmt: skip
        elif one.what == "cut" and most == 1:
            yield wrong(document, (*loc, "zone"), "cannot be cut off: everything is in it",
                         str(one.zone), "a model of several zones", "what: zone")  # fmt: skip
        return
    if one.where not in able and not (one.to is not None and one.where in system.components):
        yield wrong(document, (*loc, "where"), "is no part on instances of this model",
                     str(one.where), listed(able), did_you_mean(str(one.where), able)
                     or "name a component, or <store>.replicas")  # fmt: skip
        return
    part = system.components[str(one.where).split(".", 1)[0]]
    reached = called_by(system, str(one.where)) | heard_by(system, str(one.where))
    if one.to is not None and one.to not in reached:
        back = called_by(system, one.to) | heard_by(system, one.to)
        turned = one.where in back
        yield wrong(
            document, (*loc, "to"), f"is not asked by `{one.where}`", one.to,
            listed(sorted(reached)) or "nothing",
            f"turn them round, where: {one.to}, to: {one.where}: a link leads from who asks, or "
            "takes messages, to who is asked" if turned
            else "a link leads from who asks to who is asked",
        )  # fmt: skip
    yield from _struck(one, part, loc, document)
    if one.what == "scale" and part.autoscale is None:
        yield wrong(document, (*loc, "where"), "does not scale by itself", str(one.where),
                     "a component with autoscale", f"give `{one.where}` an autoscale")  # fmt: skip
    if one.what == "freeze" and _shares(system, str(one.where).split(".", 1)[0]):
        yield wrong(document, (*loc, "what"), "cannot freeze instances that share cores",
                     "freeze", "slow, restart, crash", "use restart")  # fmt: skip
    yield from copies_struck(system, one, loc, document)
    if one.what == "flush" and kind_of(part.kind).role != "cache":
        yield wrong(document, (*loc, "where"), "is no cache", str(one.where),
                     listed([n for n, p in system.components.items()
                             if p.kind in kinds() and kind_of(p.kind).role == "cache"]) or "none",
                     "only caches forget")  # fmt: skip


def _struck(one: Happening, part: Component, loc: Loc, document: Document) -> Iterator[Finding]:
    """No more instances than there are, and no loss of everything."""
    if one.what == "loss" and one.share is not None and one.share.value > LOSS_MAX:
        most = units.RATIO.format(LOSS_MAX)
        yield wrong(document, (*loc, "share"), "leaves no packets to send again", one.share.text,
                     f"up to {most}", "where nothing arrives, say cut")  # fmt: skip
    if one.instances is None or one.to is not None:
        return
    if one.what == "scale":
        most_n = max(part.autoscale.most, part.count or 1) if part.autoscale else one.instances
    else:
        per_shard = part.replicas if str(one.where).endswith(".replicas") else 1
        most_n = max(part.count or 1, part.shards * per_shard)
    if one.instances > most_n:
        yield wrong(document, (*loc, "instances"), f"are more than `{one.where}` has",
                     f"{one.instances:,}", f"1 to {most_n:,}", f"instances: {most_n}")  # fmt: skip


def _shares(system: System, name: str) -> bool:
    """Whether instances of a component share cores, with each other's requests or with guests."""
    said = system.components[name].serving
    own = said is not None and (said.share_cores or said.host is not None)
    return own or any(
        part.serving is not None and part.serving.host == name
        for part in system.components.values()
    )


def _needed(system: System, document: Document) -> Iterator[Finding]:
    """Some of several answers, of which one is itself made of many."""
    for placed in placed_steps(system):
        if placed.step.need is None:
            continue
        for inner in placed.step.parallel or []:
            name, _, word = (inner.query or "").partition(".")
            part = system.components.get(name)
            if part is None or word not in part.operations or part.kind not in kinds():
                continue
            if kind_of(part.kind).asks_all(part, part.operations[word]):
                yield wrong(
                    document, (*placed.path, "need"),
                    f"counts answers, but `{inner.query}` asks every shard", str(placed.step.need),
                    "calls, and queries of one shard", "put it into an endpoint and call that",
                )  # fmt: skip


def heard_by(system: System, component: str) -> set[str]:
    """Components whose messages a component handles."""
    part = system.components.get(component)
    ends = part.endpoints.values() if part is not None else ()
    return {end.on.split(".", 1)[0] for end in ends if end.on is not None}


def called_by(system: System, component: str) -> set[str]:
    """Components that the endpoints of a component ask."""
    found: set[str] = set()
    part = system.components.get(component)
    for word in part.endpoints if part is not None else ():
        for placed in steps_of(system, f"{component}.{word}"):
            step = placed.step
            for target in (step.call, step.query, step.publish, step.read, step.invalidate):
                if target is not None:
                    found.add(target.split(".", 1)[0])
    return found
