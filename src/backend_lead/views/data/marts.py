"""The models that people ask: dimensions, the calendar, fact tables, and their sums by day."""

from __future__ import annotations

from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.guarding import about_people
from backend_lead.views.data.parts import Table
from backend_lead.views.data.star import Star
from backend_lead.views.data.star_parts import (
    UNKNOWN,
    Attribute,
    Dimension,
    FactTable,
    Link,
    Measure,
)
from backend_lead.views.data.transforms import (
    FIRST,
    LAST,
    Model,
    OutColumn,
    Runs,
    day,
    named,
    unknown,
    version,
)
from backend_lead.views.growth import DAY_S, rows_per_s

WORDS = frozenset({"word", "bool", "currency", "int"})  # what sums by day are grouped by
FEWER = 2.0  # rows of a day for each row of a dimension, from which sums by it are worth keeping
AS_IS = frozenset({"position"})


def dimension(dim: Dimension) -> Model:
    """A dimension: what its rows are now, or each version of them."""
    kept = tuple(_attribute(a, a.name) for a in dim.attributes)
    lines = [named(quoted(a.column), quoted(a.name)) for a in dim.attributes]
    key = OutColumn(dim.key, "string", f"Key of {dim.title.lower()}", unique=dim.changes == 1,
                    filled=True)  # fmt: skip
    if dim.changes == 1:
        columns = (key, *kept)
        sql = _rows([dim.key, *lines], f"@ref(stg_{dim.table})")
        sql += "\nunion all\n" + unknown(columns, iter([dim.key]))
        return Model(dim.name, "marts", "table", f"{dim.title}, as it is now", sql, columns,
                     dim.key)  # fmt: skip
    columns = (
        OutColumn(dim.version_key, "string", "Key of one version", unique=True, filled=True),
        key, *kept, OutColumn("valid_from", "timestamp", "From when it was so", filled=True),
        OutColumn("valid_to", "timestamp", "Until when", filled=True),
        OutColumn("is_current", "bool", "Whether it is so now", filled=True),
    )  # fmt: skip
    numbered = (
        "with versions as (\n  select\n    s.*,\n    row_number() over (partition by "
        f"{dim.key} order by dbt_valid_from) as version\n  from @ref({_snap(dim)}) s\n)\n"
    )
    lines = [
        f"{version(dim)} as {dim.version_key}", dim.key, *lines,
        f"case when version = 1 then cast('{FIRST}' as timestamptz) "
        "else cast(dbt_valid_from as timestamptz) end as valid_from",
        f"coalesce(cast(dbt_valid_to as timestamptz), cast('{LAST}' as timestamptz)) as valid_to",
        "dbt_valid_to is null as is_current",
    ]  # fmt: skip
    nobody = unknown(columns, iter([dim.version_key, dim.key]))
    for name, value in (("valid_from", FIRST), ("valid_to", LAST)):
        nobody = nobody.replace(f"cast(null as timestamptz) as {name}",
                                f"cast('{value}' as timestamptz) as {name}")  # fmt: skip
    nobody = nobody.replace("cast(null as boolean) as is_current", "true as is_current")
    sql = numbered + _rows(lines, "versions") + "\nunion all\n" + nobody
    return Model(dim.name, "marts", "table", f"{dim.title}, what it was at any time", sql, columns,
                 dim.version_key)  # fmt: skip


def snapshot(dim: Dimension) -> Model:
    """What keeps the versions of a row: its values are compared at each run."""
    return Model(
        _snap(dim), "snapshots", "snapshot", f"Versions of {dim.title.lower()}",
        _rows([dim.key, *(quoted(a.column) for a in dim.attributes)], f"@ref(stg_{dim.table})"),
        (OutColumn(dim.key, "string", f"Key of {dim.title.lower()}", filled=True),
         *(_attribute(a, a.column) for a in dim.attributes)),
        dim.key,
    )  # fmt: skip


