"""Which stations share cores, and in which order requests are served."""

from __future__ import annotations

from collections import defaultdict

from backend_lead.views.flow import Flow, calls_of


def shared_cores(flow: Flow) -> dict[str, str]:
    """Stations whose cores are shared evenly, each with the station whose cores these are."""
    guests = {
        sid: station.serving.host
        for sid, station in flow.stations.items()
        if station.serving is not None and station.serving.host is not None
    }
    out = dict(guests)
    for sid, station in flow.stations.items():
        alone = station.serving is not None and station.serving.share_cores
        if sid in guests.values() or (alone and sid not in guests):
            out[sid] = sid
    return out


def ranked(flow: Flow) -> dict[str, int]:
    """The priority of each node: its own, else its callers' (the first of them), else 1."""
    out: dict[str, int] = {}
    asked: dict[str, list[int]] = defaultdict(list)
    for key in reversed(flow.order()):
        node = flow.nodes[key]
        out[key] = node.priority or min(asked[key], default=1)
        for call in calls_of(node.steps):
            for _, branch in call.branches:
                asked[branch.target].append(out[key])
    return out
