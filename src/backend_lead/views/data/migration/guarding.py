"""What the governance file made, carried along: views, triggers and functions that know columns.

Where that file was never run, these steps find nothing of it and do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from backend_lead.views.api.names import snake
from backend_lead.views.data.access import hand_over, rights, rows_of_tenants, tenant_tables
from backend_lead.views.data.auditing import trigger
from backend_lead.views.data.ddl import Statement, literal, quoted
from backend_lead.views.data.governing import erasing
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.masking import SCHEMA as MASKED
from backend_lead.views.data.masking import VIEWS_OF, masked_view
from backend_lead.views.data.migration.steps import Step
from backend_lead.views.data.offering import SCHEMA as OFFERED
from backend_lead.views.data.offering import offered_views, offers
from backend_lead.views.data.parts import Table
from backend_lead.views.data.script import in_order
from backend_lead.views.data.upkeep import SCHEMA as UPKEEP
from backend_lead.views.data.upkeep import make_parts, retention


def guards(old: Layer, new: Layer, store: str) -> tuple[list[Step], list[Step]]:
    """What comes last of what the old program bears, and what comes first when it is gone: rights
    and guards of new tables; and views, triggers and functions for the columns there are then."""
    before = {t.name: t for t in old.of_store(store)}
    after = {t.name: t for t in new.of_store(store)}
    fresh = [t for n, t in after.items() if n not in before]
    other = [t for n, t in after.items() if n in before and _guarded(t) != _guarded(before[n])]
    first, last = [], []
    if fresh or other:
        first.append(Step("expand", f"rights_{store}", "rights for what is new; new tables are "
                          "guarded as the others are", f"the guards of {store}",
                          (_if_there(MASKED, _new(new, store, fresh)),)))  # fmt: skip
    gone = [t for n, t in before.items() if n not in after]
    if other or gone:
        names = {t.name for t in (*other, *gone)}
        last.append(Step("contract", f"guards_{store}", "views, triggers and functions know the "
                         "columns that stay", f"the guards of {store}",
                         (_if_there(MASKED, _views(old, new, store, names)),),
                         (_if_there(MASKED, _views(new, old, store, names)),)))  # fmt: skip
    return first, last


def parts_step(old: Table, new: Table, layer: Layer) -> Iterator[Step]:
    """Another length of parts: those that are there stay as they are, those to come are longer or
    shorter."""
    if old.parts and new.parts and (old.parts.every_s, old.parts.keep_s) != (
        new.parts.every_s, new.parts.keep_s,
    ):  # fmt: skip
        tables = in_order(layer.of_store(new.store))
        made = [*make_parts([t for t in tables if t.parts]), *retention(tables)]
        yield Step("expand", f"parts_{new.name}", "parts to come are of the new length, kept as "
                   "the model says now; those that are there stay", new.name,
                   (_if_there(UPKEEP, made),))  # fmt: skip


def in_the_way(table: str, column: str) -> str:
    """The question what still depends on a column: views and triggers of others, mostly."""
    at = f"{literal(quoted(table))}::regclass"
    return (
        "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend WHERE deptype = 'n' "
        "AND classid IN ('pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, "
        "'pg_publication_rel'::regclass) AND refclassid = 'pg_class'::regclass "
        f"AND refobjid = {at} AND refobjsubid = (SELECT attnum FROM pg_attribute "
        f"WHERE attrelid = {at} AND attname = {literal(column)})"
    )


def _guarded(table: Table) -> object:
    """What of a table its guards know."""
    return (
        [(c.name, c.type, c.cls, c.refers, c.null, c.hidden) for c in table.columns], table.key,
        table.person, table.tenant, table.unique, table.hold_s, table.keep_s, table.erase,
        table.owner, [key.table for key in table.foreign],
    )  # fmt: skip


def _new(layer: Layer, store: str, fresh: Iterable[Table]) -> Iterator[Statement]:
    stem = snake(layer.system.backend)
    names = {table.name for table in fresh}
    yield from rights(layer, store)
    tenants = [t for t in tenant_tables(layer, store) if t.name in names]
    yield from rows_of_tenants(layer, tenants)
    for table in layer.of_store(store):
        if table.name in names:
            yield from masked_view(table, f"{stem}_{VIEWS_OF}")
            yield from trigger(table)
    yield Statement(f"GRANT SELECT ON ALL TABLES IN SCHEMA {MASKED} TO {stem}_analyst;")
    yield from hand_over(layer, store)


def around(step: Step, old: Layer, store: str) -> Step:
    """A step that changes the type of a column at once: a view or a trigger of it would forbid it,
    so both are away for as long as nobody could read anyway."""
    away = _if_there(MASKED, _without(old, store, {step.table}))
    back = _if_there(MASKED, _views(old, old, store, {step.table}))
    return replace(step, up=(away, *step.up, back), down=(away, *step.down, back))


def _without(old: Layer, store: str, names: set[str]) -> Iterator[Statement]:
    for offer in (o for o in offers(old) if o.table.store == store):
        yield Statement(f"DROP VIEW IF EXISTS {OFFERED}.{quoted(offer.view)};")
    for name in sorted(names):
        yield Statement(f"DROP VIEW IF EXISTS {MASKED}.{quoted(name)};")
        yield Statement(f"IF to_regclass({literal('public.' + quoted(name))}) IS NOT NULL THEN "
                        f"DROP TRIGGER IF EXISTS audited ON {quoted(name)}; END IF;")  # fmt: skip


def _views(old: Layer, new: Layer, store: str, names: set[str]) -> Iterator[Statement]:
    """From the guards of one model to those of another."""
    stem = snake(new.system.backend)
    owner, reader = f"{stem}_{VIEWS_OF}", f"{stem}_analyst"
    yield from _without(old, store, names)
    for table in new.of_store(store):
        if table.name in names:
            yield from masked_view(table, owner)
            yield from trigger(table)
    yield Statement(f"GRANT SELECT ON ALL TABLES IN SCHEMA {MASKED} TO {quoted(reader)};")
    yield from offered_views(new, store, owner, reader)
    yield from (s for s in erasing(new, store) if not s.sql.startswith("CREATE TABLE"))
    yield from retention(in_order(new.of_store(store)))
    yield from hand_over(new, store)


def _if_there(schema: str, statements: Iterable[Statement]) -> str:
    """Statements that run where a schema is there."""
    body = "\n".join(_nested(s.sql) for s in statements)
    return (
        f"DO $guards$\nBEGIN\nIF to_regnamespace('{schema}') IS NOT NULL THEN\n{body}\n"
        "END IF;\nEND $guards$;"
    )


def _nested(sql: str) -> str:
    """A statement as a block takes it: another block becomes a part of it, a name of a variable
    cannot be meant where a column is."""
    if sql.startswith("DO $$"):
        return sql.removeprefix("DO $$").strip().removesuffix("$$;").strip() + ";"
    return sql
