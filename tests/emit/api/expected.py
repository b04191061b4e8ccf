"""What every protocol must say of a model, worked out from its words alone."""

from __future__ import annotations

import re

from backend_lead.model.contract import ApiOperation, EntityField
from backend_lead.model.system import System
from backend_lead.model.workload import Client
from tests.emit.api.leading import leads, owned, target
from tests.emit.api.readings import Seen

SORTS = {"int": "int", "long": "long", "number": "number", "bool": "bool", "json": "json",
         "timestamp": "timestamp", "duration": "duration", "money": "shape Money"}  # fmt: skip
TEXTS = ("id", "string", "text", "decimal", "date", "email", "url")
PAGING = {"limit", "cursor", "sort"}
TAKEN = PAGING | {"input", "items", "idempotencyKey", "updateMask"}
REST, GRAPH, PROTO = "rest", "graph", "proto"


def pascal(name: str) -> str:
    """`order-line` as `OrderLine`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split("[-_]", name))


def camel(name: str) -> str:
    """`order-line` as `orderLine`."""
    made = pascal(name)
    return made[:1].lower() + made[1:]


def sort_of(f: EntityField, protocol: str, *, given: bool = True) -> str:
    """The sort of a field; in what the graph gives, a reference is what it points to."""
    bare = re.sub(r"^list\((.*)\)$", r"\1", f.type)
    if f.one_of:
        values = [value.replace("-", "_").upper() for value in f.one_of]
        if protocol == PROTO:
            values = [value for value in values if value != "UNSPECIFIED"]
        return "enum " + " ".join(values)
    if bare.startswith("ref("):
        return f"shape {pascal(bare[4:-1])}" if protocol == GRAPH and given else "text"
    if bare in TEXTS:
        return "text"
    made = SORTS.get(bare) or f"shape {pascal(bare)}"
    taken = made.startswith("shape") and protocol == GRAPH and not given
    return made + ("Input" if taken else "")


def is_list(f: EntityField) -> bool:
    """Whether a field holds several."""
    return f.type.startswith("list(")


def spelt(name: str, f: EntityField, protocol: str, *, given: bool = True) -> str:
    """The name of a field: of a reference, its id outside of what the graph gives."""
    parts = [part for part in re.split("[-_]", name) if part]
    if not re.search(r"ref\(", f.type):
        return camel(name)
    if len(parts) > 1 and parts[-1] in ("id", "ids")[: 1 + is_list(f)]:
        parts = parts[:-1]
    inside = protocol == GRAPH and given
    if not is_list(f):
        return camel("_".join(parts)) + ("" if inside else "Id")
    one = camel(one_of_many("_".join(parts)))
    return camel(many_of(one_of_many("_".join(parts)))) if inside else one + "Ids"


ODD = {"person": "people", "child": "children", "staff": "staff", "media": "media",
       "series": "series", "news": "news", "equipment": "equipment"}  # fmt: skip


def many_of(name: str) -> str:
    """The plural, by the rules that are written in docs: -y, -s, -x, -z, -ch, -sh, and the odd."""
    head, _, last = name.rpartition("_")
    if last in ODD:
        many = ODD[last]
    elif re.search("[^aeiou]y$", last):
        many = last[:-1] + "ies"
    else:
        many = last + ("es" if last.endswith(("s", "x", "z", "ch", "sh")) else "s")
    return f"{head}_{many}" if head else many


def one_of_many(name: str) -> str:
    """The word whose plural it is, or the word itself."""
    candidates = [name[:-3] + "y", name[:-2], name[:-1]]
    candidates += [re.sub(f"{many}$", one, name) for one, many in ODD.items()]
    for one in candidates:
        if one and not one.endswith("_") and many_of(one) == name:
            return one
    return name


def shape_fields(
    system: System,
    protocol: str,
    audiences: set[str] | None,
    readers: dict[str, frozenset[str]] | None = None,
    askers: dict[str, tuple[str, ...]] | None = None,
) -> dict[str, dict[str, Seen]]:
    """Every shape as an answer holds it, for the clients of some audiences or, with None, for all
    services. `readers` are the audiences to which an operation gives an entity: in the graph others
    know it by its key alone. `askers` are the clients of each operation of the graph."""
    groups = {name: e.fields for name, e in system.entities.items()}
    groups |= {name: s.fields for name, s in (system.api.shapes if system.api else {}).items()}
    out = {"Money": {"amount": Seen("text"), "currency": Seen("text")}}
    for name, fields in groups.items():
        out[pascal(name)] = {
            spelt(n, f, protocol): shown(system, f, protocol, readers or {}, askers or {})
            for n, f in fields.items()
            if not f.hidden
            and (
                audiences is None
                or f.key
                or visible(system, f, audiences & (readers or {}).get(name, audiences))
            )
        }
    return out


def shown(
    system: System, f: EntityField, protocol: str, readers: dict[str, frozenset[str]],
    askers: dict[str, tuple[str, ...]],
) -> Seen:  # fmt: skip
    """A field as an answer holds it. A reference of the graph that does not lead on is an id; one
    that leads to what may be another's may be empty."""
    sort, null = sort_of(f, protocol), f.nullable
    name = target(f)
    if protocol == GRAPH and name is not None:
        further = leads(system, f, readers, askers)
        sort = sort if further else "text"
        null = null or (further and owned(system, name))
    return Seen(sort, null and not is_list(f), is_list(f))


