"""Which copy of a row counts, how old the others may be, and what one request writes to several
places."""

from __future__ import annotations

from backend_lead.emit.data.layer_reading import DataReading, code, span
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, seconds
from backend_lead.views.data.copies import Copy, Saga, copies, sagas
from backend_lead.views.data.saga_steps import plans


def consistency(read: DataReading) -> str:
    """The section."""
    found = copies(read.layer)
    rows = []
    for name in dict.fromkeys(t.entity for t in read.layer.tables.values()):
        main = next(t for t in read.layer.tables.values() if t.entity == name)
        own = [c for c in found if c.entity == name]
        rows.append([
            f"`{name}`", f"`{main.store}`, written by `{main.owner or 'nobody named'}`",
            "; ".join(_copy(c) for c in own) or "none", _own_writes(read, main.store, own),
        ])  # fmt: skip
    head = ["entity", "source of truth", "copies, and how old they may be", "own writes"]
    return "\n\n".join([
        "## Which copy counts", table(head, rows),
        "What is not listed as a copy is none: nobody else writes these rows, and a copy is never "
        "asked before a decision about money, stock or rights.", _sagas(read),
    ])  # fmt: skip


def _copy(copy: Copy) -> str:
    old = "no bound is stated" if copy.old_s is None else (
        f"{seconds(copy.old_s)}{' usually, assumed' if copy.assumed else ' at most'}"
    )  # fmt: skip
    return f"{copy.sort} `{copy.where}`, {old}, kept by {copy.how}"


def _own_writes(read: DataReading, store: str, own: list[Copy]) -> str:
    if not own:
        return "seen at once"
    part = read.component(store)
    if part.own_writes is not None:
        return f"read from the primary for {span(part.own_writes.value)} after a write"
    if any(c.sort == "replica" for c in own):
        return "**not seen at once where a read may lag**: state `own_writes`"
    return "seen after the copy is taken away or its time is over"


def _sagas(read: DataReading) -> str:
    found = sagas(read.layer)
    if not found:
        return (
            "## Writes to several places\n\nNone: each request writes to one store in one "
            "transaction. What others must know is written in the same transaction (an outbox) "
            "and sent afterwards; writing to the store and then to another place is "
            "refused, because a crash between the two loses one of them."
        )
    rows = [[f"`{s.endpoint}`: {cell(s.title)}", _places(s), _first(s), _back(s)] for s in found]
    head = ["request", "writes to, in this order", "what makes it safe to repeat",
            "if a later step fails"]  # fmt: skip
    kept = code(f"../sagas/{home}.sql" for home in dict.fromkeys(p.home for p in plans(read.layer)))
    ends = (
        f"\n\nThat is a state machine in PostgreSQL: {kept}. Whatever fails or "
        "crashes, at whichever step, a saga ends `done` with every step done or `undone` with "
        "every step taken back, the last first; `stuck`, where taking back failed too often, is "
        "for somebody to look at."
    ) if kept else ""  # fmt: skip
    return "## Writes to several places (sagas)\n\n" + table(head, rows) + ends


def _places(saga: Saga) -> str:
    words = ["somebody outside" if p == "outside" else f"`{p}`" for p in saga.places]
    return ", then ".join(words) + (f"; then by message {code(saga.later)}" if saga.later else "")


def _first(saga: Saga) -> str:
    if "outside" in saga.places:
        return ("a row with the idempotency key and the state `started` before the call; the same "
                "key goes outside")  # fmt: skip
    return "the key of the event: who handles it twice finds it done"


def _back(saga: Saga) -> str:
    if saga.places[0] == "outside":
        return ("**the outside is asked before anything is written**: write the intent first, or a "
                "crash after the answer leaves no trace of it; what hangs is asked for by its key "
                "and taken back")  # fmt: skip
    if "outside" in saga.places:
        return ("the state stays open; a job asks outside for the outcome by key, and books it or "
                "takes it back")  # fmt: skip
    return "the message waits and is tried again; after too often it lies aside and somebody looks"
