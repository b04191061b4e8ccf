"""Calls to other regions: each attempt sends over the way there, and its answer comes back."""

from __future__ import annotations

from backend_lead.analysis.lowered_devices import Devices
from backend_lead.analysis.lowered_network import Links
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.kernel.builder import Builder
from backend_lead.views.flow import Call, Send


class Fronts:
    """In front of each station that is asked from another region stands one without limits, with a
    replica beside each of its own. An attempt reaches that over the network, if it is sent at all;
    there it sends its request over the way, asks the station itself, and sends the answer back.
    """

    def __init__(self, b: Builder, links: Links, devices: Devices) -> None:
        self.b, self.links, self.devices = b, links, devices
        self.services: dict[str, int] = {}
        self.made: dict[tuple[str, tuple[Send, ...], float], int] = {}

    def before(self, call: Call, endpoint: int, station: Station) -> int:
        """The endpoint to be called instead of one of a station."""
        key = (call.target, call.over, call.timeout_s)
        if key not in self.made:
            self.made[key] = self._made(call, endpoint, station)
        return self.made[key]

    def _made(self, call: Call, endpoint: int, station: Station) -> int:
        b, (there, back) = self.b, call.over
        if station.id not in self.services:
            most = station.replicas_most // station.groups
            self.services[station.id] = b.delay_service(station.groups, most)
            self.links.place(station, self.services[station.id])
        # an attempt that ran out of time counts against the replica too
        asked = b.call(endpoint, timeout_s=call.timeout_s, group=L.SAME, **self.devices.manners)
        over, returned = self.devices.over(there), self.devices.over(back)
        row = b.endpoint(self.services[station.id], [over, ("call", asked), returned])
        self.devices.told[row] = ("network", f"{there.link} for {call.target}")
        return row
