"""What is paid for that belongs to no single part: bytes out and between zones, NAT, logs."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import BILLED_GB, HOURS_MONTH, Item
from backend_lead.catalog.transfer import NAT_BYTES, TRANSFER_SPREAD
from backend_lead.views.flow import SECONDS_MONTH, Flow
from backend_lead.views.logs import logs
from backend_lead.views.traffic import direct_bytes_month
from backend_lead.views.transfers import across_zones, between_regions, to_outside

EGRESS = "internet-egress"
NAT_RANGE = (NAT_BYTES.low, NAT_BYTES.value, NAT_BYTES.high)


def shared_items(flow: Flow, load: float = 1.0) -> Iterator[tuple[str, Item]]:
    """Each with the name it has in the bill; `load` is the share of the stated one."""
    mean = 1 / flow.system.workload.peak.factor.value
    asked = sum(one.asked_b for one in to_outside(flow)) * mean * SECONDS_MONTH
    direct = (direct_bytes_month(flow) + asked) / BILLED_GB
    yield "internet", Item("egress", EGRESS, direct, "GiB", tiered=True, by_load=True)
    zones = across_zones(flow) * mean * SECONDS_MONTH / BILLED_GB
    what = "traffic between zones"
    if between_regions(flow):  # the price book has no price of its own for these
        what += " and regions, at the price between zones"
    yield "zones", Item(what, "inter-zone-transfer", zones, "GiB", by_load=True,
                        least=TRANSFER_SPREAD.low, most=TRANSFER_SPREAD.high)  # fmt: skip
    yield from _ways_out(flow, load)
    told = logs(flow, load)
    taken = told.bytes_per_s * SECONDS_MONTH / BILLED_GB
    yield "logs", Item("lines taken in", "log-ingest", taken, "GiB", least=told.least,
                       most=told.most)  # fmt: skip
    yield "logs", Item("lines kept", "log-storage", told.stored_bytes / BILLED_GB, "GiB-month",
                       least=told.least, most=told.most)  # fmt: skip


def _ways_out(flow: Flow, load: float) -> Iterator[tuple[str, Item]]:
    """A NAT gateway in each zone with machines of one's own, and what goes through them."""
    zones = machines = 0
    for part in flow.system.components.values():
        kind = kind_of(part.kind)
        if part.instance is not None and not kind.machine_class:
            zones = max(zones, part.zones)
            machines += kind.instances(part)
    yield "nat", Item("gateways", "nat-gateway-hour", zones * HOURS_MONTH, "hour")
    peak = sum(one.asked_b + one.answered_b for one in to_outside(flow)) * load
    stated = peak / flow.system.workload.peak.factor.value * SECONDS_MONTH
    least, through, most = (stated + machines * each for each in NAT_RANGE)
    if zones and through:
        yield "nat", Item("traffic", "nat-gateway-data", through / BILLED_GB, "GiB",
                          least=least / through, most=most / through)  # fmt: skip