def dates(star: Star) -> Model:
    """A row for each day from the first to the last on which anything happened."""
    days = sorted({f"select {_day(star, f)} as happened_on from @ref(stg_{f.parent or f.table})"
                   for f in star.facts})  # fmt: skip
    sql = (
        "with recursive bounds as (\n  select min(happened_on) as first_day, max(happened_on) as "
        "last_day\n  from (\n    " + "\n    union all\n    ".join(days) + "\n  ) happened\n),\n"
        "spine as (\n  select first_day as date_key, last_day from bounds\n  where first_day is "
        "not null\n  union all\n  select cast(date_key + interval '1 day' as date), last_day from "
        "spine\n  where date_key < last_day\n)\nselect\n  date_key,\n"
        "  cast(extract(year from date_key) as integer) as calendar_year,\n"
        "  cast(extract(quarter from date_key) as integer) as quarter_of_year,\n"
        "  cast(extract(month from date_key) as integer) as month_of_year,\n"
        "  cast(extract(week from date_key) as integer) as iso_week,\n"
        "  cast(extract(day from date_key) as integer) as day_of_month,\n"
        "  cast(extract(isodow from date_key) as integer) as day_of_week,\n"
        "  extract(isodow from date_key) >= 6 as is_weekend\nfrom spine"
    )
    titles = {"calendar_year": "Year", "quarter_of_year": "Quarter", "month_of_year": "Month",
              "iso_week": "Week (ISO 8601)", "day_of_month": "Day", "day_of_week": "1: Monday",
              "is_weekend": "Saturday or Sunday"}  # fmt: skip
    columns = (
        OutColumn("date_key", "date", "The day, in UTC", unique=True, filled=True),
        *(OutColumn(n, "bool" if n == "is_weekend" else "int", t, filled=True)
          for n, t in titles.items()),
    )  # fmt: skip
    return Model("dim_date", "marts", "table", "The calendar, in UTC", sql, columns, "date_key")


def facts(star: Star, fact: FactTable, *, joined: bool = True) -> Model:
    """A fact table at its grain, with the keys of its dimensions as they were when it happened."""
    table = star.layer.tables[fact.table]
    head = star.layer.tables[fact.parent] if fact.parent else table
    at = "h" if fact.parent else "f"
    when = f"{at}.{quoted(fact.when)}"
    joins = [f"from @ref(stg_{fact.table}) f"]
    lines = [f"f.{fact.key}"]
    columns = [OutColumn(fact.key, "string", f"Key: {fact.grain}", unique=True, filled=True)]
    if fact.parent:
        joins.append(f"join @ref(stg_{fact.parent}) h on {_hanging(fact, table, head)}")
    lines += [f"{day(when, head.column(fact.when).type)} as date_key",
              f"cast({when} as timestamptz) as happened_at"]  # fmt: skip
    columns += [OutColumn("date_key", "date", "The day it happened, in UTC", filled=True,
                          to=("dim_date", "date_key")),
                OutColumn("happened_at", "timestamp", "When it happened", filled=True)]  # fmt: skip
    if fact.changed:
        lines.append(f"{at}.{quoted(fact.changed)} as changed_at")
        columns.append(OutColumn("changed_at", "timestamp", "When it was changed last"))
    for i, link in enumerate(fact.links, 1):
        dim = star.dimension(link.dimension)
        on = f"d{i}.{dim.key} = {'h' if link.above else 'f'}.{link.held}_key"
        if dim.changes == 2:
            on += f" and {when} >= d{i}.valid_from and {when} < d{i}.valid_to"
        name = star.link_key(link)
        if joined:
            joins.append(f"left join @ref({dim.name}) d{i} on {on}")
            lines.append(f"coalesce(d{i}.{dim.version_key}, '{UNKNOWN}') as {name}")
        else:
            held = f"{'h' if link.above else 'f'}.{link.held}_key"
            held = held if dim.changes == 1 else f"md5({held} || '|1')"
            lines.append(f"coalesce({held}, '{UNKNOWN}') as {name}")
        columns.append(OutColumn(name, "string", f"Key of {dim.title.lower()}", filled=True,
                                 to=(dim.name, dim.version_key)))  # fmt: skip
    known = {f.table: f for f in star.facts}
    for ref in fact.references:
        source = "h" if ref.above else "f"
        lines.append(named(f"{source}.{ref.held}_key", f"{ref.role}_key"))
        other = known.get(ref.table)
        columns.append(OutColumn(f"{ref.role}_key", "string", f"Key of a row of {ref.table}",
                                 to=(other.name, other.key) if other else None))  # fmt: skip
    taken = {c.name for c in columns}
    for kept in fact.degenerate:
        if kept.name not in taken:
            lines.append(named(f"{'h' if kept.above else 'f'}.{quoted(kept.column)}",
                               quoted(kept.name)))  # fmt: skip
            columns.append(_attribute(kept, kept.name))
    for measure in fact.measures:
        lines.append(_measure(measure))
        columns.append(OutColumn(measure.name, measure.type, measure.title,
                                 filled=not measure.null))  # fmt: skip
    sql = "select\n  " + ",\n  ".join(lines) + "\n" + "\n".join(joins)
    runs, since = _growing(fact, at, when)
    return Model(fact.name, "marts", runs, f"{fact.title}: {fact.grain}", sql, tuple(columns),
                 fact.key, since, fact=fact)  # fmt: skip


