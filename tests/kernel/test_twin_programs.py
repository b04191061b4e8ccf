"""The plain reading of the laws: what a program's steps do, worked out by hand."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.layout import FAILED, OK, TIMED_OUT

from .case import MS, Case


def test_par_waits_for_the_slowest() -> None:
    """Parallel calls take as long as the slowest of them."""
    b = Case()
    endpoints = [b.slow_thing(ms) for ms in (10, 30, 20)]
    b.ask(("par", [b.call(endpoint) for endpoint in endpoints]), b.wait(1))
    assert b.answers() == [(31, OK)]


@pytest.mark.parametrize(("timeout_ms", "outcome"), [(5, FAILED), (15, TIMED_OUT)])
def test_par_fails_as_its_last_failure_did(timeout_ms: float, outcome: int) -> None:
    """A failed parallel step waits for all, then ends the way its last failed call did."""
    b = Case()
    refusing, slow, good = b.station(10), b.slow_thing(50), b.slow_thing(40)
    b.down(0, refusing)
    calls = [
        b.call(refusing, rtt_s=10 * MS),
        b.call(slow, timeout_s=timeout_ms * MS),
        b.call(good),
    ]
    b.ask(b.wait(1), ("par", calls), b.wait(1))
    assert b.answers() == [(41, outcome)]


def test_chance_skips_its_steps_below_p() -> None:
    """Steps under a chance are taken never at p = 1, always at p = 0, else by the share 1 - p."""
    b = Case()
    b.ask(("chance", 1.0, [b.wait(10)]), b.wait(1))
    b.ask(("chance", 0.0, [b.wait(10)]), b.wait(1))
    b.ask(("chance", 0.75, [b.wait(10)]), b.wait(1))
    answers = [b.answers(seed) for seed in range(200)]
    assert all(a[:2] == [(1, OK), (11, OK)] for a in answers)
    assert 30 < sum(a[2] == (11, OK) for a in answers) < 70


def test_optional_failure_is_passed_over() -> None:
    """A failed optional call costs its time and fails nobody."""
    b = Case()
    call = b.call(b.slow_thing(50), timeout_s=20 * MS, optional=True)
    b.ask(("call", call), b.wait(1))
    assert b.answers() == [(21, OK)]


def test_failure_ends_the_caller() -> None:
    """A failed call that is not optional ends its caller, which hands its worker on."""
    b = Case()
    app = b.service(per_group=1, workers=1)
    call = b.call(b.slow_thing(50), timeout_s=20 * MS)
    endpoint = b.endpoint(app, [("call", call), b.wait(1000)])
    b.ask_at(0, endpoint)
    b.ask_at(1, endpoint)
    assert b.answers() == [(20, TIMED_OUT), (40, TIMED_OUT)]


def test_cache_warms_with_age_and_forgets_on_flush() -> None:
    """The hit ratio follows the age of the cache group, which a flush sets back to 0."""
    b = Case()
    cache_get = b.station(1)
    cache = b.cache(b.service_of(cache_get), [0, 1], 100 * MS)
    for ms in (0, 150, 205, 310):
        call = b.call(cache_get)
        b.ask(b.wait(ms), ("cached", call, cache, [b.wait(40)]))
    b.fault(200 * MS, lay.FAULT_FLUSH, b.replica_of(cache_get))
    assert b.answers() == [(41, OK), (151, OK), (246, OK), (311, OK)]


def test_failed_cache_is_a_miss() -> None:
    """An optional call to a cache that is down is a miss, even at a hit ratio of 1."""
    b = Case()
    cache_get = b.station(1)
    cache = b.cache(b.service_of(cache_get), [1], 100 * MS)
    b.ask(b.wait(1), ("cached", b.call(cache_get, optional=True), cache, [b.wait(40)]))
    b.down(0, cache_get)
    assert b.answers() == [(41, OK)]
