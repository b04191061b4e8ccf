"""A fact of the catalogue: a number with its range and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.model.quantity import Origin


@dataclass(frozen=True)
class Fact:
    """`value` in base units, believed to lie within [low, high]; `source` says why."""

    id: str
    label: str
    value: float
    low: float
    high: float
    unit: str
    origin: Origin
    source: str

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.id}: {self.low} <= {self.value} <= {self.high} does not hold")
        if not self.source:
            raise ValueError(f"{self.id} has no source")
