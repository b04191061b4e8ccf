"""Where a system runs beyond its region: the network between zones, and a second region."""

from __future__ import annotations

from backend_lead.model.part import Part
from backend_lead.model.quantity import Duration, Ratio


class Network(Part):
    """Round trips within a zone (`same_zone`) and between zones (`other_zone`), and `loss`, the
    share of packets that must be sent again."""

    same_zone: Duration
    other_zone: Duration
    loss: Ratio | None = None


class Standby(Part):
    """A second region that takes over when the first is lost.

    It keeps a copy of the data that is `lag` behind (what may be lost), and as many instances as
    are needed to begin; `failover` is the time from the loss until it serves the whole load.
    """

    region: str
    failover: Duration
    lag: Duration
