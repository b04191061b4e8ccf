"""The reference domains: whole models as data, every number with its origin."""

from __future__ import annotations

import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.model.system import System


@pytest.mark.parametrize("id", domains())
def test_domain_is_a_valid_system(id: str) -> None:
    """Each reference domain is a valid, fresh model whose numbers all have an origin."""
    domain = load(id)
    system = System.model_validate(domain.system())
    assert (system.domain, system.workload.entry) == (id, ["edge"])
    assert domain.system() is not domain.system()
    assert len(domain.questions) >= 3 and set(domain.rows_per_user) == set(system.entities)
    for path, quantity in _quantities(domain.system()):
        assert {"range", "origin", "source", "why"} <= set(quantity), path
    endpoints = set(system.components["app"].endpoints)
    stepped = {s.partition(".")[2] for j in system.journeys.values() for s in j.steps}
    for client in system.workload.clients.values():
        if held := client.connection:
            stepped |= {ref.partition(".")[2] for ref in (held.open, held.heartbeat) if ref}
    assert stepped == endpoints and 4 <= len(endpoints) <= 8
    users = sum(c.users.value for c in system.workload.clients.values() if c.users)
    for name, ratio in domain.rows_per_user.items():
        assert system.entities[name].rows.value == ratio * users


def _quantities(tree: object, path: str = "") -> list[tuple[str, dict[str, object]]]:
    if isinstance(tree, dict):
        here = [(path, tree)] if "value" in tree else []
        return here + [q for k, v in tree.items() for q in _quantities(v, f"{path}.{k}")]
    if isinstance(tree, list):
        return [q for i, v in enumerate(tree) for q in _quantities(v, f"{path}[{i}]")]
    return []


@pytest.mark.parametrize("id", domains())
def test_what_nobody_stated_has_an_origin(id: str) -> None:
    """Where a reference system runs and where requests enter is assumed, and says so."""
    system = System.model_validate(load(id).system())
    assert set(system.topology.origins) == {"provider", "region", "zones", "regions"}
    assert set(system.workload.origins) == {"entry", "deadlines"}
    texts = [*system.topology.origins.values(), *system.workload.origins.values()]
    assert all(text.startswith("assumed: ") for text in texts)


@pytest.mark.parametrize("id", domains())
def test_rows_are_without_indexes(id: str) -> None:
    """A row is its data; indexes are added by the store that keeps it, once."""
    for name, entity in System.model_validate(load(id).system()).entities.items():
        if entity.store:
            assert "without indexes" in (entity.row.why or ""), name


@pytest.mark.parametrize("id", domains())
def test_each_client_reads_and_writes(id: str) -> None:
    """A stated share of reads can be met: each client has journeys with a write and without."""
    system = System.model_validate(load(id).system())
    writing = {
        name: any(system.components["app"].endpoints[s.partition(".")[2]].writes for s in j.steps)
        for name, j in system.journeys.items()
    }
    for name, client in system.workload.clients.items():
        assert {writing[journey] for journey in client.journeys} == {True, False}, name


def test_a_word_points_to_one_domain() -> None:
    """No word stands in two domains, in small letters or not."""
    words = [word.replace("-", " ").lower() for id in domains() for word in load(id).words]
    assert sorted(words) == sorted(set(words))
