"""Searches over models with a stream, or with held connections, end in a design that holds."""

from __future__ import annotations

import pytest

from backend_lead.analysis.simulation import ages, latencies, run_steady
from backend_lead.search.climb import climb_preferring
from backend_lead.search.sizing import size
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob
from backend_lead.views.resolve import resolve
from tests.tactics.models import EVENTS, example, read

PREFERENCES = ("farthest", "simplest")


@pytest.mark.parametrize("preference", PREFERENCES)
def test_five_thousand_events_a_second_find_a_design_that_holds(preference: str) -> None:
    """From one broker with one partition, which carry half, to what the simulation carries too."""
    trail = climb_preferring(read(EVENTS), preference)
    system = trail.final.found.system
    assert trail.start.capacity < 1 and trail.holds
    assert system.components["log"].topics["readings"].partitions > 1
    assert (system.components["log"].count or 1) >= 3  # two have no majority when one is lost
    ran = run_steady(resolve(system), 1, measure_s=10.0)
    assert all(row.verdict == "pass" for row in latencies(ran, "x"))
    assert [row.verdict for row in ages(ran, "x")] == ["pass"]


@pytest.mark.parametrize("preference", PREFERENCES)
def test_twenty_thousand_connected_users_find_a_design_that_holds(preference: str) -> None:
    """From one instance in one zone; each client holds a connection and comes back after a loss."""
    small = example("connection-gateway")
    small.components["app"].count = small.components["app"].zones = 1
    small.components["db"].zones = 1
    trail = climb_preferring(small, preference)
    assert not trail.start.survives_zone and trail.holds
    ran = run_steady(resolve(trail.final.found.system), 1, measure_s=30.0)
    assert all(row.verdict == "pass" for row in latencies(ran, "x"))


def test_more_instances_hold_more_connections() -> None:
    """Fifty times the users: more connections than three instances can hold, and no more work."""
    system = example("connection-gateway")
    client = system.workload.clients["phone"]
    assert client.users and client.think_time and client.connection and client.connection.every
    client.users = client.users.model_copy(update={"value": 1e6})
    client.think_time = client.think_time.model_copy(update={"value": 1e6})
    client.connection.every = client.connection.every.model_copy(update={"value": 3600.0})
    back = client.connection.back_within
    client.connection.back_within = back.model_copy(update={"value": 36_000.0})
    applied = tactics()["horizontal-scale"].apply(system, "app")
    knob: Knob = applied.knobs[0]
    fixed = size(applied.system, [], 1.0)
    assert fixed.blocked is not None and fixed.blocked.resource == "held connections"
    sized = size(applied.system, [knob], 1.0)
    assert sized.blocked is None and (sized.system.components["app"].count or 0) > 3


def test_only_the_partitions_of_the_topic_that_lags_are_added() -> None:
    """A second topic, hardly used, keeps its one partition."""
    system = read(EVENTS)
    log = system.components["log"]
    log.topics["other"] = log.topics["readings"].model_copy()
    applied = tactics()["horizontal-scale"].apply(system, "log")
    topics = size(applied.system, applied.knobs, 1.0).system.components["log"].topics
    assert topics["readings"].partitions > 1 and topics["other"].partitions == 1
