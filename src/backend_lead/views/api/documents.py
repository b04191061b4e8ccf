"""What a client asks of the graph for a screen: selections, as trees.

What a screen needs at once is one query. A need that follows another is nested where the types link
them: a reference to what it gets, or a list that the thing has. Only what no type links is asked in
a further query, with values of the first; a command is a mutation of its own. What no screen asks
stands alone, one document for each operation: a gateway that takes known documents only takes these
too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from backend_lead.model.contract import Need
from backend_lead.views.api.arguments import Argument, arguments
from backend_lead.views.api.graph import Graph
from backend_lead.views.api.names import kebab, pascal
from backend_lead.views.api.parts import Caller, FieldOf, Operation, ShapeOf
from backend_lead.views.api.types import LIST_MOST, Type

DEEPEST = 4  # shapes within shapes that a query goes into
LINK_DEEP = 2  # shapes between what is given and a reference in it


@dataclass
class Pick:
    """A field that is asked for, and what of it.

    `shape` is what its value is, empty for plain values; `op` the operation that answers it, `size`
    how many values it has at most, and `times` how many a screen said there are.
    """

    name: str
    shape: str = ""
    op: str = ""
    size: int = 1
    times: int | None = None
    alias: str = ""
    takes: list[tuple[str, Argument]] = field(default_factory=list)
    children: list[Pick] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Its name in the answer."""
        return self.alias or self.name


@dataclass
class Document:
    """A query or mutation that a client sends `times` often for a screen, in `step` (from 0)."""

    screen: str
    name: str
    file: str
    kind: str
    step: int = 0
    times: int = 1
    roots: list[Pick] = field(default_factory=list)
    variables: dict[str, Argument] = field(default_factory=dict)

    def take(self, pick: Pick, op: Operation, takes: list[Argument]) -> None:
        """Give a field its arguments, each by a variable of its own."""
        for argument in takes:
            word = argument.name
            if word in self.variables:
                word = f"{op.id}{word[0].upper()}{word[1:]}"
            while word in self.variables:
                word += "2"
            self.variables[word] = argument
            pick.takes.append((word, argument))


def documents(graph: Graph, caller: Caller) -> dict[str, list[Document]]:
    """The documents of a client by screen; none of screens it does not show."""
    if caller.audience not in graph.audiences:
        return {}
    out = {}
    for name, screen in graph.found.screens.items():
        if caller.name in (screen.clients or [caller.name]) and (
            screen.clients or screen.journey in caller.journeys
        ):
            asked = _Screen(graph, caller, name)
            asked.place(list(screen.needs))
            if asked.made:
                out[name] = asked.made
    return out


def every_document(graph: Graph, caller: Caller) -> list[Document]:
    """All that a client sends: for its screens, and for each operation that none of them asks."""
    if caller.audience not in graph.audiences:
        return []
    out = [one for found in documents(graph, caller).values() for one in found]
    shown = {op for one in out for root in one.roots for op in _asked(root)}
    names = {one.name for one in out}
    for op in graph.operations:
        if caller.name in op.clients and op.name not in shown:
            alone = _Screen(graph, caller, "").alone(op)
            alone.name += "Alone" if alone.name in names else ""
            out.append(alone)
    for name, op in graph.jobs.items():
        if caller.name in op.clients:
            out.append(_job(name, op))
    return out


def _job(name: str, op: Operation) -> Document:
    problem = Pick("problem", "problem", children=[Pick("code"), Pick("detail")])
    told = [Pick("id"), Pick("state"), Pick("createdAt"), Pick("result"), problem]
    pick = Pick(name, "job", op.name, children=told)
    document = Document("", name[0].upper() + name[1:], f"operation.{kebab(op.name)}.job", "query")
    document.take(pick, op, [Argument("jobId", "ID!", "The id of the job")])
    document.roots.append(pick)
    return document


def _asked(pick: Pick) -> Iterator[str]:
    if pick.op:
        yield pick.op
    for child in pick.children:
        yield from _asked(child)


