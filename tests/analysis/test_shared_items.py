"""Lines of the bill that belong to no single part."""

from __future__ import annotations

import pytest

from backend_lead.analysis.cost import cost
from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.kind import BILLED_GB
from backend_lead.catalog.telemetry import LOG_LINE_BYTES
from backend_lead.model.design import Cost, CostLine
from backend_lead.views.flow import SECONDS_MONTH
from backend_lead.views.resolve import resolve
from backend_lead.views.transfers import across_zones
from tests.app.good_model import GOOD, changed
from tests.chat_model import CHAT


def bill(text: str, load: float = 1.0) -> Cost:
    return cost(resolve(read_checked_text(text).system), load=load)


def line(text: str, component: str, item: str, load: float = 1.0) -> CostLine:
    (found,) = [
        one for one in bill(text, load).lines if (one.component, one.item) == (component, item)
    ]
    return found


def test_traffic_between_zones_is_charged_in_each_direction() -> None:
    """A cent a GB for what each end that is charged sends and takes in, on the mean."""
    flow = resolve(read_checked_text(CHAT).system)
    zones = line(CHAT, "zones", "traffic between zones")
    gigabytes = across_zones(flow) / 2 * SECONDS_MONTH / BILLED_GB
    assert zones.quantity == pytest.approx(gigabytes)
    assert zones.usd_month == pytest.approx(gigabytes * 0.01)
    assert zones.low_usd_month < zones.usd_month < zones.high_usd_month
    assert zones.source and zones.method == "copied"


def test_each_zone_has_a_way_out() -> None:
    """A gateway an hour in each of three zones; one in one zone."""
    assert line(GOOD, "nat", "gateways").usd_month == pytest.approx(3 * 730 * 0.045)
    lone = GOOD.replace("zones: 3", "zones: 1")
    assert line(lone, "nat", "gateways").usd_month == pytest.approx(730 * 0.045)


def test_logs_are_paid_by_the_byte() -> None:
    """A line a request on the mean; twice the load costs twice as much."""
    taken = line(GOOD, "logs", "lines taken in")
    per_s = 1000 / 3 * LOG_LINE_BYTES.value
    assert taken.usd_month == pytest.approx(per_s * SECONDS_MONTH / BILLED_GB * 0.5)
    twice = line(GOOD, "logs", "lines taken in", 2.0)
    assert twice.usd_month == pytest.approx(2 * taken.usd_month)


def test_backups_are_free_up_to_what_disks_have() -> None:
    """Data that hardly changes costs nothing beyond its disks; much change does."""
    item = "backups beyond those included"
    slow = changed(("users: 10k", "users: 10"))
    assert not [one for one in bill(slow).lines if one.item == item]
    text = CHAT.replace("rows: 1M", "rows: 100M")
    busy = line(text, "db", item)
    data = 100e6 * 1000 * 1.6
    kept = data + 7 * min(data, 500 * 1000 * 86_400 * 4)
    assert busy.quantity == pytest.approx((kept - 2 * data) / BILLED_GB)
    assert busy.low_usd_month == 0 < busy.usd_month < busy.high_usd_month


def test_the_bill_is_the_sum_of_its_lines() -> None:
    """Shared lines count like any other."""
    found = bill(CHAT)
    assert found.usd_month == pytest.approx(sum(one.usd_month for one in found.lines))
    assert {"zones", "nat", "logs", "internet"} <= {one.component for one in found.lines}
