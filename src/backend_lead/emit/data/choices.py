"""The decisions of the data layer: what was taken, why, what was refused, when that changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.emit.data.layer_reading import DataReading, code, ended_at, listed, span
from backend_lead.emit.report.wording import count, data, number, rate, share
from backend_lead.views.data.access import tenant_tables
from backend_lead.views.data.copies import sagas
from backend_lead.views.data.room import room
from backend_lead.views.data.sharding import Sharding, sharding
from backend_lead.views.data.streams import streams
from backend_lead.views.data.volume import MONTH_S, sizes


@dataclass(frozen=True)
class Choice:
    """One decision; `refused` are alternatives, each with its reason; `until` when it changes."""

    title: str
    taken: str
    why: str
    refused: tuple[tuple[str, str], ...]
    until: str


def choices(read: DataReading) -> list[Choice]:
    """Every decision that the model's figures make, the weightiest first."""
    return [*_stores(read), *_capture(read), *_parts(read), *_tenants(read), *_words(read),
            *_keys(read)]  # fmt: skip


def _stores(read: DataReading) -> Iterator[Choice]:
    for store in read.stores:
        part = read.component(store)
        tables = read.layer.of_store(store)
        foreign = sum(len(t.foreign) for t in tables)
        first = room(read.layer, store)[0]
        by = sharding(read.layer, store)
        ends = f"{first.label}: {ended_at(first.times)}"
        if part.shards > 1:
            where = f"{part.shards} shards by `{by.entity}`" if by else f"{part.shards} shards"
            yield Choice(
                f"`{store}` is spread over {part.shards} shards",
                where, _needed(read, store, "sharding") or f"one primary ends at {ends}",
                (("one primary", f"it would end at {ends}"),
                 ("a store that shards by itself", "another engine to run and to know; statements "
                  "that span shards would be as dear there")),
                f"the busiest shard has {share(by.hottest(part.shards))} of the load"
                if by else "the key is not known",
            )  # fmt: skip
            continue
        extra = f" and {part.replicas} replicas" if part.replicas else ""
        yield Choice(
            f"`{store}` is one relational store",
            f"{len(tables)} table{'s' * (len(tables) != 1)} in one primary{extra}",
            f"{foreign} foreign key{'s' * (foreign != 1)}, and changes of several tables in one "
            "transaction, are held by the database; what ends "
            f"first is {first.label}, at {ended_at(first.times)}",
            (("a document store", "what hangs together over entities would be held by our own "
              "code"),
             ("a store for each service", f"{len(sagas(read.layer))} requests write to several "
              "places today; every foreign key between services would be one more"),
             ("shards", _too_early(by) if by else "no statement names a key")),
            f"{rate(first.most) if first.unit == '1/s' else number(first.most)} "
            f"{first.label}" if first.unit != "B" else f"{data(first.most)} in 36 months",
        )  # fmt: skip


def _too_early(by: Sharding) -> str:
    """Why shards are not taken yet."""
    return (f"{share(1 - by.named_share)} of the statements would ask every shard, and the busiest "
            f"of 8 would have {share(by.hottest(8))} of the load")  # fmt: skip


def _needed(read: DataReading, site: str, tactic: str) -> str:
    """What the search found: the load above which a step is needed."""
    for decision in read.design.decisions:
        if decision.tactic == tactic and decision.site == site:
            if decision.needed_above_users:
                return f"needed above {count(decision.needed_above_users)} users"
            if decision.needed_above_per_s:
                return f"needed above {rate(decision.needed_above_per_s)}"
    return ""


def _capture(read: DataReading) -> Iterator[Choice]:
    found = streams(read.layer)
    if not found.leaves:
        return
    how = found.captures[0].how
    words = {
        "outbox": "an outbox, a table of events in the store",
        "cdc": "the store's own log",
        "log": "the stream itself: services append to it first",
    }
    other = "cdc" if how == "outbox" else "outbox"
    told = listed(f"`{s.entity}`" for s in found.leaving)
    whom = "streams" if found.needed else "the events that the API promises; no stream runs"
    writes = sum(s.rate_per_s for s in found.leaving)
    refused = [
        ("dual write", "to the store and to who must know one after the other: a crash between "
         "them loses one of the two, and nobody knows which"),
        (other, "reads the store's log: tables become a contract, a slot that nobody reads fills "
         "the disk" if other == "cdc" else "one more row for each change"),
    ]  # fmt: skip
    yield Choice(
        "How changes leave the store", words[how],
        f"for {whom}: {told}, {rate(writes)} at peak; "
        + ("an event is written in the transaction of its row, so neither is there without the "
           "other" if how == "outbox" else "the model asks for it"),
        tuple(refused), "statements that cannot be trusted to write the event (then cdc)",
    )  # fmt: skip


