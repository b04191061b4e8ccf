"""Rights, rows of tenants, masked views and the log of changes on a real PostgreSQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.trial.drivers import Server
from backend_lead.views.data.access import access_script, grants, hand_over, role_of, roles
from backend_lead.views.data.auditing import audit, audited, forget
from backend_lead.views.data.masking import mask
from tests.views.data.databases import domain_layer, in_database, run_all
from tests.views.data.test_erasing import customer, order, with_erasure
from tests.views.data.test_upkeep import NOW


async def guarded(line: Any, id: str) -> str:
    """A domain's tables with everything that guards them; the stem of its roles."""
    found = await with_erasure(line, id)
    store = found.stores[0]
    stem = next(iter(roles(found))).removesuffix("_upkeep")
    groups = access_script(found, store)
    await run_all(line, [s for _, group in groups for s in group])
    await run_all(line, audit(found.of_store(store), f"{stem}_auditor"))
    await run_all(line, forget(60.0, f"{stem}_upkeep"))
    await run_all(line, hand_over(found, store))
    return stem


@pytest.mark.parametrize("id", domains())
def test_every_domain_is_guarded(id: str, server: Server) -> None:
    """Roles, rights, policies, views and the log of each domain are made without an error; an
    analyst reads every view and no table."""
    import asyncpg

    async def use(line: Any) -> None:
        stem = await guarded(line, id)
        await line.execute(f"SET ROLE {stem}_analyst")
        for table in domain_layer(id).tables.values():
            await line.fetch(f'SELECT * FROM masked."{table.name}"')
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await line.fetch(f'SELECT * FROM public."{table.name}"')
        await line.execute("RESET ROLE")

    in_database(server, use)


async def tenant(line: Any, name: str) -> UUID:
    """A tenant with a user and a record that has content."""
    id = uuid4()
    await line.execute(
        "INSERT INTO tenants (id, name, plan, billing_email) VALUES ($1, $2, 'team', 'b@x.y')",
        id, name,
    )  # fmt: skip
    await line.execute(
        "INSERT INTO users (id, tenant_id, email, name, role) VALUES ($1, $1, $2, 'N', 'admin')",
        id, f"{name}@x.example",
    )  # fmt: skip
    await line.execute(
        "INSERT INTO records (id, tenant_id, kind, state, owner_id) "
        "VALUES ($1, $1, 'deal', 'draft', $1)", id,
    )  # fmt: skip
    await line.execute(
        "INSERT INTO record_content (record_id, position, name, text) VALUES ($1, 1, 'a', 'b')", id
    )
    return id


def test_a_tenant_sees_and_writes_its_own_rows_only(server: Server) -> None:
    """As one tenant only its rows and what hangs on them are seen; rows of another are neither
    added nor changed; with no tenant set nothing is seen; the masked views see all."""
    import asyncpg

    async def use(line: Any) -> None:
        stem = await guarded(line, "saas")
        one, other = await tenant(line, "one"), await tenant(line, "other")
        service = role_of(domain_layer("saas"), "app")
        await line.execute(f"SET ROLE {service}")
        assert await line.fetchval("SELECT count(*) FROM records") == 0
        await line.execute("SELECT set_config('app.tenant', $1, false)", str(one))
        assert [r[0] for r in await line.fetch("SELECT id FROM records")] == [one]
        assert [r[0] for r in await line.fetch("SELECT record_id FROM record_content")] == [one]
        told = await line.execute("UPDATE records SET state = 'won' WHERE id = $1", other)
        assert told == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await line.execute(
                "INSERT INTO records (tenant_id, kind, state, owner_id) "
                "VALUES ($1, 'deal', 'draft', $1)", other,
            )  # fmt: skip
        await line.execute(f"RESET ROLE; SET ROLE {stem}_analyst")
        assert await line.fetchval("SELECT count(*) FROM masked.records") == 2
        await line.execute("RESET ROLE")

    in_database(server, use)


