"""Operations: what they are about, who serves and who may call them, what they take and give."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend_lead.intake.backend_yaml.contract_addresses import Addresses
from backend_lead.intake.backend_yaml.contract_fields import Fields, inner_type, is_list
from backend_lead.model.contract import COMMANDS, NOTHING, QUERIES, TYPES, Api, ApiOperation
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.api.addresses import begins
from backend_lead.views.api.contract import callers_of, clients_of
from backend_lead.views.api.names import PAGING, camel, without_id
from backend_lead.views.api.owning import owner_by_token
from backend_lead.views.document import Document, Loc

_MANY = ("list", "search")
# Which words do something only with some of what an operation does.
_ONLY = {
    "filters": _MANY, "sorts": _MANY, "page": _MANY, "whole": _MANY,
    "bulk": ("create", "update", "act"),
    "takes_long": COMMANDS, "idempotent": COMMANDS, "after": ("event",), "topic": ("event",),
}  # fmt: skip
_NOT_OF_EVENTS = ("takes", "path", "public", "mine", "endpoint", "roles", "deprecated")
IN_PATH = re.compile(r"\{([^}]*)\}")


class Operations(Fields):
    """What is wrong with the operations of an API."""

    def __init__(self, system: System, api: Api, document: Document) -> None:
        super().__init__(system, document)
        self.api = api
        self.callers = callers_of(system)
        self.endpoints = {
            f"{c}.{e}": endpoint
            for c, part in system.components.items() for e, endpoint in part.endpoints.items()
        }  # fmt: skip
        self.topics = {f"{c}.{t}" for c, part in system.components.items() for t in part.topics}
        self.answering = [ref for ref, end in self.endpoints.items() if end.on is None]
        self.statements = {f"{c}.{o}" for c, p in system.components.items() for o in p.operations}

    def every(self) -> Iterator[Finding]:
        """All findings."""
        addresses = Addresses(self)
        for name, said in self.api.operations.items():
            loc: Loc = ("api", "operations", name)
            if said.of not in self.system.entities:
                yield self.unknown("entity", said.of, self.system.entities, (*loc, "of"))
                continue
            yield from self.about(name, said, loc)
            yield from self.served(name, said, loc)
            yield from self.allowed(name, said, loc)
            yield from self.inputs(name, said, loc)
            yield from self.answer(said, loc)
            yield from self.words(said, loc)
            yield from self.path(name, said, loc)
            yield from addresses.taken(name, said, loc)
            yield from self.later(name, said, loc)

    def about(self, name: str, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """The entity has what the operation needs: fields, a key, something to change."""
        fields = self.system.entities[said.of].fields
        if not fields:
            yield self.wrong("fields", f"`{said.of}` has no fields that could be asked",
                             (*loc, "of"), said.of, "entities with fields",
                             f"add fields, a key among them, to entities.{said.of}")  # fmt: skip
            return
        keyed = any(field.key for field in fields.values())
        if _keyed(said) and not keyed:
            yield self.wrong(
                "key", f"`{name}` needs to know which {said.of}, but `{said.of}` has no key",
                (*loc, "of"), said.of, "entities with a field that has key: true",
                f"add id: {{type: id, key: true}} under entities.{said.of}.fields, or say mine",
            )  # fmt: skip
        settable = [f for f in fields.values() if not (f.generated or f.key or f.hidden)]
        if said.does == "update" and not said.takes and not settable:
            yield self.wrong("fields", f"a caller may set nothing of `{said.of}`", (*loc, "does"),
                             "update", "fields that are not generated, or takes",
                             "say what it takes")  # fmt: skip
        for word in ("filters", "sorts"):
            for i, field in enumerate(getattr(said, word)):
                if field not in fields:
                    yield self.unknown("field", field, fields, (*loc, word, i))
                elif fields[field].hidden:
                    yield self.wrong("hidden", f"`{field}` leaves the backend never",
                                     (*loc, word, i), field, "fields that callers see",
                                     "take another, or delete hidden")  # fmt: skip
                elif not _comparable(fields[field].type, word):
                    yield self.wrong("sorts" if word == "sorts" else "filters",
                                     f"{fields[field].type} cannot be compared", (*loc, word, i),
                                     field, "texts, numbers, times, references",
                                     "take another field, or an input in takes")  # fmt: skip

    def served(self, name: str, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """An endpoint that answers serves it; an event needs none."""
        answering = self.answering
        if said.endpoint is None:
            if said.does != "event":
                yield self.wrong("endpoint", f"nothing serves `{name}`", loc, "no endpoint",
                                 "component.endpoint, such as app.list_items",
                                 f"add the line endpoint: {answering[0] if answering else 'NAME'}",
                                 True)  # fmt: skip
        elif said.endpoint in self.statements and said.endpoint not in self.endpoints:
            yield self.unknown(
                "endpoint",
                said.endpoint,
                answering,
                (*loc, "endpoint"),
                hint="a statement of a store: name the endpoint that runs it",
            )
        elif said.endpoint not in self.endpoints:
            yield self.unknown("endpoint", said.endpoint, answering, (*loc, "endpoint"))
        elif self.endpoints[said.endpoint].on is not None:
            yield self.wrong("endpoint", f"`{said.endpoint}` handles messages, it answers nobody",
                             (*loc, "endpoint"), said.endpoint, "an endpoint without `on`",
                             "name the endpoint that takes the request")  # fmt: skip

    def allowed(self, name: str, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """Somebody may call it."""
        missing = "for_" in said.model_fields_set and not said.for_
        if missing:
            yield self.wrong("caller", f"no client may call `{name}`", (*loc, "for"), "for: []",
                             f"one or more of {', '.join(self.callers)}",
                             "name them, or delete the line: then those may whose journeys ask for "
                             "it")  # fmt: skip
        for i, client in enumerate(said.for_):
            if client not in self.callers:
                missing = True
                yield self.unknown("client", client, self.callers, (*loc, "for", i))
        if not missing and not clients_of(said, self.system, self.callers):
            yield self.wrong("caller", f"no client may call `{name}`", loc, "nobody",
                             f"for: one or more of {', '.join(self.callers)}",
                             f"add the line for: [{next(iter(self.callers))}]", True)  # fmt: skip

    def inputs(self, name: str, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """Nobody says whose a thing is, and no input has the name of what is taken anyway."""
        fields = self.system.entities[said.of].fields
        owner = owner_by_token(self.system.entities, said.of)
        sets = said.does in ("create", "update") or begins(said)
        among = {self.callers[c].audience for c in clients_of(said, self.system, self.callers)}
        if (
            owner in said.takes
            and owner in fields
            and sets
            and not said.roles
            and among - {"internal"}
        ):
            yield self.wrong(
                "owner-given", f"`{owner}` says whose a {said.of} is: the token of the caller does,"
                " else anybody could give or take what is another's", (*loc, "takes", owner), owner,
                "inputs without the field of owned_by",
                "delete it; where some act for others, say which roles: [...] may", True,
            )  # fmt: skip
        for word, field in said.takes.items():
            spelt = self.spelt(word, field.type)
            if spelt in (PAGING if said.does in QUERIES else {"idempotencyKey"}):
                yield self.wrong(
                    "input", f"`{name}` takes `{spelt}` anyway: it stands beside its inputs",
                    (*loc, "takes", word), word, "inputs with names of their own",
                    "delete it, or rename it where it means something else", True,
                )  # fmt: skip

    def answer(self, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """It gives an entity, a shape, a list of one, or nothing."""
        if said.gives is None:
            return
        place: Loc = (*loc, "gives")
        if said.gives == NOTHING:
            if said.does in QUERIES or said.does == "event":
                yield self.wrong("gives", f"a {said.does} that gives nothing tells nothing", place,
                                 said.gives, "an entity or a shape", "delete the line")  # fmt: skip
            return
        wrong = self.type_fault(said.gives, place)
        if wrong is not None:
            yield wrong
        elif inner_type(said.gives) in TYPES or "ref(" in said.gives:
            yield self.wrong("gives", "an answer has named parts, so that more can be added later",
                             place, said.gives, "an entity, a shape, list(...) of one, or nothing",
                             "add a shape with this field under api.shapes")  # fmt: skip
        elif said.does == "event" and is_list(said.gives):
            yield self.wrong("gives", "an event tells of one thing", place, said.gives,
                             "an entity or a shape", f"say {inner_type(said.gives)}")  # fmt: skip

    def words(self, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """Words that do nothing with what the operation does."""
        for word, fitting in _ONLY.items():
            if word in said.model_fields_set and getattr(said, word) and said.does not in fitting:
                yield self.wrong("unused", f"`{word}` does nothing for a {said.does}",
                                 (*loc, word), word, f"{word} where it does {', '.join(fitting)}",
                                 "delete it", True)  # fmt: skip
        if said.does == "event":
            for word in _NOT_OF_EVENTS:
                if word in said.model_fields_set and getattr(said, word):
                    yield self.wrong("unused", f"`{word}` does nothing for an event", (*loc, word),
                                     word, "events follow an operation (after)", "delete it",
                                     True)  # fmt: skip
        if said.bulk is not None and said.mine and said.does in ("update", "act"):
            yield self.wrong("bulk", "`mine` is one thing, a bulk is about several", (*loc, "bulk"),
                             "both", "bulk or mine",
                             "delete mine: each item names its thing by the key", True)  # fmt: skip
        elif said.bulk is not None and said.does == "act" and not (said.takes or _keyed(said)):
            yield self.wrong("bulk", "an item of this bulk would say nothing", (*loc, "bulk"),
                             "neither a key nor takes", "inputs of each item",
                             "say what it takes", True)  # fmt: skip
        if said.bulk is not None and said.takes_long:
            yield self.wrong("bulk", "a bulk tells at once what became of each, a job later",
                             (*loc, "bulk"), "both", "bulk or takes_long", "delete one of the two",
                             True)  # fmt: skip

    def path(self, name: str, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """A path of its own names the keys, and nothing it does not take."""
        if said.path is None:
            return
        keys = self.keys(said)
        inputs = {self.spelt(word, said.takes[word].type) for word in said.takes}
        written = IN_PATH.findall(said.path)
        for word in written:
            if word not in keys and word not in inputs:
                yield self.unknown("input", word, [*keys, *inputs], (*loc, "path"))
        for word in dict.fromkeys(w for w in written if written.count(w) > 1):
            yield self.wrong("path", f"`{word}` stands twice in the path", (*loc, "path"),
                             said.path, "each name once", "rename one of the two")  # fmt: skip
        for word in keys if said.bulk is None else ():
            if word not in written:
                yield self.wrong("path", f"the path does not tell which {said.of}", (*loc, "path"),
                                 said.path, f"a path with {{{word}}}",
                                 f"for example {said.path}/{{{word}}}")  # fmt: skip
        if said.bulk is not None and {*inputs, *keys} & set(written):
            yield self.wrong("path", "each item of a bulk brings its own key and inputs",
                             (*loc, "path"), said.path, "a path without them",
                             "take {...} out of the path")  # fmt: skip
        for word in said.takes:
            field = said.takes[word]
            if self.spelt(word, field.type) in written and (field.nullable or is_list(field.type)):
                yield self.wrong("path", f"`{word}` may be left out, but stands in the path",
                                 (*loc, "path"), said.path, "inputs that are always there",
                                 "delete nullable, or take it out of the path")  # fmt: skip

    def keys(self, said: ApiOperation) -> list[str]:
        """The names of the keys that an operation takes, as they stand in a path."""
        fields = self.system.entities[said.of].fields
        if not _keyed(said):
            return []
        return [
            camel(f"{said.of}_id") if word == "id" else self.spelt(word, field.type)
            for word, field in fields.items() if field.key
        ]  # fmt: skip

    @staticmethod
    def spelt(word: str, type_: str) -> str:
        """The name of a field in JSON."""
        return camel(without_id(word) + "_id" if type_.startswith("ref(") else word)

    def later(self, name: str, said: ApiOperation, loc: Loc) -> Iterator[Finding]:
        """What follows: events after an operation, what replaces a deprecated one."""
        requests = [n for n, other in self.api.operations.items() if other.does != "event"]
        if said.after is not None and said.after not in requests:
            yield self.unknown("operation", said.after, requests, (*loc, "after"))
        if said.topic is not None and said.topic not in self.topics:
            yield self.unknown("topic", said.topic, self.topics, (*loc, "topic"))
        if said.deprecated is not None and said.deprecated.instead is not None:
            instead, place = said.deprecated.instead, (*loc, "deprecated", "instead")
            if instead == name:
                yield self.wrong("instead", f"`{name}` cannot be used instead of itself", place,
                                 instead, "another operation",
                                 "name what replaces it, or delete instead")  # fmt: skip
            elif instead not in requests:
                yield self.unknown("operation", instead, requests, place)
            elif self.api.operations[instead].deprecated is not None:
                yield self.wrong("instead", f"`{instead}` is deprecated itself", place, instead,
                                 "an operation that stays",
                                 "name what replaces both")  # fmt: skip


def _keyed(said: ApiOperation) -> bool:
    """Whether an operation is about one entity that its caller names by its key."""
    if said.mine or said.does not in ("get", "update", "delete", "act"):
        return False
    return not begins(said)


def _comparable(type_: str, word: str) -> bool:
    if type_.startswith(("list(", "ref(")):
        return type_.startswith("ref(") and word == "filters"
    if type_ == "money":
        return word == "sorts"
    return type_ in TYPES and type_ not in ("json", "text")
