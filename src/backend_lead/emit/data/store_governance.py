"""data/governance/STORE.sql: rights, rows of tenants, masked views, retention, erasure, the log
of changes."""

from __future__ import annotations

import textwrap

from backend_lead.emit.data.layer_reading import DataReading, data_reading
from backend_lead.model.design import Design
from backend_lead.views.data.governing import governance

ID = "store-governance"
GROUP = "data"
FILES = ()
MORE = r"data/governance/[a-z0-9_-]+\.sql"
RUNS = False
_NIGHTLY = (
    "Every night, as the role of the upkeep: CALL upkeep.keep_no_longer(); CALL "
    "upkeep.erase_asked(); CALL upkeep.shorten_audit(); and, where tables have parts, CALL "
    "upkeep.make_all_parts();"
)


def emit(design: Design) -> dict[str, str]:
    """A script for each relational store that holds entities with fields."""
    read = data_reading(design)
    if read is None:
        return {}
    return {f"data/governance/{store}.sql": _script(read, store) for store in read.stores}


def _script(read: DataReading, store: str) -> str:
    parts = [
        _comment(
            f"{read.system.title or read.system.backend}: who may do what with the tables of "
            f"`{store}`, what is kept and what is erased.",
            f"Written from the model {read.design.digest}; change the model, not this file. Run it "
            f'after "../oltp/{store}.sql". Roles cannot sign in: give each a login of its own, '
            "one for each service, with certificates and not passwords.",
            _NIGHTLY,
        )
    ]
    for title, statements in governance(read.layer, store):
        parts.append(f"\n-- {title}\n")
        for statement in statements:
            about = _comment(statement.about) if statement.about else ""
            long = "\n" in statement.sql or about
            parts.append(about + statement.sql + ("\n" if long else ""))
    return "\n".join(parts).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _comment(*lines: str) -> str:
    return "".join(f"-- {part}\n" for line in lines for part in textwrap.wrap(line, 96))
