"""A knob finds its field, however deep it lies."""

from __future__ import annotations

import pytest

from backend_lead.tactics.tactic import Knob
from tests.tactics.models import EVENTS, example, read


@pytest.mark.parametrize(("component", "field", "was", "value"), [
    ("log", "topics.readings.partitions", 1, 12), ("store-worker", "pool", 8, 16),
    ("store-worker", "endpoints.store.batch", 20, 500),
    ("db", "instance", "db.m7g.large", "db.m7g.xlarge"),
])  # fmt: skip
def test_it_reads_and_writes_its_field(
    component: str, field: str, was: object, value: object
) -> None:
    """What is set is read back, and nothing else has changed."""
    system = read(EVENTS)
    knob = Knob(component, field, (was, value), frozenset())
    assert knob.get(system) == was
    knob.set(system, value)
    assert knob.get(system) == value
    knob.set(system, was)
    assert system == read(EVENTS)


def test_what_is_not_there_has_no_value() -> None:
    """A pooler or a scaling that a component does not have reads as nothing."""
    system = example("autoscaling")
    assert Knob("app", "autoscale.most", (), frozenset()).get(system) is None
    assert Knob("app", "pooler.size", (), frozenset()).get(system) is None


def test_counts_inside_parts_cost_nothing_and_machines_do() -> None:
    """The sizes that are turned back last are those that are free."""
    for field in ("topics.a.partitions", "endpoints.b.batch", "pooler.size", "pool"):
        assert Knob("x", field, (), frozenset()).free
    for field in ("count", "instance", "replicas"):
        assert not Knob("x", field, (), frozenset()).free