def visible(system: System, f: EntityField, audiences: set[str]) -> bool:
    """Whether a client of these audiences may see a field."""
    return (bool(audiences) and not f.seen_by) or any(
        client.access is not None and client.access.audience in audiences
        for name, client in system.workload.clients.items() if name in f.seen_by
    )  # fmt: skip


def inputs_of(system: System, name: str, protocol: str) -> dict[str, Seen]:
    """What an operation takes of the model: key, inputs and filters. What is `nullable` may be left
    out; whose a thing is no caller says."""
    assert system.api is not None
    said = system.api.operations[name]
    entity = system.entities[said.of].fields
    out: dict[str, Seen] = {}
    if said.does in ("get", "update", "delete", "act") and not said.mine:
        for n, f in entity.items():
            if f.key and not f.hidden:
                word = spelt(n, f, REST)
                if n == "id" or word in TAKEN:
                    word = camel(f"{said.of}_{n}")
                out[word] = Seen(sort_of(f, REST))
    if said.takes:
        taken = {n: (f, f.nullable) for n, f in said.takes.items() if not f.hidden}
    elif said.does in ("create", "update"):
        taken = {n: (f, f.nullable or said.does == "update") for n, f in entity.items()
                 if not (f.hidden or f.generated or f.key)
                 and (n != system.entities[said.of].owned_by or chosen(system, said))}  # fmt: skip
    else:
        taken = {}
    reserved = {"idempotencyKey", *out}
    if said.does in ("get", "list", "search"):
        reserved |= PAGING
    for n, (f, free) in taken.items():
        if spelt(n, f, REST) in reserved:
            continue
        out[spelt(n, f, protocol, given=False)] = Seen(
            sort_of(f, protocol, given=False), free and not (protocol == PROTO and is_list(f)),
            is_list(f),
        )  # fmt: skip
    if said.does == "search" and "words" not in said.takes:
        out["words"] = Seen("text")
    for n in said.filters:
        f = entity[n]
        if n not in said.takes and spelt(n, f, REST) not in reserved:
            free = not (protocol == PROTO and is_list(f))
            out[spelt(n, f, protocol, given=False)] = Seen(
                sort_of(f, protocol, given=False), free, is_list(f)
            )
    return out


def chosen(system: System, said: ApiOperation) -> bool:
    """Whether a caller chooses what a thing belongs to: something of its own, which has an owner
    that is no key of it; our own services, whose tokens name nobody, do so too."""
    entity = system.entities[said.of]
    type_ = entity.fields[entity.owned_by or ""].type
    parent = system.entities[type_[4:-1]] if type_.startswith("ref(") else None
    if parent is not None and parent.owned_by is not None:
        own = parent.fields[parent.owned_by]
        if not own.key or own.type.startswith("ref("):
            return True
    clients = said.for_ or [
        name for name, c in system.workload.clients.items()
        if any(said.endpoint in system.journeys[j].steps for j in c.journeys)
    ] or [n for n, c in system.workload.clients.items() if audience(c) != "partner"]  # fmt: skip
    return {audience(system.workload.clients[name]) for name in clients} == {"internal"}


def audience(client: Client) -> str:
    """The audience that a client of a random model says it is of."""
    assert client.access is not None
    return client.access.audience


def keyed(system: System, said: ApiOperation) -> bool:
    """Whether an operation is about things that its caller names by their keys."""
    fields = system.entities[said.of].fields.values()
    return said.does in ("update", "act") and not said.mine and any(f.key for f in fields)


def bulk(system: System, said: ApiOperation) -> bool:
    """Whether an operation takes several at once."""
    return said.bulk is not None and (
        said.does == "create" or (said.does in ("update", "act") and not said.mine)
    )


def answer_of(system: System, name: str, protocol: str) -> tuple[str, Seen | None]:
    """What an operation answers with."""
    assert system.api is not None
    said = system.api.operations[name]
    takes = bool(said.takes) or said.does == "search" or (
        said.does in ("create", "update")
        and any(not (f.hidden or f.generated or f.key)
                and (n != system.entities[said.of].owned_by or chosen(system, said))
                for n, f in system.entities[said.of].fields.items())
    )  # fmt: skip
    if said.takes_long and said.does in ("create", "update", "delete", "act"):
        return "job", None
    if bulk(system, said) and (takes or keyed(system, said)):
        return "results", None
    if said.gives == "nothing" or (said.gives is None and said.does == "delete"):
        return "nothing", None
    given = EntityField(type=said.gives or said.of)
    way = "one"
    if said.does in ("list", "search"):
        way = "list" if said.whole else "page"
    return way, Seen(sort_of(given, protocol))
