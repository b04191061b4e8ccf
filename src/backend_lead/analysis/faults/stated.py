"""What the model says will happen: its `faults`, each at its time.

Where several strike one place at once, it is down until the last of them is over, and as slow, as
faulty or as lossy as the worst of them; what a network adds to a round trip adds up.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from backend_lead.analysis.faults.deploy import DRAIN_S, START_S
from backend_lead.analysis.faults.failing_over import fallen_behind, gone, promoted, taken_over_s
from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import REFUSES, SILENT, away, role
from backend_lead.analysis.lowering import Event
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.kernel.bounds import SLOW_MAX
from backend_lead.model.serving import Happening
from backend_lead.views.flow import Flow, calls_of
from backend_lead.views.network import region_of

WATCH_S = 30.0  # after the last of them, so that what it left behind shows
WITH_ALL = 2.0  # silent, and so are those who would take over
TURN_S = DRAIN_S + START_S  # of an instance that is replaced
DOWN = {"crash": SILENT, "zone": SILENT, "restart": REFUSES, "region": WITH_ALL}
NOWHERE = ("third party", "cdn")
LEVEL = {"slow": L.FAULT_SLOW, "errors": L.FAULT_ERRORS, "loss": L.FAULT_LOSS}

Place = tuple[str, int, str]  # station (or component), replica, callee of a network
Spans = dict[Place, list[tuple[float, float, float]]]  # start and end in s, value


def struck(flow: Flow, one: Happening) -> list[tuple[Station, int]]:
    """The replicas that it strikes: of a component, or of one of its stations, or in a zone; also
    those that scaling may add, but those of a rollout, which get the new version anyway."""
    if one.what in ("zone", "region"):
        return [
            (station, i) for station in flow.stations.values() for i in range(station.replicas_most)
            if (in_region(flow, station, one) if one.what == "region"
                else station.zone_of(i) == (one.zone or 0) - 1)
        ]  # fmt: skip
    station = flow.stations[one.where or ""]
    all_of = station.replicas if one.what == "deploy" else station.replicas_most
    most = all_of if one.instances is None else min(one.instances, station.replicas)
    return [(station, i) for i in range(most)]


def in_region(flow: Flow, station: Station, one: Happening) -> bool:
    """Whether a region takes a station with it; what somebody else runs is everywhere."""
    part = flow.system.components[station.component]
    return role(flow, station) not in NOWHERE and region_of(flow.system, part) == one.region


def cut_off(flow: Flow, one: Happening) -> list[tuple[str, str]]:
    """Who may ask whom across the border of a region or a zone, or over the way that is named."""
    if one.to is not None:
        return [(one.where or "", one.to)]
    pairs = {
        (node.component, flow.nodes[call.target].component)
        for node in flow.nodes.values() for call in calls_of(node.steps)
    } | {
        (flow.nodes[consumer.handler].component, flow.nodes[consumer.topic].component)
        for consumer in flow.consumers
    }  # fmt: skip
    if one.zone is not None:
        placed = {station.component for station in flow.stations.values() if station.zones}
        return sorted(pair for pair in pairs if placed.issuperset(pair))
    parts = flow.system.components
    return sorted(
        pair for pair in pairs
        if [region_of(flow.system, parts[name]) for name in pair].count(one.region or "") == 1
    )  # fmt: skip


def with_guests(flow: Flow, station: Station, i: int) -> Iterator[tuple[Station, int]]:
    """A replica, and those that run on its machine."""
    yield station, i
    for guest in flow.stations.values():
        if guest.serving is not None and guest.serving.host == station.component:
            yield from ((guest, k) for k in range(guest.replicas_most)
                        if k % station.replicas_most == i)  # fmt: skip


def _value(one: Happening) -> float:
    if one.what == "slow":
        return one.times.value if one.times else 1.0
    return one.share.value if one.share else 1.0


class _Timeline:
    """Events of a model's `faults`, which begin at a time (s) of the run."""

    def __init__(self, flow: Flow, at: float) -> None:
        self.flow = flow
        self.events: list[Event] = []
        self.down: Spans = defaultdict(list)
        self.over: Spans = defaultdict(list)  # likewise, by failovers, which take their own time
        self.taken: dict[Place, float] = {}  # replicas that were promoted, since when
        self.level: dict[str, Spans] = {what: defaultdict(list) for what in LEVEL}
        self.cut: dict[tuple[str, str], list[tuple[float, float, int]]] = defaultdict(list)
        self.events += fallen_behind(flow, at)
        for one in flow.system.faults:
            if one.what != "behind":
                self.add(one, at + one.at.value)
        for place in dict.fromkeys([*self.down, *self.over]):
            self.outages(place)
        for (caller, callee), cuts in self.cut.items():
            self.events += _cuts(caller, callee, cuts)
        for what, places in self.level.items():
            for (name, i, to), spans in places.items():
                for time, value in _worst(spans):
                    x = self.told(what, name, value)
                    self.events.append(Event(time, LEVEL[what], name, i, x, to))

    def outages(self, place: Place) -> None:
        """A replica is down for as long as nobody stands in for it, or a failover takes."""
        home = self.flow.stations[place[0]]
        lasting, stood_in = [], set()
        for start, end, how in _joined(self.down[place]):
            if home.recover_s is not None and how != WITH_ALL:  # else nobody is left to stand in
                end = min(end, start + home.recover_s)
                stood_in.add(start)
            lasting.append((start, end, how))
        seen = {start for start, _, _ in lasting} - stood_in  # a balancer gives these up
        for start, end, how in _joined([*lasting, *self.over[place]]):
            detect_s = home.detect_s if any(start <= t <= end for t in seen) else math.inf
            known = replace(home, recover_s=None, detect_s=detect_s)
            self.events += [
                event for event in away(known, place[1], start, end - start, min(how, SILENT))
                if event.action != L.FAULT_SHOW or event.at_s < self.taken.get(place, math.inf)
            ]  # fmt: skip

    def add(self, one: Happening, at: float) -> None:
        where, to = one.where or "", one.to or ""
        end = at + one.lasts.value if one.lasts else math.inf
        if one.what == "cut":
            for pair in cut_off(self.flow, one):
                self.cut[pair].append((at, end, one.zone or 0))
            return
        if one.to is not None and one.what != "lag":
            self.level[one.what][where, 0, to].append((at, end, _value(one)))
        elif one.what == "lag":
            more = one.more.value * L.NS_PER_S if one.more else 0.0
            self.events.append(Event(at, L.FAULT_LAG, where, 0, more, to))
            if end < math.inf:
                self.events.append(Event(end, L.FAULT_LAG, where, 0, -more, to))
        elif one.what == "scale":
            self.events.append(Event(at, L.FAULT_LEAST, where, 0, float(one.instances or 0)))
        else:
            for turn, (station, i) in enumerate(struck(self.flow, one)):
                self.strike(one, station, i, at, end, turn)

    def strike(
        self, one: Happening, station: Station, i: int, at: float, end: float, turn: int
    ) -> None:  # fmt: skip
        """What becomes of one replica, the `turn`-th that is struck."""
        if one.what in DOWN:
            for lost, k in with_guests(self.flow, station, i):
                self.down[lost.id, k, ""].append((at, end, DOWN[one.what]))
        elif one.what == "deploy":
            self.deploy(one, station, i, at, turn)
        elif one.what == "failover":
            for event in promoted(self.flow, one, station, i, at):
                self.events.append(event)
                self.taken[event.station, event.replica, ""] = event.at_s
            self.over[station.id, i, ""].append(gone(self.flow, one, at))
        elif one.what == "freeze":
            for_ns = (end - at) * L.NS_PER_S
            self.events.append(Event(at, L.FAULT_FREEZE, station.id, i, for_ns))
        elif one.what == "flush":
            self.events.append(Event(at, L.FAULT_FLUSH, station.id, i))
        else:
            self.level[one.what][station.id, i, ""].append((at, end, _value(one)))

    def deploy(self, one: Happening, station: Station, i: int, at: float, turn: int) -> None:
        """An instance gets the new version at its turn, and the old one again where that is bad."""
        begin = at + turn * TURN_S
        if one.lasts is not None and turn * TURN_S >= one.lasts.value:
            return  # taken back before it was its turn
        self.replace(station, i, begin)
        if one.lasts is None:
            return
        good = begin + TURN_S
        back = max(good, begin + one.lasts.value)
        self.replace(station, i, back)
        for what, bad in (("errors", one.share), ("slow", one.times)):
            if bad is not None:
                span = (good, back + DRAIN_S, bad.value)
                self.level[what][station.id, i, ""].append(span)

    def replace(self, station: Station, i: int, at: float) -> None:
        """An instance leaves the balancer, ends what it has, and another one comes in its place."""
        self.events.append(Event(at, L.FAULT_HIDE, station.id, i))
        self.down[station.id, i, ""].append((at + DRAIN_S, at + TURN_S, REFUSES))
        self.events.append(Event(at + TURN_S, L.FAULT_SHOW, station.id, i))

    def told(self, what: str, name: str, worst: float) -> float:
        """The value the kernel is told: `worst` of those that last, 0 where none does."""
        if what == "slow":
            return min(self.flow.stations[name].slow * (worst or 1.0), SLOW_MAX)
        return worst


