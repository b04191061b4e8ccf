"""The headline numbers of the data layer, each with its origin."""

from __future__ import annotations

from collections.abc import Mapping

from backend_lead.catalog.tables import ROW_HEAD
from backend_lead.emit.data.layer_reading import DataReading, ended_at, span
from backend_lead.emit.data.store_costs import store_cost
from backend_lead.emit.report.wording import count, data, money, rate
from backend_lead.model.figure import Figure
from backend_lead.views.data.room import log_bytes_per_s, room, unmodelled_bytes
from backend_lead.views.data.volume import MONTH_S, Size, sizes


def _put_together(
    read: DataReading, now: Mapping[str, Size], plain: float, more: float
) -> str:  # fmt: skip
    """What the bytes are made of, so that who stated those of the rows finds them again."""
    heads = sum(s.rows for s in now.values()) * ROW_HEAD.value
    entries = sum(s.index_bytes for s in now.values())
    lists = sum(s.row_bytes for s in now.values()) - plain - heads
    keys = len(now) + sum(len(t.unique) for t in read.layer.tables.values())
    parts = [
        f"{data(plain)} of rows as the model counts them",
        f"{data(heads)} of row headers ({ROW_HEAD.value:g} B each)",
        f"{data(entries)} of entries in {count(keys + len(read.layer.indexes))} keys and indexes",
    ]  # fmt: skip
    if lists > plain / 1000:
        parts.append(f"{data(lists)} that lists repeat of their parent")
    if more > 0:
        parts.append(f"{data(more)} beside the model's tables")
    return " + ".join(parts)


def figures(read: DataReading) -> list[Figure]:
    """What people ask first: how much, how fast, what it costs, what ends first, what goes when."""
    now, later = sizes(read.layer), sizes(read.layer, 36 * MONTH_S)
    more = sum(unmodelled_bytes(read.layer, s) for s in read.stores)
    held, then = (more + sum(s.bytes for s in at.values()) for at in (now, later))
    rows = sum(s.rows for s in now.values())
    plain = sum(e.row.value * e.rows.value for e in read.system.entities.values() if e.store)
    reads = sum(p.rate_per_s for p in read.layer.patterns if not p.change)
    writes = sum(p.rate_per_s for p in read.layer.patterns if p.change)
    log = sum(log_bytes_per_s(read.layer, s) for s in read.stores) * 86_400
    bill = sum(store_cost(read, s).total for s in read.stores)
    bill_then = sum(store_cost(read, s, 36 * MONTH_S).total for s in read.stores)
    out = [
        Figure("data_rows", "Rows", rows, "count", count(rows), "computed",
               f"{len(read.layer.tables)} tables in {len(read.layer.stores)} store"
               f"{'s' * (len(read.layer.stores) > 1)}, rows of the model"),
        Figure("data_bytes", "Bytes with indexes", held, "B", data(held), "computed",
               _put_together(read, now, plain, more)),
        Figure("data_bytes_36", "The same in 36 months", then, "B", data(then), "computed",
               "today's load goes on; what is too old is gone"),
        Figure("data_reads", "Reads at peak", reads, "1/s", rate(reads), "computed",
               "statements that callers cause, caches taken off"),
        Figure("data_writes", "Writes at peak", writes, "1/s", rate(writes), "computed",
               "statements that change rows"),
        Figure("data_log", "Log a day", log, "B", data(log), "assumed",
               "bytes written x 3 (1.5 to 10)"),
        Figure("data_cost", "Stores a month", bill, "USD/month", money(bill), "catalogue",
               f"list prices; {money(bill_then)} in 36 months on the same machines"),
    ]  # fmt: skip
    for store in read.stores:
        first = room(read.layer, store)[0]
        out.append(Figure(
            f"data_room_{store}", f"`{store}` as one primary ends at", first.times, "factor",
            ended_at(first.times), "computed",
            f"{first.label}: {first.how}",
        ))  # fmt: skip
    if read.data.erase_within:
        within = read.data.erase_within
        out.append(Figure("data_erase", "A person is gone everywhere within", within.value, "s",
                          span(within.value), within.origin, within.why or ""))  # fmt: skip
    return out
