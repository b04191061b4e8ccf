"""Facts about bytes between parts, where a model does not say how many."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

CALL_OVERHEAD = Fact(
    "call-overhead", "bytes of a call beyond its content, each way", 400.0, 100.0, 1_500.0, "B",
    "assumed",
    "headers of HTTP and of TCP and IP; a statement or a cache command has 50 to 300 B of them",
)  # fmt: skip
ANSWER = Fact(
    "answer", "answer of a call between services whose size the model does not say", 2e3, 0.5e3,
    20e3, "B", "assumed", "a small document; no general figure exists",
)  # fmt: skip
LIST_ROWS = Fact(
    "list-rows", "rows that a read fetches at most", 100.0, 20.0, 1_000.0, "rows", "assumed",
    "a page of a list; larger answers are made of something else, such as files or computed text",
)  # fmt: skip
TRANSFER_SPREAD = Fact(
    "transfer-spread", "bytes between zones, as a multiple of what is computed", 1.0, 0.4, 2.5,
    "factor", "assumed",
    "a read is taken to fetch its share of the answer it is for, a row at least; nobody states "
    "what statements fetch",
)  # fmt: skip
NAT_BYTES = Fact(
    "nat-bytes", "bytes a month that an instance fetches from outside", 20 * 2.0**30, 2 * 2.0**30,
    100 * 2.0**30, "B", "assumed",
    "images and packages at starts and releases, calls of the provider's interfaces; calls of "
    "other parties that the model states come on top",
)  # fmt: skip
FACTS = (CALL_OVERHEAD, ANSWER, LIST_ROWS, TRANSFER_SPREAD, NAT_BYTES)
