"""Who may do what with which table: read off the access patterns, so that nobody may more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from backend_lead.views.api.names import snake
from backend_lead.views.data.ddl import Statement, listed, literal, quoted
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.masking import SCHEMA as MASKED
from backend_lead.views.data.masking import VIEWS_OF, masked_view, pseudonyms
from backend_lead.views.data.parts import AccessPattern, Table
from backend_lead.views.data.upkeep import SCHEMA as UPKEEP

SETTING = "app.tenant"  # what a service sets at the start of a transaction, from the token


@dataclass
class Grant:
    """What a service may do with a table. `columns` are those it may change; none: all."""

    may: set[str] = field(default_factory=set)
    columns: set[str] | None = field(default_factory=set)


def roles(layer: Layer) -> dict[str, str]:
    """The roles of a store and what each is for; names are of the cluster, so they begin with the
    system's."""
    stem = snake(layer.system.backend)
    out = {
        f"{stem}_upkeep": "owns the tables and the jobs that keep and erase; nobody signs in as it",
        f"{stem}_{VIEWS_OF}": "reads tables for the masked views; nobody signs in as it",
        f"{stem}_analyst": "reads the masked views, nothing else",
        f"{stem}_auditor": "reads the log of changes, nothing else",
        f"{stem}_relay": "reads what is to be published",
    }
    for service in services(layer):
        out[role_of(layer, service)] = f"the service `{service}`: what its statements need"
    return out


def role_of(layer: Layer, service: str) -> str:
    """The role that a service signs in as."""
    return f"{snake(layer.system.backend)}_{snake(service)}_service"


def services(layer: Layer) -> list[str]:
    """The services that make statements, and those that own tables."""
    asking = {ref.partition(".")[0] for p in layer.patterns for ref in p.asked_by}
    asking |= {table.owner for table in layer.tables.values() if table.owner}
    return [name for name in layer.system.components if name in asking]


def grants(layer: Layer, store: str) -> dict[str, dict[str, Grant]]:
    """By service and table. The owner may read, add and change its rows, and delete those that no
    law wants kept; others may what their statements do."""
    out: dict[str, dict[str, Grant]] = {name: {} for name in services(layer)}
    here = {table.name: table for table in layer.of_store(store)}
    for pattern in layer.patterns:
        if pattern.table not in here:
            continue
        for service in {ref.partition(".")[0] for ref in pattern.asked_by}:
            for name in (pattern.table, *pattern.children):
                own = name == pattern.table
                grant = out[service].setdefault(name, Grant())
                grant.may.add("SELECT")
                if pattern.change in ("insert", "upsert") or (pattern.change and not own):
                    grant.may.add("INSERT")
                if pattern.change in ("update", "upsert") or (pattern.change and not own):
                    grant.may.add("UPDATE")
                    known = own and pattern.sets
                    if grant.columns is not None:
                        grant.columns = {*grant.columns, *pattern.sets} if known else None
                if deletes(pattern, name):
                    grant.may.add("DELETE")
    for table in here.values():
        if table.owner in out:
            every = {"SELECT", "INSERT", "UPDATE"} | (set() if table.hold_s else {"DELETE"})
            out[table.owner][table.name] = Grant(every, None)
    return {service: tables for service, tables in out.items() if tables}


def deletes(pattern: AccessPattern, table: str) -> bool:
    """Whether a statement deletes rows of a table: its own, or of a list that it writes anew."""
    return pattern.change == "delete" or (pattern.change == "update" and table != pattern.table)


def access_script(layer: Layer, store: str) -> Iterator[tuple[str, list[Statement]]]:
    """Roles, rights, rows of tenants, masked views: after the tables, on the same database."""
    tables = layer.of_store(store)
    yield "Roles", [Statement(role(name), about) for name, about in roles(layer).items()]
    yield "Rights", list(rights(layer, store))
    tenants = tenant_tables(layer, store)
    if tenants:
        yield "Rows of tenants", list(rows_of_tenants(layer, tenants))
    stem = snake(layer.system.backend)
    views = [s for table in tables for s in masked_view(table, f"{stem}_{VIEWS_OF}")]
    yield "Masked views", [
        *pseudonyms(f"{stem}_{VIEWS_OF}"), *views,
        Statement(f"GRANT USAGE ON SCHEMA {MASKED} TO {stem}_analyst;"),
        Statement(f"GRANT SELECT ON ALL TABLES IN SCHEMA {MASKED} TO {stem}_analyst;"),
    ]  # fmt: skip


