"""Where a system runs beyond its region: the network between places, and a second region."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backend_lead.model.part import Part
from backend_lead.model.quantity import Bandwidth, Duration, Ratio

Region = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=63)]
Spot = Annotated[int, Field(ge=1, le=6)] | Region


class Hop(Part):
    """The way between two places: zones of the first region by number, or regions by name.

    `rtt` is its round trip, `loss` the share of its packets that must be sent again. Regions have
    a `bandwidth` between them, each way, that all who send share evenly.
    """

    between: Annotated[list[Spot], Field(min_length=2, max_length=2)]
    rtt: Duration
    loss: Ratio | None = None
    bandwidth: Bandwidth | None = None

    @model_validator(mode="after")
    def _places(self) -> Hop:
        one, other = self.between
        if isinstance(one, str) != isinstance(other, str) or one == other:
            raise PydanticCustomError("hop", "a hop is between two zones, or two regions", {})
        if self.bandwidth is not None and isinstance(one, int):
            raise PydanticCustomError(
                "hop", "only regions have a bandwidth between them; that of instances is the "
                "network's", {},
            )  # fmt: skip
        return self


class Network(Part):
    """Round trips within a zone (`same_zone`) and between zones (`other_zone`), and `loss`, the
    share of packets that must be sent again.

    `hops` are the ways that differ from these. With a `bandwidth`, an instance sends one answer or
    request after the other, at that speed or, if that is less, what its machine sustains.
    """

    same_zone: Duration
    other_zone: Duration
    loss: Ratio | None = None
    bandwidth: Bandwidth | None = None
    hops: list[Hop] = Field(default=[], max_length=100)


class Standby(Part):
    """A second region that takes over when the first is lost.

    It keeps a copy of the data that is `lag` behind (what may be lost), and as many instances as
    are needed to begin; `failover` is the time from the loss until it serves the whole load.
    """

    region: str
    failover: Duration
    lag: Duration
