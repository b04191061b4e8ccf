"""What sums by day must add up to, asked of the tables themselves; and what of a table is in them.

Written apart from the transformations, so that the two can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.materialised import SCHEMA, sums
from backend_lead.views.data.star import Star
from backend_lead.views.data.star_parts import FactTable, Measure
from backend_lead.views.data.transforms import models


@dataclass(frozen=True)
class Sums:
    """The sums by day of a fact table: the view that is asked, the materialised one of closed days
    within it, the measure that counts rows, and a question to each side whose answers agree."""

    fact: FactTable
    asked: str
    closed: str
    counts: str
    names: tuple[str, ...]
    of_views: str
    of_tables: str


def adding_up(star: Star, schema: str = SCHEMA, tables: str = "public") -> list[Sums]:
    """The sums of every fact table that counts its rows."""
    out = []
    for model in models(star, joined=False):
        fact = model.fact
        if fact is None or not sums(model):
            continue
        added = [m for m in fact.measures if m.additive != "none"]
        counts = next((m.name for m in added if m.counts), "")
        if not counts:
            continue
        asked = f"{schema}.{model.name}"
        out.append(Sums(
            fact, asked, f"{schema}.{model.name.removesuffix('_daily')}_closed", counts,
            tuple(m.name for m in added),
            f"SELECT {', '.join(f'sum({quoted(m.name)})::numeric' for m in added)} FROM {asked}",
            f"SELECT {', '.join(_own(star, fact, m) for m in added)} FROM "
            f"{_rows(star, fact, tables)}",
        ))  # fmt: skip
    return out


def _rows(star: Star, fact: FactTable, tables: str) -> str:
    """The rows of a fact table with those they hang on."""
    own = f"{tables}.{quoted(fact.table)} AS f"
    if not fact.parent:
        return own
    head, link = star.layer.tables[fact.parent], star.layer.tables[fact.table].foreign[0]
    pairs = zip(head.key, link.columns, strict=True)
    on = " AND ".join(f"h.{quoted(k)} = f.{quoted(c)}" for k, c in pairs)
    return f"{own} JOIN {tables}.{quoted(head.name)} AS h ON {on}"


def _own(star: Star, fact: FactTable, m: Measure) -> str:
    if m.counts:
        return "count(*)::numeric"
    at = "h" if m.above else "f"
    if m.product:
        left, right = (f"{at}.{quoted(c)}" for c in m.product)
        return f"sum(round({left} * {right}, 4))::numeric"
    table = star.layer.tables[fact.parent if m.above else fact.table]
    column = f"{at}.{quoted(m.name)}"
    if table.column(m.name).type == "duration":
        return f"extract(epoch FROM sum({column}))::numeric"
    return f"sum({column})::numeric"