def role(name: str) -> str:
    """Makes a role where it is not there yet: roles are of all databases of a server."""
    return (
        f"DO $$ BEGIN CREATE ROLE {quoted(name)} NOLOGIN; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    )


def rights(layer: Layer, store: str) -> Iterator[Statement]:
    """What each role may do with which table."""
    stem = snake(layer.system.backend)
    yield Statement("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;")
    yield Statement("REVOKE CREATE ON SCHEMA public FROM PUBLIC;")
    every = listed(table.name for table in layer.of_store(store))
    yield Statement(f"GRANT SELECT ON {every} TO {stem}_{VIEWS_OF};", "What masked views read")
    for service, tables in grants(layer, store).items():
        role = quoted(role_of(layer, service))
        for name, grant in tables.items():
            may = ", ".join(sorted(grant.may - {"UPDATE"}))
            yield Statement(f"GRANT {may} ON {quoted(name)} TO {role};")
            if "UPDATE" in grant.may:
                only = f" ({listed(sorted(grant.columns))})" if grant.columns else ""
                yield Statement(f"GRANT UPDATE{only} ON {quoted(name)} TO {role};")


def tenant_tables(layer: Layer, store: str) -> list[Table]:
    """Tables that tenants share: with a column that names the tenant, and what hangs on them."""
    here = layer.of_store(store)
    shared = {table.name for table in here if table.tenant}
    return [table for table in here if table.tenant or table.parent in shared]


def rows_of_tenants(layer: Layer, tables: list[Table]) -> Iterator[Statement]:
    """Policies by which a tenant sees its own rows only."""
    stem = snake(layer.system.backend)
    for table in tables:
        name = quoted(table.name)
        yield Statement(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;")
        yield Statement(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY;")
        rule = _of_tenant(table, layer)
        yield Statement(
            f"CREATE POLICY of_tenant ON {name} USING ({rule}) WITH CHECK ({rule});",
            f"Rows of the tenant that `SET LOCAL {SETTING}` names; none where nothing is set",
        )
        yield Statement(f"CREATE POLICY for_views ON {name} FOR SELECT "
                        f"TO {stem}_{VIEWS_OF} USING (true);")  # fmt: skip
        yield Statement(f"CREATE POLICY for_upkeep ON {name} TO {stem}_upkeep "
                        "USING (true) WITH CHECK (true);")  # fmt: skip


def _of_tenant(table: Table, layer: Layer) -> str:
    """What must hold of a row; the setting is read once a statement, so an index still serves."""
    if table.tenant:
        kept = {"uuid": "uuid", "long": "bigint", "int": "integer"}
        kind = kept.get(table.column(table.tenant).type, "text")
        now = f"(SELECT nullif(current_setting({literal(SETTING)}, true), '')::{kind})"
        return f"{quoted(table.tenant)} = {now}"
    parent, key = layer.tables[table.parent], table.foreign[0]
    same = " AND ".join(
        f"p.{quoted(b)} = {quoted(table.name)}.{quoted(a)}"
        for a, b in zip(key.columns, key.refers, strict=True)
    )
    return f"EXISTS (SELECT FROM {quoted(parent.name)} p WHERE {same})"


def hand_over(layer: Layer, store: str) -> Iterator[Statement]:
    """Tables and jobs go to the role of the upkeep, last of all, so that jobs run with its rights
    and no more."""
    owner = quoted(f"{snake(layer.system.backend)}_upkeep")
    yield Statement(f"GRANT USAGE, CREATE ON SCHEMA public, {UPKEEP} TO {owner};")
    for table in layer.of_store(store):
        yield Statement(f"ALTER TABLE {quoted(table.name)} OWNER TO {owner};")
    yield Statement(_OWN_ROUTINES.format(schema=UPKEEP, owner=owner))


_OWN_ROUTINES = """\
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = '{schema}'::regnamespace LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO {owner}', one.name);
    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', one.name);
  END LOOP;
  FOR one IN SELECT p.relid AS name FROM pg_class c, pg_partition_tree(c.oid) p
             WHERE c.relkind = 'p' AND c.relowner = '{owner}'::regrole LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO {owner}', one.name);
  END LOOP;
  FOR one IN SELECT oid::regclass AS name FROM pg_class
             WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p') LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO {owner}', one.name);
  END LOOP;
END $$;"""
