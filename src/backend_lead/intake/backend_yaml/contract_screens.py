"""Screens: they need what is there and may be asked, in an order that has a beginning."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.intake.backend_yaml.contract_fields import is_list, rings
from backend_lead.intake.backend_yaml.telling import Teller
from backend_lead.model.contract import Api, Need, Screen
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.api.contract import callers_of, clients_of
from backend_lead.views.document import Document, Loc


class Screens(Teller):
    """What is wrong with the screens of an API."""

    def __init__(self, system: System, api: Api, document: Document) -> None:
        super().__init__(document)
        self.system, self.api = system, api
        self.callers = callers_of(system)
        self.requests = {n: op for n, op in api.operations.items() if op.does != "event"}

    def every(self) -> Iterator[Finding]:
        """All findings."""
        for name, screen in self.api.screens.items():
            loc: Loc = ("api", "screens", name)
            if screen.journey not in self.system.journeys:
                yield self.unknown("journey", screen.journey, self.system.journeys,
                                   (*loc, "journey"))  # fmt: skip
            for i, client in enumerate(screen.clients):
                if client not in self.callers:
                    yield self.unknown("client", client, self.callers, (*loc, "clients", i))
            asked = [need.ask for need in screen.needs]
            for i, need in enumerate(screen.needs):
                yield from self.need(screen, need, asked, (*loc, "needs", i), i)
            yield from self.ring(name, screen, (*loc, "needs"))

    def need(
        self, screen: Screen, need: Need, asked: list[str], loc: Loc, at: int
    ) -> Iterator[Finding]:
        """One operation that a screen asks."""
        bare = self.document.node((*loc, "ask")) is None
        place = loc if bare else (*loc, "ask")
        if need.ask not in self.requests:
            hint = "an event is told, not asked" if need.ask in self.api.operations else ""
            yield self.unknown("operation", need.ask, self.requests, place, hint=hint)
        else:
            yield from self.may_ask(screen, need.ask, place)
        if need.ask in asked[:at]:
            yield self.wrong("screen", f"the screen asks `{need.ask}` twice", place, need.ask,
                             "each operation once",
                             "say each: OPERATION where it is asked several times")  # fmt: skip
        for word in ("after", "each"):
            other = getattr(need, word)
            if other is None:
                continue
            if other not in asked:
                yield self.unknown("need", other, [a for a in asked if a != need.ask],
                                   (*loc, word))  # fmt: skip
            elif word == "each" and other in self.requests and not self.gives_list(other):
                yield self.wrong("screen", f"`{other}` gives one thing, not several", (*loc, word),
                                 other, "an operation that gives a list",
                                 f"say after: {other}")  # fmt: skip
        if need.items is not None and need.each is None:
            yield self.wrong("screen", "`items` counts what `each` goes through", (*loc, "items"),
                             str(need.items), "items beside each",
                             "add each: OPERATION, or delete it", True)  # fmt: skip

    def gives_list(self, name: str) -> bool:
        """Whether an operation gives several of something, alone or inside of its answer."""
        said = self.requests[name]
        if said.does in ("list", "search") or (said.gives and is_list(said.gives)):
            return True
        given = said.gives or said.of
        shape = self.api.shapes.get(given)
        entity = self.system.entities.get(given)
        fields = shape.fields if shape is not None else entity.fields if entity else {}
        return any(is_list(field.type) for field in fields.values())

    def may_ask(self, screen: Screen, name: str, loc: Loc) -> Iterator[Finding]:
        """Every client that sees the screen may call what it needs."""
        seeing = screen.clients or [
            client for client, about in self.system.workload.clients.items()
            if screen.journey in about.journeys
        ]  # fmt: skip
        may = clients_of(self.requests[name], self.system, self.callers)
        for client in seeing:
            if client in self.callers and client not in may:
                yield self.wrong("caller", f"`{client}` sees the screen and may not ask `{name}`",
                                 loc, client, f"clients that may: {', '.join(may) or 'none'}",
                                 f"add {client} to for: of `{name}`, or name the screen's clients",
                                 )  # fmt: skip

    def ring(self, name: str, screen: Screen, loc: Loc) -> Iterator[Finding]:
        """Needs that wait for each other."""
        waits = {
            need.ask: {word: word for word in (need.after, need.each) if word is not None}
            for need in screen.needs
        }
        for circle in rings(waits):
            yield self.wrong("screen", f"`{name}` never begins: {' after '.join(circle)}", loc,
                             " after ".join(circle), "needs of which one is asked at once",
                             "take one `after` out", True)  # fmt: skip
