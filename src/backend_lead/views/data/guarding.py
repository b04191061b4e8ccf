"""Which columns reach the warehouse: as they are, as a pseudonym, or not at all, by their class."""

from __future__ import annotations

from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.star_parts import Treatment

PLAIN = frozenset({"int", "long", "number", "decimal", "amount", "currency", "bool", "timestamp",
                   "date", "duration", "word"})  # fmt: skip
LISTS = frozenset({"json", "words"})


def treatment(column: Column, *, asked: bool) -> tuple[Treatment, str]:
    """How a column is treated and why; `asked`: a product names it.

    Credentials and sensitive values never get there. Personal text does only where a product asks
    for it, as a pseudonym: groups can be counted, nobody can be read. A personal number, time or
    word that is asked for is kept, because a pseudonym of it could not be added up.
    """
    if column.hidden or column.cls in ("credential", "sensitive"):
        word = "hidden" if column.hidden else column.cls
        return "left out", f"{word}: never in the warehouse"
    if column.type in LISTS:
        return "left out", "a list or a document: no analysis groups by it"
    if column.refers:
        return "pseudonym", "a key: hashed"
    if column.cls == "personal":
        if not asked:
            return "left out", "personal, and no product asks for it"
        if column.type in PLAIN:
            return "kept", "personal, kept because a product asks for it"
        return "pseudonym", "personal text, hashed because a product asks for it"
    if column.cls == "financial" and column.type not in PLAIN:
        return ("pseudonym", "financial text, hashed") if asked else (
            "left out", "financial text, and no product asks for it")  # fmt: skip
    if column.type in ("text", "url"):
        return ("kept", "") if asked else ("left out", "long text: no analysis groups by it")
    return "kept", ""


def about_people(table: Table) -> bool:
    """Whether each row of a table is a person: its key names whose it is, or it holds an address
    at which somebody is reached. Its key is a pseudonym then."""
    owns = bool(table.person) and table.person in table.key and len(table.key) == 1
    return owns or any(c.type == "email" and c.guarded for c in table.columns)