def daily(star: Star, fact: FactTable) -> Model:
    """What most questions ask of a fact table: its sums by day and by what has few values."""
    groups = [a for a in fact.degenerate if a.type in WORDS and a.name not in AS_IS]
    lines, columns = ["date_key"], [OutColumn("date_key", "date", "The day, in UTC", filled=True)]
    for group in groups:
        null = group.null and group.type in ("word", "currency")
        sql = quoted(group.name)
        lines.append(f"coalesce({sql}, '{UNKNOWN}') as {sql}" if null else sql)
        columns.append(_attribute(group, group.name))
    for link in fact.links:
        if not fact.derived and _few(star, fact, link):
            lines.append(star.link_key(link))
            columns.append(OutColumn(star.link_key(link), "string", f"Key of {link.dimension}"))
    many = len(lines)
    for m in fact.measures:
        name = quoted(m.name)
        if m.additive == "none":
            for how, word in (("min", "least"), ("avg", "mean"), ("max", "greatest")):
                lines.append(f"{how}({name}) as {m.name}_{word}")
                columns.append(OutColumn(f"{m.name}_{word}", "number" if how == "avg" else m.type,
                                         f"{m.title}, {word}"))  # fmt: skip
        else:
            lines.append(f"sum({name}) as {name}")
            within = f", in {m.currency}" if m.currency else ""
            columns.append(OutColumn(m.name, _summed(m.type), f"{m.title}, summed{within}"))
    sql = _rows(lines, f"@ref({fact.name})")
    sql += "\ngroup by " + ", ".join(str(i + 1) for i in range(many))
    name = fact.name.replace("fct_", "agg_", 1) + "_daily"
    return Model(name, "marts", "table", f"{fact.title}: sums by day", sql, tuple(columns),
                 ",".join(c.name for c in columns[:many]), fact=fact)  # fmt: skip


def _hanging(fact: FactTable, table: Table, head: Table) -> str:
    """How a row finds the one it hangs on: by the store's own key, which has an index there."""
    if about_people(head):
        up = fact.references[0]
        return f"h.{up.held}_key = f.{up.held}_key"
    pairs = zip(head.key, table.foreign[0].columns, strict=True)
    return " and ".join(f"h.{quoted(k)} = f.{quoted(c)}" for k, c in pairs)


def _growing(fact: FactTable, at: str, when: str) -> tuple[Runs, str]:
    """How a fact table grows: the condition that finds what is new, as far back as rows come late.
    Rows that never change are added where they are missing; others are written anew."""
    column = f"{at}.{quoted(fact.changed)}" if fact.changed else when
    own = "changed_at" if fact.changed else "happened_at"
    back = f"interval '{fact.late_s:.0f} seconds'"
    since = f"{column} >= (select max({own}) - {back} from @this)"
    if fact.grows == "by time":
        since += f"\n  and not exists (select 1 from @this t where t.{fact.key} = f.{fact.key})"
    return "incremental", since


def _few(star: Star, fact: FactTable, link: Link) -> bool:
    """Whether sums by a dimension are fewer than the rows summed; people are never summed by."""
    dim = star.dimension(link.dimension)
    table = star.layer.tables[fact.table]
    day_rows = rows_per_s(star.layer.flow).get(table.entity, 0.0) * table.per_parent * DAY_S
    return not dim.person and star.layer.tables[dim.table].rows * FEWER <= day_rows


def _summed(type_: str) -> str:
    """The type of a sum: wide enough."""
    return {"int": "long", "amount": "decimal"}.get(type_, type_)


def _measure(m: Measure) -> str:
    at = "h" if m.above else "f"
    if m.counts:
        return f"1 as {m.name}"
    if m.product:
        left, right = (f"{at}.{quoted(c)}" for c in m.product)
        return f"cast({left} * {right} as numeric(19,4)) as {m.name}"
    return f"{at}.{quoted(m.name)}"


def _attribute(a: Attribute, name: str) -> OutColumn:
    hashed = a.treatment == "pseudonym"
    return OutColumn(name, a.type, a.title + (", hashed" if hashed else ""), a.cls,
                     values=a.one_of if a.type == "word" and not hashed else ())  # fmt: skip


def _day(star: Star, fact: FactTable) -> str:
    table = star.layer.tables[fact.parent or fact.table]
    return day(quoted(fact.when), table.column(fact.when).type)


def _rows(lines: list[str], origin: str) -> str:
    return "select\n  " + ",\n  ".join(lines) + f"\nfrom {origin}"


def _snap(dim: Dimension) -> str:
    return f"snap_{dim.table}"
