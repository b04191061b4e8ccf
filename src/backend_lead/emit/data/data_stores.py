"""data/oltp/stores.md: per store size, cost, shards, copies, what a failure loses."""

from __future__ import annotations

from backend_lead.emit.data.consistency import consistency
from backend_lead.emit.data.layer_reading import DataReading, code, data_reading, ended_at
from backend_lead.emit.data.recovery import recovery
from backend_lead.emit.data.store_costs import store_cost, usd_per_tb
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import count, data, money, number, rate, share
from backend_lead.model.design import Design
from backend_lead.views.data.room import commits_per_s, log_bytes_per_s, room
from backend_lead.views.data.sharding import SHARDS, Sharding, sharding
from backend_lead.views.data.volume import MONTH_S, Size, sizes

ID = "data-stores"
GROUP = "data"
FILES = ()
MORE = r"data/oltp/stores\.md"
RUNS = False
MONTHS = (1, 12, 36)


def emit(design: Design) -> dict[str, str]:
    """Nothing where no entity has fields."""
    read = data_reading(design)
    if read is None:
        return {}
    parts = [
        "# Stores: size, cost, copies, loss",
        f"Written from the model {design.digest}; change the model, not this file. Rows, bytes "
        "and rates are computed from the model and the facts of the catalogue that are named; "
        "prices are the catalogue's, without discounts.",
    ]  # fmt: skip
    for store in read.stores:
        parts += [f"## {read.title(store)}", _volume(read, store), _writes(read, store),
                  _room(read, store), _shards(read, store)]  # fmt: skip
    parts += [consistency(read), recovery(read)]
    return {"data/oltp/stores.md": "\n\n".join(part for part in parts if part) + "\n"}


def _volume(read: DataReading, store: str) -> str:
    at = {m: sizes(read.layer, m * MONTH_S) for m in (0, *MONTHS)}
    rows = []
    for made in read.layer.of_store(store):
        rows.append([f"`{made.name}`", *(_size(at[m][made.name]) for m in (0, *MONTHS))])
    total = ["**all**"]
    for m in (0, *MONTHS):
        mine = [s for name, s in at[m].items() if read.layer.tables[name].store == store]
        total.append(f"{count(sum(s.rows for s in mine))}, "
                     f"{data(sum(s.row_bytes for s in mine))} + "
                     f"{data(sum(s.index_bytes for s in mine))}")  # fmt: skip
    cost = ["cost a month"]
    for m in (0, *MONTHS):
        bill = store_cost(read, store, m * MONTH_S)
        cost.append(f"{money(bill.total)} ({money(bill.kept)} for bytes)")
    head = ["table: rows, bytes of rows + of indexes", "today",
            *(f"in {m} month{'s' * (m > 1)}" for m in MONTHS)]  # fmt: skip
    per_tb = usd_per_tb(read, store)
    return (
        "### How much\n\n" + table(head, [*rows, total, cost], len(MONTHS) + 1)
        + "\n\nToday's load goes on; rows older than they are kept are gone. Machines stay those "
        "of today." + (f" A terabyte more costs {money(per_tb)} a month on all copies of it."
                    if per_tb else "")
    )  # fmt: skip


def _size(size: Size) -> str:
    return f"{count(size.rows)}, {data(size.row_bytes)} + {data(size.index_bytes)}"


def _writes(read: DataReading, store: str) -> str:
    traffic = read.layer.flow.traffic[store]
    log = log_bytes_per_s(read.layer, store)
    rows = [
        ["statements at peak", rate(traffic.requests_per_s), "computed", "all that callers cause"],
        ["commits at peak", rate(commits_per_s(read.layer, store)), "computed",
         "writes that are transactions of their own; each waits for the log"],
        ["rows written, mean of a day", data(traffic.written_bytes_per_s) + "/s", "computed",
         "rate of writes x row size"],
        ["write-ahead log", f"{data(log)}/s, {data(log * 86_400)} a day", "assumed",
         "bytes written x 3 (1.5 to 10): records of indexes, whole pages after checkpoints"],
        ["pages read from disk at peak", rate(traffic.page_reads_per_s), "computed",
         "of the node that reads most; the rest is in memory"],
    ]  # fmt: skip
    return "### What it does\n\n" + table(["", "figure", "origin", "how"], rows)


def _room(read: DataReading, store: str) -> str:
    rows = [
        [one.label, _spelt(one.now, one.unit), _spelt(one.most, one.unit),
         ended_at(one.times), one.how]
        for one in room(read.layer, store)
    ]  # fmt: skip
    return "### How far one primary goes\n\n" + table(
        ["asked of it", "today", "at most", "ends at", "because"], rows
    )


def _spelt(value: float, unit: str) -> str:
    return data(value) if unit == "B" else rate(value) if unit == "1/s" else number(value)


def _shards(read: DataReading, store: str) -> str:
    by = sharding(read.layer, store)
    if by is None:
        return ("### Shards\n\nNo statement names a key of shards (`shard_key`): it cannot be "
                "spread.")  # fmt: skip
    shards = read.component(store).shards
    rows = [[str(n), share(by.hottest(n)), share(1 / n), f"{number(by.hottest(n) * n, 2)} times"]
            for n in sorted({*SHARDS[:6], *([shards] if shards > 1 else [])})]  # fmt: skip
    return "\n\n".join([
        f"### Shards: {shards if shards > 1 else 'none'}", _by(by), _verdict(by, shards),
        table(["shards", "load of the busiest", "mean", "busiest over mean"], rows, 3),
    ])  # fmt: skip


def _by(by: Sharding) -> str:
    has = ", ".join(f"`{t}.{c}`" for t, c in by.columns.items())
    text = (f"The key would be the `{by.entity}`: {share(by.named_share)} of the statements name "
            f"it. It is in {has}.")  # fmt: skip
    if by.without:
        text += (f" {code(by.without)} have no column of it: they stay together with the row they "
                 "hang on, are copied to each shard if they are small and rarely change, or live "
                 "in a store of their own.")  # fmt: skip
    return text


def _verdict(by: Sharding, shards: int) -> str:
    largest = (f"The most popular of {count(by.keys)} keys makes {share(by.largest_key)} of the "
               f"load (Zipf, exponent {by.skew:g}).")  # fmt: skip
    most = by.most
    if shards > most:
        return (f"**Hot key.** {largest} Of {shards} shards the busiest has "
                f"{number(by.hottest(shards) * shards, 2)} times the mean: beyond {most} shards "
                "more of them help little. Split that key further (a second column in it), serve "
                "it from a cache, or give it a shard of its own.")  # fmt: skip
    if most == 1:
        return (f"{largest} Shards would not help: already of two the busiest has "
                f"{number(by.hottest(2) * 2, 2)} times the mean. A second column in the key is "
                "needed first.")  # fmt: skip
    return f"{largest} Up to {most} shards the busiest has less than twice the mean."
