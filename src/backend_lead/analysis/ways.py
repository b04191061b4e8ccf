"""How busy the ways between regions were in a run, as the kernel counted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend_lead.kernel.layout import NS_PER_S
from backend_lead.model.ways import WayLoad

if TYPE_CHECKING:
    from backend_lead.analysis.ran import Ran


def way_loads(ran: Ran, run_id: str) -> list[WayLoad]:
    """Each way that something was sent over, in the order of the model's hops; of each hop the way
    from its first region to its second before the way back.

    The kernel counts the time each transfer takes alone, its size over the bandwidth, so the share
    of time in use times the bandwidth is what was carried. It counts it when the transfer begins,
    after the warm-up, also where nobody waits for its end any more: a full way may show a little
    more, and is shown as full.
    """
    out, r, span = [], ran.result, ran.attempts_s
    services = ran.lowered.program.endpoint["service"]
    network = ran.flow.system.topology.network
    for hop in network.hops if network is not None else ():
        for home, there in (hop.between, hop.between[::-1]):
            way = f"{home} to {there}"
            service = ran.lowered.ways.get(way)
            if service is None:
                continue
            assert hop.bandwidth is not None, way
            counted, speed = r.stats[services == service], hop.bandwidth.value
            busy = min(1.0, float(counted["busy"].sum()) / NS_PER_S / span)
            ended_per_s = float(counted["n"].sum()) / span
            out.append(WayLoad(way, speed, busy * speed, busy, ended_per_s, run_id))
    assert len(out) == len(ran.lowered.ways)
    return out
