"""Cases with a known answer: reading them, and judging an answer by the case's own tolerance."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CASES = Path(__file__).with_name("cases")
Parameters = Mapping[str, Any]
Values = dict[str, float | bool | str | list[int] | list[list[float | str]]]


@dataclass(frozen=True)
class Expected:
    """One expected value; a number without tolerance is context, not a target."""

    metric: str
    value: Any
    tolerance: Mapping[str, Any]

    def allows(self, found: Any, how: str, parameters: Parameters) -> bool:
        """Whether the value found is right for a `how` of "simulator" or "analytic"."""
        if isinstance(self.value, bool | str | list):
            return bool(found == self.value)
        if within := _bounds(str(self.tolerance.get(how, ""))):
            return bool(within[0] <= found <= within[1])
        off = abs(found - self.value)
        relative = self.tolerance.get(f"{how}_rel")
        if relative is not None:
            return bool(off <= relative * abs(self.value))
        return any(off <= limit for limit in self._limits(how, parameters))

    def _limits(self, how: str, parameters: Parameters) -> list[float]:
        """Absolute limits of a tolerance in words; any one of them is enough."""
        words = str(self.tolerance[how])
        if words == "exact":
            return [0.0]
        if found := re.fullmatch(r"absolute ([\d.]+) % of the period", words):
            return [float(found[1]) / 100 * parameters["period_s"]]
        limits = [
            float(x) / 100 * abs(self.value) for x in re.findall(r"relative ([\d.]+) %", words)
        ]
        limits += [float(x) for x in re.findall(r"absolute ([\d.]+(?:e-\d+)?)(?! %)\b", words)]
        assert limits, words
        return limits

    def judges(self, how: str) -> bool:
        """Whether it says how far such an answer may be off."""
        if isinstance(self.value, bool | str | list):
            return True
        return f"{how}_rel" in self.tolerance or how in self.tolerance


def _bounds(words: str) -> tuple[float, float] | None:
    """The interval that a tolerance names instead of a distance."""
    if found := re.fullmatch(r"between ([\d.]+) and ([\d.]+)", words):
        return float(found[1]), float(found[2])
    if found := re.fullmatch(r"at (least|most) ([\d.]+)", words):
        limit = float(found[2])
        return (limit, math.inf) if found[1] == "least" else (-math.inf, limit)
    return None


@dataclass(frozen=True)
class Case:
    """A case file."""

    id: str
    parameters: Parameters
    expected: dict[str, Expected]


def read(id: str) -> Case:
    """Read a case by its id."""
    data = YAML(typ="safe", pure=True).load((CASES / f"{id}.yaml").read_text(encoding="utf-8"))
    assert data["id"] == id and data["source"]
    expected = [
        Expected(item["metric"], item.get("value"), item.get("tolerance", {}))
        for item in data["expected"]
    ]
    return Case(id, data["model"]["parameters"], {item.metric: item for item in expected})


@dataclass(frozen=True)
class Answer:
    """How one case is put to the product, and which of its values the product cannot give."""

    id: str
    how: str
    find: Callable[[Parameters], Values]
    without: frozenset[str] = frozenset()
    full: bool = False
    wrong: dict[str, str] = field(default_factory=dict)


ANSWERS: list[Answer] = []


def answers(
    id: str,
    how: str = "simulator",
    *,
    without: tuple[str, ...] = (),
    full: bool = False,
    wrong: dict[str, str] | None = None,
) -> Callable[[Callable[[Parameters], Values]], Callable[[Parameters], Values]]:
    """Register a function as the product's answer to a case.

    `without`: metrics the product cannot give, each with a line in not_yet.md. `full`: long.
    `wrong`: metrics known to be outside of the tolerance, with the reason.
    """

    def register(find: Callable[[Parameters], Values]) -> Callable[[Parameters], Values]:
        ANSWERS.append(Answer(id, how, find, frozenset(without), full, wrong or {}))
        return find

    return register
