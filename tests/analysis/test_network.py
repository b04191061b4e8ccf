"""Bandwidth as a limit: in the uses of a design, its capacity and its sizes."""

from __future__ import annotations

import pytest

from backend_lead.analysis.capacity import capacity, highest_load
from backend_lead.analysis.uses import NETWORK, limit_of, network_uses
from backend_lead.app.model_file import read_checked_text
from backend_lead.search.sizing import size
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve
from backend_lead.views.transfers import moved
from tests.app.good_model import changed

LARGE = changed(("response: 20 kB", "response: 1.2 MB"), ("edge_cache: 50%", "edge_cache: 0%"))


def test_use_is_the_busier_direction_and_grows_with_the_load() -> None:
    """In proportion to the load, and planned to four fifths of what is sustained."""
    flow = resolve(read_checked_text(LARGE).system)
    app = next(use for use in network_uses(flow, 1.0) if use.component == "app")
    assert app.busy == pytest.approx(next(m.busy for m in moved(flow) if m.station == "app"))
    twice = next(use for use in network_uses(flow, 2.0) if use.component == "app")
    assert twice.busy == pytest.approx(2 * app.busy)
    assert (app.resource, limit_of(app)) == (NETWORK, 0.8)


def test_capacity_ends_where_a_machine_sends_no_more() -> None:
    """The highest load is that at which the network is full, and it is the first bottleneck."""
    flow = resolve(read_checked_text(LARGE).system)
    busy = max(use.busy for use in network_uses(flow, 1.0))
    assert highest_load(flow) == pytest.approx(1 / busy, rel=1e-3)
    found = capacity(flow)
    assert found.bottlenecks[0].resource == "network of app"
    assert found.limit == "above it the network of app is full"


def test_sizes_keep_to_it() -> None:
    """Instances are added for bytes as for cores."""
    system = read_checked_text(LARGE).system
    system.components["app"].count = 1
    applied = tactics()["horizontal-scale"].apply(system, "app")
    sized = size(applied.system, applied.knobs, 1.0)
    assert sized.blocked is None
    flow = resolve(sized.system)
    assert max(use.busy for use in network_uses(flow, 1.0)) <= 0.8
    assert (sized.system.components["app"].count or 0) > 6
