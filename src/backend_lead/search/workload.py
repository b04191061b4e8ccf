"""The same system under another load: its users, rates and rows in proportion."""

from __future__ import annotations

from typing import TypeVar

from backend_lead.catalog import kind_of
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System
from backend_lead.search.assess import holds_at
from backend_lead.tactics.tactic import copy
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import with_zone_lost

Q = TypeVar("Q", bound=Quantity)
FARTHEST = 4096.0  # multiples of a load that are looked at
HALVINGS = 10  # of an interval that is one doubling wide: a thousandth


def users_of(system: System) -> float:
    """All users stated; 0 where the load is a rate."""
    return sum(c.users.value for c in system.workload.clients.values() if c.users)


def scaled(system: System, factor: float) -> System:
    """A copy with `factor` times the users, rates and rows; at least one of each."""
    out = copy(system)
    for client in out.workload.clients.values():
        if client.users:
            client.users = times(client.users, factor, 1.0)
        if client.rate:
            client.rate = times(client.rate, factor)
    for entity in out.entities.values():
        entity.rows = times(entity.rows, factor, 1.0)
    return out


def times(quantity: Q, factor: float, least: float = 0.0) -> Q:
    """A quantity with its range in proportion."""
    ends = quantity.range
    return quantity.model_copy(update={
        "value": max(least, quantity.value * factor),
        "range": ends and tuple(max(least, end * factor) for end in ends),
    })  # fmt: skip


def carries(system: System, factor: float) -> bool:
    """Whether a system holds `factor` times its load, data grown alike, with one zone lost."""
    return holds_at(with_zone_lost(resolve(scaled(system, factor))), 1.0)


def carried(system: System) -> float:
    """The highest multiple of its load that a system holds as it stands; 0 if none above 1/64."""
    low, high = 0.0, 1.0
    if carries(system, 1.0):
        low = 1.0
        while low < FARTHEST and carries(system, low * 2):
            low *= 2
        high = low * 2
    else:
        while high > 1 / 64 and not carries(system, high / 2):
            high /= 2
        low, high = (high / 2, high) if high > 1 / 64 else (0.0, high)
    if not low or low >= FARTHEST:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if carries(system, middle) else (low, middle)
    return low


def machines(system: System) -> int:
    """Machines to run."""
    return sum(kind_of(part.kind).instances(part) for part in system.components.values())


def parts_words(system: System) -> str:
    """What runs, in one line."""
    rows = []
    for name, part in system.components.items():
        size = kind_of(part.kind).size_words(part)
        rows.append(f"{name}: {size}" if size else name)
    return "; ".join(rows)
