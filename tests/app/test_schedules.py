"""Instances that are kept by the clock: in a day, at the peak, and in the bill."""

from __future__ import annotations

import pytest

from backend_lead.analysis.load_shapes import scheduled
from backend_lead.analysis.lowering import lower
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.simulate import simulate
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import HOURS_MONTH, Traffic
from backend_lead.kernel import layout as L
from backend_lead.model.system import System
from backend_lead.views.resolve import resolve
from tools.law_pages import merged, small_model


def system(schedule: str = "[{hour: 7, least: 6}, {hour: 22, least: 3}]", peak: int = 20) -> System:
    return read_checked_text(merged(small_model(), f"""
    workload: {{clients: {{api: {{rate: 60/s}}}}, peak: {{factor: 2, hour: {peak}}}}}
    components:
      app:
        count: 10
        autoscale:
          {{least: 2, most: 12, target: 90%, delay: 1 s, cool: 1 s, down: 10, schedule: {schedule}}}
    """)).system  # fmt: skip


def test_a_day_keeps_to_the_schedule() -> None:
    """Hours of 15 s, that of a look: 3 of the evening before, 6 from the look at 7 on, 3 from 22
    on."""
    done = simulate(system(), day_s=360.0, sample_every=1)
    spans = done.ran.result.spans
    assert spans is not None and not done.ran.result.spans_full
    own = spans[spans["endpoint"] == done.ran.lowered.endpoints["app.ask"]]
    begun = own["begun"] / L.NS_PER_S

    def asked(since: float, until: float) -> int:
        return len(set(own["replica"][(since <= begun) & (begun < until)].tolist()))

    assert asked(121, 345) >= 6  # from the look at 120 s and its delay on
    assert [asked(*span) for span in ((195, 300), (300, 330), (346, 360))] == [6, 6, 3]
    events = scheduled(done.ran.flow, 360.0)
    assert [(e.at_s, e.x) for e in events] == [(0, 3), (105, 6), (330, 3)]


@pytest.mark.parametrize(("peak", "least"), [(20, 6), (7, 6), (6, 3), (0, 3), (22, 3)])
def test_a_run_at_the_peak_keeps_what_its_hour_says(peak: int, least: int) -> None:
    """Also before the first entry, where the last one of the day holds."""
    program = lower(resolve(system(peak=peak))).program
    assert program.controller["least"].tolist() == [least]


def test_each_hour_is_paid_by_load_or_schedule() -> None:
    """A peak of twice the mean is (1 + cos) / 2 of it: ten instances then, a share an hour off."""
    shares = [1, 0.98296, 0.93301, 0.85355, 0.75, 0.62941, 0.5, 0.37059, 0.25, 0.14645, 0.06699,
              0.01704, 0]  # fmt: skip
    hand = 0.0
    for hour in range(24):
        away = min(abs(hour - 20), 24 - abs(hour - 20))
        hand += max(10 * shares[away], 6 if 7 <= hour < 22 else 3)
    part = system().components["app"]
    hours = kind_of(part.kind).hours(part, Traffic(peak_factor=2.0, peak_hour=20))
    assert hours == pytest.approx(hand / 24 * HOURS_MONTH, rel=1e-4)
    assert hours > 10 / 2 * HOURS_MONTH