@dataclass
class _Screen:
    """A screen on its way to documents: where each need is answered."""

    graph: Graph
    caller: Caller
    name: str
    made: list[Document] = field(default_factory=list)
    placed: dict[str, tuple[Document, Pick]] = field(default_factory=dict)

    def place(self, needs: list[Need]) -> None:
        """Place every need, those that others wait for first."""
        own = {op.name: op for op in self.graph.operations if self.caller.name in op.clients}
        waiting = [need for need in needs if need.ask in own]
        names = {need.ask for need in waiting}
        while waiting:
            ready = [n for n in waiting if _parent(n) not in names or _parent(n) in self.placed]
            for need in ready or waiting[:1]:
                self._need(need, own[need.ask])
                waiting.remove(need)

    def _need(self, need: Need, op: Operation) -> None:
        parent = self.placed.get(_parent(need))
        step = parent[0].step + 1 if parent else 0
        if op.nature == "command":
            self._root(self._new("mutation", step, f"{kebab(op.name)}", op), op)
            return
        if parent is not None and parent[0].kind == "query":
            inside = self._linked(parent[0], parent[1], need, op)
            if inside is not None:
                self.placed[op.name] = (parent[0], inside)
                return
        if need.each is not None and parent is not None:
            document = self._new("query", step, f"each-{kebab(op.name)}", op)
            document.times = need.items or parent[1].size
        else:
            document = self._at(step)
        self._root(document, op)

    def _at(self, step: int) -> Document:
        """The query of a step."""
        for document in self.made:
            if document.kind == "query" and document.step == step and document.times == 1:
                return document
        return self._new("query", step, f"then-{step}" if step else "")

    def _new(self, kind: str, step: int, word: str, op: Operation | None = None) -> Document:
        told = f"_{op.type_name if op else pascal(word)}" if word else ""
        file = f"{kebab(self.name)}.{word}" if word else kebab(self.name)
        made = Document(self.name, pascal(self.name) + told, file, kind, step)
        self.made.append(made)
        return made

    def alone(self, op: Operation) -> Document:
        """The document of one operation by itself."""
        kind = "query" if op.nature == "query" else "mutation"
        document = Document("", op.type_name, f"operation.{kebab(op.name)}", kind)
        self._root(document, op)
        return document

    def _root(self, document: Document, op: Operation) -> None:
        pick = self.answer(document, op, op.id, arguments(self.graph.found, op))
        same = sum(root.name == pick.name for root in document.roots)
        pick.alias = f"{pick.name}{same + 1}" if same else ""
        document.roots.append(pick)
        self.placed[op.name] = (document, pick)

    def answer(self, document: Document, op: Operation, name: str, takes: list[Argument]) -> Pick:
        """A field that an operation answers, with all of it that the client sees."""
        pick = Pick(name, op=op.name)
        document.take(pick, op, takes)
        if op.answer == "job":
            pick.shape, pick.children = "job", [Pick("id"), Pick("state"), Pick("createdAt")]
        elif op.answer == "results":
            problem = Pick("problem", "problem", children=[Pick("code"), Pick("detail")])
            pick.shape, pick.size = "result", op.bulk or 1
            pick.children = [Pick("index"), Pick("status"), Pick("id"), problem]
        elif op.answer == "page":
            items = Pick("items", size=op.said.page)
            self._fill(items, op.gives)
            pick.shape, pick.children = "page", [items, Pick("nextCursor")]
        elif op.answer in ("one", "list"):
            pick.size = LIST_MOST if op.answer == "list" else 1
            self._fill(pick, op.gives)
        return pick

    # --- what is asked of a shape -----------------------------------------------------------------
    def _fill(self, pick: Pick, type_: Type | None) -> None:
        bare = type_.item if type_ is not None and type_.item is not None else type_
        if bare is None or bare.sort not in ("shape", "ref"):
            return
        shape = self.graph.found.shapes[bare.name]
        if bare.sort == "shape":
            pick.shape, pick.children = shape.name, self._selected(shape, ())
        elif shape.key:
            pick.shape, pick.children = shape.name, self._key(shape)

    def _selected(self, shape: ShapeOf, within: tuple[str, ...]) -> list[Pick]:
        """Every field of a shape that the client sees; of references the key."""
        if shape.name in within or len(within) >= DEEPEST:
            return self._key(shape)
        out = []
        for f in self._seen(shape):
            pick = self._field(f, (*within, shape.name))
            if pick is not None:
                out.append(pick)
        return out

    def _seen(self, shape: ShapeOf) -> list[FieldOf]:
        name = self.caller.name
        shown = (f for f in shape.fields if self.graph.shows(shape, f, self.caller.audience))
        return [f for f in shown if f.key or not f.seen_by or name in f.seen_by]

    def _field(self, f: FieldOf, within: tuple[str, ...]) -> Pick | None:
        type_ = f.type.item or f.type
        size = (f.most or LIST_MOST) if f.type.item is not None else 1
        if type_.sort not in ("shape", "ref"):
            return Pick(f.graphql, size=size)
        shape = self.graph.found.shapes[type_.name]
        if type_.sort == "ref":
            inner = self._key(shape) if self.graph.walks(f) else []
            return Pick(f.graphql, shape.name if inner else "", size=size, children=inner)
        inner = self._selected(shape, within)
        return Pick(f.graphql, shape.name, size=size, children=inner) if inner else None

    def _key(self, shape: ShapeOf) -> list[Pick]:
        out = []
        for f in shape.key if shape.entity else ():
            of = self.graph.found.shapes[f.type.name] if self.graph.walks(f) else None
            inner = self._key(of) if of is not None else []
            out.append(Pick(f.graphql, of.name if of is not None and inner else "", children=inner))
        return out

    # --- links ------------------------------------------------------------------------------------
    def _linked(self, document: Document, parent: Pick, need: Need, op: Operation) -> Pick | None:
        """Where within what another gives this need is answered; None where no type links them."""
        inside = next((c for c in parent.children if parent.shape == "page" and c.shape), parent)
        if op.does == "get" and not op.said.mine and op.answer == "one":
            return self._referred(inside, need, op)
        for reverse in self.graph.reverses.get(inside.shape, ()):
            if reverse.op is op and inside.shape:
                takes = arguments(self.graph.found, op, without=reverse.by)
                pick = self.answer(document, op, reverse.name, takes)
                inside.children.append(pick)
                inside.times = need.items if need.each else inside.times
                return pick
        return None

    def _referred(self, inside: Pick, need: Need, op: Operation) -> Pick | None:
        if op.gives is None or op.gives.name != op.of.name:
            return None
        if inside.shape == op.of.name:
            return inside
        waiting = [(inside, 0)]
        while waiting:
            pick, deep = waiting.pop(0)
            for child in pick.children:
                if child.shape == op.of.name:
                    child.children = self._selected(op.of, ())
                    child.op = op.name
                    child.times = need.items if need.each else None
                    return child
                known = child.shape in self.graph.found.shapes
                if known and deep < LINK_DEEP and not self.graph.is_entity(child.shape):
                    waiting.append((child, deep + 1))
        return None


def _parent(need: Need) -> str:
    return need.after or need.each or ""
