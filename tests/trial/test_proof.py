"""Stores proved on a real PostgreSQL: tables, rows, plans, demands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.trial.drivers import Server
from backend_lead.trial.proof import Refused, StoreProof, Trial, prove_store
from backend_lead.views.data.ddl import quoted
from tests.trial.stores import SMALL, domain, emptied, layer_of, run

ENOUGH = Trial(rows=40_000, workers=1, batch_s=0.0005)


def rules(proof: StoreProof) -> dict[str, str]:
    return {f.rule: f.hint for a in proof.asked for f in a.findings if f.level == "error"}


@pytest.mark.parametrize("name", domains())
def test_every_domain_is_proved(server: Server, name: str) -> None:
    """The database takes the tables, keys and indexes; rows fit each other, as it checks the
    foreign keys after the filling; every access pattern runs, none is told an error."""
    found = layer_of(domain(name))
    for store in found.stores:
        own = emptied(server)
        proof = prove_store(own, found, store, SMALL)
        assert rules(proof) == {}
        assert [a.pattern for a in proof.asked] == [
            p for p in found.patterns if found.tables[p.table].store == store
        ]
        for asked in proof.asked:
            assert asked.plan is not None and asked.demand is not None, asked.pattern.id
            assert 0 < asked.demand.low_s <= asked.demand.mean_s <= asked.demand.high_s < 0.5
            assert asked.demand.runs >= 20
        for table in found.of_store(store):
            seen = run(own, f"SELECT count(*) FROM {quoted(table.name)}")[0][0]
            added = sum(1 for p in proof.asked if p.pattern.change == "upsert")
            assert proof.filled.rows[table.name] > 0
            assert seen >= proof.filled.rows[table.name] if added else True
        held = run(own, "SELECT count(*) FROM pg_constraint WHERE contype = 'f' "
                        "AND conparentid = 0 AND convalidated")[0][0]  # fmt: skip
        assert held == sum(len(table.foreign) for table in found.of_store(store))


def test_a_missing_index_is_told(server: Server) -> None:
    """Where an index is left out, the pattern that reads all of a table for few rows says which
    index is missing and how to make it; with it there, nothing is told."""
    found = layer_of(domain("ecommerce"))
    name = "orders_customer_id_created_at_idx"
    poisoned = prove_store(emptied(server), found, "db", ENOUGH, {name})
    assert f"CREATE INDEX {name} ON orders" in rules(poisoned)["index-missing"]
    told = [a.pattern.id for a in poisoned.asked if a.findings]
    assert told == ["db.list_orders"]
    slow = next(a for a in poisoned.asked if a.pattern.id == "db.list_orders")
    assert slow.plan is not None and "reads all of orders" in slow.plan.words
    sound = prove_store(emptied(server), found, "db", ENOUGH)
    fast = next(a for a in sound.asked if a.pattern.id == "db.list_orders")
    assert fast.plan is not None and f"by index {name}" in fast.plan.words
    assert fast.findings == [] and fast.demand is not None and slow.demand is not None
    assert fast.demand.high_s < slow.demand.low_s


def test_a_pattern_that_names_too_little_is_told(server: Server) -> None:
    """A statement without an index to go by reads its table whole, which is an error."""
    content = domain("ecommerce")
    content["entities"]["order"]["fields"]["note"] = {"type": "string", "most": 40}
    operation = content["components"]["db"]["operations"]["list_orders"]
    operation["pattern"] = {"by": ["note"], "rows": 2}
    found = layer_of(content)
    bare = replace(found, indexes=[i for i in found.indexes if "note" not in i.columns])
    told = rules(prove_store(emptied(server), bare, "db", ENOUGH))
    assert list(told) == ["plan-reads-all"]


def test_a_row_points_to_one_row_with_all_its_columns(server: Server) -> None:
    """A statement that adds a row to a table whose reference has two columns points to a row that
    is there, however the rows are drawn."""
    content = domain("ecommerce")
    order = content["entities"]["order"]
    order["fields"]["created_at"]["key"] = True
    order["partition"] = {"by": "created_at", "every": "30 d"}
    content["entities"]["refund"] = {
        "store": "db", "rows": "10k", "row": "100 B",
        "fields": {"id": {"type": "id", "key": True}, "order_id": {"type": "ref(order)"}},
    }  # fmt: skip
    content["components"]["db"]["operations"]["insert_refund"] = {
        "type": "write", "cpu": "0.1 ms", "entity": "refund", "pattern": {"change": "insert"},
    }  # fmt: skip
    endpoint = content["components"]["app"]["endpoints"]["place_order"]
    endpoint["does"].append({"query": "db.insert_refund"})
    proof = prove_store(emptied(server), layer_of(content), "db", SMALL)
    assert rules(proof) == {}
    asked = next(a for a in proof.asked if a.pattern.id == "db.insert_refund")
    assert asked.demand is not None and asked.demand.runs >= 20


def test_circles_and_reserved_words(server: Server) -> None:
    """Rows that point to each other in a circle are loaded and checked; columns and tables may be
    called like words of SQL."""
    content = domain("ecommerce")
    fields = content["entities"]["customer"]["fields"]
    fields["last_order"] = {"type": "ref(order)", "null": True}
    fields["select"] = {"type": "int"}
    content["entities"]["product"]["plural"] = "group"
    content["entities"]["product"]["fields"]["user"] = {"type": "string", "one_of": ["all", "none"]}
    found = layer_of(content)
    assert any(key.later for table in found.tables.values() for key in table.foreign)
    own = emptied(server)
    proof = prove_store(own, found, "db", SMALL)
    assert rules(proof) == {}
    assert {row[0] for row in run(own, 'SELECT DISTINCT "user" FROM "group"')} == {"all", "none"}
    both = run(own, "SELECT count(*) FROM customers JOIN orders ON orders.id = last_order_id")
    assert both[0][0] > 0


def test_what_the_database_refuses_is_said(server: Server) -> None:
    """The database's own words tell what is wrong with the tables."""
    found = layer_of(domain("ecommerce"))
    own = emptied(server)
    run(own, "CREATE TABLE products (id int)")
    with pytest.raises(Refused, match='relation "products" already exists'):
        prove_store(own, found, "db", SMALL)
