"""What is assumed of tables where a model does not say."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

ITEMS = Fact(
    "items", "items in a list of an entity, such as the lines of an order", 3.0, 1.0, 20.0,
    "items", "assumed", "no general figure; baskets hold 2 to 4 things; engineering judgement",
)  # fmt: skip
PARTS_KEPT = Fact(
    "parts-kept", "parts that a table by time is kept in", 30.0, 12.0, 120.0, "parts", "assumed",
    "PostgreSQL documentation, 5.12.6 Best practices for declarative partitioning: up to a few "
    "thousand are planned well where queries name the time; few enough to look at, many enough "
    "that dropping one frees what was kept too long; engineering judgement",
)  # fmt: skip
PAGE_ROWS = Fact(
    "page-rows", "rows of a list where neither the model nor its contract says", 20.0, 10.0, 100.0,
    "rows", "assumed", "a screen or page; engineering judgement",
)  # fmt: skip
