"""data/analytics/macros/erase.sql: takes people out of the warehouse that dbt fills.

A run adds what is new and keeps what was, so deleting a row in a store does not delete it here:
the same keys that the store's erasure was given go to `dbt run-operation erase`.
"""

from __future__ import annotations

from backend_lead.views.data.star import Star
from backend_lead.views.data.transformations import erasing

FILE = "macros/erase.sql"
COMMAND = "dbt run-operation erase --args '{{person: {0}, keys: [KEY, ...]}}'"


def macro(made: Star, pepper: str) -> str:
    """The macro; empty where no dimension is of people. `pepper` is how the models
    read theirs."""
    people = [dim for dim in made.dimensions if dim.person]
    if not people:
        return ""
    lines = [
        "{# People out of marts and snapshots in one transaction; run it before the next build:",
        *(f"   {COMMAND.format(dim.table)}" for dim in people),
        "   The rows of what happened stay, for the sums, and point to `unknown`. #}",
        "{% macro erase(person, keys) %}",
        "{% set sql = ['begin;'] %}",
        "{% for key in keys %}",
        '{% set text = (key | string).replace("\'", "\'\'") %}',
        '{% set who = "md5(' + pepper + " || '|' || '\" ~ text ~ \"')\" %}",
    ]
    for n, dim in enumerate(people):
        lines.append("{% " + ("if" if n == 0 else "elif") + f" person == '{dim.table}' %}}")
        for statement in erasing(made, dim):
            text = statement.replace('"', '\\"').replace("$1", '" ~ who ~ "')
            lines.append('{% do sql.append("' + text + '") %}')
    named = ", ".join(dim.table for dim in people)
    lines += [
        "{% else %}",
        "{% do exceptions.raise_compiler_error('no people are called ' ~ person ~ ', only "
        + named + "') %}",
        "{% endif %}",
        "{% endfor %}",
        "{% do sql.append('commit;') %}",
        "{% do run_query(sql | join('\\n')) %}",
        "{% endmacro %}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
