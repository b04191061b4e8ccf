"""What tactics do to the contract with callers: nothing that callers notice."""

from __future__ import annotations

import pytest

from backend_lead.catalog.domains import load
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.system import System
from backend_lead.tactics import tactics
from backend_lead.views.api.contract import contract


@pytest.mark.parametrize(("id", "domain"), [
    ("extract-service", "ecommerce"), ("extract-service", "ticketing"),
    ("connection-gateway", "chat"),
])  # fmt: skip
def test_operations_follow_endpoints_that_move(id: str, domain: str) -> None:
    """The contract names endpoints where they are now, and is otherwise the same; the system the
    tactic began with keeps its own."""
    before = System.model_validate(load(domain).system())
    told = before.model_dump_json()
    tactic = tactics()[id]
    after = tactic.apply(before, tactic.sites(before)[0]).system
    assert before.model_dump_json() == told
    was, now = contract(before), contract(after)
    assert was is not None and now is not None
    assert {o.said.endpoint for o in was.operations.values()} != {
        o.said.endpoint for o in now.operations.values()
    }
    for name, op in was.operations.items():
        other = now.operations[name]
        assert (op.method, op.path, op.clients, op.inputs) == (
            other.method, other.path, other.clients, other.inputs
        )  # fmt: skip
    assert read_text(fresh(after)).findings == []
