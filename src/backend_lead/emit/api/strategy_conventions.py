"""What all contracts have in common, and what lies beside the strategy for whom."""

from __future__ import annotations

from collections.abc import Callable

from backend_lead.emit.api.reading import FIRST_PARTY, WHO, Reading, code, listed
from backend_lead.emit.report.tables import table
from backend_lead.views.api.graph import graph_pays
from backend_lead.views.api.parts import Operation

SHOWN = 4  # operations named in one cell


def conventions(read: Reading) -> str:
    """The patterns of the contracts, with the operations that each is used by."""
    ops = [op for op in read.found.operations.values() if op.nature != "event"]
    rows = [[what, how, _named(ops, which)] for what, how, which in _PATTERNS
            if any(which(op) for op in ops)]  # fmt: skip
    if read.found.enums:
        rows.append(["enumerations", "open: callers take a value they do not know as the default",
                     f"{len(read.found.enums)} of them"])  # fmt: skip
    return "## Conventions\n\n" + table(["what", "how, everywhere", "used by"], rows) + (
        "\n\nEvery contract is a projection of one type system, so a field has one name, type and "
        "emptiness in REST, GraphQL, events and RPC. Ids are opaque texts, times RFC 3339 in UTC, "
        "money a decimal text with its currency; what may be empty is there and null."
    )  # fmt: skip


_PATTERNS: tuple[tuple[str, str, Callable[[Operation], bool]], ...] = (
    ("pages", "`cursor` and `limit`; `nextCursor` is null on the last page; no page numbers, which "
     "skip and repeat while others write", lambda op: op.paged),
    ("filters and order", "one parameter for each field, `sort` with - for the last first; no "
     "others. Not each has an index: `data/oltp/access-patterns.md` tells which do",
     lambda op: bool(op.filters or op.said.sorts)),
    ("what did not change", "`ETag` and `If-None-Match`: 304 without a body",
     lambda op: op.does == "get"),
    ("changes", "`PATCH` with a merge patch (RFC 7396) and `If-Match`: 412 instead of a lost "
     "update", lambda op: op.changes_one),
    ("once only", "`Idempotency-Key`, remembered 24 h: the first answer comes again",
     lambda op: op.needs_key),
    ("several at once", "one result for each item, in their order; one that fails stops no other",
     lambda op: op.said.bulk is not None),
    ("what takes long", "202 with a job to ask after, `Location` and `Retry-After`",
     lambda op: op.said.takes_long),
    ("one's own", "`/me`: no key is taken", lambda op: op.said.mine),
)  # fmt: skip


def _named(ops: list[Operation], which: Callable[[Operation], bool]) -> str:
    return listed((f"`{op.id}`" for op in ops if which(op)), SHOWN)


def beside(read: Reading) -> str:
    """Which file is for whom."""
    rows = []
    for audience in read.found.audiences:
        if not read.asked(audience):
            continue
        page = "portal.html" if audience == "partner" else f"docs/{audience}.html"
        rows.append([WHO[audience], f"`api/openapi/{audience}.yaml`; to read: `api/{page}`"])
    if any(read.asked(a) for a in FIRST_PARTY if a in read.found.audiences):
        rows.append(["who builds apps and pages", "`api/for-frontend-and-mobile.md`; until it is "
                     "built, `backend-lead mock backend.yaml`"])  # fmt: skip
    if read.asked("partner") if "partner" in read.found.audiences else ():
        rows.append(["who integrates", "`api/for-partners.md`"])
    if any(op.nature == "event" for op in read.found.operations.values()):
        rows.append(["who listens to events", "`api/asyncapi.yaml`"])
    rows.append(["own services", f"`api/proto/` ({code(read.found.services)})"])
    if graph_pays(read.found).yes:
        rows.append(["who runs the graph", "`api/graphql/`: subgraphs, `supergraph.yaml`, "
                     "`router.yaml`, `plans.md`"])  # fmt: skip
    rows += [["who asks whether it is safe", "`api/security.md`"],
             ["who decides", "`api/executive.md`"]]  # fmt: skip
    return "## What lies beside\n\n" + table(["for", "file"], rows)
