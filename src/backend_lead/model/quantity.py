"""A number in a model: its value, where it comes from, and how far it may be off.

A bare scalar in a model is *stated*: the author wrote it. Anything else says so:
`{value: 10 s, range: [5 s, 20 s], origin: assumed, why: "..."}`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema

from backend_lead.model import units

Origin = Literal["measured", "simulated", "computed", "catalogue", "stated", "assumed"]
ORIGINS: tuple[Origin, ...] = (
    "measured", "simulated", "computed", "catalogue", "stated", "assumed",
)  # fmt: skip


class Quantity(BaseModel):
    """A value in its base unit with its origin; subclasses fix the dimension."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    dimension: ClassVar[units.Dimension]

    value: float
    range: tuple[float, float] | None = None
    origin: Origin = "stated"
    source: str | None = None
    why: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if isinstance(data, Quantity):
            return data.model_dump()
        if isinstance(data, str | int | float):
            return {"value": cls._parse(data)}
        if not isinstance(data, dict):
            raise PydanticCustomError(
                "quantity",
                "expected a value such as {example}, or a mapping with value, range, origin",
                {"example": cls.dimension.example},
            )
        out = dict(data)
        if "value" in out:
            out["value"] = cls._parse(out["value"])
        if isinstance(out.get("range"), list | tuple):
            out["range"] = tuple(cls._parse(x) for x in out["range"])
        return out

    @classmethod
    def _parse(cls, text: Any) -> float:
        if not isinstance(text, str | int | float):
            raise PydanticCustomError(
                "quantity", "expected a number with a unit, for example {example}",
                {"example": cls.dimension.example},
            )  # fmt: skip
        try:
            return cls.dimension.parse(text)
        except ValueError as err:
            raise PydanticCustomError("quantity", "{reason}", {"reason": str(err)}) from None

    @model_validator(mode="after")
    def _ordered(self) -> Quantity:
        if self.range is not None:
            low, high = self.range
            if not low <= self.value <= high:
                raise PydanticCustomError(
                    "range", "the range must contain the value: {low} <= {value} <= {high}",
                    {"low": self.dimension.format(low), "value": self.text,
                     "high": self.dimension.format(high)},
                )  # fmt: skip
        if self.origin == "assumed" and self.range is None:
            raise PydanticCustomError(
                "range", "an assumed value needs a range, for example range: [low, high]", {}
            )
        return self

    @property
    def text(self) -> str:
        """The value the way people write it."""
        return self.dimension.format(self.value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        scalar = {"type": ["string", "number"], "examples": [cls.dimension.example]}
        full = {
            "type": "object",
            "additionalProperties": False,
            "required": ["value"],
            "properties": {
                "value": scalar,
                "range": {"type": "array", "items": scalar, "minItems": 2, "maxItems": 2},
                "origin": {"enum": list(ORIGINS)},
                "source": {"type": "string"},
                "why": {"type": "string"},
            },
        }
        return {"anyOf": [scalar, full], "description": f"{cls.__name__}: {cls.dimension.example}"}


def origin_of(said: Quantity | None) -> Origin:
    """Where a number comes from that a model may leave out: what is left out is assumed."""
    return "assumed" if said is None else said.origin


class Count(Quantity):
    """How many; at least one."""

    dimension = units.COUNT


class Duration(Quantity):
    """Seconds."""

    dimension = units.DURATION


class Bytes(Quantity):
    """Bytes."""

    dimension = units.BYTES


class Ratio(Quantity):
    """A share between 0 and 1."""

    dimension = units.RATIO


class Factor(Quantity):
    """A plain number such as a skew or a peak factor."""

    dimension = units.FACTOR


class Rate(Quantity):
    """Events per second."""

    dimension = units.RATE


class ArrivalRate(Rate):
    """Requests per second of a client; 0 of one that asks nothing yet."""

    dimension = units.ARRIVALS


class Money(Quantity):
    """USD per month."""

    dimension = units.MONEY


class Bandwidth(Quantity):
    """Bytes per second."""

    dimension = units.BANDWIDTH