def test_people_are_blurred_and_books_cannot_be_deleted(server: Server) -> None:
    """An analyst sees pseudonyms that stay the same, and no names; the service cannot delete what a
    law wants kept; the jobs of the upkeep run with their own rights."""
    import asyncpg

    async def use(line: Any) -> None:
        stem = await guarded(line, "ecommerce")
        ada = await customer(line, "ada")
        await order(line, ada, NOW)
        await order(line, ada, NOW)
        await line.execute(f"SET ROLE {stem}_analyst")
        seen = await line.fetch("SELECT customer_id, ship_to_name, total_amount FROM masked.orders")
        assert len({row["customer_id"] for row in seen}) == 1
        assert str(ada) not in str(seen) and "Ada" not in str(seen)
        assert {float(row["total_amount"]) for row in seen} == {9.5}
        row = await line.fetchrow("SELECT id, email, name FROM masked.customers")
        assert row["id"] == seen[0]["customer_id"] and row["email"] == "***@x.example"
        await line.execute(f"RESET ROLE; SET ROLE {role_of(domain_layer('ecommerce'), 'app')}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await line.execute("DELETE FROM orders")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await line.execute("CALL upkeep.erase_asked()")
        await line.execute(f"RESET ROLE; SET ROLE {stem}_upkeep")
        await line.execute("CALL upkeep.keep_no_longer()")
        await line.execute("CALL upkeep.erase_asked()")
        await line.execute("CALL upkeep.shorten_audit()")
        await line.execute("RESET ROLE")

    in_database(server, use)


def test_an_analyst_cannot_look_for_somebody(server: Server) -> None:
    """There is no function that makes the pseudonym of a key that is known, and what it is made
    with cannot be read."""
    import asyncpg

    async def use(line: Any) -> None:
        stem = await guarded(line, "ecommerce")
        ada = await customer(line, "ada")
        await order(line, ada, NOW)
        await line.execute(f"SET ROLE {stem}_analyst")
        for sql in ("SELECT masked.pseudonym('x')", "SELECT word FROM public.masked_key"):
            with pytest.raises((asyncpg.UndefinedFunctionError,
                                asyncpg.InsufficientPrivilegeError)):  # fmt: skip
                await line.fetch(sql)
        assert await line.fetchval("SELECT count(DISTINCT customer_id) FROM masked.orders") == 1
        await line.execute("RESET ROLE")

    in_database(server, use)


def test_the_jobs_keep_parts_that_somebody_else_made(server: Server) -> None:
    """Parts that were made before the tables were handed over are dropped by the role of the
    upkeep too."""

    async def use(line: Any) -> None:
        stem = await guarded(line, "telemetry")
        await line.execute(f"SET ROLE {stem}_upkeep")
        await line.execute("CALL upkeep.make_all_parts()")
        await line.execute("CALL upkeep.keep_no_longer(now() + interval '400 days')")
        parts = await line.fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'readings'::regclass"
        )
        assert [r[0] for r in parts] == ["readings_rest"]
        await line.execute("RESET ROLE")

    in_database(server, use)


def test_changes_of_what_is_guarded_are_logged(server: Server) -> None:
    """A changed address is logged with who, row and column, but no value; other columns are not."""

    async def use(line: Any) -> None:
        stem = await guarded(line, "ecommerce")
        ada = await customer(line, "ada")
        await line.execute("SELECT set_config('app.caller', 'agent 7', false)")
        await line.execute("UPDATE customers SET address_city = 'Porto' WHERE id = $1", ada)
        await line.execute("UPDATE customers SET created_at = now() WHERE id = $1", ada)
        await line.execute("DELETE FROM customers WHERE id = $1", ada)
        await line.execute(f"SET ROLE {stem}_auditor")
        rows = await line.fetch("SELECT * FROM audit.changes ORDER BY id")
        assert [(r["action"], r["columns"]) for r in rows] == [
            ("update", ["address_city"]), ("delete", []),
        ]  # fmt: skip
        assert {r["caller"] for r in rows} == {"agent 7"}
        assert {r["row_key"] for r in rows} == {str(ada)} and "Porto" not in str(rows)
        await line.execute("RESET ROLE")

    in_database(server, use)


def test_rights_follow_the_statements() -> None:
    """A service that is not the owner may change the columns that its statements set, no more."""
    found = domain_layer("ecommerce")
    system = found.system.model_copy(deep=True)
    system.entities["product"].owner = None
    from backend_lead.views.data.layer import layer

    other = layer(system)
    assert other is not None
    grant = grants(other, "db")["app"]["products"]
    assert grant.may == {"SELECT", "UPDATE"} and grant.columns == {"stock"}
    own = grants(found, "db")["app"]
    assert "DELETE" in own["carts"].may and "DELETE" not in own["orders"].may


def test_masks_by_class() -> None:
    """Secrets are not in a view, money of a person is, an address keeps its domain."""
    tables = domain_layer("payments").tables
    customers = tables["customers"]
    assert mask(customers, customers.column("email")) == "'***@' || split_part(t.email, '@', 2)"
    assert mask(customers, customers.column("created_at")) is None
    payments = tables["payments"]
    assert mask(payments, payments.column("amount_amount")) is None
    assert set(audited(payments)) == payments.has - {"id"}