def _parts(read: DataReading) -> Iterator[Choice]:
    parted = [t for t in read.layer.tables.values() if t.parts and not t.parent]
    whole = [t for t in read.layer.tables.values() if t.keep_s and not t.parts and not t.parent]
    later = sizes(read.layer, 36 * MONTH_S)
    for table in parted:
        assert table.parts is not None
        yield Choice(
            f"`{table.name}` is kept in parts by `{table.parts.by}`",
            f"a part every {span(table.parts.every_s)}",
            f"{count(later[table.name].rows)} rows; what is older than {span(table.keep_s)} is "
            "dropped in milliseconds and leaves no holes; where rows of other tables point to "
            "them, those go first, in batches, and what they point to stays",
            (("deleting", "each row is written again to be gone, and vacuumed"),),
            "no retention",
        )  # fmt: skip
    if whole:
        largest = max(whole, key=lambda t: later[t.name].rows)
        yield Choice(
            f"{code(t.name for t in whole)}: one table each, no parts", "rows are deleted in "
            "batches at night",
            f"their key holds no time, and a unique key of a table in parts must hold what it is "
            f"parted by; the largest has {count(later[largest.name].rows)} rows in 36 months",
            (("parts by time", "the key would need the time in it, and so would every reference "
              "to a row"),),
            "deletes that do not end in a night (batches of 5,000 rows)",
        )  # fmt: skip


def _tenants(read: DataReading) -> Iterator[Choice]:
    for store in read.stores:
        shared = tenant_tables(read.layer, store)
        if not shared:
            continue
        named = next(t for t in shared if t.tenant)
        rows = next((t.rows for t in read.layer.tables.values()
                     if t.key == (t.tenant,) and t.store == store), named.rows)  # fmt: skip
        yield Choice(
            "Tenants share tables", "row-level security on "
            f"{len(shared)} tables; the database shows a tenant its own rows only",
            f"{count(rows)} tenants: a schema each would be {count(rows * len(shared))} tables",
            (("a schema for each tenant", "a migration runs once for each; the catalogue of the "
              "database grows with every customer"),
             ("a database for each tenant", "as many backups, pools and machines"),
             ("a condition in our own code", "one statement that forgets it shows everybody's "
              "rows")),
            "a tenant that must have its own key, region or machine: that one gets its own store",
        )  # fmt: skip


def _words(read: DataReading) -> Iterator[Choice]:
    for pattern in read.layer.patterns:
        if pattern.words and pattern.id.partition(".")[0] in read.stores:
            yield Choice(
                f"`{pattern.table}` is searched in its own store",
                f"an index of words of {listed(f'`{c}`' for c in pattern.words)}",
                f"{rate(pattern.rate_per_s)} at peak, {count(pattern.rows)} rows an answer",
                (("a search index", "a copy that lags, and one more part to run"),),
                "answers that must be ranked by more than words, or reads that fill the primary: "
                "the search looks for that by itself",
            )  # fmt: skip


def _keys(read: DataReading) -> Iterator[Choice]:
    made = [t for t in read.layer.tables.values()
            if any(c.made == "id" and c.type == "uuid" for c in t.columns)]  # fmt: skip
    if made:
        yield Choice(
            "Keys", f"UUID version 7 in {len(made)} tables",
            "given in order of time: an index grows at its end; can be made anywhere; does not "
            "tell how many rows there are",
            (("a counter", "tells competitors the number of orders, and asks one place for each"),
             ("random UUIDs", "a page of the index is touched at random for each row")),
            "never, for an address that callers know",
        )  # fmt: skip
