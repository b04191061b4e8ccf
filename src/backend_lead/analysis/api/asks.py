"""Which operations a screen asks, in which step, and how often each screen is looked at."""

from __future__ import annotations

from backend_lead.model.contract import Need, Screen
from backend_lead.model.screens import Asked
from backend_lead.model.system import System
from backend_lead.model.workload import Client
from backend_lead.views.api.parts import Contract
from backend_lead.views.sessions import begun_per_s

ITEMS = 20  # of a list that names no page: the contract's own page size where none is said


def asks_of(contract: Contract, screen: Screen) -> tuple[Asked, ...]:
    """The operations of a screen, those that wait after those they wait for.

    A need that waits for one the screen does not ask begins at once; a circle is cut where it
    closes. What another need already answers is not asked.
    """
    carried = dict(needless(contract, screen))
    needs = {need.ask: need for need in screen.needs
             if need.ask in contract.operations and need.ask not in carried}  # fmt: skip
    levels: dict[str, int] = {}

    def waits_for(need: Need) -> str:
        return carried.get(_before(need), _before(need))

    def level(name: str, on_way: tuple[str, ...] = ()) -> int:
        if name not in levels:
            before = waits_for(needs[name])
            waits = before in needs and before not in (*on_way, name)
            levels[name] = level(before, (*on_way, name)) + 1 if waits else 0
        return levels[name]

    found = []
    for name, need in needs.items():
        op = contract.operations[name]
        if op.nature == "event":
            continue
        at = level(name)
        before = waits_for(need) if at else ""
        found.append(
            Asked(name, op.service, _times(contract, need), at, before, need.each is not None)
        )
    return tuple(sorted(found, key=lambda one: one.level))


def needless(contract: Contract, screen: Screen) -> list[tuple[str, str]]:
    """Needs that a list of the same screen already answers, with that list: it gives its items in
    the very shape in which each would be got."""
    found = []
    for need in screen.needs:
        own, source = (contract.operations.get(name or "") for name in (need.ask, need.each))
        if own is None or source is None or own.gives is None or source.gives is None:
            continue
        item = source.gives.item or source.gives
        whole = own.does == "get" and own.answer == "one" and source.answer in ("list", "page")
        if whole and own.gives == item:
            found.append((need.ask, source.name))
    return found


def _before(need: Need) -> str:
    return need.after or need.each or ""


def _times(contract: Contract, need: Need) -> int:
    if need.each is None:
        return 1
    if need.items is not None:
        return need.items
    source = contract.operations.get(need.each)
    return source.said.page if source is not None and source.paged else ITEMS


def clients_of(system: System, screen: Screen) -> list[str]:
    """The clients that see a screen: those named, else all that make its journey."""
    return [
        name for name, client in system.workload.clients.items()
        if (name in screen.clients if screen.clients else screen.journey in client.journeys)
    ]  # fmt: skip


def journeys_per_s(system: System, client: Client, journey: str) -> float:
    """How often a class of callers begins a journey at the stated load.

    Its requests a second over the requests of a mean journey, times the journey's share.
    """
    if journey not in client.journeys or client.every is not None:
        return 0.0
    return begun_per_s(system, client) * client.journeys[journey].value


def looked_at(system: System, contract: Contract, screen: Screen) -> int:
    """How often a journey shows a screen: as often as it asks for what the screen asks first."""
    for need in screen.needs:
        op = contract.operations.get(need.ask)
        if op is not None and need.after is None and need.each is None:
            times = system.journeys[screen.journey].steps.count(op.said.endpoint or "")
            return max(1, times)
    return 1
