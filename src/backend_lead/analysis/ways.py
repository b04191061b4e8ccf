"""How busy the ways between regions were in a run, as the kernel counted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend_lead.kernel.layout import NS_PER_S
from backend_lead.model.ways import WayLoad
from backend_lead.views.network import hop_between

if TYPE_CHECKING:
    from backend_lead.analysis.ran import Ran


def way_loads(ran: Ran, run_id: str) -> list[WayLoad]:
    """Each way that something was sent over, in the order of the model.

    The kernel counts the time each transfer takes alone, its size over the bandwidth, so the share
    of time in use times the bandwidth is what was carried. It counts it when the transfer begins,
    after the warm-up, also where nobody waits for its end any more: a full way may show a little
    more, and is shown as full.
    """
    out, r, span = [], ran.result, ran.attempts_s
    services = ran.lowered.program.endpoint["service"]
    for way, service in ran.lowered.ways.items():
        home, _, there = way.partition(" to ")
        hop = hop_between(ran.flow.system, home, there)
        assert hop is not None and hop.bandwidth is not None, way
        counted = r.stats[services == service]
        busy = min(1.0, float(counted["busy"].sum()) / NS_PER_S / span)
        speed = hop.bandwidth.value
        out.append(
            WayLoad(way, speed, busy * speed, busy, float(counted["n"].sum()) / span, run_id)
        )
    return out
