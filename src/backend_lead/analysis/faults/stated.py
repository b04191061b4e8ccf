"""What the model says will happen: its `faults`, each at its time."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.lowering import Event
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.kernel.bounds import SLOW_MAX
from backend_lead.model.serving import Happening
from backend_lead.views.flow import Flow

SILENT, REFUSES = 1.0, 0.0
WATCH_S = 30.0  # after the last of them, so that what it left behind shows
DEPLOY_DRAIN_S, DEPLOY_START_S = 10.0, 20.0  # as in a rollout at peak, see `deploy`
OVER = {
    "slow": L.FAULT_SLOW, "errors": L.FAULT_ERRORS, "loss": L.FAULT_LOSS, "cut": L.FAULT_CUT,
    "lag": L.FAULT_LAG,
}  # fmt: skip


def struck(flow: Flow, one: Happening) -> list[tuple[Station, int]]:
    """The replicas that it strikes: of a component, or of one of its stations."""
    if one.what == "zone":
        return [(station, i) for station in flow.stations.values()
                for i, zone in enumerate(station.zones) if zone + 1 == one.zone]  # fmt: skip
    station = flow.stations[one.where or ""]
    most = station.replicas if one.instances is None else min(one.instances, station.replicas)
    return [(station, i) for i in range(most)]


def away(station: Station, i: int, at: float, lasts_s: float | None, how: float) -> list[Event]:
    """A replica is down: its balancer notices, a stand-in takes over, or it comes back."""
    back_s = min(x for x in (lasts_s, station.recover_s, float("inf")) if x is not None)
    out = [Event(at, L.FAULT_DOWN, station.id, i, how)]
    hidden = station.watch is None and station.recover_s is None and back_s > station.detect_s
    if hidden:
        out.append(Event(at + station.detect_s, L.FAULT_HIDE, station.id, i))
    if back_s < float("inf"):
        out.append(Event(at + back_s, L.FAULT_UP, station.id, i))
        if station.cold:
            out.append(Event(at + back_s, L.FAULT_FLUSH, station.id, i))
        if hidden:
            out.append(Event(at + back_s, L.FAULT_SHOW, station.id, i))
    return out


def _happens(flow: Flow, one: Happening, at: float) -> list[Event]:
    lasts_s = one.lasts.value if one.lasts else None
    end = None if lasts_s is None else at + lasts_s
    if one.what in ("cut", "loss", "lag"):
        on = {"cut": 1.0, "loss": one.share.value if one.share else 0.0,
              "lag": one.more.value * L.NS_PER_S if one.more else 0.0}[one.what]  # fmt: skip
        off = -on if one.what == "lag" else _usual_loss(flow) if one.what == "loss" else 0.0
        ends = (
            []
            if end is None
            else [Event(end, OVER[one.what], one.where or "", 0, off, one.to or "")]
        )
        return [Event(at, OVER[one.what], one.where or "", 0, on, one.to or ""), *ends]
    if one.what == "scale":
        return [Event(at, L.FAULT_LEAST, one.where or "", 0, float(one.instances or 0))]
    places = struck(flow, one)
    out: list[Event] = []
    for turn, (station, i) in enumerate(places):
        if one.what in ("crash", "zone"):
            out += away(station, i, at, lasts_s, SILENT)
        elif one.what == "restart":
            out += away(station, i, at, lasts_s, REFUSES)
        elif one.what == "freeze":
            out.append(Event(at, L.FAULT_FREEZE, station.id, i, (lasts_s or 0.0) * L.NS_PER_S))
        elif one.what == "flush":
            out.append(Event(at, L.FAULT_FLUSH, station.id, i))
        elif one.what == "deploy":
            begin = at + turn * (DEPLOY_DRAIN_S + DEPLOY_START_S)
            out += [
                Event(begin, L.FAULT_HIDE, station.id, i),
                Event(begin + DEPLOY_DRAIN_S, L.FAULT_DOWN, station.id, i, REFUSES),
                Event(begin + DEPLOY_DRAIN_S + DEPLOY_START_S, L.FAULT_UP, station.id, i),
                Event(begin + DEPLOY_DRAIN_S + DEPLOY_START_S, L.FAULT_SHOW, station.id, i),
            ]
        else:
            slow = one.what == "slow"
            times = station.slow * (one.times.value if one.times else 1.0)
            x = min(times, SLOW_MAX) if slow else (
                one.share.value if one.share else 0.0)  # fmt: skip
            out.append(Event(at, OVER[one.what], station.id, i, x))
            if end is not None:
                out.append(Event(end, OVER[one.what], station.id, i, station.slow if slow else 0.0))
    return out


def _usual_loss(flow: Flow) -> float:
    stated = flow.system.topology.network
    return stated.loss.value if stated is not None and stated.loss is not None else 0.0


def _over_s(flow: Flow, one: Happening) -> float:
    """When it is over, from the start of the timeline."""
    lasts_s = one.lasts.value if one.lasts else 0.0
    if one.what == "deploy":
        lasts_s = len(struck(flow, one)) * (DEPLOY_DRAIN_S + DEPLOY_START_S)
    if one.what in ("crash", "zone"):
        back = [
            s.recover_s if s.recover_s is not None else s.detect_s for s, _ in struck(flow, one)
        ]
        lasts_s = max(lasts_s, *back, 0.0)
    return one.at.value + lasts_s


class Stated(Fault):
    id = "stated"
    title = "What the model says will happen"
    rank = 20
    trigger = "the stated faults"

    def applies(self, flow: Flow) -> bool:
        return bool(flow.system.faults)

    def events(self, flow: Flow, at: float) -> list[Event]:
        events = [event for one in flow.system.faults
                  for event in _happens(flow, one, at + one.at.value)]  # fmt: skip
        return sorted(events, key=lambda event: event.at_s)

    def lasts_s(self, flow: Flow) -> float:
        return self.ends_s(flow) + WATCH_S

    def ends_s(self, flow: Flow) -> float:
        return max((_over_s(flow, one) for one in flow.system.faults), default=0.0)

    def words(self, flow: Flow) -> str:
        return "; ".join(_words(one) for one in flow.system.faults)


def _words(one: Happening) -> str:
    """One of them, for people."""
    where = one.where or f"zone {one.zone}"
    if one.to is not None:
        where += f" to {one.to}"
    if one.instances is not None and one.what != "scale":
        where = f"{one.instances} of {where}"
    how = next((f", {value.text}" for value in (one.times, one.share, one.more) if value), "")
    if one.what == "scale":
        how = f", at least {one.instances}"
    lasts = f" for {one.lasts.text}" if one.lasts else ""
    return f"after {one.at.text}: {one.what} of {where}{how}{lasts}"


FAULT = Stated()
