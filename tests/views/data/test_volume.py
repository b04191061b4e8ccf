"""How much tables hold, against PostgreSQL itself, and how it grows."""

from __future__ import annotations

from typing import Any

from backend_lead.trial.drivers import Server
from backend_lead.views.data.script import schema
from backend_lead.views.data.volume import MONTH_S, entry_bytes, sizes
from tests.views.data.databases import domain_layer, in_database, run_all

ROWS = 40_000


def test_rows_and_bytes_grow_with_what_requests_add() -> None:
    """A table that requests add to grows in proportion to time until rows are too old; others stay
    as they are; lines grow with their orders."""
    found = domain_layer("ecommerce")
    now, year, three = (sizes(found, m * MONTH_S) for m in (0, 12, 36))
    orders = found.tables["orders"]
    assert now["orders"].rows == orders.rows
    added = year["orders"].rows - now["orders"].rows
    assert added > 0 and abs(three["orders"].rows - now["orders"].rows - 3 * added) < 1e-3 * added
    assert year["order_lines"].rows / year["orders"].rows == found.tables["order_lines"].per_parent
    assert year["products"] == now["products"]
    carts = found.tables["carts"]
    assert carts.keep_s is not None and three["carts"].rows == year["carts"].rows


def test_no_row_is_smaller_than_its_numbers() -> None:
    """Where the model's bytes of a row are few, its list is taken to be shorter and texts to be
    less; keys, numbers and times keep their width, and the sum is what the model says."""
    found = domain_layer("telemetry")
    readings, extra = found.tables["readings"], found.tables["reading_extra"]
    assert readings.row_bytes >= 16 + 8 + 4 + 8
    assert 1.0 <= extra.per_parent < 3.0
    assert abs(readings.row_bytes + extra.row_bytes * extra.per_parent - 90.0) < 1e-6


def test_indexes_are_as_large_as_postgresql_makes_them(server: Server) -> None:
    """The bytes of B-trees of a filled table are within a third of what is computed."""
    found = domain_layer("generic")
    table = found.tables["items"]

    async def use(line: Any) -> tuple[float, float]:
        await run_all(line, [s for _, group in schema(found, "db") for s in group])
        await line.execute(
            "INSERT INTO users (email, name, locale, settings_theme, settings_time_zone, "
            "settings_mail_digest, last_seen_at) SELECT n || '@x.example', 'n', 'pt', "
            "(regexp_match(pg_get_constraintdef(c.oid), '''([a-z-]+)'''))[1], 'UTC', "
            "(SELECT (regexp_match(pg_get_constraintdef(d.oid), '''([a-z-]+)'''))[1] "
            " FROM pg_constraint d WHERE d.conname = 'users_settings_mail_digest_value'), now() "
            "FROM generate_series(1, 200) n, pg_constraint c "
            "WHERE c.conname = 'users_settings_theme_value'"
        )
        await line.execute(
            "INSERT INTO items (user_id, title, state, updated_at) SELECT u.id, 't', 'open', "
            f"now() - n * interval '1 s' FROM generate_series(1, {ROWS // 200}) n, users u"
        )
        await line.execute("REINDEX TABLE items")
        rows = await line.fetch(
            "SELECT i.relname, pg_relation_size(i.oid) FROM pg_class i "
            "JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_am a ON a.oid = i.relam "
            "WHERE x.indrelid = 'items'::regclass AND a.amname = 'btree'"
        )
        return float(sum(size for _, size in rows)), float(len(rows))

    measured, many = in_database(server, use)
    words = [i for i in found.indexes if i.table == "items" and i.method == "words"]
    trees = sum(1 for i in found.indexes if i.table == "items" and i.method == "ordered") + 1
    assert many == trees and words
    from backend_lead.views.data.volume import index_row_bytes

    computed = ROWS * (entry_bytes(found, table) - sum(index_row_bytes(table, i) for i in words))
    assert abs(computed / measured - 1) < 1 / 3, (computed, measured)
