"""data/lineage.md and data/lineage.json: from which columns of stores those of marts come."""

from __future__ import annotations

import json
from collections.abc import Iterator

from backend_lead.emit.report.wording import cell
from backend_lead.model.design import Design
from backend_lead.views.api.names import snake
from backend_lead.views.data.layer import layer
from backend_lead.views.data.lineage import Columns, facets, lineage, personal
from backend_lead.views.data.star import Star, star
from backend_lead.views.data.transforms import Model, models

ID = "lineage"
GROUP = "data"
FILES = ()
MORE = r"data/lineage\.(md|json)"
RUNS = False
DONE = {"identity": "as it is", "transformation": "computed", "aggregation": "added up"}


def emit(design: Design) -> dict[str, str]:
    """Both files; nothing where there are no marts."""
    found = layer(design.system)
    made = star(found) if found else None
    if made is None:
        return {}
    columns = lineage(made)
    facet = facets(columns, f"backend://{snake(design.system.backend)}")
    return {
        "data/lineage.json": json.dumps(facet, indent=2) + "\n",
        "data/lineage.md": "\n\n".join(_page(design, made, columns)) + "\n",
    }


def _page(design: Design, made: Star, columns: dict[str, Columns]) -> Iterator[str]:
    yield f"# Lineage of {cell(design.system.title or design.system.backend)}"
    yield ("Read out of the SQL of [analytics/](analytics/README.md), not kept by hand. Machines "
           "read [lineage.json](lineage.json): OpenLineage's column lineage facet.")  # fmt: skip
    yield "```mermaid\n" + "\n".join(_chart(models(made))) + "\n```"
    yield "## What must be guarded and reaches a mart"
    told = personal(made, columns)
    lines = [f"- {f.level}: {cell(f.message)}" + (f"; {cell(f.hint)}." if f.hint else ".")
             for f in sorted(told, key=lambda f: (f.level != "warning", f.message))]  # fmt: skip
    yield "\n".join(lines) or "Nothing: no column of a guarded class reaches a mart."
    for model in models(made):
        if model.stage == "marts":
            yield f"## `{model.name}`"
            yield "\n".join(_rows(model, columns[f"marts.{model.name}"]))


def _chart(every: list[Model]) -> Iterator[str]:
    """Tables and models, an arrow from what is read to what reads it."""
    yield "flowchart LR"
    for source in sorted({s for m in every for s in m.sources}):
        yield f'  src_{source}[("{source}")]'
    for model in every:
        yield f'  {model.name}["{model.name}"]'
        for source in model.sources:
            yield f"  src_{source} --> {model.name}"
        for ref in model.refs:
            yield f"  {ref} --> {model.name}"


def _rows(model: Model, columns: Columns) -> Iterator[str]:
    yield "| column | comes from | how |"
    yield "|---|---|---|"
    for out in model.columns:
        origins = columns.get(out.name, ())
        whence = ", ".join(f"`{o.table}.{o.column}`" for o in origins) or "nothing: a constant"
        how = dict.fromkeys(DONE[o.how] + (", hashed" if o.masked else "") for o in origins)
        yield f"| `{out.name}` | {whence} | {', '.join(how) or '-'} |"
