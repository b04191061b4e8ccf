"""Calls to other regions: each attempt sends over the way there, and its answer comes back; and
batches of messages, which come to where they are handled."""

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

    `stations[id]` are the service rows of these.
    """

    def __init__(
        self, b: Builder, links: Links, devices: Devices, stations: dict[str, int]
    ) -> None:
        self.b, self.links, self.devices, self.stations = b, links, devices, stations
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
        # an attempt that ran out of time counts against the replica too
        asked = b.call(endpoint, timeout_s=call.timeout_s, group=L.SAME, **self.devices.manners)
        over, returned = self.devices.over(there), self.devices.over(back)
        row = b.endpoint(self.service(station), [over, ("call", asked), returned])
        self.devices.told[row] = ("network", f"{there.link} for {call.target}")
        return row

    def handed(self, call: Call, station: Station) -> int:
        """The endpoint beside a broker's instances from which batches come."""
        sent = [self.devices.over(send) for send in call.over]
        row = self.b.endpoint(self.service(station), sent)
        self.devices.told[row] = ("network", f"messages of {call.target}")
        return row

    def service(self, station: Station) -> int:
        """The service in front of a station."""
        if station.id not in self.services:
            most, before = station.replicas_most // station.groups, self.stations[station.id]
            self.services[station.id] = self.b.delay_service(station.groups, most, before)
            self.links.place(station, self.services[station.id])
        return self.services[station.id]
