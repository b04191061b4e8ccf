"""data/analytics/README.md: where analyses are asked and why, what of, at which price."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from backend_lead.catalog.analytics import DAY_S, FACTS
from backend_lead.catalog.streams import REFRESH_LEAST
from backend_lead.emit.data.analytics_erasing import COMMAND
from backend_lead.emit.data.analytics_price import figures, limits, price
from backend_lead.emit.report.wording import (
    cell,
    count,
    data,
    ended,
    rate,
    seconds,
    sentence,
)
from backend_lead.model.design import Design
from backend_lead.views.data.needs import Need
from backend_lead.views.data.star import Star
from backend_lead.views.data.star_parts import Additive, FactTable, Grows, Measure
from backend_lead.views.data.stores import CLUSTER, ONE, REPLICA, Choice, refresh_s
from backend_lead.views.data.transforms import not_loaded

ADDS: dict[Additive, str] = {"all": "", "currency": " (within a currency)", "none": " (not added)"}
GROWS: dict[Grows, str] = {
    "by time": "what is missing is added", "by change": "changed rows are written anew",
    "also daily": "recent rows are written anew, all of them once a day",
}  # fmt: skip


def readme(design: Design, made: Star, choice: Choice, asked: Sequence[Need]) -> str:
    """The page."""
    system = design.system
    parts = [
        f"# Analyses of {cell(system.title or system.backend)}",
        *_answer(made, choice, asked),
        "## Where else, and when that changes", *limits(choice),
        "## What happened, a table each", *_facts(made, asked),
        "## What it is grouped by", *_dimensions(made),
        "## What the warehouse never sees", *_guarded(made),
        "## Run it", *_run(made, choice, asked),
        "## What it costs", *price(asked, system.topology.region),
        "## Numbers nobody stated", *_assumed(design, made),
        "## What this does not show", *_open(made, choice),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _answer(made: Star, choice: Choice, asked: Sequence[Need]) -> Iterator[str]:
    rows, size = sum(n.rows_per_s for n in asked), sum(n.bytes for n in asked)
    yield (
        f"Analyses are asked in **{choice.chosen.title}**. In a year {len(asked)} fact "
        f"table{'s hold' if len(asked) > 1 else ' holds'} "
        f"{count(sum(n.rows for n in asked))} rows, {data(size)}; {rate(rows)} come in on the "
        f"mean of a day, and {count(sum(n.queries_per_day for n in asked))} questions a day are "
        f"asked, the freshest answer at most {seconds(min(n.fresh_s for n in asked))} old."
    )
    if made.derived:
        yield ("The model states no data product, so this was *derived* from it: what requests "
               "create at a time became fact tables, what they refer to dimensions. State "
               "`data.products` to say what is really asked.")  # fmt: skip
    for finding in made.findings:
        yield f"- {finding.level}: {cell(ended(finding.message))} {sentence(cell(finding.hint))}"


def _facts(made: Star, asked: Sequence[Need]) -> Iterator[str]:
    rows = []
    for fact, need in zip(made.facts, asked, strict=True):
        stated = dict(need.origins)
        rows.append((
            f"`{fact.name}`", cell(fact.grain), f"`{fact.when}`",
            ", ".join(_measure(m) for m in fact.measures),
            ", ".join(f"{link.role} (`{link.dimension}`)" for link in fact.links) or "-",
            ", ".join(f"`{a.name}`" for a in fact.degenerate)
            + "".join(f", `{r.role}_key`" for r in fact.references),
            f"{seconds(need.fresh_s)}, *{stated['fresh']}*", GROWS[fact.grows],
        ))  # fmt: skip
    yield table(("table", "grain", "time", "measures", "dimensions", "kept in the row",
                 "at most so old", "each run"), rows)  # fmt: skip
    yield (f"A run looks back {seconds(made.facts[0].late_s)} for rows that came late. Parts are "
           "days (`date_key`, UTC); rows are sorted by few values first, then by time. A measure "
           "that is not added has its least, mean and greatest in the sums by day.")  # fmt: skip
    told = [f"- `{f.name}`: {f.why}." for f in made.facts if f.why]
    yield "\n".join(told)
    said = [f"- `{f.name}` answers: {cell(f.answers)}" + _for(f) for f in made.facts if f.answers]
    if said:
        yield "\n".join(said)


def _for(fact: FactTable) -> str:
    out = f" For {', '.join(map(cell, fact.consumers))}." if fact.consumers else ""
    return out + (f" Owned by {cell(fact.owner)}." if fact.owner else "")


def _measure(m: Measure) -> str:
    within = f" (within `{m.currency}`)" if m.additive == "currency" else ADDS[m.additive]
    return f"`{m.name}`{within}"


def _dimensions(made: Star) -> Iterator[str]:
    rows = [("`dim_date`", "a day", "-", "every fact table", "-")]
    for dim in made.dimensions:
        kept = ", ".join(f"`{a.name}`" for a in dim.attributes) or "-"
        kind = "type 2: each version kept" if dim.changes == 2 else "type 1: as it is now"
        key = f"`{dim.version_key}`" + (", a pseudonym" if dim.person else "")
        rows.append((f"`{dim.name}`", kept, kind, ", ".join(f"`{s}`" for s in dim.shared), key))
    yield table(("dimension", "has", "changes", "shared by", "key"), rows)
    yield ("Keys are hashes of the stores' keys, so a dimension and a fact table agree on them "
           "without asking each other; the row `unknown` of each stands for what is not there "
           "yet. A version begins when a run first sees it.")  # fmt: skip


def _guarded(made: Star) -> Iterator[str]:
    why: dict[str, list[str]] = {}
    for left in not_loaded(made):
        why.setdefault(left.why, []).append(f"`{left.table}.{left.column}`")
    if why:
        yield table(("why", "columns"), [(cell(k), ", ".join(v)) for k, v in sorted(why.items())])
    people = [d.name for d in made.dimensions if d.person]
    yield (
        "`models/sources.yml` names the columns that may be loaded; load no others. Keys of people "
        "are hashed with a secret (`WAREHOUSE_PEPPER`): who asks cannot turn them back, who has "
        "the secret and the store can, so they remain personal data. `pepper.py` gives it to "
        "dbt's sessions alone: it is in no file that dbt writes, and a staging view asked without "
        "it says so. "
        + _erasing(made, people)
        + "Which columns reach which mart, and how: [lineage.md](../lineage.md)."
    )


def _erasing(made: Star, people: list[str]) -> str:
    if not people:
        return "No dimension is of people, so an erasure has nothing to do here. "
    tables = " or ".join(f"`{d.table}`" for d in made.dimensions if d.person)
    return (
        "Where dbt fills a warehouse, a run keeps what was: an erasure is carried out there with "
        f"`{COMMAND.format('TABLE')}` ({tables}, the keys of `upkeep.erasures`), which deletes the "
        "person's row with its versions and points what happened to `unknown` "
        f"({', '.join(f'`{p}`' for p in people)}). dbt writes the keys it was given into "
        "`target/run_results.json` and `logs/dbt.log`: delete both once it is done, and where a "
        "job keeps them, or they are what is left of the person. Views in the store follow its "
        "tables by themselves. "
    )


def _run(made: Star, choice: Choice, asked: Sequence[Need]) -> Iterator[str]:
    daily = [f.name for f in made.facts if f.grows == "also daily"]
    if choice.chosen.id in (ONE, REPLICA):
        replica = " The views are made on the primary and asked on the replica." * (
            choice.chosen.id == REPLICA)  # fmt: skip
        yield (
            "`materialised_views.sql` once, by the role that owns the tables; `refresh.sql` "
            f"{often(asked)}. Sums of closed days are materialised, the rows since are added when "
            f"somebody asks, so what happened lately is as fresh as the tables.{_older(asked)}"
            f"{replica} No stream fills them: dbt is for the tests, and for the day the store "
            "changes."
        )
    elif choice.chosen.id == CLUSTER:
        yield ("`clickhouse.sql` once. Rows come from the change stream in batches of 10 to 100 "
               "thousand, about one a second each table; what is delivered twice is one row after "
               "a merge, and where it is read with `FINAL`.")  # fmt: skip
    yield ("```sh\npip install 'dbt-core<1.12' dbt-duckdb\n"
           "export WAREHOUSE_PEPPER=... WAREHOUSE_FILE=warehouse.duckdb\n"
           "dbt build --profiles-dir .            # models, then their tests\n"
           "dbt source freshness --profiles-dir .\n```")  # fmt: skip
    if daily and choice.chosen.id not in (ONE, REPLICA):
        yield ("Once a day: `dbt build --full-refresh --profiles-dir . --select "
               f"{' '.join(f'{name}+' for name in daily)}`.")  # fmt: skip


def often(asked: Sequence[Need]) -> str:
    """How often the views are refreshed, in words."""
    every = refresh_s(asked, REFRESH_LEAST.value)
    return "once a day" if every >= DAY_S else f"every {seconds(every)}"


def _older(asked: Sequence[Need]) -> str:
    """How old sums of closed days are where their rows change."""
    changing = [f"`{n.name}`" for n in asked if n.changes]
    if not changing:
        return " Rows here do not change after they are there, so no sum is older."
    back = seconds(max(1, math.ceil(max(n.late_s for n in asked) / DAY_S)) * DAY_S)
    return (
        f" Rows of {', '.join(changing)} change later: of those older than {back} a change is "
        "in the sums after the next refresh, and in the views of single rows at once."
    )


def _assumed(design: Design, made: Star) -> Iterator[str]:
    """What the products leave to the catalogue, and what the model itself only assumes of them."""
    given = {"fresh": all(f.fresh_s for f in made.facts),
             "queries": all(f.queries_per_s for f in made.facts)}  # fmt: skip
    rows = [
        (cell(f.label), figures(f.value, f.unit),
         f"{figures(f.low, f.unit)} to {figures(f.high, f.unit)}", f.origin, cell(f.source))
        for f in FACTS if not given.get(f.id)
    ]  # fmt: skip
    data = design.system.data
    for name, product in (data.products if data else {}).items():
        for word, said in (("age of answers", product.fresh), ("questions", product.queries),
                           ("time a question reads", product.scans)):  # fmt: skip
            if said is not None and said.origin != "stated":
                ends = [said.dimension.format(end) for end in said.range or ()]
                rows.append((f"{word}, `{name}`", said.text, " to ".join(ends) or "-", said.origin,
                             cell(said.source or said.why or "-")))  # fmt: skip
    yield table(("number", "value", "range", "origin", "source"), rows)


def _open(made: Star, choice: Choice) -> Iterator[str]:
    lines = [
        "- Nothing here was measured at the size above. The models, their tests and the freshness "
        "of sources were run on DuckDB with few rows.",
        "- What a row was before the first run is not known; a version is as exact as runs are "
        "frequent.",
        "- Deleted rows stay in fact tables until all is made anew.",
    ]
    if choice.chosen.id in (ONE, REPLICA):
        lines.append("- These views themselves are made, refreshed while they are asked and added "
                     "up against the tables on a real PostgreSQL by `backend-lead verify --only "
                     "stores`; a replica, its delay and disks are not in that.")  # fmt: skip
    if choice.chosen.id == CLUSTER:
        lines.append("- Statements such as `clickhouse.sql` were run on ClickHouse's engine "
                     "(chdb) with few rows, not on a cluster.")  # fmt: skip
    if any(f.grows == "also daily" for f in made.facts):
        lines.append("- A row whose state changes after a run no longer looks back for it is up to "
                     "a day old. A time of its last change would end that.")  # fmt: skip
    yield "\n".join(lines)
