"""Rows that are written over do not grow in number."""

from __future__ import annotations

from backend_lead.intake.brief import read_brief
from backend_lead.views.growth import YEAR_S, grown, rows_per_s
from backend_lead.views.resolve import resolve

BRIEF = "Architect our data layer for analytics: 10 events/s, 20 GB of data"


def test_what_is_only_replaced_does_not_grow() -> None:
    """A rule that is set or changed is one row; readings are added."""
    flow = resolve(read_brief(BRIEF).system)
    assert "alert_rule" not in rows_per_s(flow) and rows_per_s(flow)["reading"] > 0
    now, then = flow.system.entities["alert_rule"], grown(flow, YEAR_S).entities["alert_rule"]
    assert then.rows.value == now.rows.value


def test_a_stated_volume_and_its_retention_agree() -> None:
    """20 GB at 10 events/s are kept for as long as it takes to write them, where that is believed;
    where it is not, the brief is told so."""
    reading = read_brief(BRIEF)
    entity, flow = reading.system.entities["reading"], resolve(reading.system)
    assert entity.retention is not None
    held = rows_per_s(flow)["reading"] * entity.retention.value
    assert 0.9 < entity.rows.value / held < 1.1
    told = [f for f in reading.findings if f.rule == "brief-contradiction"]
    assert not told
    more = read_brief(BRIEF.replace("20 GB", "20 TB"))
    assert [f for f in more.findings if f.rule == "brief-contradiction" and "20 TB" in f.message]
