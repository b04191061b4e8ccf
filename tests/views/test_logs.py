"""What a system writes about itself."""

from __future__ import annotations

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.telemetry import LOG_DAYS, LOG_LINE_BYTES, LOG_PACKED, LOGGED
from backend_lead.views.logs import logs, metric_series, spans_per_request
from backend_lead.views.resolve import resolve
from tests.app.good_model import GOOD
from tests.chat_model import CHAT


def test_small_systems_keep_every_line() -> None:
    """A third of a thousand requests a second on the mean, a line each."""
    told = logs(resolve(read_checked_text(GOOD).system))
    assert told.kept_per_s == told.requests_per_s == pytest.approx(1000 / 3)
    assert told.bytes_per_s == pytest.approx(1000 / 3 * LOG_LINE_BYTES.value)
    assert told.stored_bytes == pytest.approx(
        told.bytes_per_s * LOG_DAYS.value * 86_400 * LOG_PACKED.value
    )


def test_large_systems_keep_a_sample() -> None:
    """Above a rate the number of lines stays; how far it may be off grows."""
    flow = resolve(read_checked_text(GOOD).system)
    small, large = logs(flow), logs(flow, 1000.0)
    assert large.kept_per_s == LOGGED.value < large.requests_per_s
    assert large.least < small.least < 1 < small.most < large.most


def test_heartbeats_write_no_lines() -> None:
    """Of three thousand requests a second two thousand are heartbeats."""
    flow = resolve(read_checked_text(CHAT).system)
    assert logs(flow).requests_per_s == pytest.approx(1000 / 2)


def test_spans_follow_from_the_design() -> None:
    """A message is asked for, inserted, appended and delivered: four spans."""
    assert spans_per_request(resolve(read_checked_text(CHAT).system)) == pytest.approx(4)


def test_series_follow_machines_and_endpoints() -> None:
    """Three gateways with three endpoints, three workers with one, brokers and databases."""
    series, machines, endpoints = metric_series(resolve(read_checked_text(CHAT).system))
    assert (machines, endpoints) == (3 + 3 + 3 + 2, 3 * 3 + 3)
    assert series > machines
