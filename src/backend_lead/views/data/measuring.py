"""Which numbers of a row are measures, and which of them may be added up."""

from __future__ import annotations

from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.star_parts import Additive, Measure

# Words of a name, English: what is counted or used up may be added; what is a state, a price, a
# share or a place may not.
ADDED = frozenset({
    "quantity", "count", "bytes", "likes", "comments", "views", "items", "total", "seconds", "sum",
    "units", "clicks", "impressions", "minutes", "points", "amount", "fee", "tax", "discount",
    "cost", "duration", "distance", "weight", "pieces", "tickets",
})  # fmt: skip
NOT_ADDED = frozenset({
    "unit", "price", "balance", "rate", "ratio", "percent", "share", "score", "average", "mean",
    "least", "greatest", "level", "temperature", "stock", "limit", "bound", "latitude",
    "longitude", "rank", "age", "version",
})  # fmt: skip
NUMBERS = frozenset({"int", "long", "number", "decimal", "duration"})


def additive(column: Column) -> Additive:
    """Whether sums of a number mean anything: everywhere, within one currency, or nowhere."""
    words = set(column.name.removesuffix("_amount").split("_"))
    if words & NOT_ADDED:
        return "none"
    if column.type == "amount":
        return "currency"
    return "all" if words & ADDED or column.type == "duration" else "none"


def measures(table: Table, columns: list[Column], *, asked: bool, above: bool) -> list[Measure]:
    """The measures among columns. Where nobody `asked`, a whole number is one only by its name:
    others are codes and places."""
    found = []
    for column in columns:
        if column.type == "amount":
            currency = column.name.removesuffix("_amount") + "_currency"
            found.append(Measure(column.name, "amount", column.title, additive(column), currency,
                                 null=column.null, above=above))  # fmt: skip
        elif column.type in NUMBERS and not column.refers:
            kind = additive(column)
            code = column.type in ("int", "long") and kind == "none"
            if asked or (not code and column.name not in table.key):
                type_ = "number" if column.type == "duration" else column.type
                found.append(Measure(column.name, type_, column.title, kind,
                                     null=column.null, above=above))  # fmt: skip
    return found


def extended(found: list[Measure], title: str) -> list[Measure]:
    """Quantity times unit price, where a row has both: the amount that may be added up."""
    many = next((m for m in found if m.name == "quantity" and not m.above), None)
    each = next((m for m in found if m.type == "amount" and m.name.startswith("unit_")), None)
    if many is None or each is None:
        return []
    name = each.name.removeprefix("unit_").removesuffix("_amount")
    name = f"{'line' if name in ('price', 'cost') else name}_amount"
    if any(m.name == name for m in found):
        return []
    return [Measure(name, "amount", f"{many.title} times {each.title.lower()} of {title.lower()}",
                    "currency", each.currency, (many.name, each.name))]  # fmt: skip