def _joined(spans: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Spans of being down, those that touch as one; silent where one of them is."""
    out: list[tuple[float, float, float]] = []
    for start, end, how in sorted(spans):
        if out and start <= out[-1][1]:
            before = out.pop()
            start, end, how = before[0], max(before[1], end), max(before[2], how)
        out.append((start, end, how))
    return out


def _worst(spans: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """(time, the largest value that lasts from then on, 0 for none), where it changes."""
    out: list[tuple[float, float]] = []
    for time in sorted({t for start, end, _ in spans for t in (start, end) if t < math.inf}):
        value = max((v for start, end, v in spans if start <= time < end), default=0.0)
        if not out or out[-1][1] != value:
            out.append((time, value))
    return out


def _cuts(
    caller: str, callee: str, spans: list[tuple[float, float, int]]
) -> Iterator[Event]:  # fmt: skip
    """What is cut between two parts, anew where that changes; spans are of a zone, or 0: of all."""
    before: set[int] = set()
    for time in sorted({t for start, end, _ in spans for t in (start, end) if t < math.inf}):
        now = {zone for start, end, zone in spans if start <= time < end}
        if now != before:
            yield Event(time, L.FAULT_CUT, caller, 0, float(0 in now), callee)
            for zone in sorted(now - {0}):
                yield Event(time, L.FAULT_CUT, caller, zone, 1.0, callee)
        before = now


def _over_s(flow: Flow, one: Happening) -> float:
    """When it is over, from the start of the timeline."""
    lasts_s = one.lasts.value if one.lasts else 0.0
    if one.what == "deploy":
        turns = len(struck(flow, one))
        if one.lasts is not None:  # those that had the new version get the old one again
            turns = min(turns, math.ceil(one.lasts.value / TURN_S))
            lasts_s = max(one.lasts.value, TURN_S)
        lasts_s += turns * TURN_S
    if one.what == "failover":
        lasts_s = taken_over_s(flow, one)
    if one.what in ("crash", "zone"):
        back = [
            s.recover_s if s.recover_s is not None else s.detect_s for s, _ in struck(flow, one)
        ]
        lasts_s = max(lasts_s, *back, 0.0)
    return one.at.value + lasts_s


class Stated(Fault):
    """Recovery is counted from each that strikes while all is well: what lasts is not excused by
    what follows."""

    id = "stated"
    title = "What the model says will happen"
    lacks = "give the model `faults`: [{at: 20 s, what: crash, where: a component}]"
    rank = 20
    on_timeline = True

    def begins_s(self, flow: Flow) -> list[float]:
        return sorted({one.at.value for one in flow.system.faults}) or [0.0]

    def over_s(self, flow: Flow) -> float:
        return max((_over_s(flow, one) for one in flow.system.faults), default=0.0)

    def applies(self, flow: Flow) -> bool:
        return bool(flow.system.faults)

    def events(self, flow: Flow, at: float) -> list[Event]:
        return sorted(_Timeline(flow, at).events, key=lambda event: event.at_s)

    def lasts_s(self, flow: Flow) -> float:
        return self.over_s(flow) + WATCH_S

    def words(self, flow: Flow) -> str:
        return "; ".join(_words(one) for one in flow.system.faults)


PACKETS = {"loss": "packets lost between ", "cut": "no way between ", "lag": "lag between "}
SHARE_OF = {"loss": "of them", "errors": "of what starts", "deploy": "errors"}
MORE = {"lag": "more", "behind": "more"}


def _words(one: Happening) -> str:
    """One of them, for people."""
    where = one.where or one.region or f"zone {one.zone}"
    what = f"{one.what} of "
    if one.what in ("zone", "region"):
        what = "loss of " if one.what == "zone" else "loss of region "
    elif one.what == "cut" and one.to is None:
        what = "cut around region " if one.region is not None else "cut around "
    if one.to is not None:
        what = PACKETS.get(one.what, f"{one.what} between ")
        where += f" and {one.to}"
    if one.instances is not None and one.what != "scale":
        where = f"{one.instances} of {where}"
    said = [f"{value.text} {word}".rstrip() for value, word in (
        (one.times, "times slower"), (one.share, SHARE_OF.get(one.what, "")),
        (one.more, MORE.get(one.what, ""))) if value]  # fmt: skip
    how = "".join(f", {text}" for text in said)
    if one.command:
        how = ", by command"
    if one.what == "scale":
        how = f", at least {one.instances}"
    lasts = f" for {one.lasts.text}" if one.lasts else ""
    return f"after {one.at.text}: {what}{where}{how}{lasts}"


FAULT = Stated()
